"""A row that ends the process in which it is scored ends that one alone."""

import pytest

from nlp_service.domain.assessment import Assessment
from nlp_service.domain.submission import Submission
from nlp_service.intake.rows import InvalidRow
from nlp_service.jobs.isolation import ScoringProcess
from nlp_service.jobs.rows import JobRow
from nlp_service.jobs.scoring import score_rows
from tests.jobs.assessors import KILLS, load_fussy
from tests.jobs.letters import EVERY_FAST, rows


@pytest.mark.slow
def test_a_row_that_ends_the_process_is_quarantined_and_the_others_are_answered(
    job_settings, worker
):
    letters = [
        JobRow(number=n, where=f"第 {n} 行", item=Submission(**letter))
        for n, letter in enumerate(rows(6, row3=f"三号楼{KILLS}", row5="！！"), start=1)
    ]
    letters.append(JobRow(number=7, where="第 7 行", item=InvalidRow("invalid_row", "缺少 body。")))

    answers = ScoringProcess(job_settings, load_fussy).score(letters, EVERY_FAST)

    assert answers[2].code == "quarantined"
    assert "信号 9" in str(answers[2])
    rest = [*letters[:2], *letters[3:]]
    expected = score_rows(worker.shop.assessor, rest, EVERY_FAST)
    for found, wanted in zip([*answers[:2], *answers[3:]], expected, strict=True):
        if isinstance(wanted, Assessment):
            assert found == wanted
        else:
            assert (found.code, str(found)) == (wanted.code, str(wanted))
    assert [answer.code for answer in (answers[4], answers[6])] == ["empty_text", "invalid_row"]
