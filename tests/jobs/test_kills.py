"""Workers are killed in the middle of a job: every row has one result, as without the kill."""

import io
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from nlp_service.domain.submission import Submission
from nlp_service.jobs.lines import RowResult, pack_results
from nlp_service.jobs.queue import JobQueue
from nlp_service.jobs.reading import QUICK_ROWS
from nlp_service.jobs.results import read_results
from nlp_service.jobs.rows import JobRow
from nlp_service.jobs.submitting import submit
from nlp_service.store.opening import open_store
from nlp_service.store.packed_lines import unpack_lines
from tests.databases import settings_for
from tests.drills.kills import run_drill
from tests.jobs.assessors import KILLS
from tests.jobs.letters import EVERY_FAST, jsonl, rows


@pytest.fixture
def settings(embedded, place, default_bundle_folder):
    settings = settings_for(embedded.migrated())
    return settings.model_copy(update={"data": place, "bundle": default_bundle_folder})


@pytest.fixture
def store(settings):
    with open_store(settings) as store:
        yield store


@pytest.fixture
def start(settings, pytestconfig):
    """Start a worker in a process of its own."""
    environment = {
        **os.environ,
        "NLP_DATABASE_URL": settings.database_url.get_secret_value(),
        "NLP_DATA": str(settings.data),
        "NLP_BUNDLE": str(settings.bundle),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "tests.jobs.run_worker"]

    @contextmanager
    def starting():
        with subprocess.Popen(
            command,
            cwd=pytestconfig.rootpath,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as worker:
            try:
                yield worker
            finally:
                worker.kill()

    return starting


def hand_in(store, settings, letters):
    return submit(
        store,
        JobQueue(store.engine),
        io.BytesIO(jsonl(letters)),
        name="来信.jsonl",
        options=EVERY_FAST,
        settings=settings,
        actor="张三",
    ).batch.key


def look(store, key):
    with store.reading() as office:
        return office.batches.get(key)


def wait_until(condition, within_s=90):
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def undisturbed(assessor, letters):
    """The lines that a job without any trouble has."""
    submissions = [Submission(**letter) for letter in letters]
    answers = assessor.assess_each(submissions, mode=EVERY_FAST.mode)
    results = [
        RowResult(row=JobRow(number=n, where=f"第 {n} 行", item=one), answer=answer)
        for n, (one, answer) in enumerate(zip(submissions, answers, strict=True), start=1)
    ]
    return list(unpack_lines(pack_results(results, explain=False)))


def test_what_a_killed_worker_left_another_brings_to_its_end(settings, store, start, assessor):
    letters = rows(QUICK_ROWS * 3 + 50, row9="！！")
    key = hand_in(store, settings, letters)
    with start() as first:
        wait_until(lambda: look(store, key).tally.finished)
        first.kill()
        assert first.wait(20) == -signal.SIGKILL
        at_the_kill = look(store, key)
        assert not at_the_kill.state.final
        with start():
            wait_until(lambda: look(store, key).state.final)

    found = [line for part in read_results(store, key) for line in part]
    assert found == undisturbed(assessor, letters)
    assert look(store, key).tally.done == len(letters) - 1


@pytest.mark.slow
def test_a_row_that_kills_its_workers_is_found_and_the_rest_finishes(
    settings, store, start, assessor
):
    letters = rows(QUICK_ROWS + 100, row30=f"五号楼{KILLS}")
    key = hand_in(store, settings, letters)

    deaths = 0
    while not look(store, key).state.final:
        with start() as worker:
            wait_until(lambda: look(store, key).state.final or worker.poll() is not None)
            deaths += worker.poll() == -signal.SIGKILL

    batch = look(store, key)
    assert deaths == 2
    assert (batch.state, batch.tally.quarantined) == ("done", 1)
    assert [(one.row, one.code) for one in batch.tally.problems] == [(30, "quarantined")]
    assert "信号 9" in batch.tally.problems[0].message
    found = [line for part in read_results(store, key) for line in part]
    expected = undisturbed(assessor, letters)
    assert found[:29] + found[30:] == expected[:29] + expected[30:]


@pytest.mark.slow
def test_a_short_drill_loses_nothing(place):
    kills = run_drill(kills=5, count=3000, seed=20261128, base=place)

    assert len(kills) == 5
