from pathlib import Path

import numpy as np
import pytest

from nlp_service.domain.quality import Sentence, SentenceRole
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.empty_talk import EmptyTalk
from nlp_service.quality.evidence import find_evidence, read_evidence_lexicon
from nlp_service.quality.hollow import leave_out_hollow
from nlp_service.quality.levels import ACTING, ANNOUNCED
from nlp_service.quality.role_wording import is_announcement, read_role_wording
from nlp_service.quality.roles import read_sentences
from nlp_service.quality.substance import find_first_said, find_substance
from nlp_service.text.normalise import Document, normalise
from nlp_service.text.sentences import split_sentences

DATA = Path(__file__).parents[2] / "data"
LEXICON = read_evidence_lexicon(
    DATA / "quality" / "evidence.toml", read_taxonomy(DATA / "taxonomy").units
)
WORDING = read_role_wording(DATA / "quality" / "roles.toml")
EMPTY = EmptyTalk(
    pairs=np.array([(ord("雄") << 16) | ord("心")], dtype=np.uint32),
    weights=np.array([9.0], dtype=np.float32),
    intercept=np.array([-1.0], dtype=np.float32),
)
"""It takes a sentence for empty where 雄心 stands in it."""

MATTER = "柳湖小区的车库从早到晚锁着。"
SURVEY = "2024年5月,我们走访了柳湖小区等4个小区,发放问卷320份。"
ASKED = "建议:由市住建局在2026年底前协调开放车库,新增车位300个,所需50万元列入年度预算。"


def substance(body, *, title="", announced=False, roles=()):
    """What is left of a text whose sentences suggest where evidence does, and else tell."""
    document = Document(title=normalise(title), body=normalise(body))
    evidence = find_evidence(document, LEXICON)
    spans = split_sentences(document.text)
    suggesting = {each.sentence for each in evidence if each.suggested}
    found = [
        SentenceRole.SUGGESTION if n in suggesting else SentenceRole.PROBLEM
        for n in range(len(spans))
    ]
    found[: len(roles)] = roles
    told = leave_out_hollow(document.scored.text, spans, evidence)
    return find_substance(
        document,
        evidence,
        [
            Sentence(start=span.start, end=span.end, quote=span.quote, role=role)
            for span, role in zip(spans, found, strict=True)
        ],
        first=find_first_said(told),
        told=told,
        suggesting=np.array([0.9 if role is SentenceRole.SUGGESTION else 0.1 for role in found]),
        empty=EMPTY.is_empty(read_sentences(told, spans, evidence, WORDING)),
        announced=announced,
    )


def kept(body, **options):
    return substance(body, **options).document.body.split("\n")


def counted(body, **options):
    return {name: count for name, count in substance(body, **options).counts.items() if count}


def test_what_says_something_is_kept_sentence_by_sentence():
    assert kept(MATTER + "老人要走两里路停车。") == [MATTER, "老人要走两里路停车。"]


def test_the_title_is_not_judged():
    left = substance("车库锁着。", title="关于开放柳湖小区车库的建议")

    assert left.document == Document(title="", body="车库锁着。")


def test_what_was_said_before_is_left_out():
    assert kept(MATTER * 4) == [MATTER]


def test_another_figure_does_not_make_a_sentence_new():
    assert kept("柳湖小区缺12个车位。柳湖小区缺90个车位。") == ["柳湖小区缺00个车位。"]


def test_repeating_changes_nothing():
    once = substance(SURVEY + MATTER + ASKED)
    again = substance(SURVEY + MATTER + ASKED + "\n" + ASKED * 3)

    assert again == once


def test_repeating_does_not_change_which_figures_count():
    figures = "东面缺17个车位。西面住了27户人家。"
    roles = [SentenceRole.EVIDENCE, SentenceRole.PROBLEM]
    once = substance(figures, roles=roles)
    again = substance(figures + "东面缺17个车位。", roles=[*roles, SentenceRole.EVIDENCE])

    assert again == once


def test_empty_talk_is_left_out():
    assert kept(MATTER + "我们满怀雄心奔向明天。") == [MATTER]


@pytest.mark.parametrize(
    "anchored",
    [
        "我们满怀雄心,在石桥小区贴了告示。",
        "雄心要落到实处,建议由市住建局牵头增设车位。",
        "雄心不能空谈,例如三号楼的王阿姨停一次车要绕五圈。",
    ],
)
def test_empty_wording_is_kept_where_a_place_an_owner_or_a_case_anchors_it(anchored):
    assert kept(MATTER + anchored) == [MATTER, anchored]


def test_a_bare_figure_does_not_save_empty_talk():
    assert kept(MATTER + "我们满怀雄心,投入增加20%。") == [MATTER]


def test_slogans_hearsay_and_vagueness_alone_are_left_out():
    assert kept(MATTER + "听说别处更难。") == [MATTER]
    assert kept(ASKED + "要提高认识,形成合力。")[-1] != "要提高认识,形成合力。"


def test_a_vague_word_beside_something_concrete_costs_nothing():
    sentence = "有关部门在柳湖小区贴了封条。"

    assert kept(sentence) == [sentence]


@pytest.mark.parametrize("role", [SentenceRole.SLOGAN, SentenceRole.OTHER])
def test_a_slogan_or_a_salutation_is_left_out_unless_it_shows_something(role):
    assert kept("车库要开门。" + MATTER, roles=[role]) == [MATTER]
    assert kept(SURVEY + MATTER, roles=[role])[-1] == MATTER
    assert len(kept(SURVEY + MATTER, roles=[role])) == 2


def test_the_authors_person_is_not_judged():
    assert kept("我是望塔区政协委员。" + MATTER)[0] == "我是。"


def test_digits_are_masked():
    assert kept(SURVEY) == ["0000年0月,我们走访了柳湖小区等0个小区,发放问卷000份。"]


def test_quotes_and_sentences_are_counted():
    found = counted(SURVEY + "石桥小区的车库从早到晚锁着。")

    assert found["survey told"] == found["survey dated"] == found["survey counted"] == 1
    assert found["place told"] == 2
    assert found["role problem"] == 2
    assert "suggesting" not in found
    assert "role suggestion" not in found


def test_types_are_the_kinds_of_evidence_that_say_something():
    assert substance(MATTER).counts["types"] == 1
    assert substance("车库从早到晚锁着。").counts["types"] == 0
    assert substance(SURVEY + MATTER + ASKED).counts["types"] > 4


def test_what_is_suggested_is_counted_apart_from_what_is_told():
    found = counted(ASKED)

    assert found["body suggested"] == found["body acts"] == 1
    assert found["deadline suggested"] == 1
    assert found["action suggested"] == found["quantity suggested"] == 2
    assert found["money suggested"] == 2
    assert found["suggesting"] == found["role suggestion"] == 1
    assert not any(name.endswith("told") for name in found)


def test_a_sentence_that_shows_nothing_is_kept_but_not_counted():
    assert "role problem" not in counted("车库从早到晚锁着。")


def test_slogans_are_not_counted():
    padded = counted(ASKED + "由市住建局牵头提高认识,形成合力,增设车位20个。")

    assert not any(name.startswith(("slogan", "vagueness")) for name in padded)


def test_the_same_quote_counts_once():
    one = counted("柳湖小区的车库锁着。")
    two = counted("柳湖小区的车库锁着。柳湖小区的车位又少。")

    assert one["place told"] == two["place told"] == 1


def test_of_figures_without_backing_one_counts():
    figures = "".join(f"{name}缺{n}7个车位。" for n, name in enumerate("东西南北中", start=1))

    assert counted(figures)["figure told"] == 1


@pytest.mark.parametrize("surveys", [1, 2])
def test_each_survey_source_or_case_carries_two_figures_more(surveys):
    figures = "".join(f"{name}面缺{n}7个车位。" for n, name in enumerate("东西南北中上下", start=1))
    backing = ["据市住建局统计,车位紧缺。", "我们走访了柳湖小区。"][:surveys]

    assert counted("".join(backing) + figures)["figure told"] == 1 + 2 * surveys


def test_sums_and_quantities_that_nobody_is_to_handle_do_not_count():
    adrift = counted("建议如下:\n总共50万元,300个,2026年底前。")
    owned = counted("建议如下:\n由市住建局增设车位300个,总共50万元,2026年底前完成。")

    assert not {"money suggested", "quantity suggested", "deadline suggested"} & set(adrift)
    assert {"money suggested", "quantity suggested", "deadline suggested"} <= set(owned)


def test_what_suggests_is_told_of_the_whole_text_empty_or_not():
    left = substance(ASKED + "建议满怀雄心奔向明天。", announced=True)

    assert left.suggests[ANNOUNCED] == 1
    assert left.suggests[ACTING] == 1
    assert left.suggests["sentences"] >= 1
    assert left.suggests["quotes"] >= 1


def test_a_suggestion_said_thrice_suggests_once():
    assert substance(ASKED * 3).suggests == substance(ASKED).suggests


def test_a_text_that_only_tells_suggests_nothing():
    assert not any(substance(SURVEY + MATTER).suggests.values())


def test_nothing_is_left_of_slogans():
    left = substance("建议提高认识,形成合力。")

    assert left.document.text == ""
    assert not any(left.counts.values())


def test_each_line_knows_how_likely_it_suggests():
    lines = substance(MATTER + ASKED).lines

    assert [line.suggesting for line in lines] == [0.1, 0.9]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("请市住建局开放车库,便利程度将提升64.8%。", "请市住建局开放车库。"),
        ("重要性占92.6%,请市住建局开放车库。", "请市住建局开放车库。"),
        ("请市住建局开放车库,凝聚力系数达1.8,新增车位30个。", "请市住建局开放车库,新增车位00个。"),
        (
            "请市住建局开放车库,认同感升到64.8%,超出2020年的1.8倍,新增车位30个。",
            "请市住建局开放车库,新增车位00个。",
        ),
        ("请市住建局开放车库,使用率达到64.8%。", "请市住建局开放车库,使用率达到00.0%。"),
    ],
)
def test_figures_of_what_nobody_can_measure_are_cut_out(said, left):
    assert kept(said) == [left]


def test_what_stands_in_a_hollow_clause_is_no_evidence():
    told = counted("请市住建局开放车库,认同感升到64.8%,超出2020年的1.8倍。")

    assert not [name for name in told if "figure" in name or "quantity" in name]


@pytest.mark.parametrize("heading", ["(一)主观原因", "五、法律依据", "1.调研方式"])
def test_a_number_and_a_few_letters_say_nothing(heading):
    assert kept(f"{MATTER}\n{heading}\n老人要走两里路停车。") == [MATTER, "老人要走两里路停车。"]


def test_a_short_item_that_shows_something_is_kept():
    assert "1.增设30个车位" not in kept(f"{MATTER}\n1.增设30个车位")
    assert "0.增设00个车位" in kept(f"{MATTER}\n建议:\n1.增设30个车位")


def test_where_nothing_solid_stands_wishes_say_nothing_and_troubles_do():
    trouble, wish = "天热了就发臭,死鱼也漂上来。", "大家盼着早一点好起来。"
    roles = (SentenceRole.PROBLEM, SentenceRole.SUGGESTION)

    assert kept(trouble + wish, roles=roles) == [trouble]
    assert kept(MATTER + wish, roles=roles) == [MATTER, wish]


@pytest.mark.parametrize(
    "hollow",
    ["群众认同感可由41.3%升到95.7%。", "便利程度将提升64.8%。", "责任感预计提高78.2%。"],
)
def test_a_hollow_sentence_leaves_no_trace(hollow):
    honest = substance(MATTER + ASKED, announced=True)
    dressed = substance(MATTER + hollow + ASKED + hollow, announced=True)

    assert dressed == honest


def test_a_sentence_that_loses_a_hollow_clause_reads_as_if_it_had_none():
    def read(text):
        document = Document(title="", body=normalise(text))
        evidence = find_evidence(document, LEXICON)
        spans = split_sentences(document.text)
        told = leave_out_hollow(document.scored.text, spans, evidence)
        return read_sentences(told, spans, evidence, WORDING)

    honest, dressed = read("车库锁着。" + ASKED), read("车库锁着,复杂度高达87.4%。" + ASKED)

    np.testing.assert_array_equal(dressed.keys, honest.keys)
    np.testing.assert_array_equal(dressed.rows, honest.rows)
    np.testing.assert_array_equal(dressed.traits, honest.traits)


@pytest.mark.parametrize(
    ("sentence", "announces"),
    [
        ("我提几条办法。", True),
        ("为此,提出如下建议:", True),
        ("三、对策建议", True),
        ("存在的主要问题。", True),
        ("我提几条办法治这个病。", False),
        ("建议延长开放时间。", False),
        ("问题是路灯不亮。", False),
    ],
)
def test_a_sentence_that_only_says_what_follows_is_known(sentence, announces):
    assert is_announcement(sentence, WORDING) is announces
