"""How well an office's own old category is told: by the linear model, the encoder, and both.

All on the folds of the cross-validation, so that no near-copy of a text was learnt from. What
joins several answers is fitted on the held-out answers of the other folds.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import optimize
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from nlp_service.tagging.calibration import log_softmax
from nlp_service.tagging.linear import Floats
from training.fit_linear import select_features
from training.out_of_fold import Fold
from training.prepare import Prepared
from training.targets import UNKNOWN, Booleans, Integers

_FLOOR = 1e-4
_FEW = 5  # parts of one fold's rows, when no other fold was answered
_STRENGTH = 0.03  # of the regression that joins answers: inverse of how much it shrinks
_SUBTOPIC_SHARE = 1 / 3  # their logarithms are larger than those of the answers
_UNSEEN = -12.0  # logarithm for a category of which the fitting rows have none


def category_logs(
    prepared: Prepared,
    members: Integers,
    folds: Sequence[Fold],
    subtopics: Floats,
    encoder: Floats | None,
    answered: Integers,
) -> Mapping[str, Floats]:
    """Return held-out log-probabilities of a source's categories, row for row of ``members``.

    Args:
        prepared: the corpora.
        members: the source's rows, all with a category.
        folds: of the members, as places among them.
        subtopics: held-out probabilities of the subtopics, (n_members, n_subtopics).
        encoder: held-out log-probabilities of the categories, (n_members, n_categories), or None.
        answered: the places among the members at which all answers are there.
    """
    truth = np.unique(prepared.targets.category[members], return_inverse=True)[1]
    found = {
        "linear": log_softmax(6.0 * _linear_margins(prepared, members, truth, folds)),
        "map": np.log(_through_map(prepared, members, truth, folds, subtopics) + _FLOOR),
    }
    if encoder is not None:
        found["encoder"] = encoder
    there = np.isin(np.arange(len(members)), answered)
    found["joined"] = _joined([*found.values()], subtopics, truth, folds, there)
    return found


def _linear_margins(
    prepared: Prepared, members: Integers, truth: Integers, folds: Sequence[Fold]
) -> Floats:
    """Fit our features and machine on the categories themselves."""
    options = prepared.config.linear
    lists = [prepared.feature_lists[row] for row in members]
    margins = np.full((len(members), truth.max() + 1), -3.0)
    for fitted_on, held_out in folds:
        texts = [lists[n] for n in fitted_on]
        one_hot = truth[fitted_on][:, None] == np.arange(truth.max() + 1)
        vectoriser = select_features(texts, [(np.arange(len(texts)), one_hot)], options)
        machine = LinearSVC(C=options.c, random_state=prepared.config.seed)
        machine.fit(vectoriser.transform(texts), truth[fitted_on])
        decided = machine.decision_function(vectoriser.transform([lists[n] for n in held_out]))
        if decided.ndim == 1:  # two categories share one line
            decided = np.stack([-decided, decided], axis=1)
        margins[np.ix_(held_out, machine.classes_)] = decided
    return margins


def _through_map(
    prepared: Prepared,
    members: Integers,
    truth: Integers,
    folds: Sequence[Fold],
    probabilities: Floats,
) -> Floats:
    """Turn subtopic probabilities into categories.

    A subtopic speaks for the categories whose set holds its topic, in the shares counted on the
    readers' rows of the other folds (one case added to each allowed category).
    """
    targets = prepared.targets
    subtopics = targets.choice["subtopic"][members]
    allowed = np.zeros((probabilities.shape[1], truth.max() + 1))
    for column in range(allowed.shape[1]):
        one = np.flatnonzero(truth == column)[0]
        allowed[targets.candidates["subtopic"][members[one]], column] = 1.0
    found = np.zeros((len(members), allowed.shape[1]))
    for fitted_on, held_out in folds:
        shares = allowed.copy()
        read = fitted_on[subtopics[fitted_on] != UNKNOWN]
        np.add.at(shares, (subtopics[read], truth[read]), 1.0)
        shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1.0)
        found[held_out] = probabilities[held_out] @ shares
    return found


def _joined(
    logs: Sequence[Floats],
    subtopics: Floats,
    truth: Integers,
    folds: Sequence[Fold],
    answered: Booleans,
) -> Floats:
    """Join all answers by what is fitted on the other folds: a few weights, and a regression.

    The weights alone are safe where an office has few texts; the regression, which also sees the
    subtopics, learns its habits where it has many. Their log-probabilities are added. When one
    fold alone was answered, its own parts are fitted on each other.
    """
    stacked = np.stack(logs)
    seen = np.concatenate([*logs, _SUBTOPIC_SHARE * np.log(subtopics + _FLOOR)], axis=1)
    found: Floats = np.full_like(stacked[0], -np.inf)
    parts = [part for _, held_out in folds if len(part := held_out[answered[held_out]])]
    if len(parts) == 1:
        parts = [parts[0][start::_FEW] for start in range(_FEW)]
    for held_out in parts:
        fitted_on = np.setdiff1d(np.concatenate(parts), held_out)
        weights = _fit_weights(stacked[:, fitted_on], truth[fitted_on])
        weighted = log_softmax(np.tensordot(weights, stacked[:, held_out], axes=1))
        machine = LogisticRegression(C=_STRENGTH, max_iter=1000)
        machine.fit(seen[fitted_on], truth[fitted_on])
        regressed = np.full_like(weighted, _UNSEEN)
        regressed[:, machine.classes_] = machine.predict_log_proba(seen[held_out])
        found[held_out] = log_softmax(weighted + np.maximum(regressed, _UNSEEN))
    return found


def _fit_weights(stacked: Floats, truth: Integers) -> Floats:
    """Return one weight for each answer, by maximum likelihood."""

    def loss(weights: Floats) -> float:
        scores = log_softmax(np.tensordot(weights, stacked, axes=1))
        return float(-scores[np.arange(len(truth)), truth].mean())

    start = np.full(len(stacked), 1.0 / len(stacked))
    bounds = [(0.0, 5.0)] * len(stacked)
    found: Floats = optimize.minimize(loss, start, method="L-BFGS-B", bounds=bounds).x
    return found
