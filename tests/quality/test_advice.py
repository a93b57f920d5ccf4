import json
import re
from pathlib import Path

import pytest

from nlp_service.domain.quality import Level, Sentence, SentenceRole
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.advice import LONGEST_QUOTE, write_note
from nlp_service.quality.checklist import ReadProposal, check_dimension, read_advice
from nlp_service.quality.evidence import EvidenceType, find_evidence, read_evidence_lexicon
from nlp_service.text.normalise import Document, normalise
from nlp_service.text.sections import find_suggestions
from nlp_service.text.sentences import split_sentences

DATA = Path(__file__).parents[2] / "data"
TAXONOMY = read_taxonomy(DATA / "taxonomy")
LEXICON = read_evidence_lexicon(DATA / "quality" / "evidence.toml", TAXONOMY.units)
ADVICE = read_advice(DATA / "quality" / "advice.toml")
GRADED = [
    json.loads(line)
    for line in (DATA / "gold" / "quality" / "graded.jsonl").read_text("utf-8").splitlines()
]

TITLE = "关于开放柳湖小区地下车库的建议"
SITUATION = "2024年5月，我们走访了柳湖小区等4个小区，发放问卷320份。据市住建局统计，缺车位1,200个。"
CAUSE = "由于地下车库产权不清，车位一直没有开放。"
SUGGESTION = "建议：由市住建局在2026年底前协调开放车库，新增车位300个，所需50万元列入年度预算。"
GOOD = {"Q1": 3, "Q2": 3, "Q3": 3, "Q4": 3, "Q5": 3, "Q6": 3}
POOR = {"Q1": 1, "Q2": 0, "Q3": 1, "Q4": 1, "Q5": 1, "Q6": 2}


def role(number, sentence, begins, suggesting, causing):
    if sentence.start >= begins or number in suggesting:
        return SentenceRole.SUGGESTION
    return SentenceRole.CAUSE if number in causing else SentenceRole.PROBLEM


def note(body, levels, title=TITLE):
    """The note on a text with these levels; roles are taken from headings and evidence."""
    document = Document(title=normalise(title), body=normalise(body))
    evidence = find_evidence(document, LEXICON)
    found = find_suggestions(document.body)
    begins = len(document.text) if found is None else len(document.title) + 1 + found
    suggesting = {each.sentence for each in evidence if each.suggested}
    causing = {each.sentence for each in evidence if each.type is EvidenceType.CAUSE}
    sentences = [
        Sentence(
            start=each.start,
            end=each.end,
            quote=each.quote,
            role=role(number, each, begins, suggesting, causing),
        )
        for number, each in enumerate(split_sentences(document.text))
    ]
    proposal = ReadProposal(document, evidence, sentences, heading=ADVICE.heading)
    checked = {
        code: check_dimension(
            code,
            proposal,
            table=ADVICE,
            names=LEXICON.names,
            level=level,
        )
        for code, level in levels.items()
    }
    return write_note(
        document.title,
        [level_of(dimension, levels, checked) for dimension in TAXONOMY.dimensions],
        checked,
        evidence,
        sentences,
        table=ADVICE,
        caps=TAXONOMY.caps,
    )


def level_of(dimension, levels, checked):
    found = checked[dimension.code]
    return Level(
        code=dimension.code,
        name=dimension.name,
        weight=dimension.weight,
        level=float(levels[dimension.code]),
        meaning=dimension.levels[round(levels[dimension.code])],
        probability=1.0,
        seen=found.seen,
        against=found.against,
        missing=found.missing,
    )


def points(written):
    """The names of the dimensions that a note speaks of, in its order."""
    return re.findall(r"^\d\. (.+?)：", written, flags=re.MULTILINE)


def test_nothing_to_mend_is_no_note():
    assert note(SITUATION + CAUSE + SUGGESTION, GOOD) == ""


def test_note_names_the_proposal_and_says_who_decides():
    written = note("停车很难。", POOR)
    assert written.startswith(f"您好！您提交的《{TITLE}》已收到。")
    assert written.endswith("由人审定。")
    assert note("停车很难。", POOR, title="").startswith("您好！您提交的材料已收到。")


def test_what_helps_the_total_most_comes_first():
    assert points(note("停车很难。", {**GOOD, "Q1": 2, "Q2": 2, "Q4": 2})) == [
        "调研证据",
        "建议具体",
        "选题必要",
    ]


def test_level_that_is_nearly_good_comes_later():
    assert points(note("停车很难。", {**GOOD, "Q2": 2.6, "Q4": 1.5})) == ["建议具体", "调研证据"]


def test_caps_come_before_everything_else():
    assert points(note("停车很难。", {**POOR, "Q2": 0, "Q4": 1}))[0] == "调研证据"
    assert points(note("停车很难。", {**POOR, "Q2": 0, "Q4": 0}))[:2] == ["建议具体", "调研证据"]


def test_nothing_is_said_of_owners_where_there_is_no_suggestion():
    assert "可操作" not in points(note("停车很难。", {**POOR, "Q4": 0}))


def test_no_more_than_five_points():
    assert len(points(note("停车很难。", {**POOR, "Q6": 1}))) == 5


def test_what_is_seen_is_said_before_what_is_not():
    written = note(SITUATION, {**GOOD, "Q2": 2})
    (point,) = [line for line in written.splitlines() if line.startswith("1.")]
    assert "我们走访了柳湖小区等4个小区" in point
    assert point.index("您在文中写到") < point.index("未见")


def test_what_is_good_is_named_first():
    written = note(SITUATION + CAUSE, {**GOOD, "Q4": 0, "Q5": 0})
    assert "文中“调研证据”方面已见“" in written.splitlines()[0]


def test_nothing_counts_as_seen_at_a_cap():
    assert "您在文中写到" not in note("共有住户1,200户。", {**GOOD, "Q2": 0}).splitlines()[1]


def test_slogans_are_quoted_back():
    written = note("停车很难。\n建议：提高认识，形成合力。", {**GOOD, "Q4": 1})
    assert "如“提高认识”“形成合力”，尚未写明由谁做、做什么" in written


def test_hearsay_is_quoted_back():
    assert "“听说”一类说法" in note("听说车位不够。", {**GOOD, "Q2": 0})


def test_items_without_an_owner_are_quoted():
    body = "建议：\n1.市住建局开放车库。\n2.加装照明，修好道闸。\n3.错时停车。"
    assert "“2.加装照明”等 2 条建议，尚未写明由谁来做" in note(body, {**GOOD, "Q5": 2})
    one = "建议：\n1.市住建局开放车库。\n2.加装照明，修好道闸。\n3.物业错时停车。"
    assert "“2.加装照明”一条，尚未写明由谁来做" in note(one, {**GOOD, "Q5": 2})


def test_items_under_a_numbered_heading_are_told_apart():
    body = "三、意见建议\n(一)市住建局开放车库。\n(二)加装照明。"
    assert "“（二）加装照明”一条" in note(body, {**GOOD, "Q5": 2})


@pytest.mark.parametrize(
    "body",
    [
        "建议市住建局：\n1.开放车库。\n2.加装照明。",
        "建议：\n1.开放车库。\n2.加装照明。\n以上由市住建局办理。",
        "建议：\n1.开放车库，由街道协调。\n2.加装照明。市住建局出资。",
        "建议开放车库。",
    ],
)
def test_items_whose_owner_stands_elsewhere_are_left_in_peace(body):
    assert "尚未写明由谁来做" not in note(body, {**GOOD, "Q5": 2})


def test_vague_owner_is_none():
    body = "建议：\n1.市住建局开放车库。\n2.有关部门加装照明。"
    assert "“2.有关部门加装照明”一条" in note(body, {**GOOD, "Q5": 2})


def test_cause_without_an_answer_is_quoted():
    body = "症结在于鸽群夜里栖在屋檐。\n建议：由市住建局2026年底前开放车库。"
    assert "您分析到“症结在于鸽群夜里栖在屋檐”" in note(body, {**GOOD, "Q4": 2})


@pytest.mark.parametrize(
    "body",
    [
        "症结在于鸽群夜里栖在屋檐。\n建议：由市住建局给屋檐装网。",
        "症结在于业委会手头没有钱。\n建议：由市财政局列入预算。",
        "症结在于物业看不过来。\n建议：由市住建局每月巡查。物业配合。",
        "症结在于鸽群夜里栖在屋檐。",
    ],
)
def test_cause_that_may_be_answered_is_left_in_peace(body):
    assert "您分析到" not in note(body, {**GOOD, "Q4": 2})


def test_long_quotes_are_shortened_and_printed_with_full_marks():
    body = (
        "我们走访了"
        + "、".join(f"柳湖{n}区" for n in "甲乙丙丁戊己庚辛壬癸")
        + "，都缺车位(约300个)。"
    )
    written = note(body * 2, {**GOOD, "Q2": 1})
    quoted = re.findall("“(.+?)”", written)
    assert any(quote.endswith("…") for quote in quoted)
    assert all(len(quote) <= LONGEST_QUOTE + 1 for quote in quoted)
    assert "都缺车位（约300个）" in written


def test_quotation_marks_within_a_quote_are_single():
    assert "“住户说‘停不下’的有320户”" in note("住户说“停不下”的有320户。", {**GOOD, "Q2": 1})


@pytest.mark.parametrize("proposal", GRADED, ids=lambda each: each["id"])
def test_notes_on_the_graded_series_are_short_and_courteous(proposal):
    written = note(proposal["body"], proposal["levels"], title=proposal["title"])
    assert (written == "") == (min(proposal["levels"].values()) >= 3)
    assert len(written) < 800
    assert not re.search("属实|虚假|不实|空洞|敷衍|错误|不合格|必须|[{}]|。。|，，", written)
    assert len(points(written)) == len(set(points(written))) <= 5


def test_nasty_texts_get_a_note(nasty_text):
    assert note(nasty_text, POOR, title="").endswith("由人审定。")


def test_long_text_is_soon_done():
    body = (
        "由于车位不足，停车很难。" * 2_000
        + "建议："
        + "1.有关部门加强管理。2.市住建局增设车位3个。" * 2_000
    )
    assert len(note(body, POOR)) < 1_000
