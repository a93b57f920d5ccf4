"""A chunk's rows: stored, where the database will have them, and told to who may read them."""

import json
from dataclasses import replace

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.batches import BatchOptions
from nlp_service.domain.records import StoredOnce
from nlp_service.domain.submission import Mode, Submission
from nlp_service.jobs.lines import Quarantined, RowResult, pack_results, withhold_restricted
from nlp_service.jobs.rows import JobRow
from nlp_service.jobs.scoring import file_rows, prepare_filings, score_rows
from nlp_service.store.packed_lines import unpack_lines
from tests.jobs.assessors import load_fussy

LETTERS = (
    "桥头村的水塔漏了一个夏天，水压上不了二楼。",
    "老街口的红绿灯只有红灯亮，过马路全靠估摸。",
    "请问新生儿的医保在哪个窗口办，要不要户口本？",
)


def scored(settings):
    """Three rows with their answers, as a quick job has them."""
    assessor, options = load_fussy(settings), BatchOptions(mode=Mode.FAST)
    rows = [
        JobRow(number=n, where=f"第 {n} 行", item=Submission(body=body))
        for n, body in enumerate(LETTERS, start=1)
    ]
    return assessor, options, rows, list(score_rows(assessor, rows, options))


def kept_with_a_level_that_no_column_holds(settings):
    """Three rows as they are stored, the second with an urgency that the database refuses."""
    assessor, options, rows, answers = scored(settings)
    answers[1] = replace(answers[1], urgency=replace(answers[1].urgency, level=10**6))
    return prepare_filings(rows, answers, options, assessor.bundle.taxonomy, None)


def test_the_audit_tells_of_nothing_that_was_not_stored(job_settings, job_store):
    kept = kept_with_a_level_that_no_column_holds(job_settings)

    with job_store.transaction(actor="张三") as office:
        before = {entry.key for entry in office.audit.latest(limit=500)}
        filed = file_rows(office, kept, None)

    assert isinstance(filed[1], Quarantined)
    stored = [one.key for one in filed.values() if isinstance(one, StoredOnce)]
    assert len(stored) == 2
    with job_store.reading() as office:
        told = [
            entry.record_key
            for entry in office.audit.latest(limit=500)
            if entry.key not in before
            and (entry.record_kind, entry.action) == (RecordKind.SUBMISSION, Action.STORED)
        ]
    assert sorted(told) == stored


def test_a_result_is_withheld_by_its_submission_or_where_nothing_is_stored_by_its_answer(
    job_settings,
):
    _, _, rows, answers = scored(job_settings)
    answers[0], answers[1] = (replace(answer, restricted=True) for answer in answers[:2])
    stored = [None, StoredOnce(key=7, created=True), StoredOnce(key=8, created=True)]
    results = [
        RowResult(row=row, answer=answer, stored=one)
        for row, answer, one in zip(rows, answers, stored, strict=True)
    ]
    lines = list(unpack_lines(pack_results(results, explain=False)))

    def kept_back(restricted):
        told = [json.loads(withhold_restricted(line, restricted)) for line in lines]
        assert all(
            letter[:6] not in str(one)
            for letter, one in zip(LETTERS, told, strict=True)
            if one["status"] == "withheld"
        )
        return [one["row"] for one in told if one["status"] == "withheld"]

    assert kept_back({8}) == [1, 3]  # the second was restricted by its answer, and that was lifted
    assert kept_back(set()) == [1]
