"""Rank the texts that share fingerprints with a question, whichever index found them.

Both indices hand in the rows that they found and get the same answer for the same rows.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Hits:
    """Who has the fingerprints asked for, a row each: by place, each text once a place."""

    size: int
    """How many fingerprints were asked for."""
    places: Integers
    """Which of them, ascending."""
    texts: Integers
    submitters: Integers


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """The best texts, best first; equals are in no order."""

    texts: Integers
    shared: Integers
    scores: npt.NDArray[np.float64]


def newest(places: Integers, ages: Integers, *, limit: int) -> npt.NDArray[np.intp]:
    """Return the rows to keep, in order, when each place has so many at most, greatest ages first.

    Args:
        places: of each row.
        ages: of each row; no two rows of a place have the same.
        limit: most rows of a place.
    """
    if np.bincount(places, minlength=1).max() <= limit:
        return np.arange(len(places))
    order = np.lexsort((-ages, places))
    ordered = places[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return np.sort(order[rank < limit])


def count_submitters(hits: Hits) -> Integers:
    """Return for each fingerprint how many different submitters stand beside it, (size,)."""
    if not len(hits.places):
        return np.zeros(hits.size, dtype=np.int64)
    least = hits.submitters.min()
    span = hits.submitters.max() - least + 1
    pairs = np.unique(hits.places * span + (hits.submitters - least))
    return np.bincount(pairs // span, minlength=hits.size)


def rank(
    hits: Hits, *, submitters: int, sizes: Callable[[Integers], Integers], limit: int
) -> Ranked:
    """Score the texts as ``WordingIndex.candidates`` says; return those that may be the best.

    More than ``limit`` may be returned: all that score as the last of them does.

    Args:
        hits: of one question.
        submitters: how many there are in all.
        sizes: returns how many fingerprints texts have; asked only for those that may be best.
        limit: most texts wanted.
    """
    rarity = np.log1p(submitters / np.maximum(count_submitters(hits), 1))
    texts, where, shared = np.unique(hits.texts, return_inverse=True, return_counts=True)
    weight = np.bincount(where, rarity[hits.places], minlength=len(texts))
    # A text that is as long as the question scores least, one that the question holds twice.
    least = weight * (1 + shared / hits.size)
    rows = np.flatnonzero(2 * weight >= _of_place(least, limit))
    smaller = np.minimum(sizes(texts[rows]), hits.size)
    scores = weight[rows] * (1 + shared[rows] / smaller)
    rows, scores = _at_least(rows, scores, _of_place(scores, limit))
    return Ranked(texts=texts[rows], shared=shared[rows], scores=scores)


def _of_place(scores: npt.NDArray[np.float64], place: int) -> float:
    """Return the score that so many reach, the least one where there are fewer."""
    return float(np.partition(scores, -place)[-place]) if len(scores) > place else 0.0


def _at_least(
    rows: npt.NDArray[np.intp], scores: npt.NDArray[np.float64], bound: float
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    kept = np.flatnonzero(scores >= bound)
    kept = kept[np.argsort(-scores[kept], kind="stable")]
    return rows[kept], scores[kept]


def natural(id: str) -> tuple[int, str]:
    """Return what ids are ordered by: numbers written as text come as numbers do."""
    return len(id), id
