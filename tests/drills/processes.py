"""An installation for drills: a server with a worker of its own, a worker beside it, a database."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

from nlp_service.domain.batches import Batch
from nlp_service.domain.errors import NlpServiceError
from nlp_service.people.tokens import hash_token, make_key
from nlp_service.settings import Settings
from nlp_service.store.cluster import running_server
from nlp_service.store.embedded import use_server
from nlp_service.store.opening import Store, open_store

ROOT = Path(__file__).parents[2]
STARTS_WITHIN_S = 120


class Installation:
    """Processes on one embedded database; a context manager."""

    def __init__(self, place: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.key = make_key().token
        self._settings = Settings(data=place)
        self._log = (place / "processes.log").open("ab")
        self._environment = {
            **os.environ,
            "NLP_DATA": str(place),
            "NLP_PORT": str(port),
            "NLP_SAMPLES": "false",
            "NLP_WORKERS": "1",
            "NLP_QUEUE_JOBS": "1000",
            "NLP_KEYS": f"drill:{hash_token(self.key).hex()}",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(ROOT),
        }
        self._server: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None
        self._store: Store | None = None

    def __enter__(self) -> Self:
        self._store = open_store(self._settings)
        self._server, self._worker = self._start("serve"), self._start("worker")
        self._await_server()
        return self

    def __exit__(self, *error: object) -> None:
        for process in (self._server, self._worker):
            if process is not None:
                process.terminate()
        for process in (self._server, self._worker):
            if process is not None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(30)
                process.kill()
        assert self._store is not None
        self._store.close()
        self._log.close()

    def look(self) -> Batch | None:
        """Return the batch that runs; None where none does."""
        assert self._store is not None
        with self._store.reading() as office:
            (newest,) = office.batches.list(limit=1)
        return newest if newest.state == "running" else None

    def look_at(self, key: int) -> Batch:
        """Return a batch, as soon as the database answers."""
        assert self._store is not None
        while True:
            try:
                with self._store.reading() as office:
                    return office.batches.get(key)
            except NlpServiceError:
                time.sleep(0.1)

    def pid_of(self, target: str) -> int | None:
        """Return the number of a process that runs; None where it does not."""
        match target:
            case "server":
                return self._server.pid if self._server and self._server.poll() is None else None
            case "worker":
                return self._worker.pid if self._worker and self._worker.poll() is None else None
            case "own worker":
                own = self._own_workers()
                return own[0].pid if own else None
            case _:
                running = running_server(self._settings.data.resolve() / "pg")
                return running.pid if running and running.ready else None

    def kill(self, target: str) -> tuple[int, int]:
        """Kill a process; return its number and the signal that ended it, once it is gone."""
        pid = self.pid_of(target)
        assert pid is not None
        ended_by = int(signal.SIGKILL)
        match target:
            case "server" | "worker":
                process = self._server if target == "server" else self._worker
                assert process is not None
                process.kill()
                assert process.wait(30) == -signal.SIGKILL
            case "own worker":
                (own,) = self._own_workers()
                own.kill()
                own.wait(30)
                self._await_logged(f"工作进程 {pid} 结束（-{ended_by}）")
            case _:
                ended_by = int(signal.SIGQUIT)
                os.kill(pid, signal.SIGQUIT)  # PostgreSQL's stop at once, as after a power cut
                psutil.wait_procs([psutil.Process(pid)], timeout=30)
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie"
        return pid, ended_by

    def start_again(self, target: str) -> None:
        """Start what was killed; its server starts its own worker again by itself."""
        match target:
            case "server":
                self._server = self._start("serve")
                self._await_server()
            case "worker":
                self._worker = self._start("worker")
            case "database":
                assert self._store is not None
                self._store.engine.dispose()
                use_server(self._settings.data / "pg").close()

    def _await_logged(self, words: str) -> None:
        """Wait until the server has said something: it alone knows how its worker ended."""
        until = time.monotonic() + 30
        while words not in (self._settings.data / "processes.log").read_text(errors="replace"):
            assert time.monotonic() < until, f"the log does not say: {words}"
            time.sleep(0.1)

    def _own_workers(self) -> list[psutil.Process]:
        if self._server is None or self._server.poll() is not None:
            return []
        return psutil.Process(self._server.pid).children()

    def _start(self, command: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "nlp_service", command],
            cwd=ROOT,
            env=self._environment,
            stdout=self._log,
            stderr=self._log,
        )

    def _await_server(self) -> None:
        until = time.monotonic() + STARTS_WITHIN_S
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).close()
                return
            except OSError:
                assert time.monotonic() < until, "the server does not start"
                time.sleep(0.2)
