"""Say how many submitters share a text's wording: what makes a form letter, and who signed it.

A form letter is boilerplate through and through, so shares without boilerplate say nothing of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlp_service.domain.span import Span
from nlp_service.duplicates.fingerprints import GRAM
from nlp_service.duplicates.index import Counts, WordingIndex
from nlp_service.duplicates.wording import Wording

_FROM = 3
"""Submitters; two may be an author and a co-author."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadStretch:
    """Wording that several submitters share."""

    span: Span
    submitters: int
    """So many have each of at least half of its fingerprints; the text's own one is among them
    where the text itself is indexed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How widely a text's wording is shared."""

    stretches: Sequence[SpreadStretch]
    """In text order, of at least three submitters; set phrases are among them."""
    submitters: int
    """So many have each of at least half of the text's fingerprints, without set phrases: 0 or 1
    for most texts, nearly the number of senders for a form letter."""

    @property
    def is_form_letter(self) -> bool:
        """Whether at least three submitters wrote most of this text."""
        return self.submitters >= _FROM


def read_spread(wording: Wording, index: WordingIndex) -> Spread:
    """Ask an index who else wrote what this text says."""
    if not len(wording.fingerprints):
        return Spread(stretches=[], submitters=0)
    counts = index.submitters_sharing(wording.fingerprints)
    rank = np.searchsorted(wording.fingerprints, wording.grams)
    rank = np.minimum(rank, len(counts) - 1)
    at = np.flatnonzero(wording.fingerprints[rank] == wording.grams)  # the fingerprints' places
    submitters = counts[rank[at]]
    edges = np.flatnonzero(np.diff(submitters >= _FROM, prepend=False, append=False))
    return Spread(
        stretches=[
            SpreadStretch(
                span=wording.span(
                    int(at[first]), min(int(at[end - 1]) + GRAM, len(wording.letters))
                ),
                submitters=_of_half(submitters[first:end]),
            )
            for first, end in edges.reshape(-1, 2)
        ],
        submitters=_of_half(index.submitters_sharing(wording.asked)),
    )


def _of_half(submitters: Counts) -> int:
    """Return the number that at least half of the counts reach; 0 of none."""
    return int(np.sort(submitters)[len(submitters) // 2]) if len(submitters) else 0
