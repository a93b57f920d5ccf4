from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.quality.gate_rules import Strength, read_gate_rules
from nlp_service.quality.gates import GateCurves, GateFinder, strengths
from nlp_service.text.normalise import Document, normalise

RULES = read_gate_rules(Path(__file__).parents[2] / "data" / "quality" / "gates.toml")
CODES = ["G1", "G5", "G8", "G9"]

SECRET = "我在单位翻到一份盖有“绝密”字样的会议纪要，拍下来附给你们看。"
SUIT = "我和装修公司的官司已经上诉到中院，请政协帮我说句话。"
PLAIN = "柳湖小区的路灯坏了半个月，请派人来修。"


def curves(*, strong=3.0, weak=1.0, intercept=0.0, slope=1.0, show=0.5):
    def for_all(value):
        return dict.fromkeys(CODES, value)

    return GateCurves(
        slope=for_all(slope),
        strong=for_all(strong),
        weak=for_all(weak),
        intercept=for_all(intercept),
        show=for_all(show),
    )


def models(**probabilities):
    return dict.fromkeys(CODES, 0.01) | probabilities


def found(body, probabilities=None, *, alone=None, show=0.2):
    finder = GateFinder(rules=RULES, curves=alone or curves())
    document = Document(title="", body=normalise(body))
    return finder.find(document, probabilities or models(), show=show)


def test_a_curve_that_changes_nothing_returns_what_the_models_say():
    assert curves().probability("G1", 0.3, None) == pytest.approx(0.3)


def test_a_hit_raises_the_odds_by_what_it_is_worth():
    none, weak, strong = (
        curves().probability("G1", 0.2, strength)
        for strength in (None, Strength.WEAK, Strength.STRONG)
    )

    assert none < weak < strong
    assert np.log(weak / (1 - weak)) == pytest.approx(np.log(0.25) + 1.0)
    assert np.log(strong / (1 - strong)) == pytest.approx(np.log(0.25) + 3.0)


def test_slope_and_intercept_are_those_of_the_gate():
    fitted = GateCurves(
        slope={"G1": 2.0, "G5": 1.0},
        strong={"G1": 0.0, "G5": 0.0},
        weak={"G1": 0.0, "G5": 0.0},
        intercept={"G1": 0.0, "G5": -1.0},
        show={"G1": 0.5, "G5": 0.5},
    )

    assert fitted.probability("G1", 0.2, None) == pytest.approx(1 / 17)
    assert fitted.probability("G5", 0.5, None) == pytest.approx(1 / (1 + np.e))


@given(st.floats(0, 1), st.sampled_from([None, *Strength]))
def test_what_comes_out_is_a_probability_whatever_the_models_say(model, strength):
    probability = curves(slope=2.5, intercept=-1.0).probability("G1", model, strength)

    assert 0.0 <= probability <= 1.0


@given(st.floats(0, 1), st.floats(0, 1))
def test_probability_rises_with_what_the_models_say(one, other):
    lower, higher = sorted((one, other))

    assert curves().probability("G1", lower, None) <= curves().probability("G1", higher, None)


def test_a_plain_text_shows_nothing():
    assert found(PLAIN) == []


def test_a_rule_shows_a_gate_that_the_models_overlooked():
    (gate,) = found(SECRET, models(G1=0.1))

    assert (gate.code, gate.strength, gate.by_model) == ("G1", Strength.STRONG, False)
    assert gate.hits
    assert strengths(gate.hits) == {"G1": Strength.STRONG}


def test_the_models_show_a_gate_without_a_rule():
    (gate,) = found(PLAIN, models(G9=0.8))

    assert (gate.code, gate.strength, gate.by_model, gate.hits) == ("G9", None, True, [])
    assert gate.probability == pytest.approx(0.8)


def test_a_gate_is_shown_from_its_own_probability_on():
    assert found(PLAIN, models(G9=0.49)) == []
    assert len(found(PLAIN, models(G9=0.5))) == 1
    assert len(found(PLAIN, models(G9=0.3), alone=curves(show=0.3))) == 1


def test_a_hit_that_is_worth_nothing_shows_nothing():
    assert found(SECRET, alone=curves(strong=0.0)) == []


def test_by_model_is_what_the_models_alone_would_show():
    (below,) = found(PLAIN, models(G9=0.6), show=0.7)
    (above,) = found(PLAIN, models(G9=0.7), show=0.7)

    assert (below.by_model, above.by_model) == (False, True)


def test_the_likeliest_gate_comes_first():
    shown = found(SECRET + SUIT, models(G1=0.1, G5=0.6, G8=0.7, G9=0.9))

    assert [gate.code for gate in shown] == ["G5", "G9", "G8", "G1"]
    assert [gate.probability for gate in shown] == sorted(
        (gate.probability for gate in shown), reverse=True
    )


def test_every_gate_has_its_own_hits():
    shown = found(SECRET + SUIT, models(G1=0.3, G5=0.3))

    assert {gate.code: {hit.gate for hit in gate.hits} for gate in shown} == {
        "G1": {"G1"},
        "G5": {"G5"},
    }


def test_only_gates_that_the_models_know_are_shown():
    finder = GateFinder(rules=RULES, curves=curves())
    document = Document(title="", body=normalise(SECRET))

    assert finder.find(document, {"G9": 0.1}, show=0.2) == []
