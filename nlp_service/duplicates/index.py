"""The index of fingerprints that duplicates need, whoever keeps it.

``store`` keeps one in PostgreSQL; ``memory_index`` a plain one for training and tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nlp_service.duplicates.fingerprints import Grams

Counts = npt.NDArray[np.int64]

NEWEST = 500
"""Most texts of one fingerprint that an answer regards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A text that shares fingerprints with the one asked for."""

    id: str
    shared: int
    """How many fingerprints it shares."""
    score: float
    """Above 0; only to rank the answers to one question."""


class WordingIndex(Protocol):
    """Texts by their fingerprints. Texts without a submitter are each a submitter of their own.

    Where more than ``NEWEST`` texts have a fingerprint, candidates and counts regard only so many
    of them, those with the greatest ids. So a question takes bounded time whatever many texts say,
    and of a form letter with thousands of senders the latest are found. Ids are ordered as numbers
    are: a shorter one before a longer one, equally long ones by their characters.
    """

    def add(self, id: str, fingerprints: Grams, *, submitter: str = "") -> None:
        """Add a text; one of the same id is replaced."""

    def remove(self, id: str) -> None:
        """Forget a text; an unknown id is no error."""

    def candidates(self, asked: Grams, *, limit: int) -> Sequence[Candidate]:
        """Return the texts that share one of the fingerprints at least, best first, equals by id.

        Each shared fingerprint is worth ln(1 + N / n): N submitters in all, n whose texts have it.
        The sum, times 1 + containment, is the score; containment is how many fingerprints are
        shared of those that the smaller one of both, question or text, has. So a paragraph in a
        long text counts by what is rare in it, and of two texts that share as much the one that
        holds little else comes first.

        Args:
            asked: ascending, each once.
            limit: most texts to return.
        """

    def submitters_sharing(self, fingerprints: Grams) -> Counts:
        """Return for each fingerprint how many different submitters' texts have it.

        Args:
            fingerprints: ascending, each once.
        """

    def count_submitters(self) -> int:
        """Return how many different submitters there are."""

    def common_grams(self, at_least: int) -> Grams:
        """Return the fingerprints, ascending, that so many different submitters share.

        Here every text is regarded.
        """
