"""Backups through the commands, as an operator gives them."""

import stat

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from nlp_service.cli import main
from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import BackupRefused, StoreError
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Origin, Outcome
from nlp_service.settings import Settings
from nlp_service.store.backup import restore
from nlp_service.store.chaining import check_chain
from nlp_service.store.opening import open_database, open_store
from nlp_service.store.programs import run_program
from tests.callers import add_user, bearer


@pytest.fixture
def nlp_service():
    """Run a command with an address or a data folder."""

    def run(*arguments, address=None, data=None):
        given = {"NLP_DATA": str(data)} if data else {}
        if address is not None:
            given["NLP_DATABASE_URL"] = address.render_as_string(hide_password=False)
        return CliRunner().invoke(main, list(map(str, arguments)), env=given)

    return run


@pytest.fixture
def fill(add, submit):
    def fill_it(store):
        with store.transaction(actor="张三") as office:
            keys = [
                add(office, submit(f"第{number}件\x00\\.\t\n来件"), origin=Origin(submitter="王五"))
                for number in range(5)
            ]
            merge = office.merges.merge(keys[:3], lead=keys[1])
            office.outcomes.record(keys[0], Outcome(disposition=Disposition.FILED))
            office.submissions.delete(keys[4])
        return keys, merge.key

    return fill_it


def everything(store):
    tables = ("merges", "submissions", "assessments", "merge_members", "merge_leads", "outcomes")
    rows = {}
    with store.reading() as office:
        for table in (*tables, "audit", "alembic_version"):
            found = office.connection.execute(text(f"SELECT t::text FROM nlp.{table} t ORDER BY 1"))
            rows[table] = found.scalars().all()
    rows["audit"] = [row for row in rows["audit"] if str(Action.RESTORED) not in row]
    return rows


def test_a_backup_brings_everything_back_elsewhere(
    server, fresh_store, fill, add, place, nlp_service, open_at
):
    keys, merge = fill(fresh_store)
    source, target = fresh_store.engine.url, server.new()

    saved = nlp_service("backup", place / "一.backup", address=source)
    restored = nlp_service("restore", place / "一.backup", address=target)

    assert saved.exit_code == 0, saved.stderr
    assert "5 件" in saved.stdout
    assert restored.exit_code == 0, restored.stderr
    assert "5 件" in restored.stdout
    assert stat.S_IMODE((place / "一.backup").stat().st_mode) == 0o600
    assert [path.name for path in place.iterdir()] == ["一.backup"]
    again = open_at(target)
    assert everything(again) == everything(fresh_store)
    with again.transaction(actor="李四") as office:
        assert add(office) == max(keys) + 1
        assert office.merges.unmerge(merge).members == keys[:3]
        (entry,) = office.audit.of(RecordKind.DATABASE, 0)
        assert entry.action is Action.RESTORED
    with pytest.raises(StoreError, match="23001"), again.transaction(actor="李四") as office:
        office.connection.execute(text("DELETE FROM nlp.audit"))


def test_the_embedded_database_is_backed_up_and_restored(data, place, fill, nlp_service):
    with open_store(Settings(data=place)) as store:
        fill(store)
        before = everything(store)
        saved = nlp_service("backup", place / "a", data=place)  # while it is used
    restored = nlp_service("restore", place / "a", data=place / "new")

    assert saved.exit_code == 0, saved.stderr
    assert restored.exit_code == 0, restored.stderr
    with open_store(Settings(data=place / "new")) as store:
        assert everything(store) == before


def test_a_restore_brings_users_and_keys_back_but_no_session(
    server, fresh_store, place, nlp_service, open_at
):
    add_user(fresh_store, "张三")
    token = bearer(fresh_store)["Authorization"].split()[1]
    with fresh_store.transaction(actor="张三") as office:
        session = office.sessions.open(office.users.named("张三")).token
        assert office.sessions.find(session)
    target = server.new()
    nlp_service("backup", place / "一.backup", address=fresh_store.engine.url)
    assert nlp_service("restore", place / "一.backup", address=target).exit_code == 0

    with open_at(target).reading() as office:
        assert office.users.named("张三").disabled_at is None
        assert office.api_keys.find(token) is not None
        assert office.sessions.find(session) is None
        assert check_chain(office.connection).findings == []


def test_a_database_with_contents_is_replaced_only_when_it_is_said(
    fresh_store, fill, add, place, nlp_service, open_at
):
    fill(fresh_store)
    address = fresh_store.engine.url
    nlp_service("backup", place / "a", address=address)
    saved = everything(fresh_store)
    with fresh_store.transaction(actor="张三") as office:
        add(office)
    before = everything(fresh_store)

    refused = nlp_service("restore", place / "a", address=address)
    assert refused.exit_code == 1
    assert "6 件" in refused.stderr
    assert "--replace" in refused.stderr
    assert everything(fresh_store) == before

    replaced = nlp_service("restore", "--replace", place / "a", address=address)
    assert replaced.exit_code == 0, replaced.stderr
    assert everything(open_at(address)) == saved


def test_empty_tables_need_no_replacing(fresh_store, fill, server, place, nlp_service, open_at):
    fill(fresh_store)
    nlp_service("backup", place / "a", address=fresh_store.engine.url)
    target = server.migrated()

    done = nlp_service("restore", place / "a", address=target)

    assert done.exit_code == 0, done.stderr
    assert everything(open_at(target)) == everything(fresh_store)


@pytest.fixture
def archive(module_store, store, fill, place, nlp_service):
    """A good backup, and the database that it would replace."""
    fill(store)
    done = nlp_service("backup", place / "good", address=store.engine.url)
    assert done.exit_code == 0, done.stderr
    return place / "good"


def cut(content, _):
    return content[: len(content) * 9 // 10]


def spoil_data(content, _):
    place = len(content) * 7 // 10
    return content[:place] + bytes(byte ^ 0xFF for byte in content[place:])


def no_archive(_content, _):
    return "不是备份".encode()


@pytest.mark.parametrize("spoil", [cut, spoil_data, no_archive])
def test_a_spoilt_archive_changes_nothing(store, archive, spoil):
    archive.write_bytes(spoil(archive.read_bytes(), None))
    before = everything(store)
    settings = Settings(database_url=store.engine.url.render_as_string(hide_password=False))

    with open_database(settings) as database, pytest.raises(BackupRefused):
        restore(database, archive, replace=True, actor="张三")

    assert everything(store) == before


def test_an_archive_of_a_later_program_changes_nothing(server, store, fill, place, nlp_service):
    fill(store)
    address = server.migrated()
    server.execute("UPDATE nlp.alembic_version SET version_num = 'f00d'", address)
    nlp_service("backup", place / "newer", address=address)

    done = nlp_service("restore", "--replace", place / "newer", address=store.engine.url)

    assert done.exit_code == 1
    assert "f00d" in done.stderr
    with store.reading() as office:
        assert len(office.submissions.list().items) == 4


def test_an_archive_of_something_else_changes_nothing(embedded, place, nlp_service):
    address = embedded.new()
    embedded.execute("CREATE TABLE theirs (x int)", address)
    place.chmod(0o777)
    ended = run_program(
        "pg_dump",
        *("-Fc", "-h", address.query["host"], "-U", "postgres"),
        *("-f", place / "theirs", address.database),
    )
    assert ended.code == 0, ended.output

    done = nlp_service("restore", place / "theirs", address=address)

    assert done.exit_code == 1
    assert "不是本程序的备份" in done.stderr


def test_a_backup_never_overwrites(store, place, nlp_service):
    (place / "there").write_text("alt")

    done = nlp_service("backup", place / "there", address=store.engine.url)

    assert done.exit_code == 1
    assert "已存在" in done.stderr
    assert (place / "there").read_text() == "alt"


def test_there_must_be_something_to_back_up(server, place, nlp_service):
    done = nlp_service("backup", place / "a", address=server.new())

    assert done.exit_code == 1
    assert "没有任何数据" in done.stderr
    assert not list(place.iterdir())


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_what_cannot_work_is_told_in_chinese(command, tcp_address, unused_port, place, nlp_service):
    (place / "file").touch()
    missing = place / "none" / "file"

    no_file = nlp_service(command, address=tcp_address)
    no_folder = nlp_service(command, missing, address=tcp_address)
    no_server = nlp_service(command, place / "a", address=tcp_address.set(port=unused_port))

    assert no_file.exit_code == 2
    assert "缺少" in no_file.stderr
    assert no_folder.exit_code == 1
    assert str(missing.parent) in no_folder.stderr
    assert no_server.exit_code == 1
    assert "Traceback" not in no_file.stderr + no_folder.stderr + no_server.stderr
