from pathlib import Path

import numpy as np
import pytest

from nlp_service.duplicates.boilerplate import Boilerplate
from nlp_service.duplicates.matter import MatterReader, find_asks, find_headline, find_words
from nlp_service.duplicates.terms import TermTable
from nlp_service.duplicates.wording import read_wording
from nlp_service.text.normalise import Document
from nlp_service.text.places import read_place_finder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def reader():
    return MatterReader(
        finder=read_place_finder(ROOT / "data" / "duplicates" / "places.toml"),
        pair_table=TermTable(rarity=np.ones(2**12)),
        word_table=TermTable(rarity=np.ones(2**12)),
    )


def wording(title, body):
    return read_wording(Document(title=title, body=body), Boilerplate())


def quotes(read, stretches):
    return [read.document.text[start:end] for start, end in stretches]


def test_the_headline_is_the_title_or_the_first_sentence():
    titled = wording("路灯不亮", "青石巷的灯坏了。请来修。")
    untitled = wording("", "青石巷的灯坏了。请来修。")
    assert quotes(titled, [find_headline(titled)]) == ["路灯不亮"]
    assert quotes(untitled, [find_headline(untitled)]) == ["青石巷的灯坏了。"]


def test_what_is_asked_for_are_the_suggestions_where_some_are_announced():
    read = wording("关于停车", "车位太少,路边乱停。具体建议:一、增设车位。二、错时开放。")
    assert quotes(read, find_asks(read)) == ["具体建议:一、增设车位。二、错时开放。"]


def test_else_the_sentences_that_ask():
    read = wording("", "楼道灯坏了。能否派人看看?我住六楼。希望本周修好。谢谢。")
    assert quotes(read, find_asks(read)) == ["能否派人看看?", "希望本周修好。"]


def test_else_the_last_sentences():
    read = wording("", "楼道灯坏了。我住六楼。老人摔了一跤。腿还肿着。")
    assert quotes(read, find_asks(read)) == ["老人摔了一跤。", "腿还肿着。"]


def test_words_that_say_nothing_are_left_out(reader):
    words, offsets = find_words(reader.finder.tag("我们希望在小区里加装电梯"))
    assert offsets[words.index("电梯")] == 10
    assert not {"我们", "在", "里"} & set(words)


def test_a_matter_knows_places_and_figures(reader):
    matter = reader.read(
        wording("12路车", "12路公交每天只有36班,经过解放路时要等25分钟,坐车的多了30%,票价2元。")
    )
    assert {(place.kind, place.name) for place in matter.places} >= {("road", "解放路")}
    assert matter.figures == {"12", "36", "25", "30%"}
    assert matter.embedding is None


@pytest.mark.parametrize("body", ["路", "😀路", "1" * 300, "停" * 5000])
def test_odd_texts_are_read(reader, body):
    matter = reader.read(wording("", body))
    assert matter.pairs.whole.cosine(matter.pairs.whole) == pytest.approx(1.0)
