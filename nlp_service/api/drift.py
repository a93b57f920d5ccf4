"""How far what comes in now is from what the model learnt from.

The measure is the population stability index, Σ (now − then) · ln(now ÷ then) over the labels of a
head (Siddiqi, "Credit Risk Scorecards", 2006): below 0.1 nothing to see, above 0.25 look into it.
Texts count less the more came after them, so that it tells of the last weeks, not of all time.
"""

import math
import threading
from collections import defaultdict
from collections.abc import Collection, Mapping

HALF_LIFE = 1000
"""After so many further texts of a kind a text counts half."""
FEWEST = 200
"""Texts of a kind below which nothing is told: shares of a few say nothing."""
LOOK_FROM, CALM_BELOW = 0.25, 0.1
"""An index from which one should look into it, and below which there is nothing to see."""
_FLOOR = 1e-3
"""Least share of a label: the index has no value at 0."""

Shares = Mapping[str, Mapping[str, float]]
"""Head -> label -> share, of the texts of one kind."""


class Drift:
    """Compares one kind of texts with what the model learnt from. Safe for threads."""

    def __init__(self, learnt: Shares) -> None:
        """Take the shares in the bundle's data, each head's summing to 1."""
        self._learnt = learnt
        self._counts: dict[str, dict[str, float]] = {head: defaultdict(float) for head in learnt}
        self._seen = 0
        self._weight = 1.0
        self._lock = threading.Lock()

    @property
    def heads(self) -> Collection[str]:
        """The heads that are compared."""
        return self._learnt.keys()

    def count(self, labels: Mapping[str, str]) -> None:
        """Count a text's labels, a label a head.

        To let old ones fade, new ones weigh more; from time to time all is scaled down.
        """
        with self._lock:
            self._seen += 1
            self._weight *= 2 ** (1 / HALF_LIFE)
            for head, counts in self._counts.items():
                if head in labels:
                    counts[labels[head]] += self._weight
            if self._weight > 1e6:
                self._scale_down()

    def index(self, head: str) -> float:
        """Return the head's index; not a number while too few texts came."""
        with self._lock:
            if self._seen < FEWEST:
                return math.nan
            learnt, counts = self._learnt[head], self._counts[head]
            return stability_index(counts, learnt)

    def _scale_down(self) -> None:
        for counts in self._counts.values():
            for label in counts:
                counts[label] /= self._weight
        self._weight = 1.0


def stability_index(counts: Mapping[str, float], learnt: Mapping[str, float]) -> float:
    """Return how far labels are from what was learnt; see the head of this module.

    Args:
        counts: label -> how often it was given, or its share; a label that is missing, never.
        learnt: label -> its share, summing to 1.
    """
    total = sum(counts.values())
    return math.fsum(
        _part(counts.get(label, 0.0) / total, learnt.get(label, 0.0))
        for label in sorted({*learnt, *counts})
    )


def _part(now: float, then: float) -> float:
    now, then = max(now, _FLOOR), max(then, _FLOOR)
    return (now - then) * math.log(now / then)
