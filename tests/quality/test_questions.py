from pathlib import Path

import numpy as np
import pytest

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.quality import Quote, Verdict
from nlp_service.quality.advice_table import Lack
from nlp_service.quality.checklist import Checked
from nlp_service.quality.questions import Question, answer, read_questions

FILE = Path(__file__).parents[2] / "data" / "quality" / "questions.toml"
CODES = ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6"]
QUESTION = Question(
    code="concrete",
    question="建议是否具体、可操作（建议不具体、没有可操作性的不提）",
    dimensions=["Q4", "Q5"],
    yes_from=3,
    no_to=1,
)
GOOD, MIDDLING, BAD = (
    np.array([0, 0, 0.2, 0.5, 0.3]),
    np.array([0.1, 0.2, 0.3, 0.2, 0.2]),
    np.array([0.3, 0.4, 0.1, 0.1, 0.1]),
)


def quote(start, text="三百个", kind="quantity"):
    return Quote(
        start=start, end=start + len(text), quote=text, type=kind, name="数量", suggested=True
    )


def checked(*, seen=(), missing=()):
    lacks = [Lack(missing=each, hint="", matters=1) for each in missing]
    return Checked(seen=seen, against=[], lacks=lacks, foremost=seen)


def answered(q4, q5, *, q4_checked=None, q5_checked=None):
    return answer(
        QUESTION,
        {"Q4": q4, "Q5": q5},
        {"Q4": q4_checked or checked(), "Q5": q5_checked or checked()},
    )


@pytest.mark.parametrize(
    ("q4", "q5", "verdict"),
    [
        (GOOD, GOOD, Verdict.YES),
        (GOOD, BAD, Verdict.NO),
        (BAD, GOOD, Verdict.NO),
        (BAD, BAD, Verdict.NO),
        (GOOD, MIDDLING, Verdict.DOUBTFUL),
        (MIDDLING, MIDDLING, Verdict.DOUBTFUL),
        (MIDDLING, BAD, Verdict.NO),
    ],
)
def test_every_dimension_must_be_good_and_one_bad_is_enough(q4, q5, verdict):
    assert answered(q4, q5).verdict is verdict


def test_half_is_enough():
    assert answered(GOOD, np.array([0.3, 0.1, 0.1, 0.2, 0.3])).verdict is Verdict.YES
    assert answered(GOOD, np.array([0.3, 0.2, 0.1, 0.2, 0.2])).verdict is Verdict.NO


def test_probability_is_that_of_the_worse_dimension():
    assert answered(GOOD, MIDDLING).probability == pytest.approx(0.4)


def test_the_answer_keeps_the_committees_words():
    found = answered(GOOD, GOOD)

    assert (found.code, found.question) == (QUESTION.code, QUESTION.question)


def test_quotes_of_all_dimensions_stand_once_and_in_text_order():
    first, second, third = quote(3), quote(9), quote(20)
    found = answered(
        GOOD,
        GOOD,
        q4_checked=checked(seen=[second, third]),
        q5_checked=checked(seen=[first, second]),
    )

    assert found.seen == [first, second, third]


def test_missing_things_of_all_dimensions_are_named_once_and_in_their_order():
    found = answered(
        BAD,
        BAD,
        q4_checked=checked(missing=["具体做法", "数量"]),
        q5_checked=checked(missing=["责任单位", "数量"]),
    )

    assert found.missing == ["具体做法", "数量", "责任单位"]


def test_the_file_asks_the_committees_three_questions():
    questions = read_questions(FILE, CODES)

    assert [question.code for question in questions] == ["necessary", "researched", "concrete"]
    assert all("的不提" in question.question for question in questions)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('["Q4", "Q5"]', '["Q4", "Q7"]', "question.concrete：没有代码 Q7"),
        ("yes_from", "yes_form", "未知的键"),
        ("no_to = 1", 'no_to = "1"', "no_to"),
        ("no_to = 1\n", "", "缺少这个键"),
        ("[[question]]", "[question]", "TOML"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, old, new, reason):
    path = tmp_path / "questions.toml"
    path.write_text(FILE.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    with pytest.raises(InvalidTaxonomy, match=reason) as caught:
        read_questions(path, CODES)
    assert caught.value.file == str(path)


@pytest.mark.parametrize("written", ["", "question = []", "[question]\ncode = 'a'"])
def test_a_file_that_asks_nothing_is_refused(tmp_path, written):
    path = tmp_path / "questions.toml"
    path.write_text(written, encoding="utf-8")

    with pytest.raises(InvalidTaxonomy, match="表数组"):
        read_questions(path, CODES)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InvalidTaxonomy, match="文件不存在"):
        read_questions(tmp_path / "none.toml", CODES)
