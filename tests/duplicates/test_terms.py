import numpy as np
import pytest

from nlp_service.duplicates.letters import find_letters
from nlp_service.duplicates.terms import TermTable, count_rarity, pair_terms, word_terms

BUCKETS = 2**12
TEXTS = ["路灯坏了没人修", "路灯太暗看不清", "公交车晚点太久", "学校门口堵车"]


def letters(text):
    return find_letters(text)[0]


@pytest.fixture
def table():
    return TermTable(rarity=count_rarity([pair_terms(letters(text)) for text in TEXTS], BUCKETS))


def weigh(table, text):
    return table.weigh(pair_terms(letters(text)))


def test_a_text_is_like_itself_and_unlike_a_stranger(table):
    one, other = weigh(table, TEXTS[0]), weigh(table, TEXTS[3])
    assert one.cosine(one) == pytest.approx(1.0)
    assert one.cosine(other) == 0.0


def test_alike_is_symmetric(table):
    one, other = weigh(table, TEXTS[0]), weigh(table, TEXTS[1])
    assert 0.0 < one.cosine(other) == pytest.approx(other.cosine(one))


def test_rare_terms_count_for_more(table):
    """路灯 stands in two texts of four, 晚点 in one."""
    common = weigh(table, "路灯好").cosine(weigh(table, "路灯呢"))
    rare = weigh(table, "晚点好").cosine(weigh(table, "晚点呢"))
    assert rare > common


def test_containment_is_of_one_side(table):
    part, whole = weigh(table, "路灯坏了"), weigh(table, "路灯坏了没人修")
    assert part.contained(whole) == pytest.approx(1.0)
    assert 0.0 < whole.contained(part) < 1.0


def test_strongest_are_twenty_of_many():
    words = word_terms(f"词{number}" for number in range(200))
    table = TermTable(rarity=np.linspace(0.1, 5.0, 2**16))
    terms = table.weigh(words)
    strongest = terms.strongest
    assert len(strongest.buckets) == 20
    assert strongest.rarity.min() >= np.sort(terms.rarity)[-21]
    assert np.linalg.norm(strongest.weights) == pytest.approx(1.0)


def test_a_term_is_the_same_for_ever():
    """Tables in bundles are read by the buckets: another hash would read other rows."""
    assert word_terms(["电梯", "充电桩"]).tolist() == [3281943009, 3880759381]
    assert (pair_terms(letters("路灯")) & 0xFFFF).tolist() == [32993]


@pytest.mark.parametrize("text", ["", "路", "!?"])
def test_texts_without_terms_are_like_nothing(table, text):
    terms = weigh(table, text)
    other = weigh(table, TEXTS[0])
    assert terms.cosine(other) == other.cosine(terms) == 0.0
    assert terms.contained(other) == 0.0
    assert terms.shared_rarity(other).size == 0
