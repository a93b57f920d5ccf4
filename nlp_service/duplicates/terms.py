"""Texts as rows of weighted terms, the rare ones worth more: pairs of letters, and words.

No vocabulary is kept: a term falls into a bucket, and a table says how rare each bucket is. So a
name that no training text had still counts, as a rare one.
"""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nlp_service.duplicates.fingerprints import hash_grams
from nlp_service.duplicates.letters import Letters

PAIR = 2
"""Letters of a term that is no word."""
_STRONGEST = 20
Floats = npt.NDArray[np.float64]
Buckets = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Terms:
    """The terms of a text or of a part of it."""

    buckets: Buckets  # (n_terms,) ascending, each once
    weights: Floats  # (n_terms,) of length 1 together
    rarity: Floats  # (n_terms,) ln(N / n), N texts of which n have the term

    def cosine(self, other: "Terms") -> float:
        """Return how alike two rows of terms are, 0–1; 0 where one is empty."""
        here, there = self._shared(other)
        return float(self.weights[here] @ other.weights[there])

    def contained(self, other: "Terms") -> float:
        """Return how much of this one, by rarity, the other one has, 0–1."""
        here, _ = self._shared(other)
        return float(self.rarity[here].sum()) / max(float(self.rarity.sum()), 1e-9)

    def shared_rarity(self, other: "Terms") -> Floats:
        """Return the rarity of the terms that both have, the rarest first."""
        here, _ = self._shared(other)
        return np.sort(self.rarity[here])[::-1]

    @cached_property
    def strongest(self) -> "Terms":
        """The twenty that weigh most, equals included: what the text is about."""
        if len(self.weights) <= _STRONGEST:
            return self
        kept = self.weights >= np.partition(self.weights, -_STRONGEST)[-_STRONGEST]
        weights = self.weights[kept]
        return Terms(
            buckets=self.buckets[kept],
            weights=weights / max(float(np.linalg.norm(weights)), 1e-12),
            rarity=self.rarity[kept],
        )

    def _shared(self, other: "Terms") -> tuple[Buckets, Buckets]:
        """Return the places, here and there, of the terms that both have."""
        if not len(other.buckets):
            none = np.zeros(0, dtype=np.int64)
            return none, none
        at = np.minimum(np.searchsorted(other.buckets, self.buckets), len(other.buckets) - 1)
        here = np.flatnonzero(other.buckets[at] == self.buckets)
        return here, at[here]


@dataclass(frozen=True, kw_only=True, eq=False)
class TermTable:
    """How rare the terms of each bucket are."""

    rarity: Floats  # (n_buckets,), a power of two

    def weigh(self, terms: Buckets) -> Terms:
        """Return the row of some terms, given by ``pair_terms`` or ``word_terms``.

        A term weighs (1 + ln count) · rarity.
        """
        buckets, counts = np.unique(terms & (len(self.rarity) - 1), return_counts=True)
        rarity = self.rarity[buckets]
        weights = (1.0 + np.log(counts)) * rarity
        length = max(float(np.linalg.norm(weights)), 1e-12)
        return Terms(buckets=buckets, weights=weights / length, rarity=rarity)


def pair_terms(letters: Letters) -> Buckets:
    """Return a term for each two letters in a row; of one letter, one."""
    return hash_grams(letters, PAIR)


def word_terms(words: Iterable[str]) -> Buckets:
    """Return a term for each word; the same in every process and on every machine."""
    return np.array([zlib.crc32(word.encode()) for word in words], dtype=np.int64)


def count_rarity(texts: Sequence[Buckets], n_buckets: int) -> Floats:
    """Return the rarity of each bucket among the texts' terms; a new term has the highest."""
    having = np.zeros(n_buckets)
    for terms in texts:
        having[np.unique(terms & (n_buckets - 1))] += 1
    rarity: Floats = np.log((len(texts) + 1) / (having + 1))
    return rarity
