"""Batch jobs as the database keeps them: of each row its chunk or its result, never both."""

from datetime import UTC, datetime, timedelta

import pytest

from nlp_service.domain.audit import RecordKind
from nlp_service.domain.batches import (
    MOST_PROBLEMS,
    BatchFile,
    BatchOptions,
    BatchState,
    BatchTally,
    NotifyState,
    RowProblem,
)
from nlp_service.domain.errors import RecordUnknown
from nlp_service.domain.submission import Mode

FILE = BatchFile(name="一月来信.xlsx", digest="ab" * 32, size=3)
OPTIONS = BatchOptions(mode=Mode.FAST, source="热线", mapping={"留言详情": "body"})


def begin(store, *, chunks=((1, 4), (5, 9)), options=OPTIONS, **more):
    """A job whose file was read into chunks."""
    with store.transaction(actor="张三") as office:
        key = office.batches.begin(FILE, options, **more).key
        office.batches.begin_reading(key)
        for first, last in chunks:
            office.batches.rows.add_chunk(
                key, first_row=first, last_row=last, content=b"rows", workflow=f"w{first}"
            )
            office.batches.note_read(key, until_row=last)
        office.batches.finish_reading(key)
    return key


def finish(store, key, first, *, done=0, problems=()):
    with store.transaction(actor="张三") as office:
        if not office.batches.rows.finish_chunk(key, first, bundle="b-1", content=b"results"):
            return None
        tally = BatchTally(done=done, refused=len(problems), problems=problems)
        return office.batches.count(key, tally)


def problem(row):
    return RowProblem(row=row, where=f"第 {row} 行", code="empty_text", message="没有文字。")


def test_a_job_is_what_was_handed_in(store):
    key = begin(store, chunks=())

    with store.reading() as office:
        batch = office.batches.get(key)
        audit = office.audit.of(RecordKind.BATCH, key)
    assert (batch.file, batch.options, batch.submitted_by) == (FILE, OPTIONS, "张三")
    assert [entry.action for entry in audit] == ["batch_submitted", "batch_finished"]
    with store.reading() as office, pytest.raises(RecordUnknown, match="批量任务"):
        office.batches.get(key + 1)


def test_a_chunk_has_its_results_once(store):
    key = begin(store)

    first = finish(store, key, 5, done=5)
    again = finish(store, key, 5, done=5)
    last = finish(store, key, 1, done=3, problems=[problem(2)])

    assert (first.state, again) == (BatchState.RUNNING, None)
    assert (last.state, last.tally.done, last.tally.refused) == (BatchState.DONE, 8, 1)
    with store.reading() as office:
        rows = office.batches.rows
        found = [rows.results(key, from_row=row) for row in (1, 4, 5, 9)]
        assert [(one.first_row, one.last_row) for one in found] == [(1, 4), (1, 4), (5, 9), (5, 9)]
        assert rows.results(key, from_row=10) is None
        assert rows.waiting(key) == []


def test_problems_are_listed_in_the_order_of_the_rows_whatever_came_first(store):
    key = begin(store)

    finish(store, key, 5, problems=[problem(row) for row in range(5, 10 + MOST_PROBLEMS)])
    last = finish(store, key, 1, problems=[problem(row) for row in (3, 1)])

    assert [one.row for one in last.tally.problems] == [1, 3, *range(5, 3 + MOST_PROBLEMS)]
    assert last.tally.refused == 7 + MOST_PROBLEMS


def test_how_far_results_can_be_read_is_told(store):
    key = begin(store)
    until = []
    for first in (0, 5, 1):
        if first:
            finish(store, key, first, done=1)
        with store.reading() as office:
            until.append(office.batches.rows.ready_until(key))

    assert until == [0, 0, 9]


def test_taking_a_chunk_counts_and_giving_it_back_does_not(store):
    key = begin(store)
    with store.transaction(actor="张三") as office:
        rows = office.batches.rows
        assert [rows.take_chunk(key, 1).tries for _ in range(2)] == [1, 2]
        rows.give_back_chunk(key, 1)
        assert rows.take_chunk(key, 1).tries == 2
        assert rows.take_chunk(key, 2) is None


def test_what_is_cancelled_takes_no_more_results(store):
    key = begin(store)
    finish(store, key, 1, done=4)

    with store.transaction(actor="李四") as office:
        now = office.batches.cancel(key)
    late = finish(store, key, 5, done=5)

    assert (now.state, late) == (BatchState.CANCELLED, None)
    with store.reading() as office:
        assert office.batches.get(key).tally.done == 4
        assert office.batches.rows.results(key, from_row=1).content == b"results"
    with store.transaction(actor="李四") as office:
        assert office.batches.cancel(key) == office.batches.get(key)


def test_a_key_of_a_caller_stands_for_one_job(store):
    key = begin(store, idempotency_key="k1")

    with store.transaction(actor="张三") as office:
        assert office.batches.begin(FILE, OPTIONS, idempotency_key="k1") is None
        assert office.batches.with_idempotency_key("k1").key == key
        assert office.batches.with_idempotency_key("") is None
    with store.transaction(actor="李四") as office:
        assert office.batches.with_idempotency_key("k1") is None
        assert office.batches.begin(FILE, OPTIONS, idempotency_key="k1").key != key


def test_the_file_comes_back_in_its_pieces(store):
    with store.transaction(actor="张三") as office:
        key = office.batches.begin(FILE, OPTIONS).key
        for number, piece in enumerate((b"one", b"two\x00", b"")):
            office.batches.rows.add_piece(key, number, piece)
    with store.reading() as office:
        assert list(office.batches.rows.pieces(key)) == [b"one", b"two\x00", b""]
    with store.transaction(actor="张三") as office:
        office.batches.finish_reading(key, problem="读不出来")
        assert list(office.batches.rows.pieces(key)) == []
        assert office.batches.get(key).state is BatchState.FAILED


def test_results_are_taken_out_when_they_were_kept_long_enough(store):
    old, running = begin(store, chunks=((1, 2),)), begin(store)
    finish(store, old, 1, done=2)
    finish(store, running, 1, done=4)

    with store.transaction(actor="nlp-service") as office:
        assert office.batches.expire(before=datetime.now(UTC) - timedelta(days=1)) == 0
        assert office.batches.expire(before=datetime.now(UTC)) == 1
        assert office.batches.expire(before=datetime.now(UTC)) == 0
        assert office.batches.rows.results(old, from_row=1) is None
        assert office.batches.rows.results(running, from_row=1) is not None
        assert office.batches.get(old).results_until is not None
        assert office.batches.get(old).tally.done == 2


def test_the_queue_is_told_in_numbers(store):
    running = begin(store, chunks=((1, 4), (5, 10)))
    begin(store, chunks=())
    with store.transaction(actor="张三") as office:
        office.batches.begin(FILE, OPTIONS)
    finish(store, running, 1, done=4)

    with store.reading() as office:
        queue = office.batches.queue()

    assert (queue.waiting_jobs, queue.waiting_rows, queue.unread_bytes) == (2, 6, 3)
    assert queue.rows_per_s > 0
    with store.transaction(actor="张三") as office:
        assert office.batches.count_unfinished() == 2
        office.batches.note_notified(running, NotifyState.FAILED, problem="503")
        assert office.batches.get(running).notify_problem == "503"
