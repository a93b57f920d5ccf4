"""How near levels, totals and a reading order come to a reader's, measured on many draws at once.

Every measure takes the draws of ``training.metrics.draws`` and returns one value a draw.
"""

import numpy as np
from scipy.stats import rankdata

from nlp_service.tagging.linear import Floats
from training.targets import Booleans, Integers

QUINTILES = 5
"""Parts of equal size, by length, within which equal length is spoken of."""
RECALL = 0.9
"""Share of the low proposals that a review must reach."""


def weighted_kappa(found: Integers, reader: Integers, drawn: Integers) -> Floats:
    """Return κ with quadratic weights, as scikit-learn does; 1 where only one level occurs."""
    a, b = found[drawn].astype(np.float64), reader[drawn].astype(np.float64)
    apart = ((a - b) ** 2).mean(axis=1)
    by_chance = a.var(axis=1) + b.var(axis=1) + (a.mean(axis=1) - b.mean(axis=1)) ** 2
    kappa = 1.0 - apart / np.where(by_chance > 0, by_chance, 1.0)
    return np.asarray(np.round(kappa, 12) + 0.0)  # no "-0.000" where one side is constant


def rank_agreement(found: Floats, reader: Floats, drawn: Integers) -> Floats:
    """Return Spearman's rank correlation."""
    return _spearman(found[drawn], reader[drawn])


def rank_agreement_at_equal_length(
    found: Floats, reader: Floats, lengths: Integers, drawn: Integers
) -> Floats:
    """Return the mean of Spearman's correlations within quintiles of length."""
    order = np.argsort(lengths[drawn], axis=1, kind="stable")
    by_length = np.take_along_axis(drawn, order, axis=1)
    parts = np.array_split(by_length, QUINTILES, axis=1)
    agreements = np.stack([_spearman(found[part], reader[part]) for part in parts])
    return np.asarray(agreements.mean(axis=0))


def rank_agreement_without_length(
    found: Floats, reader: Floats, lengths: Integers, drawn: Integers
) -> Floats:
    """Return Spearman's correlation of what the logarithm of the length leaves unexplained."""
    logs = np.log(lengths[drawn])
    return _spearman(_unexplained(found[drawn], logs), _unexplained(reader[drawn], logs))


def mean_error(found: Floats, reader: Floats, drawn: Integers) -> Floats:
    """Return the mean absolute error."""
    return np.asarray(np.abs(found - reader)[drawn].mean(axis=1))


def review_curve(totals: Floats, low: Booleans, drawn: Integers) -> tuple[Floats, Floats]:
    """Return recall and precision after each text, read in order of rising total.

    Both (n_draws, n_texts). The order is that of falling probability of being low, too.
    """
    order = np.argsort(totals[drawn], axis=1, kind="stable")
    hits = np.cumsum(np.take_along_axis(low[drawn], order, axis=1), axis=1)
    return hits / np.maximum(hits[:, -1:], 1), hits / np.arange(1, hits.shape[1] + 1)


def load_for_recall(recall: Floats, precision: Floats) -> tuple[Floats, Floats]:
    """Return the smallest share of texts read that reaches ``RECALL``, and the precision there."""
    place = np.argmax(recall >= RECALL, axis=1)
    load = (place + 1) / recall.shape[1]
    return load, np.take_along_axis(precision, place[:, None], axis=1)[:, 0]


def _spearman(a: Floats, b: Floats) -> Floats:
    """Correlate the ranks; 0 where all are equal."""
    ranks_a, ranks_b = (rankdata(each, axis=1) for each in (a, b))
    ranks_a -= ranks_a.mean(axis=1, keepdims=True)
    ranks_b -= ranks_b.mean(axis=1, keepdims=True)
    spread = np.sqrt((ranks_a**2).sum(axis=1) * (ranks_b**2).sum(axis=1))
    return np.asarray((ranks_a * ranks_b).sum(axis=1) / np.where(spread > 0, spread, 1.0))


def _unexplained(values: Floats, logs: Floats) -> Floats:
    centred = logs - logs.mean(axis=1, keepdims=True)
    rest = values - values.mean(axis=1, keepdims=True)
    spread = (centred**2).sum(axis=1, keepdims=True)
    slope = (centred * rest).sum(axis=1, keepdims=True) / np.where(spread > 0, spread, 1.0)
    return np.asarray(rest - slope * centred)
