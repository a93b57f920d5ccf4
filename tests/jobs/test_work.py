"""Jobs from their file to their results, on a real worker, queue and database."""

import json
import time
from dataclasses import replace

from nlp_service.api.batch_schemas import BatchLineOut
from nlp_service.domain.batches import BatchOptions, BatchState
from nlp_service.domain.submission import Mode, Submission
from nlp_service.export.csv import write_csv_rows
from nlp_service.jobs import work
from nlp_service.jobs.ending import cancel
from nlp_service.jobs.lines import document_of
from nlp_service.jobs.reading import QUICK_ROWS
from nlp_service.store.erasing import erase
from tests.jobs.assessors import RAISES
from tests.jobs.letters import EVERY_FAST, rows

SECRET = "柿树湾的河堤"


def test_every_row_has_the_result_that_the_assessor_gives_in_the_order_of_the_file(desk):
    letters = rows(QUICK_ROWS + 40, row3="！！")
    letters[5] = {"id": "L6", "body": None}

    batch = desk.wait(desk.submit(letters).key)

    assert (batch.state, batch.tally.read) == (BatchState.DONE, len(letters))
    assert (batch.tally.done, batch.tally.refused) == (len(letters) - 2, 2)
    assert [(one.row, one.code) for one in batch.tally.problems] == [
        (3, "empty_text"),
        (6, "invalid_row"),
    ]
    lines = desk.lines(batch.key)
    for line in lines:
        BatchLineOut.model_validate(line)
    assert [line["row"] for line in lines] == list(range(1, len(letters) + 1))
    assert lines[2] == {
        "row": 3,
        "where": "第 3 行",
        "status": "refused",
        "id": "L3",
        "error": {"code": "empty_text", "message": batch.tally.problems[0].message},
    }
    good = [letter for n, letter in enumerate(letters, start=1) if n not in (3, 6)]
    expected = desk.worker.shop.assessor.assess_many(
        [Submission(**letter) for letter in good], mode=Mode.FAST
    )
    documents = [document_of(one, None, explain=False) for one in expected]
    assert [line["assessment"] for line in lines if line["status"] == "ok"] == json.loads(
        json.dumps(documents)
    )


def test_a_row_at_which_scoring_fails_is_quarantined_and_the_rest_is_as_ever(desk, caplog):
    plain = desk.wait(desk.submit(rows(60)).key)
    failing = desk.wait(desk.submit(rows(60, row17=SECRET + RAISES)).key)

    assert (failing.state, failing.tally.done, failing.tally.quarantined) == ("done", 59, 1)
    assert [(one.row, one.code) for one in failing.tally.problems] == [(17, "quarantined")]
    expected, found = desk.lines(plain.key), desk.lines(failing.key)
    assert found[16]["status"] == "quarantined"
    assert "RuntimeError" in found[16]["error"]["message"]
    assert found[:16] + found[17:] == expected[:16] + expected[17:]
    told = caplog.text + json.dumps(found[16], ensure_ascii=False) + str(failing)
    assert SECRET[:4] not in told


def test_a_file_that_breaks_off_has_the_results_of_what_came_before(desk):
    batch = desk.wait(desk.submit('body\n路灯坏了\n"没有关上'.encode(), name="来信.csv").key)

    assert (batch.state, batch.tally.done) == (BatchState.FAILED, 1)
    assert "第 3 行" in batch.problem
    assert len(desk.lines(batch.key)) == 1


def test_a_file_that_holds_nothing_fails_with_its_reason(desk):
    batch = desk.wait(desk.submit(b"\n\n").key)

    assert (batch.state, batch.tally.read) == (BatchState.FAILED, 0)
    assert "没有一件来件" in batch.problem


def test_a_key_that_is_no_text_says_nothing_of_the_rows(desk):
    line = rb'{"body": "\u8def\u706f\u574f\u4e86\u534a\u4e2a\u6708", "\ud800": 1}'

    batch = desk.wait(desk.submit(line).key)

    assert (batch.tally.done, batch.columns) == (1, {"body": "body", "?": ""})


def test_a_mode_that_the_bundle_does_not_have_fails_the_job(desk):
    options = replace(EVERY_FAST, mode=Mode.ACCURATE)

    batch = desk.wait(desk.submit(rows(3), options=options).key)

    assert batch.state is BatchState.FAILED
    assert "没有编码器" in batch.problem


def test_rows_become_submissions_where_that_is_wanted(desk):
    letters = [*rows(20), {"id": "L3", "body": "同一编号的另一件：南街的树枝压着电线。"}]
    options = BatchOptions(mode=Mode.FAST, source="热线甲")

    batch = desk.wait(desk.submit(letters, options=options).key)
    again = desk.wait(desk.submit(letters, options=options).key)

    assert (batch.tally.done, batch.tally.refused) == (20, 1)
    assert batch.tally.problems[0].code == "reference_taken"
    stored = [line["assessment"]["stored"] for line in desk.lines(batch.key)[:20]]
    assert all(one["created"] for one in stored)
    with desk.store.reading() as office:
        one = office.submissions.get(stored[4]["key"])
    assert (one.submission.reference, one.submission.origin.source) == ("L5", "热线甲")
    second = [line["assessment"]["stored"] for line in desk.lines(again.key)[:20]]
    assert second == [{**one, "created": False} for one in stored]


def test_results_tell_nothing_more_of_what_was_erased(desk):
    options = BatchOptions(mode=Mode.FAST, source="热线乙")
    first = desk.wait(desk.submit(rows(30), options=options).key)
    again = desk.wait(desk.submit(rows(30), options=options).key)
    before = desk.lines(first.key)
    gone = before[6]["assessment"]["stored"]["key"]

    with desk.store.transaction(actor="李四") as office:
        erase(office, [gone], rule="规则")

    for key in (first.key, again.key):
        lines = desk.lines(key)
        BatchLineOut.model_validate(lines[6])
        assert (lines[6]["row"], lines[6]["status"]) == (7, "erased")
        assert "assessment" not in lines[6]
        assert before[6]["assessment"]["text"] not in json.dumps(lines, ensure_ascii=False)
        assert "已清除" in write_csv_rows(lines).decode()
    assert desk.lines(first.key)[:6] == before[:6]
    assert desk.lines(first.key, from_row=8) == before[7:]


def test_what_is_cancelled_keeps_what_was_done(desk):
    batch = desk.submit(rows(QUICK_ROWS * 4))
    while not desk.look(batch.key).tally.finished:
        time.sleep(0.05)
    now = cancel(desk.store, desk.worker.shop.queue, batch.key, actor="张三")

    assert now.state is BatchState.CANCELLED
    assert 0 < now.tally.finished < QUICK_ROWS * 4
    with desk.worker.shop.scoring:  # what was in hand then has been dropped
        pass
    later = desk.look(batch.key)
    assert (later.state, later.tally) == (now.state, now.tally)
    assert len(desk.lines(batch.key)) == now.tally.finished
    with desk.store.reading() as office:
        assert office.batches.rows.waiting(batch.key) == []
        assert list(office.batches.rows.pieces(batch.key)) == []


def test_results_can_be_read_on_from_any_row(desk):
    batch = desk.submit(rows(QUICK_ROWS + 10))
    everything = desk.lines(batch.key, follow=True)  # while it runs

    for row in (1, 2, QUICK_ROWS, QUICK_ROWS + 1, QUICK_ROWS + 10):
        assert desk.lines(batch.key, from_row=row) == everything[row - 1 :]
    assert desk.lines(batch.key, from_row=QUICK_ROWS + 11) == []


def test_no_record_of_work_that_fails_quotes_a_text(desk, monkeypatch, caplog):
    def stumble(store, queue, key, **options):
        raise KeyError(f"{SECRET}塌了一段")  # as a library would that nobody expected to

    monkeypatch.setattr(work, "read_upload", stumble)
    key = desk.submit(rows(2)).key
    while not (told := _records(key)):
        time.sleep(0.05)

    assert "KeyError" in told, told
    assert "stumble" in caplog.text
    assert SECRET[:4] not in told + caplog.text
    monkeypatch.undo()
    cancel(desk.store, desk.worker.shop.queue, key, actor="张三")


def _records(key):
    """What DBOS keeps of a job's work that failed; nothing where none did."""
    from dbos import DBOS

    failed = DBOS.list_workflows(status="ERROR", workflow_id_prefix=f"batch-{key}-")
    return "".join(repr(one.error) for one in failed)
