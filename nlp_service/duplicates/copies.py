"""Find the texts that a text shares wording with: ask the index, then compare letter by letter."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nlp_service.duplicates.index import Candidate, WordingIndex
from nlp_service.duplicates.shared_wording import SharedWording, compare
from nlp_service.duplicates.wording import Wording

COMPARED = 10
"""Most candidates that are compared; one comparison takes a millisecond or two."""
_SURELY_COMPARED, _LEAST_SHARED = 3, 2
"""The best three are compared in any case, the others where they share two fingerprints: one alone
is mostly chance. Over 400 made copies and 150 new texts against 5,000, no source was lost that 20
comparisons found; eight other finds were, seven of them below a tenth of the text asked for.
"""
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
        compared: most candidates to look at, but never fewer than may be returned.
    """
    candidates = choose_candidates(query, index, most=max(compared, limit))
    return keep_copies(query, {each.id: read(each.id) for each in candidates}, limit=limit)


def choose_candidates(
    query: Wording, index: WordingIndex, *, most: int = COMPARED
) -> Sequence[Candidate]:
    """Return the texts that are worth comparing, most promising first.

    Whoever can read several texts at once reads these, then calls ``keep_copies``.
    """
    found = index.candidates(query.asked, limit=most)
    return [
        each
        for place, each in enumerate(found)
        if place < _SURELY_COMPARED or each.shared >= _LEAST_SHARED
    ]


def keep_copies(query: Wording, sources: Mapping[str, Wording], *, limit: int) -> Sequence[Copy]:
    """Return those of some texts that are copies, in the order of ``find_copies``.

    Args:
        query: the text asked for.
        sources: texts to compare it with, by id.
        limit: most texts to return.
    """
    copies = [
        Copy(id=id, shared=shared)
        for id, source in sources.items()
        if _is_copy(shared := compare(query, source))
    ]
    return sorted(copies, key=_most_shared_first)[:limit]


def _is_copy(shared: SharedWording) -> bool:
    return shared.own_letters > 0 or shared.query.whole >= _HALF


def _most_shared_first(copy: Copy) -> tuple[int, float, str]:
    return -copy.shared.own_letters, -copy.shared.query.whole, copy.id
