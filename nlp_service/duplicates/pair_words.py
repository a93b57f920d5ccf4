"""What was said of pairs of texts: by persons, whose word holds, and as columns for arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp_service.duplicates.cuts import Places, Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Pairs of nodes, each once, ascending: (m,) the lower one, the higher one, their weight."""

    low: Places
    high: Places
    weights: Weights

    def divide(self, labels: Places, numbers: Places, n_labels: int) -> "Sequence[Pairs]":
        """Return for each label the pairs with both ends of it, by their nodes' new numbers."""
        label = labels[self.low]
        kept = np.flatnonzero(label == labels[self.high])
        kept = kept[np.argsort(label[kept], kind="stable")]
        ends = np.searchsorted(label[kept], np.arange(1, n_labels))
        return [
            Pairs(
                low=numbers[self.low[chosen]],
                high=numbers[self.high[chosen]],
                weights=self.weights[chosen],
            )
            for chosen in np.split(kept, ends)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairVerdict:
    """What a person said of two texts: that they are the same matter, or that they are not."""

    first: int
    second: int
    same: bool


class Words:
    """What persons said of texts, the weightiest word first; what contradicts it is not taken."""

    def __init__(self, n_texts: int) -> None:
        self._heads = list(range(n_texts))
        self._apart: dict[int, set[int]] = {}

    def take(self, first: int, second: int, *, same: bool) -> None:
        """Join two texts, or hold them apart, unless what was taken before forbids it."""
        low, high = sorted((self._head(first), self._head(second)))
        if same and low != high and high not in self._apart.get(low, ()):
            self._heads[high] = low
            for other in self._apart.pop(high, ()):
                self._apart[other].discard(high)
                self._hold_apart(low, other)
        elif not same and low != high:
            self._hold_apart(low, high)

    def nodes(self) -> Places:
        """Return the number of each text's node: joined texts have the same one."""
        heads = [self._head(text) for text in range(len(self._heads))]
        return np.unique(np.array(heads, dtype=np.int64), return_inverse=True)[1].reshape(-1)

    def apart(self) -> Pairs:
        """Return the pairs of nodes that must not stay together."""
        nodes = self.nodes().tolist()
        pairs = [
            (nodes[low], nodes[high])
            for low, others in self._apart.items()
            for high in others
            if nodes[low] < nodes[high]
        ]
        low, high = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2).T
        return Pairs(low=low, high=high, weights=np.ones(len(low)))

    def _hold_apart(self, one: int, other: int) -> None:
        self._apart.setdefault(one, set()).add(other)
        self._apart.setdefault(other, set()).add(one)

    def _head(self, text: int) -> int:
        while self._heads[text] != text:
            self._heads[text] = self._heads[self._heads[text]]
            text = self._heads[text]
        return text
