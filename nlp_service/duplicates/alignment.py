"""Find what two rows of letters have in common, letter for letter, wherever it stands in each.

Equal strings of ``SEED`` letters lie on diagonals (source place minus query place); seeds in a row
on one diagonal are a maximal run, which no equal letter can lengthen. Runs that follow one another
in both texts, a few changed letters apart, make a passage. A passage counts from ``GUARANTEED``
equal letters on. Everything is found alike whichever text asks. Nothing here knows boilerplate.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp_service.duplicates.fingerprints import GUARANTEED, hash_grams
from nlp_service.duplicates.letters import Letters

SEED = 4
"""Letters in a row; of a text with every fifth letter changed, two thirds stand in such."""
GAP = 12
"""Most letters between two runs of a passage, on either side: a changed date, name or clause."""
_MOST_PAIRS = 1024  # of places of one seed; beyond, only those of like rank are paired
_BAND = 8  # ranks
_MOST_RUNS = 20_000

Integers = npt.NDArray[np.int64]
"""(n_runs,)"""


@dataclass(frozen=True, kw_only=True)
class Runs:
    """Stretches that are equal letter for letter, one a row."""

    query: Integers  # first letter
    source: Integers  # first letter
    length: Integers
    passage: Integers  # which passage it belongs to; not consecutive

    def take(self, rows: npt.NDArray[np.generic]) -> "Runs":
        """Return some of the runs."""
        return Runs(
            query=self.query[rows],
            source=self.source[rows],
            length=self.length[rows],
            passage=self.passage[rows],
        )

    def __len__(self) -> int:
        return len(self.length)


def align(query: Letters, source: Letters) -> Runs:
    """Return every maximal run of at least ``SEED`` letters that belongs to a passage.

    Runs may overlap where a text repeats itself. Two texts that are equal throughout are one run,
    however short.
    """
    if len(query) == len(source) and np.array_equal(query, source) and len(query) < GUARANTEED:
        size = min(len(query), 1)
        start = np.zeros(size, dtype=np.int64)
        return Runs(query=start, source=start, length=start + len(query), passage=start)
    start, other, length = _longest(*_maximal_runs(query, source))
    runs = Runs(
        query=start, source=other, length=length, passage=_join_passages(start, other, length)
    )
    enough = np.minimum(
        sum_covered(runs.query, runs.length, runs.passage, len(query)),
        sum_covered(runs.source, runs.length, runs.passage, len(source)),
    )
    return runs.take(enough[runs.passage] >= GUARANTEED)


def sum_covered(
    start: Integers, length: Integers, passage: Integers, size: int, worth: Integers | None = None
) -> Integers:
    """Return for each passage how many letters of one text its runs cover, each letter once.

    Args:
        start: first letter of each run.
        length: of each run.
        passage: of each run.
        size: letters of the text.
        worth: (size + 1,) how many letters before each place count; all when None.
    """
    if not len(start):
        return np.zeros(0, dtype=np.int64)
    order = np.lexsort((start, passage))
    start, end, passage = start[order], (start + length)[order], passage[order]
    # Each passage's letters in a range of their own, so that one running maximum serves all.
    shift = passage * (size + 1)
    reached = np.maximum.accumulate(end + shift) - shift
    before = np.where(np.diff(passage, prepend=-1) == 0, np.roll(reached, 1), 0)
    fresh = np.minimum(np.maximum(start, before), end)
    new = end - fresh if worth is None else worth[end] - worth[fresh]
    return np.bincount(passage, new).astype(np.int64)


def _maximal_runs(query: Letters, source: Letters) -> tuple[Integers, Integers, Integers]:
    """Return first letter in the query, in the source, and length, by diagonal and place."""
    places, others, complete = _seed_pairs(query, source)
    width = len(query) + 1
    keys = np.sort((others - places + width) * width + places)
    begins = np.flatnonzero(np.diff(keys, prepend=-2) != 1)
    lengths = np.diff(begins, append=len(keys)) + SEED - 1
    diagonals, starts = np.divmod(keys[begins], width)
    runs = starts, starts + diagonals - width, lengths
    return runs if complete else _lengthen(query, source, *runs)


def _seed_pairs(query: Letters, source: Letters) -> tuple[Integers, Integers, bool]:
    """Return the places of equal seeds in both texts, and whether these are all."""
    asked, held = hash_grams(query, SEED), hash_grams(source, SEED)
    if min(len(query), len(source)) < SEED:
        asked = held = asked[:0]
    order, held_order = np.argsort(asked, kind="stable"), np.argsort(held, kind="stable")
    seeds, first, count = np.unique(asked[order], return_index=True, return_counts=True)
    held = held[held_order]
    held_first = np.searchsorted(held, seeds)
    held_count = np.searchsorted(held, seeds, "right") - held_first
    few = count * held_count <= _MOST_PAIRS
    rows = np.repeat(np.where(few, held_count, 0), count)  # pairs of each asked place, sorted
    within = np.arange(rows.sum()) - np.repeat(np.cumsum(rows) - rows, rows)
    places = [np.repeat(order, rows)]
    others = [held_order[np.repeat(np.repeat(held_first, count), rows) + within]]
    for many in np.flatnonzero(~few):
        at, held_at = _pair_by_rank(count[many], held_count[many])
        places.append(order[first[many] + at])
        others.append(held_order[held_first[many] + held_at])
    at, held_at = np.concatenate(places), np.concatenate(others)
    equal = np.ones(len(at), dtype=np.bool_)
    for step in range(SEED):  # equal grams are next to proof; this is proof
        equal &= query[at + step] == source[held_at + step]
    return at[equal], held_at[equal], bool(few.all())


def _pair_by_rank(count: int, held_count: int) -> tuple[Integers, Integers]:
    """Pair the places of a seed that both texts are full of, in time linear in their number.

    The longer list goes round the shorter one, so that every place has some partner.
    """
    fewer = min(count, held_count)
    longer = np.arange(max(count, held_count))
    shifts = {shift % fewer for shift in range(-_BAND, _BAND + 1)}
    bands = [(longer + shift) % fewer for shift in sorted(shifts)]
    many, few = np.tile(longer, len(bands)), np.concatenate(bands)
    return (many, few) if count >= held_count else (few, many)


def _lengthen(
    query: Letters, source: Letters, start: Integers, other: Integers, length: Integers
) -> tuple[Integers, Integers, Integers]:
    """Let runs grow that are not maximal, because not all seeds were paired.

    They come by diagonal and place; each grows as far as the next one on its diagonal at most, so
    that no letter of a diagonal is looked at twice.
    """
    shift, end = other - start, start + length
    alone = np.flatnonzero(np.diff(shift))  # rows behind which another diagonal begins
    until = np.roll(start, -1)
    until[alone], until[-1:] = len(query), len(query)
    end = _grow(query, source, end, shift, np.minimum(until, len(source) - shift))
    since = np.roll(end, 1)
    since[alone + 1], since[:1] = 0, 0
    back = _grow(
        query[::-1],
        source[::-1],
        len(query) - start,
        len(source) - len(query) - shift,
        len(query) - np.maximum(since, -shift),
    )
    start = len(query) - back
    first = np.flatnonzero(
        (np.diff(shift, prepend=-len(query) - 1) != 0) | (np.roll(end, 1) != start)
    )
    last = np.append(first[1:], len(start))[: len(first)] - 1
    return start[first], (start + shift)[first], end[last] - start[first]


def _grow(
    query: Letters, source: Letters, end: Integers, shift: Integers, until: Integers
) -> Integers:
    """Return how far each run reaches when it takes in equal letters up to a bound."""
    end = end.copy()
    growing = np.flatnonzero(end < until)
    while len(growing):
        at = end[growing]
        growing = growing[query[at] == source[at + shift[growing]]]
        end[growing] += 1
        growing = growing[end[growing] < until[growing]]
    return end


def _longest(
    start: Integers, other: Integers, length: Integers
) -> tuple[Integers, Integers, Integers]:
    """Keep the runs that are longer, where two texts endlessly repeat the same: a bound on time."""
    if len(length) <= _MOST_RUNS:
        return start, other, length
    kept = np.lexsort((np.abs(other - start), other + start, -length))[:_MOST_RUNS]
    return start[kept], other[kept], length[kept]


def _join_passages(start: Integers, other: Integers, length: Integers) -> Integers:
    """Return a passage's number for each run: those linked by a small gap on both sides."""
    order = np.argsort(start, kind="stable")
    ordered = start[order]
    first = np.searchsorted(ordered, start + length - SEED + 1)
    last = np.searchsorted(ordered, start + length + GAP, "right")
    count = np.maximum(last - first, 0)
    before = np.repeat(np.arange(len(start)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    after = order[np.repeat(first, count) + within]
    gap = other[after] - (other + length)[before]
    near = (gap > -SEED) & (gap <= GAP)
    return _connect(before[near], after[near], len(start))


def _connect(one: Integers, other: Integers, size: int) -> Integers:
    """Return for each of ``size`` things the least that it is linked with, however far.

    Every round hands the least on by a link and then twice as far; scipy's way takes longer for the
    few links that most pairs of texts have.
    """
    least = np.arange(size)
    while True:
        lower = np.minimum(least[one], least[other])
        further = least.copy()
        np.minimum.at(further, one, lower)
        np.minimum.at(further, other, lower)
        further = further[further]
        if np.array_equal(further, least):
            return least
        least = further
