"""How well rules and models together find the gates (审查提示) that a reader marked.

Slope, what hits add and thresholds are fitted again for each fold, on the other folds: no text
has a part in the numbers by which it is measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp_service.domain.submission import Kind
from nlp_service.tagging.calibration import TagScores
from nlp_service.tagging.linear import Floats
from training.gates import NOT_TO_MISS, GateTexts, fit_gate_curves, gate_probabilities
from training.metrics import Figure, draws, figure_of
from training.out_of_fold import OutOfFold
from training.prepare import Prepared
from training.targets import Booleans, Integers

_KINDS = {Kind.PROPOSAL: "proposals", Kind.PUBLIC_MESSAGE: "messages"}
_PARTS = 5  # of one fold's rows, when no other fold was answered


@dataclass(frozen=True, kw_only=True)
class GateRow:
    """How one gate fared."""

    code: str
    name: str
    count: int
    """Texts on which the reader marked it."""
    shown: int
    found: int
    """Of those marked, the ones on which it was shown."""
    recall: float | None
    """None where the reader never marked it."""
    precision: float | None
    """None where it was never shown."""
    false_alarms: float
    """Share of the texts without the gate on which it was shown."""


@dataclass(frozen=True, kw_only=True)
class GateSet:
    """How the gates fared on the texts of one kind from one source."""

    name: str
    count: int
    gates: Sequence[GateRow]
    """Those that were marked or shown."""
    together: Mapping[str, Mapping[str, Figure]]
    """"all" and "not to miss" -> recall and precision over pairs of text and gate, and
    ``false_alarms``: the share of the texts on which a gate was shown that was not marked."""


def measure_gates(
    prepared: Prepared, out_of_fold: OutOfFold, scores: TagScores, texts: GateTexts
) -> Sequence[GateSet]:
    """Measure on proposals and on messages of each source; the encoder has no part in gates."""
    read = np.flatnonzero(prepared.targets.read)
    kinds = np.array([example.kind for example in prepared.examples])
    shown = held_out_shown(texts, scores.gates, _parts(out_of_fold, read))
    measured = read[prepared.targets.measured[read]]
    found = []
    for source in prepared.config.source:
        among = np.intersect1d(prepared.rows_from(source.name), measured)
        for kind, plural in _KINDS.items():
            chosen = among[kinds[among] == kind]
            if len(chosen):
                name = f"{source.name}: {plural}"
                found.append(_measure(name, prepared, texts, shown, chosen))
    return found


def held_out_shown(texts: GateTexts, models: Floats, parts: Sequence[Integers]) -> Booleans:
    """Return which gates are shown on the rows of the parts, (n_texts, n_gates).

    Each part is shown by curves that were fitted on the others.
    """
    shown = np.zeros_like(texts.truth)
    rows = np.concatenate(list(parts))
    for part in parts:
        curves = fit_gate_curves(texts, models, np.setdiff1d(rows, part))
        show = np.array([curves.show[code] for code in texts.codes])
        shown[part] = gate_probabilities(curves, texts, models, part) >= show
    return shown


def _parts(out_of_fold: OutOfFold, rows: Integers) -> Sequence[Integers]:
    """Return the rows fold by fold; a single fold's rows in a few parts."""
    by_fold = [np.intersect1d(held_out, rows) for _, held_out in out_of_fold.folds]
    by_fold = [part for part in by_fold if len(part)]
    return by_fold if len(by_fold) > 1 else [rows[first::_PARTS] for first in range(_PARTS)]


def _measure(
    name: str, prepared: Prepared, texts: GateTexts, shown: Booleans, rows: Integers
) -> GateSet:
    truth, given = texts.truth[rows], shown[rows]
    urgent = np.isin(list(texts.codes), NOT_TO_MISS)
    gates = [
        _row(code, prepared.taxonomy.name(code), truth[:, n], given[:, n])
        for n, code in enumerate(texts.codes)
        if truth[:, n].any() or given[:, n].any()
    ]
    seed = prepared.config.seed
    return GateSet(
        name=name,
        count=len(rows),
        gates=gates,
        together={
            "all": _together(truth, given, seed=seed),
            "not to miss": _together(truth[:, urgent], given[:, urgent], seed=seed),
        },
    )


def _row(code: str, name: str, truth: Booleans, shown: Booleans) -> GateRow:
    count, given, found = int(truth.sum()), int(shown.sum()), int((truth & shown).sum())
    return GateRow(
        code=code,
        name=name,
        count=count,
        shown=given,
        found=found,
        recall=found / count if count else None,
        precision=found / given if given else None,
        false_alarms=(given - found) / max(len(truth) - count, 1),
    )


def _together(truth: Booleans, shown: Booleans, *, seed: int) -> Mapping[str, Figure]:
    drawn = draws(len(truth), seed=seed)
    hits = (truth & shown).sum(axis=1)[drawn].sum(axis=1)
    wanted, given = truth.sum(axis=1), shown.sum(axis=1)
    figures = {}
    if wanted.any():
        figures["recall"] = figure_of(hits / np.maximum(wanted[drawn].sum(axis=1), 1))
    if given.any():
        figures["precision"] = figure_of(hits / np.maximum(given[drawn].sum(axis=1), 1))
    wrong = np.asarray((shown & ~truth).any(axis=1))
    return figures | {"false_alarms": figure_of(wrong[drawn].mean(axis=1))}
