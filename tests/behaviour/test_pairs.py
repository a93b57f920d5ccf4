"""What the default bundle says of pairs that nobody fitted it on."""

import pytest

from nlp_service.domain.duplicates import Relation
from nlp_service.duplicates.boilerplate import Boilerplate
from nlp_service.duplicates.matter import Matter
from nlp_service.duplicates.shared_wording import compare
from nlp_service.duplicates.wording import read_wording
from nlp_service.text.normalise import Document, normalise

from .pair_texts import MISSED, PAIRS


def read(assessor, document: Document, *, meaning: bool) -> Matter:
    stage = assessor.bundle.pairs
    return stage.reader.read(
        read_wording(document, Boilerplate()),
        embedding=stage.embedder.embed([document])[0] if meaning else None,
    )


def judge(assessor, one: Document, other: Document, *, meaning: bool = True):
    here, there = (read(assessor, each, meaning=meaning) for each in (one, other))
    shared = compare(here.wording, there.wording)
    return assessor.bundle.pairs.model.judge(here, there, shared)


TOLD = [
    pytest.param(name, marks=pytest.mark.xfail(reason="too few words in common"))
    if name in MISSED
    else name
    for name in PAIRS
]


@pytest.mark.parametrize("name", TOLD)
def test_relations_are_told_as_the_guide_words_them(assessor, name):
    one, other, right = PAIRS[name]
    judged = judge(assessor, one, other)
    assert judged.relation in right, judged.probabilities
    assert sum(judged.probabilities.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("name", MISSED)
def test_what_is_missed_is_taken_for_related_and_no_stranger(assessor, name):
    one, other, _ = PAIRS[name]
    assert judge(assessor, one, other).relation is Relation.RELATED


@pytest.mark.parametrize("name", TOLD)
def test_relations_are_told_without_an_encoder(assessor, name):
    one, other, right = PAIRS[name]
    judged = judge(assessor, one, other, meaning=False)
    assert judged.relation in right, judged.probabilities


def test_texts_of_which_one_has_no_embedding_are_judged_as_without_any(assessor):
    one, other, _ = PAIRS["lifts and chargers"]
    here, there = read(assessor, one, meaning=True), read(assessor, other, meaning=False)
    mixed = assessor.bundle.pairs.model.judge(here, there, compare(here.wording, there.wording))
    assert mixed == judge(assessor, one, other, meaning=False)


@pytest.mark.parametrize("meaning", [True, False])
@pytest.mark.parametrize("name", PAIRS)
def test_the_answer_is_the_same_both_ways_round(assessor, name, meaning):
    one, other, _ = PAIRS[name]
    there = judge(assessor, one, other, meaning=meaning)
    back = judge(assessor, other, one, meaning=meaning)
    for relation in Relation:
        assert there.probabilities[relation] == pytest.approx(
            back.probabilities[relation], abs=1e-9
        )


def test_any_text_can_be_judged(assessor, nasty_text):
    document = Document(title="", body=normalise(nasty_text))
    other, _, _ = PAIRS["word for word"]
    assert judge(assessor, document, document).relation is Relation.COPY
    assert judge(assessor, document, other).relation is not Relation.COPY
