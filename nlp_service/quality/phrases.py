"""Phrases as an office writes them into a list of rules, and how to find them fast.

A phrase is plain words with a few marks: gaps, numbers, alternatives, named lists (the head of
``gates.toml`` explains them to its reader). Every gap is bounded, so a search takes time in
proportion to the text, whatever is written. Nothing here knows a gate.
"""

import itertools
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from nlp_service.domain.errors import InvalidTaxonomy

Place = tuple[int, int]
"""Start and end offset."""

_MOST_GAPS = 3  # in a phrase; each multiplies the work at one place
_GAPS = {"……": r"[^。!?;\n]{0,30}?", "…": r"[^。!?;,\n]{0,10}?"}
_NUMBER = r"[0-9〇一二两三四五六七八九十百千万余几数Xx×*]{1,24}"
_NOTATION = re.compile(r"(……|…|#|\{[^{}]*\}|\([^()]*\)|<[^<>]*>)")
_MARKS = "…#{}()<>"
_MOST_WORDINGS = 400  # of a phrase without gaps that are looked for as plain words
_CODE_BITS = 21  # of one character; two make the code of a pair
_HASH_BITS = 16
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # odd, its bits mixed: near codes fall far apart

_Pattern = tuple[int, re.Pattern[str], Sequence[frozenset[int]]]
"""An owner, a pattern, and the codes of pieces of which it needs one of each set."""
_Part = str | Sequence[str]
"""Of a phrase: a pattern that stands for no certain words, or alternative wordings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One wording of a phrase, plain or with gaps."""

    wording: str | re.Pattern[str]
    pieces: Sequence[Set[str]]
    """Sets of pairs of characters (or single ones): every place has one of each set."""


class PhraseIndex:
    """Many phrases, each with its owner's number, of which a text has few."""

    def __init__(self, phrases: Sequence[tuple[int, Phrase]]) -> None:
        """Sort the phrases by their pieces; one is looked for only where these occur."""
        self._plain: dict[int, list[tuple[int, str]]] = defaultdict(list)
        self._patterns: list[_Pattern] = []
        self._numbers: dict[int, list[int]] = defaultdict(list)
        for owner, phrase in phrases:
            rarest, *others = sorted(phrase.pieces, key=_commonness)
            if isinstance(phrase.wording, str):
                for piece in rarest:
                    self._plain[_code(piece)].append((owner, phrase.wording))
                continue
            for piece in rarest:
                self._numbers[_code(piece)].append(len(self._patterns))
            needs = [frozenset(map(_code, pieces)) for pieces in others]
            for code in frozenset[int]().union(*needs):
                self._numbers[code] += []
            self._patterns.append((owner, phrase.wording, needs))
        self._may_occur = np.zeros(1 << _HASH_BITS, dtype=np.bool_)
        known = np.array([*self._plain, *self._numbers], dtype=np.uint64)
        self._may_occur[_hashed(known)] = True

    def find_all(self, text: str) -> Mapping[int, Sequence[Place]]:
        """Return the places of each owner's phrases, in no order; only of owners that have some."""
        if not text:
            return {}
        found: dict[int, list[Place]] = defaultdict(list)
        near = self._near(text)
        for code in self._plain.keys() & near:
            for owner, words in self._plain[code]:
                if words in text:
                    found[owner] += _places_of(words, text)
        here = self._numbers.keys() & near
        for number in {number for code in here for number in self._numbers[code]}:
            owner, pattern, needs = self._patterns[number]
            if not any(map(here.isdisjoint, needs)):
                if places := [match.span() for match in pattern.finditer(text)]:
                    found[owner] += places
        return found

    def _near(self, text: str) -> Sequence[int]:
        """Return the codes of the text's pieces that may be known: nearly all others are left out.

        One look-up in an array for each piece costs a tenth of one in a dictionary.
        """
        characters = np.frombuffer(
            text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32
        ).astype(np.uint64)
        pairs = characters[:-1] << np.uint64(_CODE_BITS) | characters[1:]
        codes = np.concatenate([characters, pairs])
        near: Sequence[int] = codes[self._may_occur[_hashed(codes)]].tolist()
        return near


def _places_of(words: str, text: str) -> Sequence[Place]:
    places = []
    start = text.find(words)
    while start >= 0:
        end = start + len(words)
        places.append((start, end))
        start = text.find(words, end)
    return places


def _commonness(pieces: Set[str]) -> tuple[bool, int]:
    """Order sets of pieces: single characters are common, and so is one of many pairs."""
    return min(map(len, pieces)) == 1, len(pieces)


def _code(piece: str) -> int:
    return ord(piece[0]) << _CODE_BITS | ord(piece[1]) if piece[1:] else ord(piece)


def _hashed(codes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    return codes * _SPREAD >> np.uint64(64 - _HASH_BITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseReader:
    """Reads the phrases of one file.

    Raises, from either method:
        InvalidTaxonomy: an unknown list, marks that do not pair, too many gaps, no certain word.
    """

    file: Path
    lists: Mapping[str, Sequence[str]]

    def phrases(self, written: str, *, key: str) -> Sequence[Phrase]:
        """Read one phrase, to be looked for in a whole text, as one or more wordings."""
        parts = self._parts(written, key)
        pieces = _sure_pieces(parts)
        if not pieces:
            self.refuse(key, f"短语 {written!r} 中没有确定的字")
        words = [part for part in parts if not isinstance(part, str)]
        if len(words) < len(parts) or math.prod(map(len, words)) > _MOST_WORDINGS:
            return [Phrase(wording=re.compile(_source(parts)), pieces=pieces)]
        return [
            Phrase(wording=wording, pieces=[{wording[:2]}])
            for wording in map("".join, itertools.product(*words))
        ]

    def any_of(self, written: Sequence[str], *, key: str) -> re.Pattern[str] | None:
        """Read several into one pattern, for a look at a single sentence; None if there are none.

        A plain word may be anything but empty here.
        """
        if "" in written:
            self.refuse(key, "短语不能为空")
        sources = [_source(self._parts(phrase, key)) for phrase in written]
        return re.compile("|".join(sources)) if sources else None

    def _parts(self, written: str, key: str) -> Sequence[_Part]:
        parts = [part for part in _NOTATION.split(written) if part]
        if sum(part in _GAPS for part in parts) > _MOST_GAPS:
            self.refuse(key, f"短语 {written!r} 中空档超过 {_MOST_GAPS} 处")
        return [self._part(part, key) for part in parts]

    def _part(self, part: str, key: str) -> _Part:
        inside = part[1:-1]
        match part[0], part[-1]:
            case "…", _:
                return _GAPS[part]
            case "#", _:
                return _NUMBER
            case "<", ">" if inside:
                return f"(?![{re.escape(inside)}])"
            case "{", "}":
                if inside not in self.lists:
                    self.refuse(key, f"没有名单 {part}")
                words = self.lists[inside]
            case "(", ")":
                words = inside.split("/")
            case _:
                words = [part]
        if any(mark in word for word in words for mark in _MARKS):
            self.refuse(key, f"记号不成对或互相套用：{part}")
        return longest_first([unicodedata.normalize("NFKC", word) for word in words])

    def refuse(self, key: str, reason: str) -> NoReturn:
        """Say what in the file does not fit.

        Raises:
            InvalidTaxonomy: always.
        """
        raise InvalidTaxonomy(str(self.file), key, reason)


def longest_first(words: Sequence[str]) -> Sequence[str]:
    """Return each word once, before the words that it begins with: the longest is quoted."""
    return sorted(set(words), key=lambda word: (-len(word), word))


def apart(places: Sequence[Place]) -> Iterator[Place]:
    """Yield the places in text order, without those that overlap an earlier or longer one."""
    reached = 0
    for start, end in sorted(places, key=_longer_first):
        if start >= reached:
            reached = end
            yield start, end


def _longer_first(place: Place) -> Place:
    return place[0], -place[1]


def _source(parts: Sequence[_Part]) -> str:
    return "".join(
        part if isinstance(part, str) else f"(?:{'|'.join(map(re.escape, part))})" for part in parts
    )


def _sure_pieces(parts: Sequence[_Part]) -> Sequence[Set[str]]:
    """Return for each run of words between gaps how it may begin: two characters, or only one."""
    sure = []
    beginnings = {""}
    for part in [*parts, ""]:
        if isinstance(part, str):
            if "" not in beginnings:
                sure.append(beginnings)
            beginnings = {""}
        else:
            beginnings = {
                begun if len(begun) == 2 else (begun + word)[:2]
                for begun in beginnings
                for word in part
            }
    return sure
