"""Find the texts that a text shares wording with: ask the index, then compare letter by letter."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nlp_service.duplicates.index import WordingIndex
from nlp_service.duplicates.shared_wording import SharedWording, compare
from nlp_service.duplicates.wording import Wording

COMPARED = 20
"""Candidates that are compared; one comparison takes a millisecond or two."""
_HALF = 0.5


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
    """Return the copies, those that share most letters of the query's own first, equals by id.

    A copy shares a passage that is not boilerplate, or, as form letters do, half of the query.

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
        if _is_copy(shared := compare(query, read(candidate.id)))
    ]
    return sorted(copies, key=_most_shared_first)[:limit]


def _is_copy(shared: SharedWording) -> bool:
    return shared.own_letters > 0 or shared.query.whole >= _HALF


def _most_shared_first(copy: Copy) -> tuple[int, float, str]:
    return -copy.shared.own_letters, -copy.shared.query.whole, copy.id
