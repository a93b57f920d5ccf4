"""The data folder of the embedded PostgreSQL: look at it, make it, start and stop its server.

Nothing here is safe for two processes at once; ``embedded`` sees to that.
"""

import hashlib
import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
from sqlalchemy import URL

from nlp_service.domain.errors import DatabaseFull, DatabaseUnreachable, DataDamaged, StoreError
from nlp_service.store.programs import (
    MAJOR,
    Ended,
    group_of,
    let_pass,
    program_folder,
    run_program,
    server_user,
)

OWNER = "postgres"
"""The database user who owns everything. Nobody else can reach the socket."""

START_WITHIN_S = 600
"""After a power failure PostgreSQL first reads its journal again."""

_PORT = 5432
"""It only names the socket."""

_CHILDREN_END_WITHIN_S = 10
"""Processes of a server that was killed notice it and end."""

_LONGEST_SOCKET_FOLDER = 80
"""Bytes; the system allows 107 for the whole path, on a Mac 103."""

_NEEDED = ("PG_VERSION", "global/pg_control", "base", "pg_wal", "pg_xact", "postgresql.conf")

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "logging_collector": "off",
    "log_checkpoints": "off",
    "log_statement": "none",  # the log must never hold anything of a text:
    "log_min_error_statement": "panic",  # not the statement that failed,
    "log_error_verbosity": "terse",  # nor "Failing row contains (…)"
}


_MOST_BUFFERED_MB, _LEAST_BUFFERED_MB = 512, 128


def buffered_mb(memory: int) -> int:
    """Return how many MB of a machine's memory (in bytes) the server keeps pages in.

    PostgreSQL's own 128 MB hold the graph of embeddings of 100,000 texts and nothing else. Its
    manual advises a quarter of a server of its own; here the models live beside it.
    """
    return max(_LEAST_BUFFERED_MB, min(_MOST_BUFFERED_MB, memory // 16 // 2**20))


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that runs on a data folder."""

    pid: int
    socket_folder: str
    port: int
    ready: bool
    here: bool
    """Its process can be seen: it does not run in another container over the same folder."""

    @property
    def url(self) -> URL:
        """Where its database is."""
        return URL.create(
            "postgresql+psycopg",
            username=OWNER,
            database="postgres",
            query={"host": self.socket_folder, "port": str(self.port)},
        )


def server_log(folder: Path) -> Path:
    """Return the file that the server writes its messages to."""
    return folder / "server.log"


def make_cluster(folder: Path) -> None:
    """Make an empty database beside its place and move it there whole.

    Raises:
        StoreError: it could not be made; nothing is left of the try.
    """
    user = server_user(folder)
    for left in folder.parent.glob(f"{folder.name}.new-*"):  # of a process that was killed
        shutil.rmtree(left)
    new = Path(tempfile.mkdtemp(prefix=f"{folder.name}.new-", dir=folder.parent))
    if user is not None:
        os.chown(new, user, group_of(user))
        let_pass(new, user)
        let_pass(program_folder() / "initdb", user)
    ended = run_program(
        "initdb",
        *("--pgdata", new, "--username", OWNER, "--auth-local=trust", "--auth-host=reject"),
        # Sorting and case by Unicode's own tables: no update of the system can change an index.
        *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        user=user,
    )
    if ended.code:
        shutil.rmtree(new, ignore_errors=True)
        raise _explain(folder, "建立数据库失败", ended.output)
    new.rename(folder)


def check_cluster(folder: Path) -> None:
    """Look at a data folder whose server does not run, and change nothing.

    Raises:
        DataDamaged: something is missing, the control file's checksum is wrong, or another version
            of PostgreSQL wrote it.
        DatabaseUnreachable: this user may not read it.
    """
    try:
        missing = [name for name in _NEEDED if not (folder / name).exists()]
        version = "" if missing else (folder / "PG_VERSION").read_text().strip()
    except PermissionError:
        raise _not_ours(folder) from None
    if missing:
        raise _damaged(folder, f"缺少 {'、'.join(missing)}")
    if version != str(MAJOR):
        raise DataDamaged(
            f"数据文件夹 {folder} 由 PostgreSQL {version[:20]} 写成，本程序自带的是 {MAJOR}，"
            "未作任何改动。请用写它的那一版程序备份（nlp-service backup），再在新的文件夹里恢复。"
        )
    ended = run_program("pg_controldata", folder)
    if ended.code or "warning:" in ended.output:
        raise _damaged(folder, "global/pg_control 的内容不对")


def running_server(folder: Path) -> Running | None:
    """Return the server that runs on a folder, ready or not yet.

    A number in ``postmaster.pid`` is not enough: after a restart of the machine another process may
    have it, and a process in another container cannot be seen, though its socket answers.
    """
    try:
        lines = (folder / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    except PermissionError:
        raise _not_ours(folder) from None
    pid = int(lines[0]) if lines and lines[0].isdigit() else 0
    complete = len(lines) >= 8
    here = _is_server_of(folder, pid)
    if not here and not (complete and _answers(Path(lines[4]), lines[3])):
        return None
    return Running(
        pid=pid,
        port=int(lines[3]) if complete else 0,
        socket_folder=lines[4] if complete else "",
        ready=complete and lines[7].strip() == "ready",
        here=here,
    )


def start_server(folder: Path) -> Running:
    """Start a checked folder's server and wait until it answers.

    Raises:
        StoreError: it does not start; the message says why.
    """
    user = server_user(folder)
    if user is not None:
        let_pass(folder / "PG_VERSION", user)
        let_pass(program_folder() / "postgres", user)
    sockets = _socket_folder(folder, user)
    _disown_locks(folder, sockets)
    log = server_log(folder)
    until = time.monotonic() + _CHILDREN_END_WITHIN_S
    while True:
        begins = log.stat().st_size if log.exists() else 0
        ended = _start(folder, sockets, user)
        running = running_server(folder)
        if ended.code == 0 and running is not None:
            return running
        said = _read_from(log, begins) or ended.output
        if "still in use" not in said or time.monotonic() > until:
            raise _explain(folder, "启动失败", said)
        time.sleep(0.2)


def await_server(folder: Path) -> Running | None:
    """Return the running server once it is ready; None if it ends before.

    Raises:
        DatabaseUnreachable: it takes longer than ``START_WITHIN_S``.
    """
    until = time.monotonic() + START_WITHIN_S
    while (running := running_server(folder)) and not running.ready:
        if time.monotonic() > until:
            raise DatabaseUnreachable(
                f"{folder} 的数据库服务器（进程 {running.pid}）迟迟没有就绪，"
                f"请看 {server_log(folder)}。"
            )
        time.sleep(0.1)
    return running


def stop_server(folder: Path) -> None:
    """Stop a folder's server: open transactions are given up, all that was committed stays.

    Raises:
        StoreError: it does not stop.
    """
    ended = run_program(
        "pg_ctl", "stop", "-D", folder, "-w", "-m", "fast", user=server_user(folder)
    )
    if ended.code and running_server(folder):
        raise StoreError(f"{folder} 的数据库服务器停不下来，请看 {server_log(folder)}。")
    with suppress(OSError):  # it is empty now; the data folder itself never is
        Path(_socket_folder(folder, server_user(folder))).rmdir()


def _disown_locks(folder: Path, sockets: str) -> None:
    """Let nobody be taken for a server that ended without tidying up.

    A process with its number may live, or be dead but never waited for, as in a container without
    an init. The rest of ``postmaster.pid`` stays: by it PostgreSQL finds children that still run.
    """
    (Path(sockets) / f".s.PGSQL.{_PORT}.lock").unlink(missing_ok=True)
    lock = folder / "postmaster.pid"
    if lock.exists():
        _, *rest = lock.read_text().splitlines(keepends=True) or [""]
        lock.write_text("".join([f"{_number_of_nobody()}\n", *rest]))


def _number_of_nobody() -> int:
    """Return the number of a process that has just ended."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


def _read_from(log: Path, begins: int) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(begins)
        return file.read(2**16).decode(errors="replace")


def _start(folder: Path, sockets: str, user: int | None) -> Ended:
    quoted = sockets.replace('"', '""')
    options = [
        "-p",
        str(_PORT),
        "-k",
        f'"{quoted}"',
    ]  # quoted again for PostgreSQL, to which a comma parts folders
    buffered = f"{buffered_mb(psutil.virtual_memory().total)}MB"
    for name, value in {**_SETTINGS, "shared_buffers": buffered}.items():
        options += ["-c", f"{name}={value}"]
    return run_program(
        "pg_ctl",
        *("start", "-D", folder, "-l", server_log(folder), "-w", "-t", str(START_WITHIN_S)),
        *("-o", shlex.join(options)),
        user=user,
    )


def _socket_folder(folder: Path, user: int | None) -> str:
    """Return the data folder itself or, where its path does not do for a socket, a short one."""
    parts_hosts = "," in str(folder)  # clients take what follows for another host
    if len(os.fsencode(folder)) <= _LONGEST_SOCKET_FOLDER and not parts_hosts:
        return str(folder)
    owner = os.geteuid() if user is None else user
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"nlp-pg-{owner}-{name}"
    with suppress(FileExistsError):
        short.mkdir(mode=0o700)
        if user is not None:
            os.chown(short, user, group_of(user), follow_symlinks=False)
    if short.is_symlink() or short.lstat().st_uid != owner:  # anybody may make names there
        raise StoreError(f"{short} 属于别的用户，数据库的连接不能放在那里，请把它移走。")
    return str(short)


def _is_server_of(folder: Path, pid: int) -> bool:
    """Say whether a process is this folder's server: PostgreSQL works in its data folder."""
    try:
        process = psutil.Process(pid) if pid else None
        return (
            process is not None
            and process.name() == "postgres"
            and os.path.samefile(process.cwd(), folder)
        )
    except (psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError):
        return False


def _answers(sockets: Path, port: str) -> bool:
    """Say whether somebody listens at a socket."""
    with socket.socket(socket.AF_UNIX) as caller:
        try:
            caller.connect(str(sockets / f".s.PGSQL.{port}"))
        except OSError:
            return False
    return True


def _explain(folder: Path, what: str, said: str) -> StoreError:
    """Make an error of what a program said; it never says anything of a text."""
    if "No space left" in said or "Disk quota exceeded" in said:
        return DatabaseFull(f"{folder} 所在的磁盘已满，数据库{what}，请腾出空间后再试。")
    if "Read-only file system" in said:
        return DatabaseFull(
            f"{folder} 所在的磁盘是只读的，数据库{what}，请换一个位置（NLP_DATA）。"
        )
    serious = [line for line in said.splitlines() if "FATAL" in line or "PANIC" in line]
    last = (serious or said.strip().splitlines() or ["没有说明"])[-1].strip()
    if serious and any(word in said for word in ("PANIC", "checkpoint record", "pg_control")):
        return _damaged(folder, last)
    return StoreError(f"{folder} 的数据库{what}：{last}（日志 {server_log(folder)}）。")


def _damaged(folder: Path, why: str) -> DataDamaged:
    return DataDamaged(
        f"数据文件夹 {folder} 已损坏：{why}。请先把整个文件夹复制到别处保存，再把它移走，"
        "重新启动，用 nlp-service restore 从备份恢复。"
    )


def _not_ours(folder: Path) -> DatabaseUnreachable:
    return DatabaseUnreachable(
        f"当前用户无权读取数据文件夹 {folder}，它属于另一个用户；请用那个用户运行，"
        "或用 NLP_DATA 换一个位置。"
    )
