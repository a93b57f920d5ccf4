import datetime
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.evidence import find_evidence, read_evidence_lexicon
from nlp_service.quality.marks import mark_report, read_marks
from nlp_service.text.normalise import Document, normalise

DATA = Path(__file__).parents[2] / "data"
FILE = DATA / "quality" / "marks.toml"
LEXICON = read_evidence_lexicon(
    DATA / "quality" / "evidence.toml", read_taxonomy(DATA / "taxonomy").units
)
RULES = read_marks(FILE)
SUBMITTED = datetime.date(2025, 6, 10)

SITUATION = (
    "今年4月,我们走访了柳湖小区等4个小区,发放问卷320份。据区消防队台账,今年1月至4月楼道火情12起,"
    "比去年同期增加5起。住户王阿姨家的门被烧坏,1,240名老年人夜里不敢睡。类似情况在三个街道都有。\n"
)
SUGGESTION = (
    "建议:由区住建局牵头,9月底前在每栋楼下建一处充电棚,所需资金从维修资金中列支,每处补助2万元。"
)
SLOGANS = ["要高度重视。", "进一步加强领导。", "切实做好工作。", "形成强大合力。", "常抓不懈。"]


def marks(body, *, title="", submitted_at=SUBMITTED):
    document = Document(title=normalise(title), body=normalise(body))
    evidence = find_evidence(document, LEXICON)
    return mark_report(document, evidence, RULES, submitted_at=submitted_at)


def points(body, **options):
    return {mark.code: mark.points for mark in marks(body, **options)}


def total(body, **options):
    return round(sum(points(body, **options).values()), 1)


def quotes(body, code, sign, **options):
    (mark,) = (mark for mark in marks(body, **options) if mark.code == code)
    return [quote.quote for quote in mark.seen if quote.type == sign]


def test_there_are_five_marks_that_make_a_hundred():
    found = [(mark.code, mark.name, mark.weight) for mark in marks("路灯坏了。")]
    assert found == [
        ("timely", "时效", 25),
        ("specific", "真实具体", 25),
        ("typical", "代表性", 20),
        ("constructive", "建设性", 20),
        ("concise", "精炼", 10),
    ]


def test_a_good_report_is_far_above_slogans():
    assert total(SITUATION + SUGGESTION) > 60
    assert total("".join(SLOGANS)) == 0


def test_a_problem_without_a_suggestion_keeps_what_the_other_marks_give():
    with_suggestion, without = points(SITUATION + SUGGESTION), points(SITUATION)
    assert without["specific"] == with_suggestion["specific"]
    assert without["typical"] == with_suggestion["typical"]
    assert total(SITUATION) > total(SUGGESTION)


def test_every_quote_stands_where_it_says():
    body = SITUATION + SUGGESTION + "".join(SLOGANS)
    text = normalise("关于充电棚的反映") + "\n" + normalise(body)
    for mark in marks(body, title="关于充电棚的反映"):
        assert 0 <= mark.points <= mark.weight
        for quote in mark.seen:
            assert text[quote.start : quote.end] == quote.quote
            assert quote.name


@pytest.mark.parametrize(
    ("body", "submitted_at", "recent"),
    [
        ("2025年5月发现裂缝。", SUBMITTED, ["2025年5月"]),
        ("2019年5月发现裂缝。", SUBMITTED, []),
        ("5月发现裂缝。", SUBMITTED, ["5月"]),
        ("7月发现裂缝。", SUBMITTED, []),
        ("去年11月发现裂缝。", SUBMITTED, ["去年11月"]),
        ("2019年5月发现裂缝,6月塌了。", SUBMITTED, []),
        ("2030年1月发现裂缝。", SUBMITTED, []),
        ("2025年发现裂缝。", SUBMITTED, ["2025年"]),
        ("建议:2025年5月修好。", SUBMITTED, []),
        ("2019年5月发现裂缝,2018年1月通车。", None, ["2019年5月"]),
        ("5月发现裂缝。", None, []),
    ],
)
def test_a_date_is_recent_by_the_day_of_submission(body, submitted_at, recent):
    assert quotes(body, "timely", "recent_date", submitted_at=submitted_at) == recent


def test_a_sourced_figure_is_worth_more_than_a_bare_one():
    bare, sourced = "楼道火情12起。", "据区消防队统计,楼道火情12起。"
    assert points(sourced)["specific"] > points(bare)["specific"]
    assert quotes(sourced, "specific", "sourced_figure") == ["据区消防队统计"]


def test_hearsay_slogans_and_length_take_away_under_their_own_names():
    told = "上周,柳湖小区停水12小时。"
    assert points(told + "听说还会停。")["specific"] < points(told)["specific"]
    body = SITUATION + SUGGESTION + "".join(SLOGANS)
    assert quotes(body, "concise", "slogan")
    assert points(body)["concise"] < points(SITUATION + SUGGESTION)["concise"]
    long = SITUATION + "".join(f"第{n}号楼也是这样。" for n in range(400))
    assert points(long)["concise"] == 0


def test_a_number_is_quoted_whole():
    found = quotes("小区有1,240户没有车位。", "typical", "scale")
    assert found == ["1,240户"]


@given(st.lists(st.sampled_from(SLOGANS), max_size=12), st.booleans())
@settings(max_examples=40, deadline=None)
def test_slogans_never_raise_the_total(slogans, without_suggestion):
    body = SITUATION if without_suggestion else SITUATION + SUGGESTION
    assert total(body + "\n" + "".join(slogans)) <= total(body)


@given(st.sampled_from([SITUATION, SUGGESTION, SITUATION + SUGGESTION]), st.integers(1, 6))
@settings(max_examples=20, deadline=None)
def test_a_repeated_paragraph_never_raises_the_total(body, times):
    assert total("\n".join([body] * (times + 1))) <= total(body)


def test_repetition_in_our_own_reports_never_raises_the_total():
    lines = (DATA / "gold" / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    reports = [row for row in map(json.loads, lines) if row["kind"] == "opinion_report"]
    for row in reports[:60]:
        body = row["body"]
        assert total(f"{body}\n{body}", title=row["title"]) <= total(body, title=row["title"])


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_text_is_marked_within_bounds(body):
    assert all(0 <= mark.points <= mark.weight for mark in marks(body))


def test_who_writes_has_no_part():
    assert total("提案人:李秀英\n" + SITUATION) <= total(SITUATION)


def test_marking_is_quick():
    document = Document(title="", body=normalise(SITUATION * 20))
    evidence = find_evidence(document, LEXICON)
    start = time.perf_counter()
    mark_report(document, evidence, RULES, submitted_at=SUBMITTED)
    assert time.perf_counter() - start < 0.2


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("weight = 10", "weight = 11", "分值之和应为 100"),
        ("recent_days = 270", "recent_days = 270\nevidence = 'case'", "应恰有一个"),
        ("steps = [3.0]\nphrases", "steps = []\nphrases", "至少有一个分数"),
        ("recent_days = 270", "recent_days = 270\nsuggested = true", "只能与 evidence 同用"),
        ('code = "this_year"', 'code = "season"', "代码重复"),
        ('code = "this_year"', 'code = "this_year"\nbonus = 1', "未知的键"),
        ('"近期"', '"{没有的名单}期"', "没有名单"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, old, new, reason):
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "marks.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidTaxonomy, match=reason):
        read_marks(file)
