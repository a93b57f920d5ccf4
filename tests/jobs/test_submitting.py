"""Files that come in at the same time: none waits for another's bytes, and limits hold."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from nlp_service.domain.errors import QueueFull
from nlp_service.jobs.submitting import submit
from nlp_service.store.batch_rows import PIECE
from tests.jobs.letters import EVERY_FAST, jsonl, rows

WITHIN_S = 60


class SlowFile(io.BytesIO):
    """A file of which, as it is written into the database, only the first piece is there yet."""

    def __init__(self, content):
        super().__init__(content)
        self.begun, self.all_there = threading.Event(), threading.Event()
        self._passes = 0

    def seek(self, *place):
        self._passes += 1  # the first is for its digest
        return super().seek(*place)

    def read(self, size=-1):
        if self._passes > 1 and self.tell() > 0:
            self.begun.set()
            assert self.all_there.wait(2 * WITHIN_S)
        return super().read(size)


@pytest.fixture
def hand_in(desk, monkeypatch):
    """Hand files in from threads; nothing of them is scored until the test is over."""
    settings = desk.settings.model_copy(update={"queue_jobs": 2})

    def begin(file, *, actor, **more):
        told = {"name": "来信.jsonl", "options": EVERY_FAST, "settings": settings, "actor": actor}
        return pool.submit(submit, desk.store, desk.worker.shop.queue, file, **told, **more)

    with ThreadPoolExecutor(4) as pool, desk.worker.shop.scoring:
        yield begin


@contextmanager
def coming_in(hand_in, **more):
    """A large file of which the second piece comes when the block ends."""
    letters = jsonl(rows(40, row1="巷口的路灯坏了，请修。" + " " * PIECE))
    file = SlowFile(letters)
    job = hand_in(file, **more)
    try:
        assert file.begun.wait(WITHIN_S)
        yield job
    finally:
        file.all_there.set()


def read_whole(desk, key):
    """Wait until the file of a job was read; return what was found in it."""
    until = time.monotonic() + WITHIN_S
    while not (tally := desk.look(key).tally).read_whole:
        assert time.monotonic() < until
        time.sleep(0.05)
    return tally


def test_nobody_waits_for_the_bytes_of_anothers_file(desk, hand_in):
    with coming_in(hand_in, actor="平台") as large:
        small = hand_in(io.BytesIO(jsonl(rows(2))), actor="窗口").result(WITHIN_S)
        assert not large.done()
        assert desk.look(small.batch.key).submitted_by == "窗口"

    assert read_whole(desk, large.result(WITHIN_S).batch.key).read == 40


def test_the_same_file_with_the_same_key_at_the_same_time_is_one_job(hand_in):
    same = {"actor": "同时", "idempotency_key": "一月"}
    with coming_in(hand_in, **same) as first:
        content = jsonl(rows(40, row1="巷口的路灯坏了，请修。" + " " * PIECE))
        second = hand_in(io.BytesIO(content), **same)

    first, second = first.result(WITHIN_S), second.result(WITHIN_S)
    assert (first.created, second.created) == (True, False)
    assert first.batch == second.batch


def test_a_limit_holds_for_those_who_hand_in_at_the_same_time(desk, hand_in):
    with coming_in(hand_in, actor="忙人") as late:
        for number in range(2):
            hand_in(io.BytesIO(jsonl(rows(1 + number))), actor="忙人").result(WITHIN_S)

    with pytest.raises(QueueFull, match="2 个任务没有完成"):
        late.result(WITHIN_S)
    with desk.store.reading() as office:
        jobs = [one for one in office.batches.list() if one.submitted_by == "忙人"]
    assert [one.file.size < PIECE for one in jobs] == [True, True]
