import shutil
from pathlib import Path

import pytest

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.quality import Sentence, SentenceRole
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.advice_table import DIMENSIONS
from nlp_service.quality.checklist import (
    MOST_QUOTES,
    ReadProposal,
    check_dimension,
    read_advice,
)
from nlp_service.quality.evidence import find_evidence, read_evidence_lexicon
from nlp_service.text.normalise import Document, normalise
from nlp_service.text.sentences import split_sentences

DATA = Path(__file__).parents[2] / "data"
FILE = DATA / "quality" / "advice.toml"
LEXICON = read_evidence_lexicon(
    DATA / "quality" / "evidence.toml", read_taxonomy(DATA / "taxonomy").units
)
ADVICE = read_advice(FILE)

SITUATION = "2024年5月，我们走访了柳湖小区等4个小区，发放问卷320份。据市住建局统计，缺车位1,200个。"
CAUSE = "由于地下车库产权不清，车位一直没有开放。"
SUGGESTION = "建议：由市住建局在2026年底前协调开放车库，新增车位300个，所需50万元列入年度预算。"
LONG = "这一带的住户晚上回家要绕着楼转好几圈才能找到地方停车，" * 12


def read(body, title="关于开放柳湖小区地下车库的建议"):
    """A document with its evidence, and its sentences with roles taken from the evidence."""
    document = Document(title=normalise(title), body=normalise(body))
    evidence = find_evidence(document, LEXICON)
    suggesting = {each.sentence for each in evidence if each.suggested}
    sentences = [
        Sentence(
            start=each.start,
            end=each.end,
            quote=each.quote,
            role=SentenceRole.SUGGESTION if number in suggesting else SentenceRole.PROBLEM,
        )
        for number, each in enumerate(split_sentences(document.text))
    ]
    return document, evidence, sentences


def checked(code, body, *, title="关于开放柳湖小区地下车库的建议", **options):
    document, evidence, sentences = read(body, title)
    return check_dimension(
        code,
        ReadProposal(document, evidence, sentences, heading=ADVICE.heading),
        table=ADVICE,
        names=LEXICON.names,
        **options,
    )


def quotes(seen):
    return [quote.quote for quote in seen]


def test_seen_holds_what_speaks_for_the_dimension_with_its_name():
    survey, figure, *_ = checked("Q2", SITUATION + CAUSE + SUGGESTION).seen
    assert (survey.type, survey.name, survey.suggested) == ("survey", "走访调研", False)
    assert survey.quote.startswith("2024年5月,我们走访了柳湖小区")
    assert figure.start >= survey.end


@pytest.mark.parametrize("code", DIMENSIONS)
def test_quotes_are_exact_few_apart_and_in_text_order(code):
    body = (SITUATION + CAUSE + SUGGESTION) * 5
    document, *_ = read(body)
    found = checked(code, body)
    assert 0 < len(found.seen) <= MOST_QUOTES
    reached = 0
    for quote in found.seen:
        assert document.text[quote.start : quote.end] == quote.quote
        assert quote.start >= reached
        reached = quote.end
    assert sorted(found.foremost, key=lambda quote: quote.start) == found.seen


def test_many_figures_leave_room_for_a_survey():
    figures = "".join(f"第{n}栋缺车位{n * 7}个。" for n in range(1, 30))
    assert "survey" in {quote.type for quote in checked("Q2", figures + SITUATION).seen}


def test_heading_alone_is_not_shown():
    body = "二、存在问题\n一是车位不足。\n三、问题分析\n"
    assert not {"二、存在问题", "三、问题分析"} & set(quotes(checked("Q3", body).seen))


@pytest.mark.parametrize(
    ("code", "body", "against"),
    [
        ("Q4", "建议：提高认识，形成合力。", ["提高认识", "形成合力"]),
        ("Q2", "听说车位不够，一些地方更严重。", ["听说", "一些地方"]),
        ("Q5", "建议：请有关部门适当考虑。", ["有关部门", "适当"]),
        ("Q1", "听说车位不够。", []),
    ],
)
def test_against(code, body, against):
    assert quotes(checked(code, body).against) == against


@pytest.mark.parametrize(
    ("code", "body", "missing", "there"),
    [
        ("Q1", "停车很难。", "受影响的是哪些人", "老年人和学生停车很难。"),
        ("Q1", "停车很难。", "涉及的人数或规模", "缺车位1,200个。"),
        ("Q2", "停车很难。", "走访、问卷或座谈的时间、地点、对象", SITUATION),
        ("Q2", "缺车位1,200个。", "数据的来源", SITUATION),
        ("Q2", "调研中发现，楼道很乱。", "走访调研的样本和结果", SITUATION),
        ("Q3", "停车很难。", "问题的成因", CAUSE),
        ("Q4", "停车很难。", "可以落实的具体建议", SUGGESTION),
        ("Q4", "建议：修订《城市养犬管理条例》。", "做多少、做到什么程度", SUGGESTION),
        ("Q5", "建议：改善停车。", "责任单位", SUGGESTION),
        ("Q5", "建议：改善停车。", "完成时限", SUGGESTION),
        ("Q5", "建议：改善停车。", "经费来源或测算", SUGGESTION),
    ],
)
def test_missing_until_it_is_there(code, body, missing, there):
    assert missing in checked(code, body).missing
    assert missing not in checked(code, there).missing


def test_source_is_only_missed_where_figures_stand():
    assert "数据的来源" not in checked("Q2", "停车很难。").missing


def test_what_helps_most_comes_first():
    lacks = checked("Q5", "建议：改善停车。").lacks
    assert lacks[0].missing == "责任单位"
    assert [lack.matters for lack in lacks] == sorted((it.matters for it in lacks), reverse=True)


def test_what_a_level_implies_is_not_called_missing():
    assert "问题的成因" in checked("Q3", "停车很难。", level=1).missing
    assert "问题的成因" not in checked("Q3", "停车很难。", level=2).missing


def test_words_that_hint_at_it_keep_it_from_being_called_missing():
    # Nothing is found here, and still it would be wrong to say that no cause is given.
    assert "问题的成因" not in checked("Q3", "车停不下，原因无非是没人管。").missing


def test_role_of_a_sentence_makes_its_figures_part_of_the_suggestions():
    document, evidence, sentences = read("粮站的车库划出150个位给住户。")
    sentences = [
        Sentence(start=it.start, end=it.end, quote=it.quote, role=SentenceRole.SUGGESTION)
        for it in sentences
    ]
    proposal = ReadProposal(document, evidence, sentences, heading=ADVICE.heading)
    found = check_dimension("Q2", proposal, table=ADVICE, names=LEXICON.names)
    assert found.seen == []


@pytest.mark.parametrize(
    ("title", "body", "faults"),
    [
        ("关于开放地下车库的建议", SITUATION + CAUSE + LONG + SUGGESTION, []),
        ("关于开放地下车库的提案", SITUATION + CAUSE + LONG + SUGGESTION, []),
        ("停车难", SITUATION + CAUSE + LONG + SUGGESTION, ["“关于……的建议（提案）”式的标题"]),
        ("关于开放车库的建议", SITUATION + LONG + SUGGESTION, ["分析部分"]),
        ("关于开放车库的建议", SITUATION + CAUSE + LONG, ["建议部分"]),
        (
            "关于开放车库的建议",
            SITUATION + CAUSE + SUGGESTION,
            [f"足够的篇幅（正文约 {len(SITUATION + CAUSE + SUGGESTION)} 字，不足 300 字）"],
        ),
        (
            "关于开放车库的建议",
            SITUATION + CAUSE + LONG * 5 + SUGGESTION,
            [
                f"适中的篇幅（正文约 {len(SITUATION + CAUSE + LONG * 5 + SUGGESTION)} 字，"
                "超过 1500 字）"
            ],
        ),
    ],
)
def test_faults_of_form(title, body, faults):
    assert checked("Q6", body, title=title).missing == faults


def test_situation_is_missed_where_all_is_suggestion():
    assert "情况部分" in checked("Q6", SUGGESTION).missing


def test_several_matters_are_a_fault_of_form():
    body = SITUATION + CAUSE + LONG + SUGGESTION
    (fault,) = checked("Q6", body, several_matters=True).missing
    assert fault.startswith("一事一案")


@pytest.mark.parametrize("code", DIMENSIONS)
def test_nasty_texts_are_checked(code, nasty_text):
    found = checked(code, nasty_text, title="")
    assert len(found.missing) == len(set(found.missing))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('code = "Q6"', 'code = "Q5"', "advice.dimension"),
        ('type = "hearsay"', 'type = "rumour"', "type"),
        ('fact = "counted"', 'fact = "many"', "fact"),
        ("matters = 3", 'matters = "3"', "matters"),
        ("matters = 3", "matters = 3\nfond = 1", "fond"),
        ("unless = '走访", "unless = '(走访", "advice.dimension[Q2].want[0].unless"),
        ("title = '关于", "title = '(关于", "advice.form.title"),
        ("《{title}》", "《{name}》", "advice.note.opening"),
        ("《{title}》", "《{title》", "advice.note.opening"),
        ("\nslogan = ", "\nsolgan = ", "advice.note.against.solgan"),
    ],
)
def test_broken_advice_names_file_key_and_reason(tmp_path, old, new, key):
    path = tmp_path / "advice.toml"
    shutil.copy(FILE, path)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidTaxonomy) as caught:
        read_advice(path)
    assert key in caught.value.key
    assert caught.value.file == str(path)
