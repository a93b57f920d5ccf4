import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.completeness import ITEMS, check_completeness, read_completeness
from nlp_service.quality.evidence import find_evidence, read_evidence_lexicon
from nlp_service.text.normalise import Document, normalise

DATA = Path(__file__).parents[2] / "data"
FILE = DATA / "quality" / "completeness.toml"
LEXICON = read_evidence_lexicon(
    DATA / "quality" / "evidence.toml", read_taxonomy(DATA / "taxonomy").units
)
RULES = read_completeness(FILE)
MESSAGE = (
    "我是柳湖小区的业主,2023年5月起楼下的烧烤店每天晚上十一点还在放音响,油烟味很重,"
    "老人睡不着。请城管尽快处理。"
)


def check(body, title=""):
    document = Document(title=normalise(title), body=normalise(body))
    return check_completeness(document, find_evidence(document, LEXICON), RULES)


def quotes(body, code):
    (item,) = (item for item in check(body) if item.code == code)
    return [quote.quote for quote in item.seen]


def test_the_five_items_come_in_order():
    found = [(item.code, item.name) for item in check("")]
    assert found == [
        ("who", "谁"),
        ("where", "哪里"),
        ("when", "何时"),
        ("what", "什么事"),
        ("ask", "诉求"),
    ]
    assert tuple(code for code, _ in found) == ITEMS


def test_a_complete_message_has_all_five():
    assert all(item.seen for item in check(MESSAGE))


def test_an_empty_plea_has_only_the_ask():
    seen = [item.code for item in check("请领导高度重视,尽快解决。") if item.seen]
    assert seen == ["ask"]


def test_every_quote_stands_where_it_says_and_no_two_overlap():
    text = normalise("投诉烧烤店") + "\n" + normalise(MESSAGE)
    for item in check(MESSAGE, title="投诉烧烤店"):
        for quote in item.seen:
            assert text[quote.start : quote.end] == quote.quote
        for first, second in zip(item.seen, item.seen[1:], strict=False):
            assert first.end <= second.start


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("我们是青山纺织厂的退休职工。", True),
        ("我女儿在住校。", True),
        ("三十多户没有水用。", True),
        ("俺们二十七个人没拿到钱。", True),
        ("路灯坏了。", False),
        ("张建国打了人。", False),
    ],
)
def test_who_is_a_role_or_a_group_never_a_name(body, found):
    seen = quotes(body, "who")
    assert bool(seen) is found
    assert not any("张建国" in quote for quote in seen)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("住在柳湖小区3栋。", ["柳湖小区3栋"]),
        ("A市B区红星路88号的路灯坏了。", ["红星路88号"]),
        ("K3县青石镇白鹭村停水。", ["青石镇", "白鹭村"]),
        ("我在澄江纺织有限公司上班。", ["澄江纺织有限公司"]),
        ("请问县医院几点开门?", ["县医院"]),
        ("人民路和建设大道天天堵。", ["人民路", "建设大道"]),
        ("A市的政策什么时候落实?", []),
        ("老旧小区没有电梯。", []),
        ("农村的道路太窄,高速公路太远。", []),
        ("我们小区停水,物业公司不管。", []),
        ("思路和出路都没有。", []),
    ],
)
def test_where_is_a_place_one_can_go_to(body, found):
    assert quotes(body, "where") == found


@pytest.mark.parametrize(
    ("body", "quote"),
    [
        ("2019年5月买的房。", "2019年5月"),
        ("三年了没人管。", "三年了"),
        ("上个月就坏了。", "上个月"),
        ("每天晚上都很吵。", "每天晚上"),
        ("至今没有答复。", "至今"),
        ("去年冬天停的气。", "去年冬天"),
        ("自从搬来印染厂以后水就黑了。", "自从搬来印染厂以后"),
        ("已经拖了半年,快两年没修。", "快两年"),
        ("他今年级别不够。", "今年"),
        ("孩子上三年级。", None),
        ("第二十一条写得清楚。", None),
    ],
)
def test_when_is_a_date_a_time_or_how_long(body, quote):
    seen = quotes(body, "when")
    assert quote in seen if quote else not seen


@pytest.mark.parametrize(
    ("body", "quote"),
    [
        ("小区停水三天。", "停水"),
        ("工地噪音扰民。", "噪音扰民"),
        ("老板拖欠我们工资。", "拖欠我们工资"),
        ("请问二手房怎么落户?", "请问二手房怎么落户"),
    ],
)
def test_what_is_quoted_by_the_telling_words(body, quote):
    assert quote in quotes(body, "what")


@pytest.mark.parametrize(
    ("body", "quote"),
    [
        ("恳请领导派人来看看。", "恳请领导派人来看看"),
        ("请问公租房几时分配?", "请问公租房几时分配"),
        ("能否加一盏路灯?", "能否加一盏路灯"),
        ("为什么我们没有补贴?", "为什么我们没有补贴"),
        ("到底谁来管这条路?", "到底谁来管这条路"),
        ("路灯坏了,投诉无门。", None),
        ("他请了假。", None),
    ],
)
def test_ask_is_quoted_to_the_end_of_its_clause(body, quote):
    seen = quotes(body, "ask")
    assert quote in seen if quote else not seen


def test_quotes_are_short_and_few():
    for item in check(MESSAGE * 30):
        assert len(item.seen) <= 3
        assert all(len(quote.quote) <= 60 for quote in item.seen)


@given(st.text(max_size=300))
@settings(max_examples=80, deadline=None)
def test_any_text_is_read(body):
    text = normalise(body)
    for item in check(body):
        assert all(text[quote.start : quote.end] == quote.quote for quote in item.seen)


def test_reading_takes_under_a_millisecond_for_500_characters():
    document = Document(title="", body=normalise(MESSAGE * 7))
    evidence = find_evidence(document, LEXICON)
    spent = []
    for _ in range(20):
        start = time.perf_counter()
        check_completeness(document, evidence, RULES)
        spent.append(time.perf_counter() - start)
    assert min(spent) * 500 / len(document.text) < 0.001


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('code = "when"', 'code = "since"', "应依次为"),
        ('evidence = "case"', 'evidence = "rumour"', "之一"),
        ('evidence = "case"', 'stretch = "on"', "应恰有一个"),
        ("longest = 9", "longest = 9\nshortest = 1", "未知的键"),
        ("{亲属}", "{亲戚}", "没有名单"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, old, new, reason):
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "completeness.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(InvalidTaxonomy, match=reason):
        read_completeness(file)
