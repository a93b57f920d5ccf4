"""How well an office's own old category is told: by the linear model, the encoder, and both.

All on the folds of the cross-validation, so that no near-copy of a text was learnt from.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.svm import LinearSVC

from nlp_service.tagging.calibration import log_softmax
from nlp_service.tagging.linear import Floats
from training.fit_linear import select_features
from training.out_of_fold import Fold
from training.prepare import Prepared
from training.targets import UNKNOWN, Integers

_FLOOR = 1e-4
_STEEPNESS = 6.0  # of margins as logarithms of odds


def category_logs(
    prepared: Prepared,
    members: Integers,
    folds: Sequence[Fold],
    subtopics: Floats,
    encoder: Floats | None,
) -> Mapping[str, Floats]:
    """Return held-out log-probabilities of a source's categories, row for row of ``members``.

    ``joined`` is the product of all, each counting alike: fitted weights and a regression on top
    of them were no better where an office has many texts, and worse where it has few.

    Args:
        prepared: the corpora.
        members: the source's rows, all with a category.
        folds: of the members, as places among them.
        subtopics: held-out probabilities of the subtopics, (n_members, n_subtopics).
        encoder: held-out log-probabilities of the categories, (n_members, n_categories), or None.
    """
    truth = np.unique(prepared.targets.category[members], return_inverse=True)[1]
    found = {
        "linear": log_softmax(_STEEPNESS * _linear_margins(prepared, members, truth, folds)),
        "map": np.log(_through_map(prepared, members, truth, folds, subtopics) + _FLOOR),
    }
    if encoder is not None:
        found["encoder"] = encoder
    return found | {"joined": log_softmax(np.sum([*found.values()], axis=0))}


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
