"""Fit the classifier, and calibrate it on held-out answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from nlp_service.duplicates.pair_features import meaning_features, plain_features
from nlp_service.duplicates.pairs import MEANING, PLAIN, RELATIONS, PairWeights, decide
from training.pairs.config import PairsConfig
from training.pairs.figures import best_threshold
from training.pairs.matters import Case, Cases
from training.pairs.texts import ReadPairs
from training.targets import Integers

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """The features of all cases, and what is known of each."""

    names: Sequence[str]
    features: Floats  # (n_read + n_made, n_features); the readers' pairs come first
    truth: Integers  # (n_read + n_made,)
    weights: Floats  # (n_read + n_made,)
    n_read: int

    def columns(self, names: Sequence[str]) -> Floats:
        """Return some of the features."""
        return self.features[:, [self.names.index(name) for name in names]]


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedPairs:
    """The classifier of each way, and what it said of pairs that it had not seen."""

    weights: Mapping[str, PairWeights]
    held_out: Mapping[str, Floats]
    """Way -> (n_read, n_relations) calibrated on the other folds."""
    merge_from: Mapping[str, float]
    """Way -> how likely copy or same must be to be said."""
    said: Mapping[str, Integers]
    """Way -> (n_read,) the relation that is said, from thresholds of the other folds."""


def make_table(cases: Cases, pairs: ReadPairs, made_weight: float) -> Table:
    """Compute the features of all cases, with all that is known."""
    bounds = cases.embedding.bounds if cases.embedding else None
    found = [_features(case, bounds) for case in (*cases.read, *cases.made)]
    names = list(found[0])
    return Table(
        names=names,
        features=np.array([[row[name] for name in names] for row in found]),
        truth=np.concatenate([pairs.truth, cases.made_truth]),
        weights=np.concatenate([pairs.weights, np.full(len(cases.made), made_weight)]),
        n_read=len(cases.read),
    )


def _features(case: Case, bounds: Sequence[int] | None) -> Mapping[str, float]:
    found = dict(plain_features(case.one, case.other, case.shared))
    if bounds:
        found |= meaning_features(case.one, case.other, bounds)
    return found


def names_of(table: Table, way: str) -> Sequence[str]:
    """Return the features that a way may use."""
    return [name for name in table.names if way == MEANING or not name.startswith("meaning")]


def fit_pairs(table: Table, pairs: ReadPairs, config: PairsConfig) -> FittedPairs:
    """Cross-validate each way, fit it on everything, and calibrate it on what was held out."""
    heard = any(name.startswith("meaning") for name in table.names)
    weights, held_out, merge_from, said = {}, {}, {}, {}
    for way in (PLAIN, MEANING) if heard else (PLAIN,):
        names = names_of(table, way)
        logits = held_out_scores(table, pairs, names, config)
        folds = pairs.folds(config.folds, config.seed)
        calibrated, said[way] = np.zeros_like(logits), np.zeros(len(logits), dtype=np.int64)
        for fitted_on, left in folds:
            scale = _calibrate(logits[fitted_on], pairs, fitted_on)
            others = _softmax(_apply(scale, logits[fitted_on]))
            calibrated[left] = _softmax(_apply(scale, logits[left]))
            said[way][left] = decide(calibrated[left], _merge_from(others, pairs, fitted_on))
        held_out[way] = calibrated
        merge_from[way] = _merge_from(calibrated, pairs, np.arange(len(logits)))
        everything = np.arange(len(table.truth))
        scale = _calibrate(logits, pairs, np.arange(len(pairs.truth)))
        weights[way] = _scaled(_fit(table, names, everything, config), scale)
    return FittedPairs(weights=weights, held_out=held_out, merge_from=merge_from, said=said)


def _merge_from(probabilities: Floats, pairs: ReadPairs, rows: Integers) -> float:
    return best_threshold(probabilities[:, 2:].sum(axis=1), pairs.mergeable[rows])


def held_out_scores(
    table: Table, pairs: ReadPairs, names: Sequence[str], config: PairsConfig
) -> Floats:
    """Return the scores of the readers' pairs before calibration, each from the other folds."""
    found = np.zeros((table.n_read, len(RELATIONS)))
    made = np.arange(table.n_read, len(table.truth))
    for fitted_on, left in pairs.folds(config.folds, config.seed):
        fitted = _fit(table, names, np.concatenate([fitted_on, made]), config)
        probabilities = fitted.probabilities(table.columns(names)[left])
        found[left] = np.log(probabilities + 1e-12)
    return found


def _fit(table: Table, names: Sequence[str], rows: Integers, config: PairsConfig) -> PairWeights:
    """Fit a logistic regression whose features are standardised on the readers' pairs."""
    columns = table.columns(names)
    read = columns[rows[rows < table.n_read]]
    means, scales = _mean_and_deviation(read)
    plain = PairWeights(
        features=names,
        means=means,
        scales=scales,
        weights=np.zeros((len(names), len(RELATIONS))),
        intercepts=np.zeros(len(RELATIONS)),
    )
    model = LogisticRegression(C=config.strength, max_iter=5000)
    model.fit(plain.standardise(columns[rows]), table.truth[rows], table.weights[rows])
    weights, intercepts = plain.weights.copy(), np.full(len(RELATIONS), -20.0)
    weights[:, model.classes_] = model.coef_.T
    intercepts[model.classes_] = model.intercept_
    return replace(plain, weights=weights, intercepts=intercepts)


def _mean_and_deviation(features: Floats) -> tuple[Floats, Floats]:
    """Return both of each feature, of the pairs of which it is known."""
    known = np.isfinite(features)
    count = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, features, 0.0).sum(axis=0) / count
    squares = np.where(known, (features - means) ** 2, 0.0).sum(axis=0) / count
    return means, np.where(squares > 0, np.sqrt(squares), 1.0)


def _calibrate(logits: Floats, pairs: ReadPairs, rows: Integers) -> Floats:
    """Return a temperature and a shift of each relation, (1 + n_relations,).

    They minimise the loss on held-out answers; small shifts are preferred.
    """
    truth, weights = pairs.truth[rows], pairs.weights[rows]

    def loss(scale: Floats) -> float:
        probabilities = _softmax(_apply(scale, logits))
        told = np.log(probabilities[np.arange(len(truth)), truth] + 1e-12)
        return float(-(weights * told).sum() / weights.sum() + 0.01 * (scale[1:] ** 2).sum())

    found: Floats = minimize(loss, np.array([1.0, *np.zeros(len(RELATIONS))]), method="L-BFGS-B").x
    return found


def _apply(scale: Floats, logits: Floats) -> Floats:
    return np.asarray(scale[0] * logits + scale[1:])


def _scaled(weights: PairWeights, scale: Floats) -> PairWeights:
    return replace(
        weights,
        weights=scale[0] * weights.weights,
        intercepts=scale[0] * weights.intercepts + scale[1:],
    )


def _softmax(scores: Floats) -> Floats:
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))
