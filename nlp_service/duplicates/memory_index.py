"""An index of fingerprints in memory, for training and tests: two sorted arrays.

What is added waits in a list and is sorted in with the next question, so many texts are best added
in a row. Removing looks at every row.
"""

from collections.abc import Sequence

import numpy as np

from nlp_service.duplicates.fingerprints import Grams
from nlp_service.duplicates.index import NEWEST, Candidate, Counts
from nlp_service.duplicates.ranking import (
    Hits,
    Integers,
    count_submitters,
    natural,
    newest,
    rank,
)


class MemoryWordingIndex:
    """A ``WordingIndex``; one thread at a time."""

    def __init__(self, *, newest: int = NEWEST) -> None:
        """Begin without texts; ``newest`` is how many of one fingerprint an answer regards."""
        self._newest = newest
        self._ids: list[str] = []  # by number; numbers are never used again
        self._numbers: dict[str, int] = {}
        self._submitters: list[int] = []  # by number
        self._submitter_numbers: dict[tuple[str, str], int] = {}
        self._sizes: list[int] = []  # by number: fingerprints
        self._waiting: list[tuple[int, Grams]] = []
        self._grams: Grams = np.zeros(0, dtype=np.int64)  # ascending
        self._owners: Integers = np.zeros(0, dtype=np.int64)  # numbers, beside the grams
        self._ages: Integers | None = None  # by number: place in the order of ids

    def add(self, id: str, fingerprints: Grams, *, submitter: str = "") -> None:
        """Add a text; one of the same id is replaced."""
        self.remove(id)
        number = self._numbers[id] = len(self._ids)
        self._ids.append(id)
        known = ("named", submitter) if submitter else ("text", id)
        self._submitters.append(
            self._submitter_numbers.setdefault(known, len(self._submitter_numbers))
        )
        self._sizes.append(len(fingerprints))
        self._waiting.append((number, np.unique(fingerprints)))
        self._ages = None

    def remove(self, id: str) -> None:
        """Forget a text; an unknown id is no error."""
        if (number := self._numbers.pop(id, None)) is None:
            return
        self._waiting = [each for each in self._waiting if each[0] != number]
        kept = self._owners != number
        self._grams, self._owners = self._grams[kept], self._owners[kept]

    def candidates(self, asked: Grams, *, limit: int) -> Sequence[Candidate]:
        """Return the texts that share one of the fingerprints at least, best first, equals by id.

        Args:
            asked: ascending, each once.
            limit: most texts to return.
        """
        hits = self._newest_hits(asked)
        if not len(hits.texts):
            return []
        sizes = np.array(self._sizes)
        best = rank(
            hits, submitters=self.count_submitters(), sizes=lambda texts: sizes[texts], limit=limit
        )
        found = [
            Candidate(id=self._ids[number], shared=int(shared), score=float(score))
            for number, shared, score in zip(best.texts, best.shared, best.scores, strict=True)
        ]
        return sorted(found, key=lambda each: (-each.score, natural(each.id)))[:limit]

    def submitters_sharing(self, fingerprints: Grams) -> Counts:
        """Return for each fingerprint how many different submitters' texts have it."""
        return count_submitters(self._newest_hits(fingerprints))

    def count_submitters(self) -> int:
        """Return how many different submitters there are."""
        return len({self._submitters[number] for number in self._numbers.values()})

    def common_grams(self, at_least: int) -> Grams:
        """Return the fingerprints, ascending, that so many different submitters share."""
        self._sort_in()
        grams = np.unique(self._grams)
        return grams[count_submitters(self._hits(grams)) >= at_least]

    def _newest_hits(self, grams: Grams) -> Hits:
        hits = self._hits(grams)
        if np.bincount(hits.places, minlength=1).max() <= self._newest:
            return hits
        kept = newest(hits.places, self._read_ages()[hits.texts], limit=self._newest)
        return Hits(
            size=hits.size,
            places=hits.places[kept],
            texts=hits.texts[kept],
            submitters=hits.submitters[kept],
        )

    def _hits(self, grams: Grams) -> Hits:
        self._sort_in()
        first = np.searchsorted(self._grams, grams)
        count = np.searchsorted(self._grams, grams, "right") - first
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        texts = self._owners[np.repeat(first, count) + within]
        return Hits(
            size=len(grams),
            places=np.repeat(np.arange(len(grams)), count),
            texts=texts,
            submitters=np.array(self._submitters, dtype=np.int64)[texts],
        )

    def _read_ages(self) -> Integers:
        """Return the place of each number in the order of ids; numbers out of use count, too."""
        if self._ages is None:
            order = sorted(range(len(self._ids)), key=lambda number: natural(self._ids[number]))
            self._ages = np.argsort(np.array(order, dtype=np.int64))
        return self._ages

    def _sort_in(self) -> None:
        if not self._waiting:
            return
        grams = np.concatenate([self._grams, *(each for _, each in self._waiting)])
        owners = np.repeat(
            [number for number, _ in self._waiting], [len(each) for _, each in self._waiting]
        )
        owners = np.concatenate([self._owners, owners.astype(np.int64)])
        order = np.argsort(grams, kind="stable")
        self._grams, self._owners = grams[order], owners[order]
        self._waiting = []
