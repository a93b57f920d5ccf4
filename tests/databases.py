"""Databases for tests, on real servers: one embedded server serves the whole session.

Of several processes that share the tests each has its own.
"""

import itertools
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from nlp_service.settings import Settings
from nlp_service.store.embedded import use_server
from nlp_service.store.opening import open_store
from nlp_service.store.tables import SCHEMA
from tests.callers import KEYS

TEMPLATE = "ready"
numbers = itertools.count()


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder that a server's user may enter, which pytest's own are not; in memory if it can."""
    memory = Path("/dev/shm")
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2e9 * processes
    base = (memory if roomy else Path("/tmp")) / f"nlp-store-tests-{os.getpid()}"
    base.mkdir()
    yield base
    shutil.rmtree(base)


@pytest.fixture
def place(folder):
    """A new folder for one test."""
    path = folder / f"t{next(numbers)}"
    path.mkdir()
    return path


@pytest.fixture(scope="session")
def pristine(folder):
    """A data folder as the first start leaves it."""
    path = folder / "pristine" / "pg"
    use_server(path).close()
    return path


def copy(source, target):
    """Copy a data folder with its owners."""
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", source, target], check=True)
    return target


@pytest.fixture
def data(pristine, place):
    """A data folder of its own for one test: making one takes longer than copying it."""
    return copy(pristine, place / "pg")


@pytest.fixture
def copy_data(pristine):
    """Put a data folder at a place."""
    return lambda target: copy(pristine, target)


@pytest.fixture(scope="session")
def embedded_address(folder, pristine):
    server = use_server(copy(pristine, folder / "embedded" / "pg"))
    yield server.url
    server.close()


@pytest.fixture
def small_disk(place):
    """A disk of 200 MB."""
    disk = place / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200m,mode=755", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a disk, and not everywhere")
    yield disk
    subprocess.run(["umount", disk], check=True)


def fill_up(disk, *, leave):
    """Write until so many bytes are left."""
    free = int(subprocess.check_output(["stat", "-f", "-c", "%a %S", disk]).split()[0]) * 4096
    with (disk / "ballast").open("ab") as ballast:
        ballast.write(bytes(max(0, free - leave)))


class Server:
    """A server for tests: hands out databases, migrated or empty."""

    def __init__(self, address):
        self.address = address
        self._admin = create_engine(address, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}")  # of an earlier use of the server
        self.new(TEMPLATE)
        open_store(settings_for(address.set(database=TEMPLATE))).close()

    def new(self, name=None, *, like="template1"):
        name = name or f"t{next(numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {like}")
        return self.address.set(database=name)

    def migrated(self):
        return self.new(like=TEMPLATE)

    def execute(self, statement, address=None):
        """Run a statement on the administrator's database, or on another."""
        if address is None:
            with self._admin.connect() as connection:
                connection.execute(text(statement))
            return None
        with create_engine(address, poolclass=NullPool).begin() as connection:
            found = connection.execute(text(statement))
            return found.all() if found.returns_rows else []


def settings_for(address):
    return Settings(database_url=address.render_as_string(hide_password=False), keys=KEYS)


_TOUCHED = f"""
SELECT t.oid::regclass::text AS name,
  pg_relation_size(t.oid) > 1000000 OR EXISTS (
    SELECT FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am a ON a.oid = x.relam
    WHERE i.indrelid = t.oid AND a.amname <> 'btree'
  ) AS whole
FROM pg_class t
WHERE t.relnamespace = '{SCHEMA}'::regnamespace AND t.relkind = 'r'
  AND t.relname <> 'alembic_version' AND pg_relation_size(t.oid) > 0
"""
_COUNT_ANEW = f"""
SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
FROM pg_sequences WHERE schemaname = '{SCHEMA}' AND last_value IS NOT NULL
"""


def clear(store):
    """Take everything out of a store; its keys begin at 1 again.

    A few rows are deleted, which takes a thirtieth of the time of truncating every table. Where
    there are many, or an index in which deleted ones would stand in the way, the table is
    truncated, and what points to it, too: all of it is to go.
    """
    with store.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # no triggers
        touched = connection.execute(text(_TOUCHED)).all()
        if whole := ", ".join(table.name for table in touched if table.whole):
            connection.execute(text(f"TRUNCATE {whole} CASCADE"))
        for table in touched:
            connection.execute(text(f"DELETE FROM {table.name}"))
        connection.execute(text(_COUNT_ANEW))


@pytest.fixture(scope="session")
def embedded(embedded_address):
    return Server(embedded_address)
