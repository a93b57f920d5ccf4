"""Measure the classifier against the readers, beside its peers, on pairs that it had not seen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import (
    average_precision_score,
    cohen_kappa_score,
    confusion_matrix,
    precision_recall_curve,
)

from nlp_service.domain.duplicates import Relation
from nlp_service.duplicates.pairs import RELATIONS
from training import metrics
from training.metrics import Figure, calibration_error, reliability
from training.pairs.texts import ReadPairs
from training.prepare import Prepared
from training.targets import Booleans, Integers

Floats = npt.NDArray[np.float64]
NEAREST = (5, 20)


@dataclass(frozen=True, kw_only=True)
class Row:
    """How one way of scoring tells copy|same from the rest."""

    model: str
    threshold: float
    """At which F1 is best, of each by itself."""
    f1: Figure
    average_precision: Figure


@dataclass(frozen=True, kw_only=True)
class PairSet:
    """One set of pairs."""

    name: str
    count: int
    mergeable: int
    rows: Sequence[Row]
    gains: Sequence[Row]
    """Ours less each peer, on the same pairs."""


@dataclass(frozen=True, kw_only=True)
class FourWay:
    """How one way of ours tells the four relations."""

    way: str
    accuracy: Figure
    kappa: Figure
    sure_error: float
    """Expected calibration error of the probability of the relation that is said."""
    merge_error: float
    """The same of the probability of copy|same."""
    merge_f1: Figure
    """Of copy|same as said, from thresholds fitted on other folds."""
    confusion: Sequence[Sequence[int]]
    """Rows: the reader's; columns: ours; order of ``relations``."""
    reliability: Sequence[tuple[float, float, int]]
    """Of copy|same."""


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """How often a text's partner is among its nearest."""

    vectors: str
    recall: Mapping[str, Mapping[str, float]]
    """Relation -> number of nearest -> share of partners among them."""


@dataclass(frozen=True, kw_only=True)
class PairReport:
    """Everything that a fit found."""

    relations: Sequence[str]
    counts: Mapping[str, int]
    sets: Sequence[PairSet]
    ways: Sequence[FourWay]
    retrieval: Sequence[Retrieval]
    texts: int
    """Among which partners were sought."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain types for ``report.json``."""
        return asdict(self)


def measure_pairs(
    prepared: Prepared,
    pairs: ReadPairs,
    ours: Mapping[str, Floats],
    said: Mapping[str, Integers],
    peers: Mapping[str, Floats],
    *,
    retrieval: Sequence[Retrieval],
    seed: int,
) -> PairReport:
    """Measure on all pairs, then on those of each source.

    Args:
        prepared: the texts.
        pairs: with the readers' relations.
        ours: way -> held-out probabilities.
        said: way -> the relation said of each pair.
        peers: name -> score of each pair.
        retrieval: as ``measure_retrieval`` found it.
        seed: of the resampling.
    """
    scores = {f"ours: {way}": found[:, 2:].sum(axis=1) for way, found in ours.items()}
    best = list(scores)[-1]  # that which hears most
    sources = np.array([prepared.examples[row].source for row in pairs.one])
    everything = np.arange(len(pairs.one))
    parts = {"all": everything} | {
        str(source): np.flatnonzero(sources == source) for source in np.unique(sources)
    }
    return PairReport(
        relations=[str(relation) for relation in RELATIONS],
        counts={
            str(relation): int((pairs.truth == place).sum())
            for place, relation in enumerate(RELATIONS)
        },
        sets=[
            _measure_set(name, pairs, rows, scores, peers, best, seed)
            for name, rows in parts.items()
            if 0 < pairs.mergeable[rows].sum() < len(rows)
        ],
        ways=[_measure_way(way, found, said[way], pairs, seed) for way, found in ours.items()],
        retrieval=retrieval,
        texts=len(prepared.examples),
    )


def _measure_set(
    name: str,
    pairs: ReadPairs,
    rows: Integers,
    scores: Mapping[str, Floats],
    peers: Mapping[str, Floats],
    best: str,
    seed: int,
) -> PairSet:
    truth, groups = pairs.mergeable[rows], pairs.groups[rows]
    every = {model: found[rows] for model, found in {**scores, **peers}.items()}
    thresholds = {model: best_threshold(found, truth) for model, found in every.items()}
    draws = list(_resample(groups, seed))

    def figure(measure: Callable[[Integers], float]) -> Figure:
        return _figure(measure, len(truth), draws)

    def f1(model: str) -> Callable[[Integers], float]:
        shown = every[model] >= thresholds[model]
        return lambda n: _f1(shown[n], truth[n])

    def precision(model: str) -> Callable[[Integers], float]:
        return lambda n: _average_precision(truth[n], every[model][n])

    def less(
        measure: Callable[[str], Callable[[Integers], float]], peer: str
    ) -> Callable[[Integers], float]:
        ours, theirs = measure(best), measure(peer)
        return lambda n: ours(n) - theirs(n)

    return PairSet(
        name=name,
        count=len(rows),
        mergeable=int(truth.sum()),
        rows=[
            Row(
                model=model,
                threshold=thresholds[model],
                f1=figure(f1(model)),
                average_precision=figure(precision(model)),
            )
            for model in every
        ],
        gains=[
            Row(
                model=f"gain of {best} over {peer}",
                threshold=thresholds[best],
                f1=figure(less(f1, peer)),
                average_precision=figure(less(precision, peer)),
            )
            for peer in peers
        ],
    )


def _measure_way(way: str, found: Floats, guess: Integers, pairs: ReadPairs, seed: int) -> FourWay:
    merging = found[:, 2:].sum(axis=1)
    draws = list(_resample(pairs.groups, seed))
    right, merged = guess == pairs.truth, guess >= RELATIONS.index(Relation.SAME)
    sure = found[np.arange(len(guess)), guess]
    return FourWay(
        way=way,
        accuracy=_figure(lambda n: float(right[n].mean()), len(right), draws),
        kappa=_figure(
            lambda n: float(cohen_kappa_score(pairs.truth[n], guess[n])), len(right), draws
        ),
        sure_error=calibration_error(sure, right),
        merge_f1=_figure(lambda n: _f1(merged[n], pairs.mergeable[n]), len(right), draws),
        merge_error=calibration_error(merging, pairs.mergeable),
        confusion=confusion_matrix(pairs.truth, guess, labels=range(len(RELATIONS))).tolist(),
        reliability=reliability(merging, pairs.mergeable),
    )


def measure_retrieval(name: str, vectors: npt.NDArray[np.floating], pairs: ReadPairs) -> Retrieval:
    """Look for each text's partner among its nearest of all texts, by cosine.

    Args:
        name: of the vectors.
        vectors: (n_texts, n_dimensions).
        pairs: whose partners are sought, from both sides.
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = vectors / np.maximum(lengths, 1e-12)
    asked = np.concatenate([pairs.one, pairs.other])
    sought = np.concatenate([pairs.other, pairs.one])
    near = rows[asked] @ rows.T
    near[np.arange(len(asked)), asked] = -np.inf
    rank = (near > near[np.arange(len(asked)), sought][:, None]).sum(axis=1)
    truth = np.concatenate([pairs.truth, pairs.truth])
    return Retrieval(
        vectors=name,
        recall={
            str(relation): {
                str(most): float((rank[truth == place] < most).mean()) for most in NEAREST
            }
            for place, relation in enumerate(RELATIONS)
            if relation in ("same", "copy") and (truth == place).any()
        },
    )


def best_threshold(scores: Floats, truth: Booleans) -> float:
    """Return the threshold at which F1 is best."""
    precision, recall, thresholds = precision_recall_curve(truth, scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(thresholds[int(f1[:-1].argmax())])


def _f1(shown: Booleans, truth: Booleans) -> float:
    return float(2 * (shown & truth).sum() / max((shown.sum() + truth.sum()), 1))


def _average_precision(truth: Booleans, scores: Floats) -> float:
    return float(average_precision_score(truth, scores)) if truth.any() else 0.0


def _resample(groups: Integers, seed: int) -> Sequence[Integers]:
    """Draw groups of linked pairs with replacement: pairs that share a text are no two facts."""
    generator = np.random.default_rng(seed)
    names, place = np.unique(groups, return_inverse=True)
    members = [np.flatnonzero(place == n) for n in range(len(names))]
    return [
        np.concatenate([members[n] for n in generator.integers(0, len(names), len(names))])
        for _ in range(metrics.RESAMPLES)
    ]


def _figure(measure: Callable[[Integers], float], count: int, draws: Sequence[Integers]) -> Figure:
    low, high = np.percentile([measure(rows) for rows in draws], [2.5, 97.5])
    return Figure(value=measure(np.arange(count)), low=float(low), high=float(high))
