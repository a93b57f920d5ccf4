"""Make as many different submissions as a large archive has, worded as people word theirs.

Clauses of real texts stand together anew, every seventh letter another one: some strings of
letters are in thousands of texts, most in one or a few, as in life.
"""

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

_CLAUSE = re.compile(r"[^,。!?;、\n]+[,。!?;、\n]*")
_CHANGED = 0.15
_LONG = 0.08
"""Share of texts that are proposals of 1,500 to 3,000 characters; the others have 100 to 500."""


class Archive:
    """Texts without end, the same ones for the same seed."""

    def __init__(self, texts: Sequence[str], *, seed: int) -> None:
        """Take apart the texts that others are made of."""
        clauses = [_codes(clause) for text in texts for clause in _CLAUSE.findall(text)]
        self._letters = np.concatenate(clauses)
        self._ends = np.cumsum([len(clause) for clause in clauses])
        self._clauses = clauses
        self._chance = np.random.default_rng(seed)

    def __iter__(self) -> Iterator[str]:
        """Yield texts."""
        while True:
            yield self._make()

    def _make(self) -> str:
        length = self._draw_length()
        taken: list[npt.NDArray[np.uint32]] = []
        while length > 0:
            taken.append(self._clauses[self._chance.integers(len(self._clauses))])
            length -= len(taken[-1])
        codes = np.concatenate(taken)
        changed = self._chance.random(len(codes)) < _CHANGED
        codes[changed] = self._chance.choice(self._letters, int(changed.sum()))
        return codes.tobytes().decode("utf-32-le")

    def _draw_length(self) -> int:
        if self._chance.random() < _LONG:
            return int(self._chance.integers(1500, 3000))
        return int(np.clip(self._chance.lognormal(5.4, 0.5), 100, 500))


def _codes(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
