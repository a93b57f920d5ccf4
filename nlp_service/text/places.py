"""Find places and named objects in a text: estates, roads, schools, villages, rivers, bus lines.

Written rules alone (``data/duplicates/places.toml``), which an office may extend: a suffix says
that something is a place, and what stands before it, up to a verb or another word at which no name
goes on, is its name. So a name may have a word too many in front (``整条解放路``); ``is_same``
allows for that.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.span import Span
from nlp_service.domain.toml_tables import build, read_toml

Word = tuple[str, str]
"""A word and its class as jieba calls it."""

_RUN = re.compile(r"[0-9A-Za-z·一-鿿]+$")
_NO_NAME = frozenset("v vd vi p c u ul uj uz ug ud uv d ad dg df r rr rz y t x f s o".split())
"""Classes of words that stand before names and seldom in them: verbs, particles, pronouns …"""
_PARTS = frozenset(("road", "water", "building", "village", "estate", "firm"))
"""Kinds of which a name may begin with: 人民路小学, 东湖公园."""
_WINDOW = 16
"""Letters before a suffix that are looked at: more than any name has, and a word before it."""


@dataclass(frozen=True, kw_only=True)
class PlaceKind:
    """One table of ``places.toml``, which says what each key is for."""

    code: str
    name: str
    suffixes: Sequence[str]
    shortest: int
    longest: int
    generic: Sequence[str]
    dropped: Sequence[str]
    patterns: Sequence[str] = field(default_factory=tuple)
    names: Sequence[str] = field(default_factory=tuple)

    @cached_property
    def _is_generic(self) -> re.Pattern[str]:
        return re.compile(f"(?:{_any_of(self.generic).pattern})$")

    def may_name(self, name: str) -> bool:
        """Say whether this, before a suffix, is a name and no mere description."""
        return len(name) >= self.shortest and not self._is_generic.search(name)

    def compared(self, name: str) -> str:
        """Return the name in capitals, without an ending that may be left out."""
        for ending in self.dropped:
            if name.endswith(ending) and len(name) - len(ending) >= self.shortest:
                return name.removesuffix(ending).upper()
        return name.upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place or named object that a text names."""

    kind: str
    """Code of its ``PlaceKind``."""
    name: str
    """As it is compared: in capitals, without what may be left out (``小区``)."""
    span: Span
    """Where it stands in the text, suffix included."""

    @property
    def is_shown(self) -> bool:
        """Whether a reader is told of it: districts of two letters are a word before 市 (由市)."""
        return self.kind != "district" or len(self.name) > 2

    def is_same(self, other: "Place") -> bool:
        """Say whether both names may mean one place: equal, or one with more words in front.

        >>> span = Span(start=0, end=0, quote="")
        >>> road = Place(kind="road", name="解放路", span=span)
        >>> road.is_same(Place(kind="road", name="整条解放路", span=span))
        True
        """
        return self.kind == other.kind and (
            self.name.endswith(other.name) or other.name.endswith(self.name)
        )


@dataclass(frozen=True, kw_only=True)
class PlaceFinder:
    """Finds places by written rules; holds no state of any text. Safe for threads."""

    tag: Callable[[str], Sequence[Word]]
    """Text -> its words in order."""
    boundaries: Sequence[str]
    within: Sequence[str]
    common: Sequence[str]
    kind: Sequence[PlaceKind]

    def find(self, text: str, words: Sequence[Word] | None = None) -> Sequence[Place]:
        """Return the places of a normalised text in text order, no two overlapping.

        A place inside the name of another is part of it: ``人民路小学`` is one school.

        Args:
            text: to be searched.
            words: what ``tag`` says of the text, where that is already known.
        """
        found = list(self._by_pattern(text))
        for place in found:
            text = text[: place.span.start] + "\n" * len(place.span.quote) + text[place.span.end :]
        return sorted((*found, *self._by_suffix(text, words)), key=lambda place: place.span.start)

    def _by_pattern(self, text: str) -> Iterator[Place]:
        end = 0
        matches = [
            (kind, pattern.groups and 1, match)
            for kind, pattern in self._patterns
            for match in pattern.finditer(text)
        ]
        for kind, group, match in sorted(matches, key=lambda found: found[2].span()):
            if match.start() >= end:
                yield _place(kind, match[group], text, *match.span())
                end = match.end()

    def _by_suffix(self, text: str, tagged: Sequence[Word] | None) -> Iterator[Place]:
        """Yield what ends in a suffix; of one inside the next, the longer one alone."""
        last: Place | None = None
        words = None
        for match in self._ends.finditer(text):
            if match[0] in self._common:
                continue
            words = words or self._words(tagged or self.tag(text))
            place = self._ending(text, match, words, last)
            if place is None:
                continue
            if last is not None and place.span.start >= last.span.end:
                yield last
            last = place
        if last is not None:
            yield last

    def _words(self, tagged: Sequence[Word]) -> "_Words":
        ends, walls, soft, end = [], [], [], 0
        for word, tag in tagged:
            end += len(word)
            ends.append(end)
            walls.append(tag in _NO_NAME or word in self._bounding)
            soft.append(word in self.within)
        return _Words(ends=ends, walls=walls, soft=soft)

    def _ending(
        self, text: str, match: re.Match[str], words: "_Words", before: Place | None
    ) -> Place | None:
        """Return the place that ends with this match, by the longest suffix that leaves a name."""
        begun = before.span.end if before and before.span.end <= match.start() else 0
        for cut in range(len(match[0])):
            kind, start = self._kind_of.get(match[0][cut:]), match.start() + cut
            if kind is None or words.has_wall(start, match.end()):
                continue
            run = _RUN.search(text, max(begun, start - min(kind.longest, _WINDOW)), start)
            begin = words.name_start(start, kind.shortest)
            begin = max(begin, run.start()) if run else start
            if kind.may_name(text[begin:start]):
                return _place(kind, text[begin : match.end()], text, begin, match.end())
            if before and begun == start and before.kind in _PARTS:  # 人民路 + 小学
                return _place(
                    kind,
                    text[before.span.start : match.end()],
                    text,
                    before.span.start,
                    match.end(),
                )
        return None

    @cached_property
    def _common(self) -> frozenset[str]:
        return frozenset(self.common)

    @cached_property
    def _kind_of(self) -> Mapping[str, PlaceKind]:
        return {suffix: kind for kind in self.kind for suffix in kind.suffixes}

    @cached_property
    def _ends(self) -> re.Pattern[str]:
        return _any_of([*self._kind_of, *self.common])

    @cached_property
    def _bounding(self) -> frozenset[str]:
        return frozenset(self.boundaries)

    @cached_property
    def _patterns(self) -> Sequence[tuple[PlaceKind, re.Pattern[str]]]:
        return [
            (kind, pattern)
            for kind in self.kind
            for pattern in (
                *map(re.compile, kind.patterns),
                *([_any_of(kind.names)] if kind.names else []),
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """Where the words of a text end, and which of them no name goes across."""

    ends: Sequence[int]
    walls: Sequence[bool]
    soft: Sequence[bool]
    """Walls that also stand in names."""

    def has_wall(self, start: int, end: int) -> bool:
        """Say whether a wall ends at ``end`` and takes in ``start``: 全市 is no name and 市."""
        place = bisect_left(self.ends, end)
        inside = place < len(self.ends) and self.ends[place] == end and self.walls[place]
        return inside and (not place or self.ends[place - 1] < start)

    def name_start(self, end: int, shortest: int) -> int:
        """Return where a name that ends at ``end`` may begin: behind the last wall.

        A soft wall that leaves too short a name is part of it: 和 + 顺 + 路.
        """
        place = bisect_right(self.ends, end) - 1
        while place >= 0 and end - self.ends[place] <= _WINDOW:
            taken_in = self.soft[place] and 0 < end - self.ends[place] < shortest
            if self.walls[place] and not taken_in:
                return self.ends[place]
            place -= 1
        return max(0, end - _WINDOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    boundaries: Sequence[str]
    within: Sequence[str]
    common: Sequence[str]
    kind: Sequence[PlaceKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Local:
    names: Mapping[str, Sequence[str]]


def read_place_finder(path: Path, *, local: Path | None = None) -> PlaceFinder:
    """Read the rules, and load the dictionary that tells classes of words.

    Args:
        path: ``places.toml``.
        local: an office's own file: a table ``names`` of kinds, each with names of that kind that
            are known without a suffix.

    Raises:
        InvalidTaxonomy: a key is missing, unknown or of another type, or a pattern is no regular
            expression.
    """
    import rjieba

    rules = build(_Rules, read_toml(path), file=path, key="places")
    for kind in rules.kind:
        _check_patterns(kind, path)
    return PlaceFinder(
        tag=rjieba.Jieba().tag,
        boundaries=rules.boundaries,
        within=rules.within,
        common=rules.common,
        kind=_with_names(rules.kind, local) if local else rules.kind,
    )


def _check_patterns(kind: PlaceKind, path: Path) -> None:
    for pattern in kind.patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            key = f"kind[{kind.code}].patterns"
            raise InvalidTaxonomy(str(path), key, f"不是有效的正则表达式：{error}") from None


def _with_names(kinds: Sequence[PlaceKind], path: Path) -> Sequence[PlaceKind]:
    names = build(_Local, read_toml(path), file=path, key="places").names
    codes = [kind.code for kind in kinds]
    if unknown := [code for code in names if code not in codes]:
        known = "、".join(codes)
        raise InvalidTaxonomy(str(path), f"names.{unknown[0]}", f"没有这一类，可用：{known}")
    return [replace(kind, names=(*kind.names, *names.get(kind.code, ()))) for kind in kinds]


def _place(kind: PlaceKind, name: str, text: str, start: int, end: int) -> Place:
    return Place(
        kind=kind.code,
        name=kind.compared(name),
        span=Span(start=start, end=end, quote=text[start:end]),
    )


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of the words, the longer ones first."""
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, ordered)))
