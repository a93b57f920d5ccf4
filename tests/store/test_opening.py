"""Databases that cannot serve are refused in Chinese: what, where, what to do."""

import threading

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from nlp_service.domain.errors import (
    DatabaseFull,
    DatabaseNewer,
    DatabaseUnfit,
    DatabaseUnreachable,
    LoginRefused,
    StoreError,
)
from nlp_service.settings import Settings
from nlp_service.store.migrate import known_revisions
from nlp_service.store.opening import open_store, read_address

CATALOGUE = """
    SELECT c.oid::text, c.relname, c.relfilenode::text, s.n_tup_ins::text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
    WHERE n.nspname IN ('nlp', 'public') ORDER BY 1
"""

OPEN = """
import sys
from nlp_service.settings import Settings
from nlp_service.store.opening import open_store
with open_store(Settings(database_url=sys.argv[1])) as store, store.reading() as office:
    print(len(office.submissions.list().items))
"""


def shown(address):
    return address.render_as_string(hide_password=False)


def refuse(address, error):
    with pytest.raises(error) as caught:
        open_store(Settings(database_url=shown(address)))
    message = str(caught.value)
    assert address.password is None or str(address.password) not in message
    assert caught.value.__cause__ is None
    return message


def test_a_server_that_does_not_answer(tcp_address, unused_port):
    message = refuse(tcp_address.set(port=unused_port), DatabaseUnreachable)

    assert f"127.0.0.1:{unused_port}" in message
    assert "NLP_DATABASE_URL" in message


def test_a_host_that_is_not_there(tcp_address):
    assert "no-such-host.invalid" in refuse(
        tcp_address.set(host="no-such-host.invalid"), DatabaseUnreachable
    )


def test_a_wrong_password(tcp_address):
    assert "密码" in refuse(tcp_address.set(password="wrong-secret"), LoginRefused)


def test_no_password_where_one_is_wanted(tcp_address):
    assert "密码" in refuse(tcp_address._replace(password=None), LoginRefused)


def test_a_database_that_is_not_there(server):
    assert "createdb" in refuse(server.address.set(database="missing"), DatabaseUnfit)


@pytest.mark.parametrize(
    "address",
    ["", "postgresql", "mysql://root:topsecret@host/db", "postgresql://u:topsecret@h:port/db"],
)
def test_an_address_of_something_else_is_not_repeated(address):
    with pytest.raises(DatabaseUnfit, match="postgresql://") as caught:
        read_address(address)

    assert "topsecret" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_the_usual_ways_to_write_an_address(scheme):
    url = read_address(f"{scheme}://u:p%40@h:5/db")

    assert (url.drivername, url.password, url.database) == ("postgresql+psycopg", "p@", "db")


def test_settings_do_not_show_the_password():
    assert "topsecret" not in repr(Settings(database_url="postgresql://u:topsecret@h/db"))


def test_a_server_without_pgvector(embedded, place):
    address = embedded.new()
    embedded.execute(f"ALTER DATABASE {address.database} SET extension_control_path = '{place}'")

    assert "pgvector" in refuse(address, DatabaseUnfit)
    assert embedded.execute(CATALOGUE, address) == []


@pytest.mark.parametrize(("rights", "words"), [("", "CREATE EXTENSION"), ("enabled", "权限")])
def test_a_user_who_may_not_do_it(tcp_address, server, rights, words):
    if server.address != tcp_address:
        pytest.skip("the embedded server has one user")
    address = server.new()
    user = f"poor_{address.database}"
    server.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'hidden'")
    if rights:
        server.execute("CREATE EXTENSION vector", address)

    assert words in refuse(address.set(username=user, password="hidden"), DatabaseUnfit)


def test_a_user_who_may_make_schemas_needs_no_more(tcp_address, server, open_at):
    if server.address != tcp_address:
        pytest.skip("the embedded server has one user")
    address = server.new()
    user = f"plain_{address.database}"
    server.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'plain'")
    server.execute(f"GRANT CREATE ON DATABASE {address.database} TO {user}")
    server.execute("CREATE EXTENSION vector", address)

    store = open_at(address.set(username=user, password="plain"))

    with store.reading() as office:
        assert office.submissions.list().items == []


def test_a_database_of_a_later_program_is_not_touched(server):
    address = server.migrated()
    server.execute("UPDATE nlp.alembic_version SET version_num = 'f00d'", address)
    before = server.execute(CATALOGUE, address)

    message = refuse(address, DatabaseNewer)

    assert "f00d" in message
    assert known_revisions()[0] in message
    assert server.execute(CATALOGUE, address) == before
    assert server.execute("SELECT version_num FROM nlp.alembic_version", address) == [("f00d",)]


def test_a_read_only_database_that_needs_its_tables(server):
    address = server.new()
    server.execute(f"ALTER DATABASE {address.database} SET default_transaction_read_only = on")

    assert "只读" in refuse(address, DatabaseFull)


def test_several_processes_may_start_at_once_on_an_empty_database(server, python):
    address = server.new()
    processes = [python(OPEN, shown(address), start=True) for _ in range(2)]
    ended = [process.communicate(timeout=60) for process in processes]

    assert [output for output, _ in ended] == ["0\n"] * 2, ended


def test_a_migration_waits_for_another_one(server):
    address = server.new()
    opened = threading.Event()
    with create_engine(address, poolclass=NullPool).begin() as holder:
        holder.execute(text(f"SELECT pg_advisory_xact_lock({0x6E6C705F6D6967})"))
        opener = threading.Thread(
            target=lambda: (
                open_store(Settings(database_url=shown(address))).close(),
                opened.set(),
            )
        )
        opener.start()
        assert not opened.wait(0.5)
    opener.join()

    assert opened.is_set()


def test_reading_refuses_to_write(store, add):
    with pytest.raises(DatabaseFull, match="只读"), store.reading() as office:
        add(office)


def test_a_block_that_raises_writes_nothing(store, add):
    with pytest.raises(ZeroDivisionError), store.transaction(actor="张三") as office:
        add(office)
        raise ZeroDivisionError

    with store.reading() as office:
        assert office.submissions.list().items == []


def test_nothing_is_done_by_nobody(store):
    with pytest.raises(ValueError, match="actor"), store.transaction(actor=" "):
        pass


def test_a_lost_connection_is_told_and_the_next_one_works(server, store):
    with pytest.raises(DatabaseUnreachable), store.reading() as office:
        pid = office.connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        server.execute(f"SELECT pg_terminate_backend({pid}, 5000)")
        office.submissions.list()

    with store.reading() as office:
        assert office.submissions.list().items == []


@pytest.mark.parametrize("column", ["needs_review", "topic"])
def test_no_error_quotes_a_text(fresh_store, submit, assess, column):
    store = fresh_store
    secret = "张三丰住在长青路五号"
    submission = submit(body=secret)
    with store.transaction(actor="李四") as office:
        office.connection.execute(text(f"ALTER TABLE nlp.assessments ADD CHECK ({column} IS NULL)"))

    with pytest.raises(StoreError, match="23514") as caught, store.transaction(actor="x") as office:
        office.submissions.store(submission, assess(submission))

    assert secret not in str(caught.value)
    assert caught.value.__suppress_context__


def test_the_servers_log_quotes_no_text(data, submit, assess):
    secret = "张三丰住在长青路五号"
    submission = submit(body=secret)
    with open_store(Settings(data=data.parent)) as store:
        with store.transaction(actor="李四") as office:
            office.connection.execute(
                text("ALTER TABLE nlp.submissions ADD CHECK (restricted), ADD CHECK (text = '')")
            )
        with pytest.raises(StoreError), store.transaction(actor="李四") as office:
            office.submissions.store(submission, assess(submission))
        with pytest.raises(StoreError), store.reading() as office:
            office.connection.execute(text(f"SELECT '{secret}'::integer"))
    log = (data / "server.log").read_text()

    assert "violates check constraint" in log
    assert secret not in log.replace(f'"{secret}"', "") or "invalid input syntax" in log
    assert "Failing row" not in log
    assert "STATEMENT" not in log
