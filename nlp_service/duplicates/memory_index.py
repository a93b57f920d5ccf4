"""An index of fingerprints in memory, for training and tests: two sorted arrays.

What is added waits in a list and is sorted in with the next question, so many texts are best added
in a row. Removing looks at every row.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from nlp_service.duplicates.fingerprints import Grams
from nlp_service.duplicates.index import Candidate, Counts

Integers = npt.NDArray[np.int64]


class MemoryWordingIndex:
    """A ``WordingIndex``; one thread at a time."""

    def __init__(self) -> None:
        """Begin without texts."""
        self._ids: list[str] = []  # by number; numbers are never used again
        self._numbers: dict[str, int] = {}
        self._submitters: list[int] = []  # by number
        self._submitter_numbers: dict[tuple[str, str], int] = {}
        self._sizes: list[int] = []  # by number: fingerprints
        self._waiting: list[tuple[int, Grams]] = []
        self._grams: Grams = np.zeros(0, dtype=np.int64)  # ascending
        self._owners: Integers = np.zeros(0, dtype=np.int64)  # numbers, beside the grams

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
        places, owners = self._find(asked)
        if not len(owners):
            return []
        rarity = np.log1p(
            self.count_submitters() / np.maximum(self._spread(places, owners, len(asked)), 1)
        )
        numbers, shared = np.unique(owners, return_counts=True)
        weight = np.bincount(owners, rarity[places])[numbers]
        sizes = np.minimum(np.array(self._sizes)[numbers], len(asked))
        scores = weight * (1 + shared / sizes)
        found = [
            Candidate(id=self._ids[number], shared=int(n), score=float(score))
            for number, n, score in zip(numbers, shared, scores, strict=True)
        ]
        return sorted(found, key=lambda each: (-each.score, each.id))[:limit]

    def submitters_sharing(self, fingerprints: Grams) -> Counts:
        """Return for each fingerprint how many different submitters' texts have it."""
        return self._spread(*self._find(fingerprints), len(fingerprints))

    def count_submitters(self) -> int:
        """Return how many different submitters there are."""
        return len({self._submitters[number] for number in self._numbers.values()})

    def common_grams(self, at_least: int) -> Grams:
        """Return the fingerprints, ascending, that so many different submitters share."""
        self._sort_in()
        grams = np.unique(self._grams)
        return grams[self.submitters_sharing(grams) >= at_least]

    def _find(self, grams: Grams) -> tuple[Integers, Integers]:
        """Return pairs: the place of a gram in ``grams``, the number of a text that has it."""
        self._sort_in()
        first = np.searchsorted(self._grams, grams)
        count = np.searchsorted(self._grams, grams, "right") - first
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return np.repeat(np.arange(len(grams)), count), self._owners[
            np.repeat(first, count) + within
        ]

    def _spread(self, places: Integers, owners: Integers, size: int) -> Counts:
        """Return how many different submitters stand beside each place."""
        submitters = np.array(self._submitters, dtype=np.int64)[owners]
        pairs = np.unique(places * (len(self._submitter_numbers) + 1) + submitters)
        return np.bincount(pairs // (len(self._submitter_numbers) + 1), minlength=size)

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
