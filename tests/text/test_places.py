import itertools
from pathlib import Path

import pytest

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.text.places import Place, PlaceFinder, read_place_finder

RULES = Path("data/duplicates/places.toml")


@pytest.fixture(scope="module")
def finder() -> PlaceFinder:
    return read_place_finder(RULES)


def names(finder: PlaceFinder, text: str) -> list[tuple[str, str]]:
    return [(place.kind, place.name) for place in finder.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "我住在A市A3区阳光花园小区,门口的人民路天天堵车。",
            [
                ("district", "A市"),
                ("district", "A3区"),
                ("estate", "阳光花园"),
                ("road", "人民路"),
            ],
        ),
        ("和平路与解放路交叉口红绿灯坏了", [("road", "和平路"), ("road", "解放路")]),
        (
            "平江县三阳乡大新村没有自来水",
            [("district", "平江县"), ("town", "三阳乡"), ("village", "大新村")],
        ),
        (
            "人民路小学门口的128路公交车太少",
            [("school", "人民路小学"), ("transit", "128路")],
        ),
        ("地铁4号线北延什么时候开工", [("transit", "4号线")]),
        ("G107国道与沪昆高速之间没有匝道", [("road", "G107"), ("road", "沪昆高速")]),
        ("月亮岛公园旁建成的幸福苑小区", [("building", "月亮岛公园"), ("estate", "幸福苑")]),
        ("枫林三路恒大华府二期的业主", [("road", "枫林三路"), ("estate", "恒大华府二期")]),
        ("向湘江排污,白石湖水库也脏了", [("water", "湘江"), ("water", "白石湖水库")]),
        ("金悦湾小区的物业是盛源物业有限公司", [("estate", "金悦湾"), ("firm", "盛源物业")]),
        ("我在咸安区温泉街道办事处门口", [("district", "咸安区"), ("town", "温泉街道")]),
    ],
)
def test_names_of_places_are_found(finder, text, expected):
    assert names(finder, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "老旧小区加装电梯",
        "桥头那一段路灯坏了",
        "不少村民为此发愁",
        "请周市长过问此事",
        "打通断头路,修好马路",
        "请市长关注我市的城市道路和全市学校",
        "乡村医院和民办学校都缺人",
        "从根本上理清思路,找到出路",
        "农贸市场、超市和物业公司要管起来",
        "",
        "   \n\n",
        "AAAA 1234 !!!",
        "😀🚌😀",
    ],
)
def test_what_is_no_name_is_left_alone(finder, text):
    assert names(finder, text) == []


def test_spans_quote_the_text(finder):
    text = "反映东风大道东段积水,\n位于长青街道幸福社区的老井巷也一样,还有第三小学!"
    places = finder.find(text)
    assert len(places) >= 4
    for place in places:
        assert text[place.span.start : place.span.end] == place.span.quote
    for before, after in itertools.pairwise(places):
        assert before.span.end <= after.span.start


def test_a_word_too_many_in_front_is_still_the_same_place(finder):
    (plain,) = finder.find("解放路堵车")
    (longer,) = finder.find("老解放路堵车")
    (other,) = finder.find("人民路堵车")
    assert plain.is_same(longer)
    assert longer.is_same(plain)
    assert not plain.is_same(other)


def test_a_word_before_the_city_is_not_shown_as_a_district(finder):
    found = finder.find("建议由市财政局拨款,在平江县先试")

    assert [place.name for place in found if place.is_shown] == ["平江县"]


def test_the_same_name_of_another_kind_is_another_place(finder):
    road, school = finder.find("滨江路很堵,滨江小学也很堵")
    assert not road.is_same(school)


def test_generic_endings_do_not_tell_places_apart(finder):
    long, short = finder.find("阳光花园小区停水,阳光花园的人都在等")
    assert long.name == short.name == "阳光花园"


def test_an_office_may_add_names_that_have_no_suffix(finder, tmp_path):
    local = tmp_path / "local.toml"
    local.write_text('[names]\nbuilding = ["江畔绿道"]\n', encoding="utf-8")
    text = "请给江畔绿道装灯"

    assert names(finder, text) == []
    assert names(read_place_finder(RULES, local=local), text) == [("building", "江畔绿道")]


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ('[names]\npark = ["江畔绿道"]\n', "names.park"),
        ('[names]\nbuilding = "江畔绿道"\n', "names.building"),
        ("building = []\n", "places.building"),
    ],
)
def test_names_that_do_not_fit_are_refused_by_key(tmp_path, written, key):
    local = tmp_path / "local.toml"
    local.write_text(written, encoding="utf-8")
    with pytest.raises(InvalidTaxonomy) as refused:
        read_place_finder(RULES, local=local)
    assert key in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('code = "road"', "", "kind[4].code"),
        ('"(\\\\d{3}(?:国道|省道|县道))"', '"(\\\\d{3"', "kind[road].patterns"),
        ("within = [", "inside = [", "places.inside"),
    ],
)
def test_rules_that_do_not_fit_are_refused_by_key(tmp_path, old, new, key):
    rules = RULES.read_text(encoding="utf-8")
    assert old in rules
    (tmp_path / "places.toml").write_text(rules.replace(old, new), encoding="utf-8")
    with pytest.raises(InvalidTaxonomy) as refused:
        read_place_finder(tmp_path / "places.toml")
    assert key in str(refused.value)


def test_a_long_text_is_read_in_linear_time(finder):
    """Twenty thousand letters without a mark: every window is bounded, so this ends at once."""
    text = "人民路和解放路之间的阳光花园小区" * 1250
    places: list[Place] = list(finder.find(text))
    assert len(places) == 3 * 1250
