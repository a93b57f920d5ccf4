"""Reading a job's file while the disk of the database is full: it is waited for, nothing shows."""

import time

import pytest
from sqlalchemy import text

from nlp_service.jobs.reading import MOST_TRIES
from tests.jobs.letters import rows


@pytest.fixture
def refused(job_store):
    """A database that has no room for chunks; yields how often it said so, and what frees it."""

    def execute(statement):
        with job_store.engine.begin() as connection:
            return connection.execute(text(statement))

    execute("CREATE SEQUENCE nlp.refusals")  # it counts on, also where the rest is rolled back
    execute(
        """
        CREATE FUNCTION nlp.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM nextval('nlp.refusals');
            RAISE EXCEPTION USING ERRCODE = '53100';
        END $$
        """
    )
    execute(
        "CREATE TRIGGER full_disk BEFORE INSERT ON nlp.batch_chunks"
        " FOR EACH ROW EXECUTE FUNCTION nlp.refuse()"
    )

    def count():
        return execute("SELECT last_value FROM nlp.refusals").scalar_one()

    def free():
        execute("DROP TRIGGER IF EXISTS full_disk ON nlp.batch_chunks")

    yield count, free
    free()
    execute("DROP FUNCTION nlp.refuse()")
    execute("DROP SEQUENCE nlp.refusals")


def test_a_full_disk_says_nothing_of_the_file(desk, refused):
    count, free = refused
    key = desk.submit(rows(5)).key
    while count() < MOST_TRIES + 2:
        assert not desk.look(key).state.final
        time.sleep(0.05)
    free()

    assert desk.wait(key).tally.done == 5


def test_nothing_of_a_file_that_is_being_read_has_a_name_on_the_disk(desk, refused):
    count, free = refused
    key = desk.submit("提案编号,正文\n7,桥头的台阶断了两级\n".encode(), name="张三的来信.csv").key
    while count() < 2:
        assert [*desk.worker.shop.folder.rglob("*")] == []  # what a kill would leave
        time.sleep(0.02)
    free()

    assert desk.wait(key).tally.done == 1
