from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.quality.phrases import PhraseIndex, PhraseReader, apart

READER = PhraseReader(file=Path("rules.toml"), lists={"机关": ["法院", "人民法院"]})


def quotes(written, text):
    index = PhraseIndex([(7, phrase) for phrase in READER.phrases(written, key="key")])
    return [text[start:end] for start, end in apart(index.find_all(text).get(7, []))]


@pytest.mark.parametrize(
    ("written", "text", "found"),
    [
        ("路灯", "路灯坏了,路灯", ["路灯", "路灯"]),
        ("路灯", "道路和灯", []),
        ("路灯：坏", "路灯:坏了", ["路灯:坏"]),
        ("向…法院", "向区人民法院", ["向区人民法院"]),
        ("向…法院", "向东走,到法院", []),
        ("向……法院", "向东走,到法院", ["向东走,到法院"]),
        ("向……法院", "向东走。到法院", []),
        ("第#条", "第十二条,第3条,第条", ["第十二条", "第3条"]),
        ("{机关}判", "人民法院判,法院判", ["人民法院判", "法院判"]),
        ("(一/二)审(已/)判", "一审判,二审已判,三审判", ["一审判", "二审已判"]),
        ("我<们国>", "我们,我国,我家,我", ["我", "我"]),
    ],
)
def test_a_phrase_is_found_as_it_is_written(written, text, found):
    assert quotes(written, text) == found


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("向{机构}", "没有名单"),
        ("(一/二审", "记号不成对"),
        ("(一/{机关})审", "记号不成对"),
        ("我<>", "记号不成对"),
        ("一…二…三…四…五", "空档超过"),
        ("#…", "没有确定的字"),
        ("(/)", "没有确定的字"),
        ("", "没有确定的字"),
    ],
)
def test_what_cannot_be_read_is_refused(written, reason):
    with pytest.raises(InvalidTaxonomy, match=reason):
        READER.phrases(written, key="key")


def test_an_empty_condition_is_refused():
    with pytest.raises(InvalidTaxonomy, match="不能为空"):
        READER.any_of(["", "甲"], key="key")


def test_no_conditions_are_no_pattern():
    assert READER.any_of([], key="key") is None


def test_of_two_that_overlap_the_earlier_and_longer_stays():
    assert list(apart([(3, 6), (0, 2), (0, 4), (4, 5)])) == [(0, 4), (4, 5)]


@given(
    st.text(alphabet="路灯坏了没人修,。a😀\ud800", max_size=30),
    st.sampled_from(["路灯", "修", "没人"]),
)
def test_the_index_finds_what_a_plain_search_finds(text, words):
    assert len(quotes(words, text)) == text.count(words)
