"""Bring a database's tables to this program's version, or say why not and touch nothing.

Several processes may start at once: the first one migrates, the others wait and find it done.
"""

from collections.abc import Sequence
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from nlp_service.domain.errors import DatabaseNewer, DatabaseUnfit
from nlp_service.store.failures import explaining_failures, name_address
from nlp_service.store.locks import wait_for_turn
from nlp_service.store.tables import SCHEMA

OLDEST_SERVER = (14,)
"""Tests run on 16 and 18; 14 is the oldest with all that the tables use."""

OLDEST_VECTOR = "0.8"
"""The first with iterative index scans."""

MIGRATIONS = Path(__file__).parent / "migrations"

_LOCK = 0x6E6C705F6D6967  # "nlp_mig"


def migrate(engine: Engine, *, to: str = "head") -> None:
    """Check the server, then bring the tables up to a revision, all in one transaction.

    Raises:
        DatabaseUnfit: see ``check_server``.
        DatabaseNewer: the tables are of a revision that this program does not know.
        StoreError: the server cannot be reached or refuses.
    """
    where = name_address(engine.url)
    with explaining_failures(where), engine.begin() as connection:
        check_server(connection, where)
        wait_for_turn(connection, _LOCK)
        found = read_revision(connection)
        check_revision(found, where)
        if found != _wanted(to):
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            command.upgrade(_config(connection), to)


def downgrade(engine: Engine, *, to: str) -> None:
    """Take the tables back to an earlier revision; what only later tables hold is lost."""
    with explaining_failures(name_address(engine.url)), engine.begin() as connection:
        wait_for_turn(connection, _LOCK)
        command.downgrade(_config(connection), to)


def check_server(connection: Connection, where: str) -> None:
    """Refuse a database that cannot hold the tables.

    Raises:
        DatabaseUnfit: its server or pgvector is too old or absent, or cannot hold every character.
    """
    version = connection.dialect.server_version_info or ()
    if version < OLDEST_SERVER:
        raise DatabaseUnfit(
            f"{where} 是 PostgreSQL {'.'.join(map(str, version))}，至少需要 {OLDEST_SERVER[0]}。"
        )
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise DatabaseUnfit(
            f"{where} 的编码是 {encoding}，存不下所有汉字，请用 UTF8 编码另建一个库"
            "（createdb -E UTF8 -T template0）。"
        )
    vector = connection.execute(
        text(
            "SELECT a.installed_version, a.default_version, u.usesuper"
            " FROM pg_available_extensions a, pg_user u"
            " WHERE a.name = 'vector' AND u.usename = current_user"
        )
    ).one_or_none()
    if vector is None:
        raise DatabaseUnfit(
            f"{where} 的服务器没有安装扩展 pgvector，请让数据库管理员安装"
            "（例如 apt install postgresql-16-pgvector）后再启动。"
        )
    if vector.installed_version is None and not vector.usesuper:
        raise DatabaseUnfit(
            f"{where} 还没有启用扩展 pgvector，而这个用户无权启用；"
            "请让数据库管理员在该库中执行 CREATE EXTENSION vector; 后再启动。"
        )
    version = vector.installed_version or vector.default_version
    if is_too_old(version):
        raise DatabaseUnfit(
            f"{where} 的扩展 pgvector 是 {version}，至少需要 {OLDEST_VECTOR}；"
            "请让数据库管理员安装新版，并在该库中执行 ALTER EXTENSION vector UPDATE; 后再启动。"
        )


def is_too_old(version: str) -> bool:
    """Say whether a version of pgvector lacks what the tables and questions need."""
    return tuple(map(int, version.split(".")[:2])) < tuple(map(int, OLDEST_VECTOR.split(".")))


def read_revision(connection: Connection) -> str | None:
    """Return the revision of the tables; None where there are none yet."""
    context = MigrationContext.configure(connection, opts={"version_table_schema": SCHEMA})
    return context.get_current_revision()


def check_revision(revision: str | None, where: str) -> None:
    """Refuse tables of a later program.

    Raises:
        DatabaseNewer: this program has no such revision.
    """
    if revision is not None and revision not in known_revisions():
        raise DatabaseNewer(
            f"{where} 由更新版本的程序写成，未作任何改动：它的结构版本是 {revision[:40]}，"
            f"本程序最高为 {_wanted('head')}。请升级本程序，或恢复一份旧版本的备份。"
        )


def known_revisions() -> Sequence[str]:
    """Return the revisions of this program, newest first."""
    return [script.revision for script in _scripts().walk_revisions()]


def _wanted(revision: str) -> str | None:
    scripts = _scripts()
    return scripts.get_current_head() if revision == "head" else revision


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, schema=SCHEMA)
    return config
