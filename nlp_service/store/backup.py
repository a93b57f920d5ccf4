"""Copy the whole store into one file and back, in PostgreSQL's own archive format.

A restore happens in one transaction: until its last line the database is what it was.
"""

import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, text

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import BackupRefused, DatabaseFull, DatabaseUnfit, StoreError
from nlp_service.store.audit import Audit
from nlp_service.store.failures import explain_code, explaining_failures
from nlp_service.store.migrate import check_server, known_revisions, migrate, read_revision
from nlp_service.store.opening import Database
from nlp_service.store.programs import MAJOR, program_folder
from nlp_service.store.sessions import Sessions
from nlp_service.store.tables import SCHEMA

LOCK_WITHIN_S = 30
"""How long a restore waits for others to finish with the tables."""

_BEGIN = f"""\
BEGIN;
SET lock_timeout = '{LOCK_WITHIN_S}s';
DROP SCHEMA IF EXISTS {SCHEMA} CASCADE;
CREATE EXTENSION IF NOT EXISTS vector SCHEMA public;
"""

_FIRST_WITH_TIMEOUT = (17,)
_TIMEOUT = b"SET transaction_timeout = 0;\n"
"""Every archive begins with it; servers before 17 do not know it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a store holds."""

    submissions: int
    """Deleted ones included."""
    revision: str | None
    """None where there are no tables."""


def back_up(database: Database, file: Path) -> Contents:
    """Write everything into a new file, readable by its owner only; return what it holds.

    Raises:
        BackupRefused: the file exists, or there is nothing to keep.
        OSError: the file cannot be written.
        StoreError: the database cannot be read.
    """
    if file.exists():
        raise BackupRefused(f"{file} 已存在，为免覆盖旧备份，请换一个文件名。")
    if not file.parent.is_dir():
        raise BackupRefused(f"没有文件夹 {file.parent}，请先建立它。")
    contents = read_contents(database)
    if contents.revision is None:
        raise BackupRefused(f"{database.address} 里还没有任何数据，不必备份。")
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    part = Path(name)
    os.close(handle)
    try:
        _dump(database, part)
        _list_archive(part)
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    return contents


def restore(database: Database, file: Path, *, replace: bool, actor: str) -> Contents:
    """Put a backup's contents in the place of the database's; return what it holds then.

    Raises:
        BackupRefused: the file is no good backup of this program's, or the database holds
            something and ``replace`` is not said. Nothing was touched.
        StoreError: the database refused; it is as it was.
    """
    _check_archive(file)
    with explaining_failures(database.address), database.engine.connect() as connection:
        check_server(connection, database.address)
        version = connection.dialect.server_version_info or ()
    held = read_contents(database)
    if not replace and not _is_empty(database):
        raise BackupRefused(
            f"{database.address} 里已有 {held.submissions} 件来件及其记录，未作任何改动。"
            "若确要用备份取代它们，请先另做一份备份，再加 --replace。"
        )
    _replay(database, file, knows_timeout=version >= _FIRST_WITH_TIMEOUT)
    database.engine.dispose()  # what its connections remember of the tables is past
    migrate(database.engine)
    with explaining_failures(database.address), database.engine.begin() as connection:
        Sessions(connection).end_all()  # who had signed out would be signed in again
        audit = Audit(connection, actor=actor)
        audit.note(Action.RESTORED, RecordKind.DATABASE, 0)
        audit.settle()
    return read_contents(database)


def read_contents(database: Database) -> Contents:
    """Return what a database holds, whatever the revision of its tables."""
    with explaining_failures(database.address), database.engine.connect() as connection:
        revision = read_revision(connection)
        return Contents(
            submissions=_count(connection, "submissions") if revision else 0, revision=revision
        )


def _is_empty(database: Database) -> bool:
    with explaining_failures(database.address), database.engine.connect() as connection:
        tables = connection.execute(
            text(
                "SELECT tablename FROM pg_tables"
                " WHERE schemaname = :schema AND tablename <> 'alembic_version'"
            ),
            {"schema": SCHEMA},
        ).scalars()
        return not any(_count(connection, table) for table in tables.all())


def _count(connection: Connection, table: str) -> int:
    quoted = connection.dialect.identifier_preparer.quote(table)
    found = text("SELECT to_regclass(:name)"), {"name": f"{SCHEMA}.{quoted}"}
    if connection.execute(*found).scalar_one() is None:
        return 0
    return int(connection.execute(text(f"SELECT count(*) FROM {SCHEMA}.{quoted}")).scalar_one())


def _dump(database: Database, part: Path) -> None:
    """Run pg_dump into a file; to its stdout it would write the table of contents twice."""
    options = ["--format=custom", f"--schema={SCHEMA}", "--no-owner", "--no-privileges"]
    options.append(f"--file={part}")
    ended = subprocess.run(
        [program_folder() / "pg_dump", *options, f"--dbname={_conninfo(database)}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=_environment(database),
        check=False,
    )
    said = ended.stderr.decode(errors="replace")
    if "server version mismatch" in said:
        raise DatabaseUnfit(
            f"{database.address} 的服务器比自带的 pg_dump（{MAJOR}）新，"
            "请用那台服务器自己的 pg_dump 备份，写法见 docs/operations.md。"
        )
    if "No space left" in said or "Disk quota" in said or ended.returncode == -signal.SIGXFSZ:
        raise DatabaseFull("备份文件所在的磁盘已满，备份没有完成，未留下半份文件。")
    if ended.returncode:
        raise StoreError(f"备份没有完成：pg_dump 以代码 {ended.returncode} 结束。")


def _check_archive(file: Path) -> None:
    """Refuse a file that is no whole backup of this program or an earlier one."""
    if not file.is_file():
        raise BackupRefused(f"没有备份文件 {file}，请检查路径。")
    _list_archive(file)
    rows = _read_archive(file, "--data-only", f"--schema={SCHEMA}", "--table=alembic_version")
    found = re.search(r"^COPY .*\n(\S+)\n\\\.$", rows, flags=re.MULTILINE)
    if found is None:
        raise BackupRefused(f"{file} 不是本程序的备份，未作任何改动。")
    if found[1] not in known_revisions():
        raise BackupRefused(
            f"{file} 由更新版本的程序写成（结构版本 {found[1][:40]}），未作任何改动；"
            "请先升级本程序。"
        )


def _list_archive(file: Path) -> None:
    _read_archive(file, "--list")


def _read_archive(file: Path, *options: str) -> str:
    ended = subprocess.run(
        [program_folder() / "pg_restore", *options, *_to_stdout(options), file],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, "LC_ALL": "C"},
        check=False,
    )
    if ended.returncode:
        raise BackupRefused(f"{file} 不是备份文件，或已损坏、不完整，未作任何改动。")
    return ended.stdout.decode(errors="replace")


def _to_stdout(options: tuple[str, ...]) -> tuple[str, ...]:
    return () if "--list" in options else ("--file=-",)


def _replay(database: Database, file: Path, *, knows_timeout: bool) -> None:
    """Run the archive's statements; only once all of them were read is anything committed."""
    options = ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=sqlstate"]
    with (
        tempfile.TemporaryFile() as said,
        subprocess.Popen(
            [program_folder() / "pg_restore", "--no-owner", "--no-privileges", "--file=-", file],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as archive,
        subprocess.Popen(
            [program_folder() / "psql", *options, f"--dbname={_conninfo(database)}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,  # codes alone: the words may quote a row
            env=_environment(database),
        ) as database_client,
    ):
        assert archive.stdout is not None and database_client.stdin is not None
        try:
            database_client.stdin.write(_BEGIN.encode())
            for line in archive.stdout:
                if knows_timeout or line != _TIMEOUT:
                    database_client.stdin.write(line)
            whole = archive.wait() == 0
            database_client.stdin.write(b"COMMIT;\n" if whole else b"ROLLBACK;\n")
            database_client.stdin.close()
        except BrokenPipeError:  # it stopped at an error and says which
            whole = True
        archive.kill()
        code = database_client.wait()
        said.seek(0)
        errors = re.findall(rb"(?:ERROR|FATAL|PANIC):\s+([0-9A-Z]{5})\b", said.read())
    if not whole:
        raise BackupRefused(f"{file} 已损坏，读到一半读不下去，数据库保持原样。")
    if errors:
        raise explain_code(errors[0].decode(), database.address)
    if code:
        raise StoreError(f"恢复没有完成，数据库保持原样：psql 以代码 {code} 结束。")


def _conninfo(database: Database) -> str:
    """Return the address for PostgreSQL's programs; the password goes by the environment."""
    _, parameters = database.engine.dialect.create_connect_args(database.engine.url)
    kept = parameters.keys() - {"password", "context"}  # the latter is the driver's own
    return make_conninfo(**{name: parameters[name] for name in kept})


def _environment(database: Database) -> Mapping[str, str]:
    password = database.engine.url.password
    given = {"PGPASSWORD": str(password)} if password else {}
    return {**os.environ, "LC_ALL": "C", "PGCLIENTENCODING": "UTF8", **given}
