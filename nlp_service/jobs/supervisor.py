"""Worker processes beside a server: started with it, started again when they end, ended with it.

Processes, not threads: scoring is mostly Python, and one thread of it makes every answer of the
server wait its turn. Each child holds the other end of a pipe; when its server is gone, however
that happened, the pipe ends and the child with it.
"""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from nlp_service.settings import Settings

log = logging.getLogger(__name__)

LIFELINE = "--lifeline"
"""Option by which a worker lives as long as its standard input does."""

_STOPS_WITHIN_S = 15
_LONGEST_WAIT_S = 60.0
_SETTLED_AFTER_S = 60.0
"""A worker that lived so long starts again at once when it ends."""


@contextmanager
def supervising(settings: Settings) -> Iterator[None]:
    """Keep as many workers running as the settings say, until the block ends."""
    keepers = [_Keeper(settings) for _ in range(settings.workers)]
    for keeper in keepers:
        keeper.start()
    try:
        yield
    finally:
        for keeper in keepers:
            keeper.stop()
        for keeper in keepers:
            keeper.join()


class _Keeper(threading.Thread):
    """Keeps one worker running."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(name="worker-keeper", daemon=True)
        self._command = _command(settings)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Start the worker, wait for its end, and again."""
        wait_s = 1.0
        while not self._stopping.is_set():
            begun = time.monotonic()
            child = self._start()
            if child is None:
                return
            code = child.wait()
            if self._stopping.is_set():
                return
            settled = time.monotonic() - begun > _SETTLED_AFTER_S
            wait_s = 1.0 if settled else min(2 * wait_s, _LONGEST_WAIT_S)
            log.warning("工作进程 %d 结束（%d），%.0f 秒后重新启动。", child.pid, code, wait_s)
            self._stopping.wait(wait_s)

    def stop(self) -> None:
        """Tell the worker to end."""
        with self._lock:
            self._stopping.set()
            if self._child is not None:
                self._child.terminate()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the worker's end; one that does not end in time is killed."""
        if self._child is not None:
            try:
                self._child.wait(_STOPS_WITHIN_S if timeout is None else timeout)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        super().join(timeout)

    def _start(self) -> "subprocess.Popen[bytes] | None":
        with self._lock:
            if self._stopping.is_set():
                return None
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for the server, which then ends its workers
            )
            return self._child


def _command(settings: Settings) -> Sequence[str]:
    """Return the command of a worker; the environment, which it inherits, holds the rest."""
    command = [sys.executable, "-m", "nlp_service", "worker", LIFELINE]
    return [*command, "--bundle", str(settings.bundle)]
