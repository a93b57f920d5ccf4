"""Jobs whose work is not in the queue any more go on; what is done and old is taken out."""

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from nlp_service.jobs import upkeep
from nlp_service.jobs.recovery import revive_stalled
from nlp_service.jobs.upkeep import tidy_up
from tests.jobs.letters import rows


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
