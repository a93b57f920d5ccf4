"""Fit how much a rule's hit is worth beside the models, and from when a gate is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from nlp_service.quality.gate_rules import GateRules, Strength, find_gate_hits
from nlp_service.quality.gates import GateCurves, strengths
from nlp_service.tagging.linear import Floats
from training.prepare import Prepared
from training.targets import Booleans, Integers

NOT_TO_MISS = ("G1", "G5", "G7", "G9", "G10", "G12")
"""Gates that are shown rather too often than too seldom."""

_RECALL = 0.9  # that is aimed at for those
_FALSE_ALARMS = 0.03  # most of the texts without the gate at which it may be shown for that
_FEW = 5  # texts with the gate, below which nothing is fitted
_LEAST_SHOWN = 0.05
_UNKNOWN = 0.5  # threshold of a gate of which too little is known


@dataclass(frozen=True, kw_only=True)
class GateTexts:
    """What rules and readers say of all examples, (n_texts, n_gates)."""

    codes: Sequence[str]
    strong: Booleans
    weak: Booleans
    truth: Booleans


def read_gate_texts(prepared: Prepared, rules: GateRules) -> GateTexts:
    """Look for the rules' hits in every example."""
    codes = prepared.targets.heads["gates"]
    strong = np.zeros((len(prepared.examples), len(codes)), dtype=bool)
    weak = np.zeros_like(strong)
    for row, example in enumerate(prepared.examples):
        for gate, strength in strengths(find_gate_hits(example.document, rules)).items():
            (strong if strength is Strength.STRONG else weak)[row, codes.index(gate)] = True
    return GateTexts(codes=codes, strong=strong, weak=weak, truth=prepared.targets.several["gates"])


def fit_gate_curves(texts: GateTexts, models: Floats, rows: Integers) -> GateCurves:
    """Fit on some rows.

    Args:
        texts: of all examples.
        models: held-out probabilities of the linear model, (n_texts, n_gates).
        rows: those whose gates a reader judged.
    """
    fitted = {code: _fit_gate(texts, models, rows, n) for n, code in enumerate(texts.codes)}
    names = ("slope", "strong", "weak", "intercept")
    numbers = {
        name: {code: round(found[n], 4) for code, found in fitted.items()}
        for n, name in enumerate(names)
    }
    curves = GateCurves(**numbers, show=dict.fromkeys(texts.codes, 1.0))
    joined = gate_probabilities(curves, texts, models, rows)
    return GateCurves(
        **numbers,
        show={
            code: _shown_from(code, joined[:, n], texts.truth[rows, n])
            for n, code in enumerate(texts.codes)
        },
    )


def gate_probabilities(
    curves: GateCurves, texts: GateTexts, models: Floats, rows: Integers
) -> Floats:
    """Return the joined probabilities of some rows, (n_rows, n_gates)."""
    bounded = np.clip(models[rows], 1e-6, 1.0 - 1e-6)
    odds = np.log(bounded / (1.0 - bounded)) * _in_order(curves.slope, texts.codes)
    odds += texts.strong[rows] * _in_order(curves.strong, texts.codes)
    odds += texts.weak[rows] * _in_order(curves.weak, texts.codes)
    odds += _in_order(curves.intercept, texts.codes)
    return np.asarray(1.0 / (1.0 + np.exp(-odds)))


def _in_order(numbers: Mapping[str, float], codes: Sequence[str]) -> Floats:
    return np.array([numbers[code] for code in codes])


def _fit_gate(
    texts: GateTexts, models: Floats, rows: Integers, gate: int
) -> tuple[float, float, float, float]:
    """Return slope, what a strong and a weak hit add, and intercept."""
    truth = texts.truth[rows, gate]
    if truth.sum() < _FEW:
        return 1.0, 3.0, 1.0, 0.0
    bounded = np.clip(models[rows, gate], 1e-6, 1.0 - 1e-6)
    seen = np.stack(
        [np.log(bounded / (1.0 - bounded)), texts.strong[rows, gate], texts.weak[rows, gate]],
        axis=1,
    )
    machine = LogisticRegression(C=1.0, max_iter=1000).fit(seen, truth)
    slope, strong, weak = machine.coef_[0].tolist()
    return max(slope, 0.0), max(strong, 0.0), max(weak, 0.0), float(machine.intercept_[0])


def _shown_from(code: str, probabilities: Floats, truth: Booleans) -> float:
    """Return the threshold with the best F1; a lower one for what must not be missed.

    That is the largest that finds ``_RECALL`` of the texts, but none at which more than
    ``_FALSE_ALARMS`` of the other texts are shown. One that finds not a single text only alarms.
    """
    if truth.sum() < _FEW:
        return _UNKNOWN
    steps = np.arange(5, 96) / 100
    shown = probabilities[:, None] >= steps
    hits = (shown & truth[:, None]).sum(axis=0)
    f1 = 2 * hits / np.maximum(shown.sum(axis=0) + truth.sum(), 1)
    best = round(float(steps[f1 == f1.max()].mean()), 4)  # the middle of where it is best
    if code not in NOT_TO_MISS:
        return best
    enough = np.sort(probabilities[truth])[int((1.0 - _RECALL) * truth.sum())]
    quiet = np.quantile(probabilities[~truth], 1.0 - _FALSE_ALARMS)
    lowered = round(min(best, max(float(enough), float(quiet), _LEAST_SHOWN)), 4)
    return lowered if (probabilities[truth] >= lowered).any() else _UNKNOWN
