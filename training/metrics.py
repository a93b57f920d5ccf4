"""Agreement with readers, each figure with a bootstrap interval."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score, cohen_kappa_score, f1_score

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
    ranked = np.argsort(-probabilities, axis=1, kind="stable")
    sureness = probabilities.max(axis=1)
    measures: dict[str, Callable[[Integers], float]] = {
        "accuracy": lambda n: accuracy_score(truth[n], guess[n]),
        "macro_f1": lambda n: f1_score(truth[n], guess[n], average="macro", zero_division=0),
        "top2": lambda n: float((ranked[n, :2] == truth[n, None]).any(axis=1).mean()),
        "top3": lambda n: float((ranked[n, :3] == truth[n, None]).any(axis=1).mean()),
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
        "micro_f1": lambda n: _micro_f1(truth[n], shown[n]),
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
    measures: dict[str, Callable[[Integers], float]] = {
        "accuracy": lambda n: accuracy_score(truth[n], found[n]),
        "macro_f1": lambda n: f1_score(truth[n], found[n], average="macro", zero_division=0),
    }
    return _with_intervals(measures, len(truth), seed=seed)


def top_two_figure(
    truth: npt.NDArray[np.str_], likeliest: npt.NDArray[np.str_], *, seed: int
) -> Mapping[str, Figure]:
    """Measure how often the truth is one of the two labels in a row of ``likeliest``."""
    within = (likeliest == truth[:, None]).any(axis=1)
    return _with_intervals({"top2": lambda n: float(within[n].mean())}, len(truth), seed=seed)


def gain_figures(
    truth: npt.NDArray[np.str_],
    ours: npt.NDArray[np.str_],
    others: npt.NDArray[np.str_],
    *,
    seed: int,
) -> Mapping[str, Figure]:
    """Measure how much better ours is, text by text: the intervals are of the difference."""

    def macro(found: npt.NDArray[np.str_], n: Integers) -> float:
        return float(f1_score(truth[n], found[n], average="macro", zero_division=0))

    measures: dict[str, Callable[[Integers], float]] = {
        "accuracy": lambda n: float((ours == truth)[n].mean() - (others == truth)[n].mean()),
        "macro_f1": lambda n: macro(ours, n) - macro(others, n),
    }
    return _with_intervals(measures, len(truth), seed=seed)


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


def _micro_f1(truth: Booleans, shown: Booleans) -> float:
    return float(2 * (truth & shown).sum() / max(truth.sum() + shown.sum(), 1))


def _with_intervals(
    measures: Mapping[str, Callable[[Integers], float]], count: int, *, seed: int
) -> Mapping[str, Figure]:
    generator = np.random.default_rng(seed)
    resamples = [generator.integers(0, count, count) for _ in range(RESAMPLES)]
    figures = {}
    for name, measure in measures.items():
        drawn = [measure(rows) for rows in resamples]
        low, high = np.percentile(drawn, [2.5, 97.5])
        figures[name] = Figure(value=measure(np.arange(count)), low=float(low), high=float(high))
    return figures
