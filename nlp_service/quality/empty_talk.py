"""Tell sentences that say nothing, whatever set phrases they are made of.

A list of slogans finds the known ones; this finds their cousins, by the pairs of characters that
empty talk is made of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nlp_service.quality.roles import Floats, Keys, PairTable, ReadSentences

_EMPTY_FROM = 0.2  # logarithm of odds

Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class EmptyTalk:
    """Logistic over a sentence's pairs of characters; the row of a sentence has length 1."""

    pairs: Keys  # (n_pairs,), sorted, coded as ``ReadSentences.keys``
    weights: Floats  # (n_pairs,)
    intercept: Floats  # (1,)

    def arrays(self) -> Mapping[str, npt.NDArray[np.generic]]:
        """Return everything that was fitted, by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def _table(self) -> PairTable:
        return PairTable(self.pairs)

    def is_empty(self, sentences: ReadSentences) -> Booleans:
        """Say of each sentence whether its wording is more likely empty than not."""
        size = len(sentences.traits)
        if not size:
            return np.zeros(0, dtype=bool)
        rows, found = self._table.find(sentences)
        lengths = np.sqrt(np.maximum(np.bincount(rows, minlength=size), 1))
        sums = np.bincount(rows, self.weights[found], minlength=size)
        return np.asarray(sums / lengths + self.intercept[0] > _EMPTY_FROM)
