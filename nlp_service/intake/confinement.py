"""Ask the confined process to read a file, and say for a person why it could not.

One process serves all files of an upload, one after the other; where one of them ends it, the next
is read by a new one. While nobody takes its messages it waits, so nothing piles up here.
"""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO

from nlp_service.domain.errors import UnreadableInput
from nlp_service.intake.limits import MEMORY, MIB, SECONDS
from nlp_service.intake.messages import End, Message, Refusal, load

_KEPT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "SYSTEMROOT")
"""Of the environment; settings and secrets are not."""


class Confinement:
    """A process that reads files, started when the first one is to be read. Not for two threads."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._asking: socket.socket | None = None

    def __enter__(self) -> "Confinement":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process, in the middle of a file too."""
        self.close()

    def read(self, reader: str, file: BinaryIO, *, name: str) -> Iterator[Message]:
        """Yield what one of the readers of ``intake.confined`` says of an open file.

        The file must have a place in the system (``fileno``). One file at a time.

        Raises:
            UnreadableInput: it was refused, or the process came to its limits; says why.
            ChildProcessError: somebody else ended the process: that says nothing of the file.
        """
        asking, message = self._started(), None
        if file.writable():
            file.flush()
        place = os.lseek(file.fileno(), 0, os.SEEK_CUR)  # which the other process moves
        try:
            with suppress(ConnectionError):  # the process ended: said below
                socket.send_fds(asking, [json.dumps(reader).encode()], [file.fileno()])
                for message in _messages(asking):
                    if isinstance(message, End | Refusal):
                        break
                    yield message
        except BaseException:  # nobody takes the rest
            self.close()
            raise
        finally:
            with suppress(ValueError):  # the caller has closed its file
                os.lseek(file.fileno(), place, os.SEEK_SET)
        if isinstance(message, Refusal):
            raise UnreadableInput(f"{name}：{message.reason}")
        if not isinstance(message, End):
            raise UnreadableInput(f"{name}：{self._why_it_ended()}")

    def _started(self) -> socket.socket:
        if self._asking is None:
            self._asking, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "nlp_service.intake.confined", str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,  # a library may quote the file there
                    env=_environment(),
                    start_new_session=True,  # Ctrl-C is for the one who asks
                )
        return self._asking

    def _why_it_ended(self) -> str:
        """Say what a process that ended by itself came to its limits of."""
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        code = self._process.poll()
        self.close()
        if code in (-signal.SIGKILL, -signal.SIGTERM):
            raise ChildProcessError(
                errno.ECHILD, "读取文件的进程被终止，可能是内存不足，请稍后再试"
            )
        if code == -signal.SIGXCPU:
            return f"读取超过 {SECONDS} 秒，已停止；请分成几个文件。"
        return (
            f"读取它占用的内存超过 {MEMORY // MIB} MiB，或文件已损坏；若是工作簿，请看很远的行、"
            "列里是否误留了内容，可把来件复制到新工作表再试。"
        )

    def close(self) -> None:
        """End the process; nothing happens where there is none."""
        if self._asking is not None:
            self._asking.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._asking = self._process = None


def _messages(asking: socket.socket) -> Iterator[Message]:
    """Yield the messages as they come; the last of a process that ended may be cut off."""
    with asking.makefile("rb", buffering=2**16) as answer:
        for line in answer:
            if line.endswith(b"\n"):
                yield load(line)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return {**kept, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
