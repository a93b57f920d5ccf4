import json
from pathlib import Path

import numpy as np
import pytest

from nlp_service.domain.submission import Submission
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.evidence import read_evidence_lexicon
from nlp_service.quality.role_wording import find_headings, read_role_wording
from nlp_service.text.normalise import Document, clean
from nlp_service.text.sentences import split_sentences
from training.roles import (
    BACKGROUND,
    DAMAGES,
    PROBLEM,
    SITUATION,
    SUGGESTION,
    Damage,
    evaluate_roles,
    fit_roles,
    make_lesson,
)

DATA = Path(__file__).parents[2] / "data"
LEXICON = read_evidence_lexicon(
    DATA / "quality" / "evidence.toml", read_taxonomy(DATA / "taxonomy").units
)
WORDING = read_role_wording(DATA / "quality" / "roles.toml")
HEADED = Document(
    title="关于路灯的建议",
    body="老街很长。\n现状:灯有百盏。\n问题:灯坏了。\n没人修。\n建议:装灯。\n修灯。",
)


def headed_gold(most):
    lines = (DATA / "gold" / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    documents = [
        clean(Submission(title=row["title"], body=row["body"])) for row in map(json.loads, lines)
    ]
    return [each for each in documents if make_lesson(each, WORDING, Damage())][:most]


@pytest.fixture(scope="module")
def documents():
    return headed_gold(120)


def taught(lesson):
    quotes = [each.quote for each in split_sentences(lesson.document.text)]
    return dict(zip(quotes, lesson.sections.tolist(), strict=True))


SECTIONS = {
    "关于路灯的建议": -1,
    "老街很长。": SITUATION,
    "灯有百盏。": BACKGROUND,
    "灯坏了。": PROBLEM,
    "没人修。": PROBLEM,
    "装灯。": SUGGESTION,
    "修灯。": SUGGESTION,
}


@pytest.mark.parametrize("damage", [*DAMAGES.values(), Damage(joined=True)])
def test_sentences_keep_their_section_whatever_happened_to_the_text(damage):
    lesson = make_lesson(HEADED, WORDING, damage)

    assert taught(lesson) == SECTIONS
    assert not list(find_headings(lesson.document.text, WORDING))


def test_a_text_that_names_no_suggestions_teaches_nothing_by_headings():
    assert make_lesson(Document(title="", body="问题:灯坏了。"), WORDING, Damage()) is None


def test_a_fit_is_the_same_twice_and_small(documents):
    first, second = (fit_roles(documents, LEXICON, WORDING).arrays() for _ in range(2))

    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert sum(array.nbytes for array in first.values()) <= 300_000


def test_the_model_tells_suggestions_in_whatever_order(documents):
    figures = evaluate_roles(documents, LEXICON, WORDING, folds=2)
    in_order, *damaged = (figures[name].accuracy for name in DAMAGES)

    assert in_order["model"] > 0.8
    assert in_order["model"] > in_order["rule"]
    for accuracy in damaged:
        assert accuracy["model"] > 0.8
        assert accuracy["model"] > max(accuracy["position"], accuracy["rule"])
