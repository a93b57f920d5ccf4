"""What the default bundle says of pairs that nobody fitted it on."""

import pytest

from nlp_service.domain.duplicates import Relation
from nlp_service.duplicates.boilerplate import Boilerplate
from nlp_service.duplicates.matter import Matter, Tags
from nlp_service.duplicates.shared_wording import compare
from nlp_service.duplicates.wording import read_wording
from nlp_service.text.normalise import Document, normalise

from .pair_texts import PAIRS

HEADS = ("topic", "subtopic", "lead_unit")


def tags_of(assessor, document: Document) -> Tags:
    scores = assessor.scores([document])
    likeliest = {}
    for head in HEADS:
        row = getattr(scores, head)[0]
        place = int(row.argmax())
        likeliest[head] = {assessor.bundle.model.heads[head][place]: float(row[place])}
    return Tags(**likeliest)


def read(assessor, document: Document, *, meaning: bool, tags: bool) -> Matter:
    stage = assessor.bundle.pairs
    return stage.reader.read(
        read_wording(document, Boilerplate()),
        embedding=stage.embedder.embed([document])[0] if meaning else None,
        tags=tags_of(assessor, document) if tags else None,
    )


def judge(assessor, one: Document, other: Document, *, meaning: bool = True, tags: bool = True):
    here, there = (read(assessor, each, meaning=meaning, tags=tags) for each in (one, other))
    shared = compare(here.wording, there.wording)
    return assessor.bundle.pairs.model.judge(here, there, shared)


@pytest.mark.parametrize("name", PAIRS)
def test_relations_are_told_as_the_guide_words_them(assessor, name):
    one, other, right = PAIRS[name]
    judged = judge(assessor, one, other)
    assert judged.relation in right, judged.probabilities
    assert sum(judged.probabilities.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("name", PAIRS)
def test_without_encoder_and_tags_copies_and_strangers_are_still_told(assessor, name):
    one, other, right = PAIRS[name]
    judged = judge(assessor, one, other, meaning=False, tags=False)
    if right == {Relation.COPY} or right == {Relation.NONE}:
        assert judged.relation in right, judged.probabilities


@pytest.mark.parametrize(("meaning", "tags"), [(True, True), (False, True), (False, False)])
@pytest.mark.parametrize("name", PAIRS)
def test_the_answer_is_the_same_both_ways_round(assessor, name, meaning, tags):
    one, other, _ = PAIRS[name]
    there = judge(assessor, one, other, meaning=meaning, tags=tags)
    back = judge(assessor, other, one, meaning=meaning, tags=tags)
    for relation in Relation:
        assert there.probabilities[relation] == pytest.approx(
            back.probabilities[relation], abs=1e-9
        )


def test_any_text_can_be_judged(assessor, nasty_text):
    document = Document(title="", body=normalise(nasty_text))
    other, _, _ = PAIRS["word for word"]
    assert judge(assessor, document, document, tags=False).relation is Relation.COPY
    assert judge(assessor, document, other, tags=False).relation is not Relation.COPY
