"""Fit when a tag is sure and when a further label is shown, on held-out probabilities."""

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np

from nlp_service.tagging.calibration import TagScores
from nlp_service.tagging.linear import Floats
from nlp_service.tagging.picks import urgent_probabilities
from nlp_service.tagging.thresholds import Thresholds
from training.config import ErrorRates
from training.targets import CHOICES, SEVERAL, Booleans, Integers, Targets

NEVER = 1.01
"""Threshold of a head that keeps its error rate nowhere: every such tag is 待人工."""

_LEAST_SURE = 30  # fewer sure tags than this say nothing of an error rate


def fit_thresholds(
    scores: TagScores,
    targets: Targets,
    rows: Integers,
    *,
    error_rates: ErrorRates,
    missed_urgent: float,
) -> Thresholds:
    """Fit all thresholds on the given rows.

    A choice is sure from the smallest probability at which no more than the stated share of the
    tags at or above it are wrong. A further label is shown from the probability that gives the
    best F1 over all labels of its head together. A text is urgent from the largest probability
    of level 3 or 4 that misses no more than the stated share of those texts.
    """
    rates: Mapping[str, float] = asdict(error_rates)
    sure = {}
    for head in CHOICES:
        known = np.intersect1d(rows, targets.telling_rows(head))
        probabilities = getattr(scores, head)[known]
        right = probabilities.argmax(axis=1) == targets.choice[head][known]
        sure[head] = sure_from(probabilities.max(axis=1), right, rates[head])
    show = {}
    for head in SEVERAL:
        known = np.intersect1d(rows, targets.rows_of(head))
        show[head] = best_f1_from(getattr(scores, head)[known], targets.several[head][known])
    known = np.intersect1d(rows, targets.rows_of("urgency"))
    urgent = urgent_probabilities(scores.urgency[known])
    truly = targets.choice["urgency"][known] >= 2
    return Thresholds(
        sure=sure,
        show=show,
        urgent=urgent_from(urgent[truly], missed_urgent),
        error_rates=rates,
        missed_urgent=missed_urgent,
    )


def urgent_from(probabilities: Floats, missed: float) -> float:
    """Return the largest threshold below which at most that share of urgent texts lies."""
    if not len(probabilities):
        return 0.5
    allowed = int(missed * len(probabilities))
    return float(np.floor(np.sort(probabilities)[allowed] * 1e4) / 1e4)


def sure_from(probabilities: Floats, right: Booleans, error_rate: float) -> float:
    """Return the smallest threshold whose tags at or above it are wrong at most that often."""
    order = np.argsort(-probabilities, kind="stable")
    errors = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero(errors <= error_rate)
    if not len(good) or good[-1] + 1 < _LEAST_SURE:
        return NEVER
    return round(float(probabilities[order[good[-1]]]), 4)


def best_f1_from(probabilities: Floats, truth: Booleans) -> float:
    """Return the threshold, in steps of 0.01, with the best micro-averaged F1."""
    return _best_step(probabilities, truth, np.arange(5, 96) / 100)


def with_best_f1(scores: Floats, truth: Booleans) -> Booleans:
    """Return which labels are shown from the threshold that suits scores of any scale best.

    What every model is granted alike where models are compared, (n_texts, n_labels).
    """
    steps = np.quantile(scores[np.isfinite(scores)], np.linspace(0.5, 0.999, 200))
    return np.asarray(scores >= _best_step(scores, truth, steps))


def _best_step(scores: Floats, truth: Booleans, steps: Floats) -> float:
    hits = np.array([(truth & (scores >= step)).sum() for step in steps])
    shown = np.array([(scores >= step).sum() for step in steps])
    f1 = 2 * hits / np.maximum(shown + truth.sum(), 1)
    return float(steps[int(np.argmax(f1))])
