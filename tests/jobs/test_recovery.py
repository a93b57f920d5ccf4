"""Jobs whose work is not in the queue any more go on; what is done and old is taken out."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from nlp_service.domain.batches import NotifyState
from nlp_service.jobs import upkeep
from nlp_service.jobs.queue import NOTIFY
from nlp_service.jobs.recovery import revive_stalled
from nlp_service.jobs.upkeep import tidy_up
from tests.jobs.letters import EVERY_FAST, rows
from tests.jobs.receivers import notifying, receiving


def test_a_job_whose_work_was_lost_goes_on(desk):
    """As after a restored backup: DBOS's tables are not in it."""
    with desk.worker.shop.scoring:  # nothing is scored meanwhile
        key = desk.submit(rows(40)).key
        while not desk.look(key).tally.read_whole:
            time.sleep(0.05)
        with desk.store.engine.begin() as connection:
            connection.execute(text("DELETE FROM nlp_jobs.workflow_status"))
            connection.execute(text("UPDATE nlp.batches SET changed_at = now() - interval '1 h'"))
        revive_stalled(desk.store, desk.worker.shop.queue)  # or the worker's steward was first
        assert revive_stalled(desk.store, desk.worker.shop.queue) == 0
        with desk.store.engine.connect() as connection:
            in_queue = text("SELECT count(*) FROM nlp_jobs.workflow_status")
            assert connection.execute(in_queue).scalar_one() > 0

    assert desk.wait(key).tally.done == 40


@pytest.fixture
def waiting_notice(desk, monkeypatch):
    """A job that has ended, of which its receiver did not want to hear yet; yields key and post."""
    monkeypatch.setattr("nlp_service.jobs.work.WAITS_S", (600,) * 7)
    with receiving(503) as (port, post):
        notifying(desk, monkeypatch, port)
        options = replace(EVERY_FAST, webhook=f"http://127.0.0.1:{port}/hooks")
        key = desk.wait(desk.submit(rows(3), options=options).key).key
        wait_until(lambda: desk.look(key).notify_problem)
        let_time_pass(desk, key)
        yield key, post
        with desk.store.transaction(actor="张三") as office:  # for other tests it is over
            office.batches.note_notified(key, NotifyState.FAILED)


def let_time_pass(desk, key):
    with desk.store.engine.begin() as connection:
        connection.execute(
            text("UPDATE nlp.batches SET changed_at = now() - interval '1 h' WHERE key = :key"),
            {"key": key},
        )


def wait_until(happened):
    until = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.05)


def change_queue(desk, statement):
    with desk.store.engine.begin() as connection:
        connection.execute(text(statement))


def test_a_notice_whose_next_try_is_in_the_queue_is_let_alone(desk, waiting_notice):
    _, post = waiting_notice

    assert revive_stalled(desk.store, desk.worker.shop.queue) == 0
    assert len(post) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM nlp_jobs.workflow_status WHERE name = 'notify'",
        "UPDATE nlp_jobs.workflow_status SET status = 'ERROR' WHERE name = 'notify'",
    ],
    ids=["lost", "failed"],
)
def test_a_notice_that_was_never_heard_and_is_not_in_the_queue_is_sent(
    desk, waiting_notice, statement
):
    key, post = waiting_notice
    change_queue(desk, statement)

    revive_stalled(desk.store, desk.worker.shop.queue)  # or the worker's steward was first

    wait_until(lambda: desk.look(key).notify_state is NotifyState.DELIVERED)
    assert len(post) == 2
    let_time_pass(desk, key)
    assert revive_stalled(desk.store, desk.worker.shop.queue) == 0


def test_a_notice_that_came_to_grief_at_its_last_try_is_given_up(desk, waiting_notice):
    key, post = waiting_notice
    queue = desk.worker.shop.queue
    with desk.store.transaction(actor="张三") as office:
        queue.put(office.connection, NOTIFY, key, 8, delay_s=600)
    change_queue(desk, "UPDATE nlp_jobs.workflow_status SET status = 'ERROR' WHERE name = 'notify'")

    assert revive_stalled(desk.store, queue) == 0

    assert desk.look(key).notify_state is NotifyState.FAILED
    assert len(post) == 1


def test_what_is_old_is_taken_out(desk):
    key = desk.wait(desk.submit(rows(3)).key).key

    tidy_up(desk.store, results_before=datetime.now(UTC) - timedelta(minutes=5))
    assert len(desk.lines(key)) == 3
    tidy_up(desk.store, results_before=datetime.now(UTC))

    assert desk.lines(key) == []
    assert desk.look(key).results_until is not None
    while not upkeep._forget_done(datetime.now(UTC) + timedelta(minutes=1)):
        time.sleep(0.05)
    with desk.store.reading() as office:
        left = office.connection.execute(
            text("SELECT count(*) FROM nlp_jobs.workflow_status WHERE status = 'SUCCESS'")
        ).scalar_one()
    assert left == 0
