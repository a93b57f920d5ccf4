import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from nlp_service.domain.batches import BatchFile, BatchOptions
from nlp_service.domain.errors import StoreError
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Outcome
from nlp_service.store.migrate import downgrade, is_too_old, known_revisions, migrate
from nlp_service.store.packed_lines import pack_lines
from nlp_service.store.tables import SCHEMA, metadata


@pytest.fixture
def engine(server):
    engine = create_engine(server.new())
    yield engine
    engine.dispose()


def fill(store, add):
    with store.transaction(actor="张三") as office:
        first, second = add(office), add(office, restricted=True)
        office.merges.merge([first, second], lead=first)
        office.outcomes.record(first, Outcome(disposition=Disposition.FILED))
        office.imports.begin(digest="00" * 32, name="往年.csv", source="往年", lines=3)
        file = BatchFile(name="来信.csv", digest="00" * 32, size=3)
        batch = office.batches.begin(file, BatchOptions()).key
        office.batches.rows.add_piece(batch, 0, b"abc")
    return first


def test_the_tables_are_those_that_the_code_knows(engine):
    migrate(engine)

    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "include_name": lambda name, type_, _: type_ != "schema" or name == SCHEMA,
                "version_table_schema": SCHEMA,
                "compare_type": True,
                "compare_server_default": True,
            },
        )
        assert compare_metadata(context, metadata) == []


def test_every_step_goes_up_down_and_up_again(engine):
    for revision in reversed(known_revisions()):
        migrate(engine, to=revision)
        downgrade(engine, to="-1")
        migrate(engine, to=revision)
    downgrade(engine, to="base")

    assert inspect(engine).get_table_names(schema=SCHEMA) == ["alembic_version"]
    with engine.connect() as connection:
        functions = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'nlp'::regnamespace"
        assert connection.execute(text(functions)).scalar_one() == 0


def test_a_filled_database_goes_down_and_comes_up_empty(fresh_store, add, open_at):
    store = fresh_store
    fill(store, add)

    downgrade(store.engine, to="base")
    with open_at(store.engine.url) as again, again.transaction(actor="张三") as office:
        assert office.submissions.list().items == []
        assert add(office) == 1


def test_a_start_on_a_filled_database_changes_nothing(store, add, open_at):
    first = fill(store, add)
    with store.reading() as office:
        before = office.submissions.get(first), office.merges.history(first)

    with open_at(store.engine.url).reading() as office:
        assert (office.submissions.get(first), office.merges.history(first)) == before


def test_a_step_that_fails_leaves_the_database_as_it_was(engine, server):
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA nlp"))
        connection.execute(text("CREATE TABLE nlp.audit (theirs text)"))

    with pytest.raises(StoreError, match="42P07"):
        migrate(engine)

    assert inspect(engine).get_table_names(schema=SCHEMA) == ["audit"]


@pytest.mark.parametrize(
    ("version", "too_old"),
    [("0.4.1", True), ("0.7.4", True), ("0.8.0", False), ("0.10.0", False), ("1.0", False)],
)
def test_a_pgvector_without_iterative_scans_is_too_old(version, too_old):
    assert is_too_old(version) is too_old


def test_results_of_before_can_be_erased_from(engine):
    migrate(engine, to="0009")
    moment, nothing = "'2026-03-01+08'", "''"
    line = '{"row":%d,"status":"ok","assessment":{"text":"桥断了","stored":%s}}'
    content = pack_lines(
        [line % (1, '{"key":7,"created":true}'), line % (2, "null"), '{"row":3,"status":"refused"}']
    )
    with engine.begin() as connection:
        connection.execute(
            text(
                f"""
                INSERT INTO nlp.batches VALUES (
                    DEFAULT, 'done', {nothing}, {nothing}, 0, {nothing}, '{{}}', '{{}}', {nothing},
                    {nothing}, 1, 3, true, 2, 1, 0, 0, '[]', {nothing}, {nothing}, {nothing}, 1,
                    {moment}, {nothing}, NULL, {moment}, {moment}, NULL
                )
                """
            )
        )
        connection.execute(
            text(f"INSERT INTO nlp.batch_results VALUES (1, 1, 3, 'b-1', {moment}, :content)"),
            {"content": content},
        )

    migrate(engine)

    with engine.connect() as connection:
        keys = connection.execute(text("SELECT stored_keys FROM nlp.batch_results")).scalar_one()
    assert keys == [7]
