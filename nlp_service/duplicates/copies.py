"""Find the texts that a text shares wording with: ask the index, then compare letter by letter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nlp_service.duplicates.index import WordingIndex
from nlp_service.duplicates.shared_wording import SharedWording, compare
from nlp_service.duplicates.wording import Wording

COMPARED = 20
"""Candidates that are compared; one comparison takes a millisecond or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """An earlier text, and what the text asked for shares with it."""

    id: str
    shared: SharedWording


def find_copies(
    query: Wording,
    index: WordingIndex,
    read: Callable[[str], Wording],
    *,
    limit: int,
    compared: int = COMPARED,
) -> Sequence[Copy]:
    """Return the texts that share a passage, those that share most letters first, equals by id.

    Args:
        query: the text asked for; where it is indexed itself, it is among the answers.
        index: of earlier texts.
        read: returns the wording of the text with this id.
        limit: most texts to return.
        compared: most candidates to look at.
    """
    copies = [
        Copy(id=candidate.id, shared=shared)
        for candidate in index.candidates(query.asked, limit=compared)
        if (shared := compare(query, read(candidate.id))).passages
    ]
    return sorted(copies, key=_most_shared_first)[:limit]


def _most_shared_first(copy: Copy) -> tuple[int, float, str]:
    return -copy.shared.own_letters, -copy.shared.query.whole, copy.id
