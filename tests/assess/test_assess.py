import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.submission import MAX_CHARACTERS, Kind, Mode, Submission


def submission_of(row):
    return Submission(id=row["id"], title=row["title"], body=row["body"], kind=Kind(row["kind"]))


def spans_of(assessment):
    """Yield every span of an assessment's JSON."""
    for value in assessment.values():
        tags = value if isinstance(value, list) else [value]
        for tag in tags:
            if isinstance(tag, dict):
                yield from tag.get("spans", ())


def test_assess_any_text_gives_every_tag(assessor, nasty_text):
    found = assessor.assess(Submission(body=nasty_text))
    taxonomy = assessor.bundle.taxonomy
    assert found.subtopic.code in {code.code for code in taxonomy.subtopics}
    assert taxonomy.topic_of(found.subtopic.code) == found.topic.code
    assert found.units[0].role == "lead"
    assert 1 <= len(found.sectors) <= 2
    assert 1 <= found.urgency.level <= 4


def test_assess_spans_quote_the_returned_text(assessor, samples):
    for row in samples:
        found = assessor.assess(submission_of(row)).as_dict()
        spans = list(spans_of(found))
        assert spans
        for span in spans:
            assert found["text"][span["start"] : span["end"]] == span["quote"]


def test_assess_quotes_words_that_are_about_the_matter(assessor):
    found = assessor.assess(Submission(body="你好。小区的电梯坏了三天。谢谢。"))
    assert any("电梯" in span.quote for span in found.subtopic.spans)


def test_assess_spans_count_characters_after_emoji(assessor):
    found = assessor.assess(Submission(body="😡😡😡小区电梯坏了，老人下不了楼"))
    assert all(found.text[span.start : span.end] == span.quote for span in found.topic.spans)


def test_assess_many_says_the_same_as_one_by_one(assessor, samples):
    submissions = [submission_of(row) for row in samples] * 6  # more than one chunk
    together = list(assessor.assess_many(submissions, mode=Mode.FAST))
    assert together[: len(samples)] == [
        assessor.assess(submission, explain=False, mode=Mode.FAST)
        for submission in submissions[: len(samples)]
    ]
    assert together[-1].id == submissions[-1].id


def test_assess_in_threads_says_the_same(assessor, samples):
    submissions = [submission_of(row) for row in samples]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(assessor.assess, submissions)) == list(
            map(assessor.assess, submissions)
        )


def test_assess_without_reasons_changes_only_spans(assessor, samples):
    submission = submission_of(samples[0])
    with_words = assessor.assess(submission).as_dict()
    without = assessor.assess(submission, explain=False).as_dict()
    assert without["topic"]["spans"] == ()
    for tag in (*with_words["units"], with_words["topic"]):
        tag["spans"] = ()
    assert without["topic"] == with_words["topic"]
    assert without["units"] == with_words["units"]


def test_assess_takes_a_stated_kind_and_suggests_one_otherwise(assessor, samples):
    row = next(row for row in samples if row["kind"] == "proposal")
    stated = assessor.assess(submission_of(row))
    assert (stated.kind, stated.kind_source, stated.kind_probability) == ("proposal", "stated", 1.0)
    silent = dataclasses.replace(submission_of(row), kind=Kind.UNKNOWN)
    assert assessor.assess(silent).kind_source == "predicted"


def test_assess_calls_to_look_first_only_at_public_messages(assessor):
    body = "仓库起火了，里面还有三个人没出来，快派人来救命！"
    message = assessor.assess(Submission(body=body, kind=Kind.PUBLIC_MESSAGE), mode=Mode.FAST)
    proposal = assessor.assess(Submission(body=body, kind=Kind.PROPOSAL))
    assert {reason.code for reason in message.reasons} >= {"urgent_words", "urgent"}
    assert "起火" in message.reasons[0].message
    assert (proposal.urgency.level, proposal.urgency.probability) == (1, 1.0)
    assert not any(reason.code.startswith("urgent") for reason in proposal.reasons)


def test_assess_leaves_an_ordinary_wish_unhurried(assessor):
    body = "建议图书馆周末延长开放时间，方便大家看书。"
    found = assessor.assess(Submission(body=body, kind=Kind.PUBLIC_MESSAGE))
    assert not any(reason.code.startswith("urgent") for reason in found.reasons)


@pytest.mark.parametrize("body", ["有人要跳楼", "楼下煤气泄漏整栋都闻到了", "上百人在路口堵路讨薪"])
def test_assess_never_overlooks_words_of_danger(assessor, body):
    found = assessor.assess(Submission(body=body, kind=Kind.PUBLIC_MESSAGE))
    assert found.needs_review
    assert found.reasons[0].code == "urgent_words"


def test_assess_marks_unsure_tags_for_a_person(assessor):
    found = assessor.assess(Submission(body="你好"))
    codes = {reason.code for reason in found.reasons}
    assert found.needs_review
    assert "uncertain_topic" in codes


def test_assess_gives_the_same_text_the_same_number(assessor):
    first, second = (assessor.assess(Submission(body="路灯坏了")) for _ in range(2))
    assert first.id == second.id
    assert first.id.startswith("auto-")


@pytest.mark.parametrize("body", ["", "  \n\t", "？！……", "\u200b\ufeff", "😡"])
def test_assess_refuses_what_holds_nothing_to_read(assessor, body):
    with pytest.raises(InvalidSubmission) as caught:
        assessor.assess(Submission(body=body))
    assert caught.value.code == "empty_text"


def test_submission_refuses_what_is_too_long_or_no_unicode():
    Submission(body="长" * MAX_CHARACTERS)
    with pytest.raises(InvalidSubmission) as caught:
        Submission(title="一", body="长" * MAX_CHARACTERS)
    assert caught.value.code == "text_too_long"
    assert "20000" in str(caught.value)
    with pytest.raises(InvalidSubmission) as caught:
        Submission(body="坏\ud800")
    assert caught.value.code == "invalid_unicode"


def test_assessment_is_plain_json(assessor, samples):
    found = assessor.assess(submission_of(samples[0])).as_dict()
    again = json.loads(json.dumps(found, ensure_ascii=False))
    assert again["versions"]["segmenter"] == "rjieba-0.2.2"
    assert list(again) == [
        "id",
        "kind",
        "kind_source",
        "kind_probability",
        "topic",
        "other_topics",
        "subtopic",
        "sectors",
        "units",
        "request",
        "urgency",
        "gates",
        "restricted",
        "quality",
        "disposition",
        "needs_review",
        "reasons",
        "text",
        "privacy",
        "versions",
        "notice",
    ]


def test_default_bundle_knows_plain_cases(assessor):
    plain = {
        "小区电梯坏了半个月，物业不修": "T07",
        "工厂夜里偷排污水，河都臭了": "T10",
        "公交车两趟之间要等四十分钟，建议增加班次": "T09",
        "医院挂号排队太长，希望多开窗口": "T12",
        "工地拖欠农民工工资半年": "T14",
        "建议在村小增配英语老师": "T11",
    }
    found = {text: assessor.assess(Submission(body=text)).topic.code for text in plain}
    right = sum(found[text] == topic for text, topic in plain.items())
    assert right >= 5, found
