"""Storing a chunk's rows: what the database will not have is quarantined, and leaves no trace."""

from dataclasses import replace

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.batches import BatchOptions
from nlp_service.domain.records import StoredOnce
from nlp_service.domain.submission import Mode, Submission
from nlp_service.jobs.lines import Quarantined
from nlp_service.jobs.rows import JobRow
from nlp_service.jobs.scoring import file_rows, prepare_filings, score_rows
from tests.jobs.assessors import load_fussy

LETTERS = (
    "桥头村的水塔漏了一个夏天，水压上不了二楼。",
    "老街口的红绿灯只有红灯亮，过马路全靠估摸。",
    "请问新生儿的医保在哪个窗口办，要不要户口本？",
)


def kept_with_a_level_that_no_column_holds(settings):
    """Three rows as they are stored, the second with an urgency that the database refuses."""
    assessor, options = load_fussy(settings), BatchOptions(mode=Mode.FAST)
    rows = [
        JobRow(number=n, where=f"第 {n} 行", item=Submission(body=body))
        for n, body in enumerate(LETTERS, start=1)
    ]
    answers = list(score_rows(assessor, rows, options))
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
