"""The embedded server while somebody uses it: the first starts it, the last one stops it.

Every process holds a shared lock on a file beside the data. The system takes it away from a killed
process, so the server of a killed one keeps running, the next start attaches to it, and the end of
the last user stops it.
"""

import atexit
import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import URL

from nlp_service.domain.errors import DatabaseFull, StoreError
from nlp_service.store.cluster import (
    await_server,
    check_cluster,
    make_cluster,
    running_server,
    start_server,
    stop_server,
)


class EmbeddedServer:
    """A hold on the server of a data folder; made by ``use_server``. Keep it while you use it."""

    def __init__(self, folder: Path, *, url: URL, pid: int, holders: int) -> None:
        self.folder, self.url, self.pid = folder, url, pid
        self._holders = holders  # file descriptor with a shared lock
        self._owner = os.getpid()
        self._closed = False
        atexit.register(self.close)

    def close(self) -> None:
        """Let go; whoever lets go last stops the server. A second call does nothing."""
        if self._closed or os.getpid() != self._owner:  # a forked child has no hold of its own
            return
        self._closed = True
        atexit.unregister(self.close)
        with suppress(FileNotFoundError), _alone(self.folder):  # the data may have been removed
            try:
                running = running_server(self.folder)
                if _take(self._holders, fcntl.LOCK_EX) and running and running.here:
                    stop_server(self.folder)
            finally:
                os.close(self._holders)


def use_server(folder: Path) -> EmbeddedServer:
    """Return a hold on the folder's server; make the folder and start the server where needed.

    Raises:
        DataDamaged: the folder is not what PostgreSQL left there; nothing was touched.
        StoreError: it cannot be made or started; the message says why and what to do.
    """
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            holders = _open_lock(folder.with_name(f"{folder.name}.users"))
            try:
                _take(holders, fcntl.LOCK_SH)
                running = await_server(folder) if folder.exists() else None
                if running is None:
                    if not folder.exists() or not any(folder.iterdir()):
                        make_cluster(folder)
                    check_cluster(folder)
                    running = start_server(folder)
            except BaseException:
                os.close(holders)
                raise
            return EmbeddedServer(folder, url=running.url, pid=running.pid, holders=holders)
    except OSError as error:
        raise _explain(error, folder) from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process starts or stops this folder's server."""
    lock = _open_lock(folder.with_name(f"{folder.name}.lock"))
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _take(lock: int, how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _explain(error: OSError, folder: Path) -> StoreError:
    where = error.filename or folder
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DatabaseFull(f"{where} 所在的磁盘已满，请腾出空间后再试。")
    if error.errno == errno.EROFS:
        return DatabaseFull(f"{where} 所在的磁盘是只读的，请用 NLP_DATA 换一个位置。")
    return StoreError(
        f"数据不能放在 {folder}：{where} 处系统报告 {error.strerror}；"
        "请检查权限，或用 NLP_DATA 换一个位置。"
    )
