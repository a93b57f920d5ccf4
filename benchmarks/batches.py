"""A batch of 10,000 messages by HTTP: rows a second and memory, as an installation runs it.

``nlp-service serve`` with its one worker on an embedded database of its own; the file goes in by
HTTP and the results come back by HTTP as NDJSON while it runs. Quick mode; first kept nowhere, then
stored. Time counts from the request to the last row.

make bench
"""

import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.archives import CORPORA, GOLD, read_bodies
from benchmarks.edited_texts import recombine
from nlp_service.client import Client
from nlp_service.people.tokens import hash_token, make_key

COUNT = 10_000
LENGTHS = (80, 800)
"""Characters of messages that are made; real ones have 400 on average."""

REPORT = Path("var/reports/batch_speed.json")
STARTS_WITHIN_S = 120
KEY = make_key().token
_KEYS = f"benchmark:{hash_token(KEY).hex()}"


def main() -> None:
    """Measure, print and write ``var/reports/batch_speed.json``."""
    content = make_file(COUNT)
    report = {}
    for store in (False, True):
        with tempfile.TemporaryDirectory(dir=_folder()) as place, serving(Path(place)) as server:
            watch = Watch(server)
            figures = run(Client(server_url(server), key=KEY), content, store=store)
            report["stored" if store else "not stored"] = figures | watch.stop()
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"A batch of {COUNT} messages by HTTP, mode fast, {os.cpu_count()} cores")
    for name, figures in report.items():
        told = ", ".join(f"{key} {value:.0f}" for key, value in figures.items())
        print(f"  {name:<12}{told}")


def make_file(count: int) -> bytes:
    """Return so many different messages as JSON Lines: of the corpora, or made of our own texts."""
    files = sorted(CORPORA.glob("mess*.jsonl"))
    texts = list(dict.fromkeys(text for path in files for text in read_bodies(path)))[:count]
    if len(texts) < count:
        chance = random.Random(7)
        made = recombine(list(read_bodies(GOLD)), count - len(texts), chance)
        texts += [text[: chance.randint(*LENGTHS)] for text in made]
    rows = (
        {"id": str(number), "kind": "public_message", "body": text}
        for number, text in enumerate(texts)
    )
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def run(client: Client, content: bytes, *, store: bool) -> dict[str, float]:
    """Hand the file in and read every result as it comes."""
    warm = client.submit(content[: content.index(b"\n") + 1], mode="fast", store=False)
    client.wait(warm.key, every_s=0.2)  # the worker has loaded its bundle
    begun = time.perf_counter()
    job = client.submit(content, mode="fast", store=store, source="bench")
    first = 0.0
    rows = size = 0
    for line in client.results(job.key, follow=True):
        first = first or time.perf_counter() - begun
        rows += 1
        size += len(str(line["status"]))
    seconds = time.perf_counter() - begun
    assert rows == COUNT, rows
    told = client.look(job.key)
    return {
        "rows/s": rows / seconds,
        "seconds": seconds,
        "first row after s": first,
        "rows done": told.done,
        "rows/s of the job itself": told.told["rows_per_second"],
    }


class Watch(threading.Thread):
    """Watches the memory and the processor time of a process and its children."""

    def __init__(self, server: "subprocess.Popen[bytes]") -> None:
        super().__init__(daemon=True)
        self._server = psutil.Process(server.pid)
        self._done = threading.Event()
        self._peaks = {"server MiB": 0.0, "workers MiB": 0.0, "together MiB": 0.0}
        self.start()

    def run(self) -> None:
        """Look four times a second."""
        while not self._done.wait(0.25):
            server = self._server.memory_info().rss / 2**20
            workers = sum(child.memory_info().rss for child in self._server.children()) / 2**20
            now = {
                "server MiB": server,
                "workers MiB": workers,
                "together MiB": server + workers,
            }
            self._peaks = {name: max(peak, now[name]) for name, peak in self._peaks.items()}

    def stop(self) -> dict[str, float]:
        """Return the highest that was seen, and the processor time."""
        self._done.set()
        self.join()
        workers = [child.cpu_times() for child in self._server.children()]
        own = self._server.cpu_times()
        return {
            **self._peaks,
            "processor s of the server": own.user + own.system,
            "processor s of the workers": sum(times.user + times.system for times in workers),
        }


@contextmanager
def serving(place: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the service on a database of its own."""
    place.chmod(0o755)  # the database's own user must get through
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    own = {"NLP_DATA": str(place), "NLP_SAMPLES": "false", "NLP_WORKERS": "1", "NLP_KEYS": _KEYS}
    process = subprocess.Popen(
        command("serve", "--port", str(port)),
        env={**os.environ, **own},
        stdout=subprocess.DEVNULL,
    )
    try:
        await_server(server_url(process))
        yield process
    finally:
        process.terminate()
        process.wait(60)


def command(*arguments: str) -> Sequence[str]:
    """Return a command of this program, run by this interpreter."""
    return [sys.executable, "-m", "nlp_service", *arguments]


def server_url(process: "subprocess.Popen[bytes]") -> str:
    """Return where a server listens."""
    arguments = process.args
    assert isinstance(arguments, list)
    return f"http://127.0.0.1:{arguments[-1]}"


def await_server(url: str) -> None:
    """Wait until a server answers."""
    until = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=5).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _folder() -> Path | None:
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else None


if __name__ == "__main__":
    main()
