import shutil
from pathlib import Path

import pytest

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.quality import Answer, Disposition, Quality, Scale, Verdict
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.disposition import (
    FilingPolicy,
    GateFinding,
    read_dispositions,
    suggest_disposition,
)
from nlp_service.quality.gate_rules import Strength

DATA = Path(__file__).parents[2] / "data"
FILE = DATA / "quality" / "disposition.toml"
WORDING = read_dispositions(FILE)
RULES = read_taxonomy(DATA / "taxonomy").gates
CAP = "没有建议，总分不超过 40 分。"


def quality(score, *, notes=(), answers=()):
    return Quality(
        scale=Scale.PROPOSAL,
        score=score,
        band="",
        low=0.0,
        answers=answers,
        levels=(),
        marks=(),
        items=(),
        notes=notes,
        doubts=(),
        evidence=(),
        sentences=(),
        note="",
    )


def answer(verdict, missing=()):
    return Answer(
        code="concrete",
        question="建议是否具体",
        verdict=verdict,
        probability=0.5,
        seen=(),
        missing=missing,
    )


def gate(code, strength=Strength.STRONG, probability=0.0):
    return GateFinding(code=code, strength=strength, probability=probability)


def advice(score, *gates, policy=None, merge_with=None, **options):
    return suggest_disposition(
        quality(score, **options),
        gates,
        policy=policy or FilingPolicy(),
        wording=WORDING,
        rules=RULES,
        merge_with=merge_with,
    )


@pytest.mark.parametrize(
    ("score", "disposition", "name"),
    [
        (100.0, Disposition.FILED, "立案"),
        (60.0, Disposition.FILED, "立案"),
        (59.9, Disposition.CONVERTED, "转意见建议"),
        (45.0, Disposition.CONVERTED, "转意见建议"),
        (44.9, Disposition.RETURNED, "退回完善"),
        (0.0, Disposition.RETURNED, "退回完善"),
    ],
)
def test_total_decides_where_nothing_else_does(score, disposition, name):
    found = advice(score)
    assert (found.disposition, found.name) == (disposition, name)


def test_thresholds_are_the_installations():
    policy = FilingPolicy(file_from=50, convert_from=30)
    assert advice(52.3, policy=policy).disposition is Disposition.FILED
    assert advice(31, policy=policy).disposition is Disposition.CONVERTED


@pytest.mark.parametrize(
    ("score", "reason"),
    [
        (71.5, "总分 71.5，达到本地立案线 60。"),
        (52.3, "总分 52.3，低于本地立案线 60，达到转意见建议线 45。"),
        (12, "总分 12.0，低于本地立案线 60。"),
    ],
)
def test_reason_names_the_total_and_the_line(score, reason):
    assert advice(score).reasons == [reason]


def test_total_near_a_line_asks_a_person():
    assert advice(59.0).reasons[-1] == "总分与界限相差不到 2 分，请人工核对。"


@pytest.mark.parametrize(
    ("codes", "disposition"),
    [
        (["G1"], Disposition.NOT_FILED),
        (["G9"], Disposition.NOT_FILED),
        (["G11"], Disposition.CONVERTED),
        (["G10"], Disposition.RETURNED),
        (["G12"], Disposition.RETURNED),
        (["G14"], Disposition.RETURNED),
        (["G12", "G11"], Disposition.CONVERTED),
        (["G12", "G11", "G7"], Disposition.NOT_FILED),
    ],
)
def test_strong_gate_decides_the_gravest_first(codes, disposition):
    found = advice(95, *map(gate, codes))
    assert found.disposition is disposition
    assert len(found.reasons) == len(codes) + 1


def test_reason_quotes_the_rule():
    assert advice(95, gate("G8")).reasons == [
        "文中有“宣传推介具体产品/单位”的提示。规定：宣传、推介具体作品、产品或者单位的，不予立案。",
        "总分 95.0，达到本地立案线 60。",
    ]


def test_weak_gate_only_asks_a_person():
    found = advice(95, gate("G1", Strength.WEAK, 0.3))
    assert found.disposition is Disposition.FILED
    assert found.reasons[-1] == (
        "文中有“涉密”的疑似提示，请人工核对。规定：涉及党和国家秘密的，不予立案。"
    )


@pytest.mark.parametrize(
    ("strength", "probability", "disposition", "reasons"),
    [
        (Strength.WEAK, 0.9, Disposition.NOT_FILED, 2),
        (Strength.WEAK, 0.1, Disposition.FILED, 2),
        (None, 0.95, Disposition.FILED, 2),
        (None, 0.2, Disposition.FILED, 1),
    ],
)
def test_probability_strengthens_a_weak_hit_but_never_decides_alone(
    strength, probability, disposition, reasons
):
    found = advice(95, gate("G7", strength, probability))
    assert found.disposition is disposition
    assert len(found.reasons) == reasons


def test_gate_without_a_policy_only_asks_a_person():
    found = advice(95, gate("G13"))
    assert found.disposition is Disposition.FILED
    assert "请人工核对" in found.reasons[-1]


def test_which_gates_lead_where_is_the_installations():
    policy = FilingPolicy(returned=("G10", "G12"), not_filed=("G1", "G14"))
    assert advice(95, gate("G14"), policy=policy).disposition is Disposition.NOT_FILED


def test_merging_comes_before_the_total_and_after_the_gates():
    found = advice(30, merge_with="2026-017")
    assert (found.disposition, found.name) == (Disposition.MERGED, "并案")
    assert found.reasons[0] == "与 2026-017 内容相同或相近，可以并案办理，仍应分别答复。"
    refused = advice(95, gate("G1"), merge_with="2026-017")
    assert refused.disposition is Disposition.NOT_FILED
    assert "并案" in refused.reasons[1]


def test_caps_and_answers_explain_a_low_total():
    answers = [answer(Verdict.NO, ["责任单位", "完成时限"]), answer(Verdict.DOUBTFUL)]
    assert advice(40, notes=[CAP], answers=answers).reasons == [
        "总分 40.0，低于本地立案线 60。",
        CAP,
        "“建议是否具体”一问，系统的回答为否：未见责任单位。",
    ]
    assert len(advice(80, notes=[CAP], answers=answers).reasons) == 1
    bare = advice(40, answers=[answer(Verdict.NO)])
    assert bare.reasons[-1] == "“建议是否具体”一问，系统的回答为否。"


def test_text_without_a_total_gets_no_advice():
    with pytest.raises(ValueError, match="提案"):
        advice(None)


@pytest.mark.parametrize(
    "limits",
    [
        {"file_from": 40},
        {"convert_from": -1},
        {"file_from": 101},
        {"converted": ("G1",)},
    ],
)
def test_policy_that_contradicts_itself_is_refused(limits):
    with pytest.raises(ValueError, match=r"应有|只能"):
        FilingPolicy(**limits)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('merged = "并案"\n', "", "disposition.name"),
        ('merged = "并案"', 'fused = "并案"', "disposition.name"),
        ("{rule}", "{law}", "disposition.reason.strong"),
        ("{score}", "{score", "disposition.reason.enough"),
        ("close = ", "near = ", "disposition.reason.near"),
    ],
)
def test_broken_wording_names_file_key_and_reason(tmp_path, old, new, key):
    path = tmp_path / "disposition.toml"
    shutil.copy(FILE, path)
    text = path.read_text(encoding="utf-8")
    head, mark, rest = text.partition("[name]")
    assert old in rest
    path.write_text(head + mark + rest.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidTaxonomy) as caught:
        read_dispositions(path)
    assert caught.value.key == key
    assert caught.value.file == str(path)
