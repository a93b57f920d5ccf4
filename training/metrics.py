"""Agreement with readers, each figure with a bootstrap interval."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import cohen_kappa_score, f1_score

from nlp_service.tagging.linear import Floats
from training.targets import Booleans, Integers

RESAMPLES = 500
_BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measure with its 95 % percentile bootstrap interval over texts."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return it as a table shows it."""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def choice_figures(
    probabilities: Floats, truth: Integers, *, ordered: bool, seed: int
) -> Mapping[str, Figure]:
    """Measure a head of which one label holds.

    Args:
        probabilities: (n_texts, n_labels).
        truth: column of the reader's label.
        ordered: labels are levels, so κ is weighted quadratically.
        seed: of the resampling.
    """
    guess = probabilities.argmax(axis=1)
    sureness = probabilities.max(axis=1)
    measures: dict[str, Callable[[Integers], float]] = {
        **_ranked_measures(probabilities, truth),
        "kappa": lambda n: _kappa(truth[n], guess[n], ordered=ordered),
        "ece": lambda n: calibration_error(sureness[n], guess[n] == truth[n]),
    }
    return _with_intervals(measures, len(truth), seed=seed)


def several_figures(
    probabilities: Floats, truth: Booleans, threshold: float, *, seed: int
) -> Mapping[str, Figure]:
    """Measure a head of which several labels may hold, shown from ``threshold``."""
    shown = probabilities >= threshold
    present = truth.any(axis=0)
    measures: dict[str, Callable[[Integers], float]] = {
        "micro_f1": _shown_measures(shown, truth)["micro_f1"],
        "macro_f1": lambda n: f1_score(
            truth[n][:, present], shown[n][:, present], average="macro", zero_division=0
        ),
        "recall": lambda n: float((truth[n] & shown[n]).sum() / max(truth[n].sum(), 1)),
        "precision": lambda n: float((truth[n] & shown[n]).sum() / max(shown[n].sum(), 1)),
        "kappa": lambda n: _kappa(truth[n].ravel(), shown[n].ravel(), ordered=False),
        "ece": lambda n: calibration_error(probabilities[n].ravel(), truth[n].ravel()),
    }
    return _with_intervals(measures, len(truth), seed=seed)


def label_figures(
    truth: npt.NDArray[np.str_], found: npt.NDArray[np.str_], *, seed: int
) -> Mapping[str, Figure]:
    """Measure hard labels; the same seed draws the same texts, so models compare row by row."""
    codes, places = np.unique(np.concatenate([truth, found]), return_inverse=True)
    truths, guesses = places[: len(truth)], places[len(truth) :]
    measures: dict[str, Callable[[Integers], float]] = {
        "accuracy": lambda n: float((truths[n] == guesses[n]).mean()),
        "macro_f1": lambda n: macro_f1(truths[n], guesses[n], len(codes)),
    }
    return _with_intervals(measures, len(truth), seed=seed)


def ranked_figures(scores: Floats, truth: Integers, *, seed: int) -> Mapping[str, Figure]:
    """Measure scores of any scale, (n_texts, n_labels), against the column that is true."""
    return _with_intervals(_ranked_measures(scores, truth), len(truth), seed=seed)


def ranked_gains(
    ours: Floats, others: Floats, truth: Integers, *, seed: int
) -> Mapping[str, Figure]:
    """Measure how much better ours is, text by text: the intervals are of the difference."""
    return _gains(_ranked_measures(ours, truth), _ranked_measures(others, truth), truth, seed)


def shown_figures(shown: Booleans, truth: Booleans, *, seed: int) -> Mapping[str, Figure]:
    """Measure which labels a model shows where several may hold, (n_texts, n_labels)."""
    return _with_intervals(_shown_measures(shown, truth), len(truth), seed=seed)


def shown_gains(
    ours: Booleans, others: Booleans, truth: Booleans, *, seed: int
) -> Mapping[str, Figure]:
    """Measure how much better ours is, as ``ranked_gains`` does."""
    return _gains(_shown_measures(ours, truth), _shown_measures(others, truth), truth, seed)


def macro_f1(truth: Integers, guess: Integers, labels: int) -> float:
    """Return the mean F1 of the labels that occur in either; as scikit-learn, but much faster."""
    pairs = np.bincount(truth * labels + guess, minlength=labels * labels)
    confusion = pairs.reshape(labels, labels)
    counted = confusion.sum(axis=0) + confusion.sum(axis=1)
    occurs = counted > 0
    return float((2 * np.diag(confusion)[occurs] / counted[occurs]).mean())


def draws(count: int, *, seed: int) -> Integers:
    """Return (1 + RESAMPLES, count): the texts themselves, and below them texts drawn anew."""
    drawn = np.random.default_rng(seed).integers(0, count, (RESAMPLES, count))
    return np.concatenate([np.arange(count)[None], drawn])


def figure_of(values: Floats) -> Figure:
    """Return the measure of the texts themselves with the interval of those drawn anew.

    Args:
        values: one for each row of ``draws``.
    """
    low, high = np.percentile(values[1:], [2.5, 97.5])
    return Figure(value=float(values[0]), low=float(low), high=float(high))


_Measures = Mapping[str, Callable[[Integers], float]]


def _ranked_measures(scores: Floats, truth: Integers) -> _Measures:
    ranked = np.argsort(-scores, axis=1, kind="stable")
    found = ranked == truth[:, None]
    within = [found[:, :most].any(axis=1) for most in (1, 2, 3)]
    labels = scores.shape[1]
    return {
        "accuracy": lambda n: float(within[0][n].mean()),
        "macro_f1": lambda n: macro_f1(truth[n], ranked[n, 0], labels),
        "top2": lambda n: float(within[1][n].mean()),
        "top3": lambda n: float(within[2][n].mean()),
    }


def _shown_measures(shown: Booleans, truth: Booleans) -> _Measures:
    hits, wanted, given = truth & shown, truth.sum(axis=1), shown.sum(axis=1)
    right = hits.sum(axis=1)

    def macro(n: Integers) -> float:
        counted = truth[n].sum(axis=0) + shown[n].sum(axis=0)
        occurs = counted > 0
        return float((2 * hits[n].sum(axis=0)[occurs] / counted[occurs]).mean())

    return {
        "micro_f1": lambda n: float(2 * right[n].sum() / max((wanted[n] + given[n]).sum(), 1)),
        "macro_f1": macro,
    }


def _gains(
    ours: _Measures, others: _Measures, truth: npt.NDArray[Any], seed: int
) -> Mapping[str, Figure]:
    def gain(name: str) -> Callable[[Integers], float]:
        return lambda n: ours[name](n) - others[name](n)

    return _with_intervals({name: gain(name) for name in ours}, len(truth), seed=seed)


def calibration_error(probabilities: Floats, right: Booleans) -> float:
    """Return the expected calibration error over ten equal-width bins."""
    bins = np.minimum((probabilities * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(probabilities[bins == n].mean() - right[bins == n].mean()) * (bins == n).mean()
        for n in np.unique(bins)
    ]
    return float(sum(gaps))


def reliability(probabilities: Floats, right: Booleans) -> Sequence[tuple[float, float, int]]:
    """Return (mean probability, share right, count) for each of ten bins that is not empty."""
    bins = np.minimum((probabilities * _BINS).astype(int), _BINS - 1)
    return [
        (float(probabilities[chosen].mean()), float(right[chosen].mean()), int(chosen.sum()))
        for chosen in (bins == n for n in np.unique(bins))
    ]


def risk_coverage(probabilities: Floats, right: Booleans) -> tuple[Floats, Floats]:
    """Return coverage and error among the surest, from the surest text to all."""
    order = np.argsort(-probabilities, kind="stable")
    count = np.arange(1, len(order) + 1)
    return count / len(order), np.cumsum(~right[order]) / count


def _kappa(a: npt.NDArray[np.generic], b: npt.NDArray[np.generic], *, ordered: bool) -> float:
    if len(np.unique(np.concatenate([a, b]))) < 2:
        return 1.0
    return float(cohen_kappa_score(a, b, weights="quadratic" if ordered else None))


def _with_intervals(measures: _Measures, count: int, *, seed: int) -> Mapping[str, Figure]:
    generator = np.random.default_rng(seed)
    resamples = [generator.integers(0, count, count) for _ in range(RESAMPLES)]
    figures = {}
    for name, measure in measures.items():
        drawn = [measure(rows) for rows in resamples]
        low, high = np.percentile(drawn, [2.5, 97.5])
        figures[name] = Figure(value=measure(np.arange(count)), low=float(low), high=float(high))
    return figures
