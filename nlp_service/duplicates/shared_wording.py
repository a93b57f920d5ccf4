"""Say what wording two texts share: which passages, where in each, and how much of each it is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp_service.domain.span import Span
from nlp_service.duplicates.alignment import Integers, Runs, align, sum_covered
from nlp_service.duplicates.fingerprints import GUARANTEED
from nlp_service.duplicates.letters import Booleans, Places, cover
from nlp_service.duplicates.wording import Section, Wording


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRun:
    """Where two texts are equal letter for letter; marks and blanks between may differ."""

    query: Span
    source: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Runs that follow one another in both texts, with small changes between them."""

    runs: Sequence[SharedRun]
    """In the order of the query; no two overlap there, those of other passages included."""
    letters: int
    """How many letters of the query they have."""
    own_letters: int
    """How many of these are not boilerplate."""
    query_section: Section
    """In which most of it stands."""
    source_section: Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of one text the other one has, 0–1."""

    own: float
    """Of its letters that are not boilerplate: 查重率. 0 where it has none of its own."""
    whole: float
    """Of all its letters, boilerplate or not."""
    by_section: Mapping[Section, float]
    """As ``own``, of each section that has letters of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedWording:
    """What two texts share. Asked the other way round, the shares change places."""

    passages: Sequence[Passage]
    """In the order of the query. What the source says twice is shown once, but all of it counts
    in the source's share."""
    own_letters: int
    """How many letters of the query its share ``own`` stands for."""
    query: Share
    source: Share


def compare(query: Wording, source: Wording) -> SharedWording:
    """Find what two texts share, in time about linear in their length.

    Every run of ``GUARANTEED`` (15) letters is found, and shorter ones that with their neighbours
    make a passage of as many. A passage counts in the shares ``own`` when as many of its letters
    are not boilerplate. Of texts that are equal throughout, all counts, however short.
    """
    runs = align(query.letters, source.letters)
    own = np.minimum(
        sum_covered(runs.query, runs.length, runs.passage, len(query.letters), _worth(query)),
        sum_covered(runs.source, runs.length, runs.passage, len(source.letters), _worth(source)),
    )
    needed = min(GUARANTEED, len(query.letters), len(source.letters))
    counting = own[runs.passage] >= needed
    of_query, n_own = _share(query, runs.query, runs.length, counting)
    of_source, _ = _share(source, runs.source, runs.length, counting)
    return SharedWording(
        passages=_passages(query, source, runs), own_letters=n_own, query=of_query, source=of_source
    )


def _worth(wording: Wording) -> Integers:
    return np.concatenate([[0], np.cumsum(wording.is_own)])


def _share(
    wording: Wording, start: Integers, length: Integers, counting: Booleans
) -> tuple[Share, int]:
    size = len(wording.letters)
    shared = cover(start[counting], (start + length)[counting], size) & wording.is_own
    share = Share(
        own=_part(shared, wording.is_own),
        whole=_part(cover(start, start + length, size), np.ones(size, dtype=np.bool_)),
        by_section={
            section: _part(shared[first:end], wording.is_own[first:end])
            for section, (first, end) in wording.sections.items()
            if wording.is_own[first:end].any()
        },
    )
    return share, int(shared.sum())


def _part(some: Booleans, all_: Booleans) -> float:
    return float(some.sum() / all_.sum()) if all_.any() else 0.0


def _passages(query: Wording, source: Wording, runs: Runs) -> Sequence[Passage]:
    """Give each letter of the query to one run: of the fullest passage, then the longest."""
    full = sum_covered(runs.query, runs.length, runs.passage, len(query.letters))
    order = np.lexsort((runs.source, runs.query, -runs.length, -full[runs.passage]))
    free = np.ones(len(query.letters), dtype=np.bool_)
    pieces: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for row in order.tolist():
        first, length = int(runs.query[row]), int(runs.length[row])
        for begin, end in _stretches(free[first : first + length]):
            pieces[int(runs.passage[row])].append(
                (first + begin, int(runs.source[row]) + begin, end - begin)
            )
        free[first : first + length] = False
    found = [_passage(query, source, sorted(each)) for each in pieces.values()]
    return sorted(found, key=lambda passage: passage.runs[0].query.start)


def _stretches(free: Booleans) -> Sequence[tuple[int, int]]:
    if free.all():
        return [(0, len(free))]
    edges = np.flatnonzero(np.diff(free, prepend=False, append=False))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]


def _passage(query: Wording, source: Wording, pieces: Sequence[tuple[int, int, int]]) -> Passage:
    at = _letters_of([(place, length) for place, _, length in pieces])
    source_at = _letters_of([(place, length) for _, place, length in pieces])
    return Passage(
        runs=[
            SharedRun(
                query=query.span(place, place + length), source=source.span(other, other + length)
            )
            for place, other, length in pieces
        ],
        letters=len(at),
        own_letters=int(query.is_own[at].sum()),
        query_section=_section(query, at),
        source_section=_section(source, source_at),
    )


def _letters_of(stretches: Sequence[tuple[int, int]]) -> Places:
    return np.concatenate([np.arange(start, start + length) for start, length in stretches])


def _section(wording: Wording, letters: Places) -> Section:
    """Return the section that most of the letters stand in; of equals the earlier one."""
    sections = wording.sections
    inside = [((first <= letters) & (letters < end)).sum() for first, end in sections.values()]
    return list(sections)[int(np.argmax(inside))]
