"""A start on a damaged folder says so, and leaves every byte where it was."""

import hashlib
import subprocess

import pytest
from sqlalchemy import text

from nlp_service.domain.errors import DataDamaged
from nlp_service.settings import Settings
from nlp_service.store.cluster import running_server
from nlp_service.store.opening import open_store


def bytes_of(folder):
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def lose(name):
    return lambda data: subprocess.run(["rm", "-r", data / name], check=True)


def overwrite(name, content):
    return lambda data: (data / name).write_bytes(content)


def empty_but_one(data):
    for path in data.iterdir():
        if path.name != "base":
            subprocess.run(["rm", "-r", path], check=True)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lose("PG_VERSION"), "PG_VERSION"),
        (lose("pg_wal"), "pg_wal"),
        (lose("global/pg_control"), "pg_control"),
        (overwrite("global/pg_control", b"\0" * 8192), "pg_control"),
        (overwrite("global/pg_control", b""), "pg_control"),
        (overwrite("PG_VERSION", b"16\n"), "PostgreSQL 16"),
        (overwrite("PG_VERSION", b"?"), "PostgreSQL"),
        (empty_but_one, "缺少"),
    ],
)
def test_a_damaged_folder_is_named_and_not_touched(data, damage, words):
    damage(data)
    before = bytes_of(data)

    with pytest.raises(DataDamaged, match=words) as caught:
        open_store(Settings(data=data.parent))

    assert str(data) in str(caught.value)
    assert bytes_of(data) == before
    assert running_server(data) is None


def test_a_lost_journal_is_told_as_damage(data):
    for path in (data / "pg_wal").glob("0*"):
        path.unlink()

    with pytest.raises(DataDamaged, match="restore"):
        open_store(Settings(data=data.parent))


def test_a_damaged_page_is_told_where_it_is_read(data, add):
    with open_store(Settings(data=data.parent)) as store:
        with store.transaction(actor="张三") as office:
            for _ in range(20):
                add(office)
        with store.engine.connect() as connection:
            page = connection.execute(text("SELECT pg_relation_filepath('nlp.submissions')"))
            file = data / page.scalar_one()
    content = bytearray(file.read_bytes())
    content[100:200] = b"\xff" * 100
    file.write_bytes(content)

    with (
        open_store(Settings(data=data.parent)) as store,
        pytest.raises(DataDamaged, match="XX001"),
        store.reading() as office,
    ):
        office.submissions.list()
