"""Real receivers of notices, on this machine."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from pydantic import SecretStr

SECRET = "一个长密钥"


@contextmanager
def receiving(*statuses, headers=()):
    """A receiver that answers with these statuses, then with 200; yields its port and its post."""
    post, answers = [], list(statuses)

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            post.append((self.path, self.headers, body))
            self.send_response(answers.pop(0) if answers else 200)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, post
        server.shutdown()
        thread.join()


def notifying(desk, monkeypatch, port):
    """Let a desk and its worker notify a receiver."""
    allowed = {"webhook_hosts": (f"127.0.0.1:{port}",), "webhook_secret": SecretStr(SECRET)}
    settings = desk.settings.model_copy(update=allowed)
    monkeypatch.setattr(desk, "settings", settings)
    monkeypatch.setattr(desk.worker.shop, "settings", settings)
