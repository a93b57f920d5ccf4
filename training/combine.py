"""Add the encoder's answers to the linear margins: one number a head says how much they count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.tagging.calibration import (
    Calibration,
    Tables,
    TagScores,
    log_softmax,
    tag_scores,
)
from nlp_service.tagging.linear import Floats
from training.calibrate import calibrate, make_tables
from training.out_of_fold import in_row_order
from training.targets import SEVERAL, Booleans, Integers, Targets

_MOST = 10.0  # beyond it a head is the encoder's alone


@dataclass(frozen=True, kw_only=True)
class Joint:
    """What joins both models' answers."""

    mix: Mapping[str, float]
    calibration: Calibration
    tables: Tables

    def scores(self, margins: Mapping[str, Floats], answers: Mapping[str, Floats]) -> TagScores:
        """Return probabilities of texts from both models' answers to them."""
        return tag_scores(added(margins, answers, self.mix), self.calibration, self.tables)


def added(
    margins: Mapping[str, Floats], answers: Mapping[str, Floats], mix: Mapping[str, float]
) -> Mapping[str, Floats]:
    """Return margin + mix · answer for every head."""
    return {head: values + mix[head] * answers[head] for head, values in margins.items()}


def fit_joint(
    margins: Mapping[str, Floats],
    answers: Mapping[str, Floats],
    targets: Targets,
    rows: Integers,
    table_rows: Integers,
    taxonomy: Taxonomy,
) -> Joint:
    """Fit on held-out answers of both models.

    Args:
        margins: of the linear model, all examples.
        answers: of the encoder, all examples; only ``rows`` need to be there.
        targets: the truths.
        rows: the examples to fit the numbers on.
        table_rows: the examples whose units and sectors are counted by subtopic.
        taxonomy: for the tables' defaults.
    """
    mix = {
        head: _fit_mix(
            margins[head][known], answers[head][known], targets.truth(head)[known], head in SEVERAL
        )
        for head in margins
        if len(known := np.intersect1d(rows, targets.telling_rows(head)))
    }
    mix = {head: mix.get(head, 0.0) for head in margins}
    tables = make_tables(targets, table_rows, taxonomy)
    both = added(margins, answers, mix)
    return Joint(mix=mix, calibration=calibrate(both, targets, rows, tables), tables=tables)


def joint_held_out_scores(
    margins: Mapping[str, Floats],
    answers: Mapping[str, Floats],
    targets: Targets,
    parts: Sequence[Integers],
    taxonomy: Taxonomy,
) -> TagScores:
    """Return probabilities in which no row's own truth had a part.

    Each part is scored by what was fitted on the other parts. Rows of no part are not-a-number.
    """
    everything = np.arange(len(targets.read))
    rows = np.concatenate(list(parts))
    found = []
    for part in parts:
        others = np.setdiff1d(rows, part)
        joint = fit_joint(
            margins, answers, targets, others, np.setdiff1d(everything, part), taxonomy
        )
        found.append((part, joint.scores(_of(margins, part), _of(answers, part))))
    unread = np.setdiff1d(everything, rows)
    blank = {
        head: np.full((len(unread), getattr(found[0][1], head).shape[1]), np.nan)
        for head in TagScores.__annotations__
    }
    return in_row_order([*found, (unread, TagScores(**blank))])


def _of(values: Mapping[str, Floats], rows: Integers) -> Mapping[str, Floats]:
    return {head: table[rows] for head, table in values.items()}


def _fit_mix(margins: Floats, answers: Floats, truth: Booleans, several: bool) -> float:
    """Return how much the encoder counts beside the linear margin, by maximum likelihood."""

    def loss(numbers: Floats) -> float:
        scores = numbers[0] * margins + numbers[1] * answers
        if several:
            scores = scores + numbers[2]
            right = np.where(truth, scores, -scores)
            return float(np.mean(np.logaddexp(0.0, -right)))
        return float(-np.mean(log_softmax(scores)[truth]))

    start = [2.0, 0.5, *([0.0] if several else [])]
    bounds = [(0.05, 30.0), (0.0, 5.0), *([(-20.0, 20.0)] if several else [])]
    linear, encoder = optimize.minimize(loss, start, method="L-BFGS-B", bounds=bounds).x[:2]
    return round(min(float(encoder / linear), _MOST), 4)
