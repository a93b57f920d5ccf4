from types import SimpleNamespace

import numpy as np
import pytest

from nlp_service.domain.submission import Kind
from training.gate_figures import held_out_shown, measure_gates
from training.gates import GateTexts

CODES = ("G7", "G8")
COUNT = 200


@pytest.fixture
def models():
    """What models say of each gate; the higher the likelier."""
    return np.random.default_rng(0).uniform(size=(COUNT, 2))


@pytest.fixture
def texts(models):
    nothing = np.zeros((COUNT, 2), dtype=bool)
    truth = models > 0.8
    return GateTexts(codes=CODES, strong=nothing, weak=nothing, truth=truth)


@pytest.fixture
def prepared():
    """Proposals first, then as many messages; the last ten are not measured."""
    half = COUNT // 2
    kinds = [Kind.PROPOSAL] * half + [Kind.PUBLIC_MESSAGE] * half
    return SimpleNamespace(
        examples=[SimpleNamespace(kind=kind) for kind in kinds],
        rows_from=lambda source: np.arange(COUNT),
        taxonomy=SimpleNamespace(name=lambda code: f"name of {code}"),
        targets=SimpleNamespace(
            read=np.ones(COUNT, dtype=bool), measured=np.arange(COUNT) < COUNT - 10
        ),
        config=SimpleNamespace(seed=1, source=[SimpleNamespace(name="ours")]),
    )


def folds(parts=4):
    everything = np.arange(COUNT)
    held_out = [everything[first::parts] for first in range(parts)]
    return SimpleNamespace(folds=[(np.setdiff1d(everything, part), part) for part in held_out])


def scores(models):
    return SimpleNamespace(gates=models)


def test_gates_are_measured_by_kind(prepared, texts, models):
    proposals, messages = measure_gates(prepared, folds(), scores(models), texts)
    assert (proposals.name, proposals.count) == ("ours: proposals", 100)
    assert (messages.name, messages.count) == ("ours: messages", 90)
    row = proposals.gates[0]
    assert (row.code, row.name) == ("G7", "name of G7")
    assert row.count == texts.truth[:100, 0].sum()
    assert row.recall == row.found / row.count > 0.8
    assert row.precision == row.found / row.shown > 0.8
    assert row.false_alarms == (row.shown - row.found) / (100 - row.count)


def test_gates_not_to_miss_are_counted_by_themselves(prepared, texts, models):
    (proposals, _) = measure_gates(prepared, folds(), scores(models), texts)
    assert set(proposals.together) == {"all", "not to miss"}
    assert proposals.together["not to miss"]["recall"].value == proposals.gates[0].recall
    wrong = proposals.together["all"]["false_alarms"]
    assert 0.0 <= wrong.low <= wrong.value <= wrong.high <= 1.0


def test_no_text_has_a_part_in_its_own_curve(texts, models):
    parts = [part for _, part in folds().folds]
    told = parts[0]
    truth = texts.truth.copy()
    truth[told] = ~truth[told]
    turned = GateTexts(codes=CODES, strong=texts.strong, weak=texts.weak, truth=truth)
    before, after = (held_out_shown(one, models, parts) for one in (texts, turned))
    assert (before[told] == after[told]).all()


def test_gate_that_is_never_marked_or_shown_has_no_row(prepared, texts, models):
    models = models * np.array([1.0, 1e-6])
    truth = texts.truth & np.array([True, False])
    quiet = GateTexts(codes=CODES, strong=texts.strong, weak=texts.weak, truth=truth)
    proposals, _ = measure_gates(prepared, folds(), scores(models), quiet)
    assert [row.code for row in proposals.gates] == ["G7"]
