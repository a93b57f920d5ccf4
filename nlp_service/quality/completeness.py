"""Check whether a public message (群众来信) has what one needs to act: who, where, when, what, ask.

``completeness.toml`` says by which wordings each is seen. Seen or not seen is all that is said:
no score, and nothing of whether it is true. Who is a role or a group, never a name.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from nlp_service.domain.quality import Item, Quote
from nlp_service.domain.toml_tables import build, read_toml
from nlp_service.quality.evidence import Evidence, EvidenceType
from nlp_service.quality.evidence_lexicon import Stretch
from nlp_service.quality.phrases import (
    Phrase,
    PhraseIndex,
    PhraseReader,
    Place,
    apart,
    longest_first,
)
from nlp_service.text.normalise import Document

ITEMS = ("who", "where", "when", "what", "ask")
"""The codes, in the order in which they are told."""

_LONGEST = 24  # characters of a quote that runs on to the end of its clause
_CLAUSE_END = re.compile(r"[,。;:!?\n]|\.{3}")
_NAME = re.compile(r"[0-9A-Za-z㐀-鿿·]+\Z")
_PLACE_NAME = "地点"


@dataclass(frozen=True, kw_only=True)
class SignTable:
    """Wordings that show an item; the file explains the notation."""

    name: str
    phrases: Sequence[str] = ()
    evidence: EvidenceType | None = None
    stretch: Stretch = Stretch.MATCH


@dataclass(frozen=True, kw_only=True)
class ItemTable:
    """One item and its signs, the surest first."""

    code: str
    name: str
    most: int
    """How many quotes are enough."""
    sign: Sequence[SignTable] = ()
    place: bool = False
    """A named place shows it, too."""


@dataclass(frozen=True, kw_only=True)
class PlaceTable:
    """How a place that one can go to is told from its name."""

    longest: int
    """Characters of the name before its ending."""
    endings: Sequence[str]
    stops: Sequence[str]
    """A name never goes back over one of these."""
    not_names: Sequence[str]
    """Before an ending, these name no certain place."""
    parts: Sequence[str]
    """Phrases that belong to the place directly before them."""
    known: Sequence[str]
    """Phrases that are a place without a name."""


@dataclass(frozen=True, kw_only=True)
class CompletenessTable:
    """``completeness.toml`` as it is written."""

    lists: Mapping[str, Sequence[str]]
    place: PlaceTable
    item: Sequence[ItemTable]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sign:
    number: int
    code: str
    name: str
    evidence: EvidenceType | None
    stretch: Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    code: str
    name: str
    most: int
    place: bool
    signs: Sequence[_Sign]


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlaceRules:
    longest: int
    stops: re.Pattern[str]
    nameless: re.Pattern[str]
    """Fits what stands before an ending where it names no certain place."""
    parts: re.Pattern[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletenessRules:
    """The items, their phrases and the places, ready to be applied."""

    items: Sequence[_Item]
    phrases: PhraseIndex
    place: _PlaceRules


_KNOWN_PLACE, _ENDING = 0, 1  # the owners of a place without a name, and of the end of one


def check_completeness(
    document: Document, evidence: Sequence[Evidence], rules: CompletenessRules
) -> Sequence[Item]:
    """Return who, where, when, what and ask with the quotes that show them; none: 未见.

    ``evidence`` is that of ``find_evidence``. Takes time in proportion to the length of the text.
    """
    text = document.text
    found = rules.phrases.find_all(text)
    items = []
    for item in rules.items:
        quotes: dict[str, Quote] = {}
        for sign, place in _seen(item, text, evidence, found, rules.place):
            if len(quotes) == item.most:
                break
            _add(quotes, sign, place, text)
        seen = sorted(quotes.values(), key=lambda quote: quote.start)
        items.append(Item(code=item.code, name=item.name, seen=seen))
    return items


def _add(quotes: dict[str, Quote], sign: tuple[str, str], place: Place, text: str) -> None:
    """Add the quote unless the same words, or a quote that it overlaps, are there."""
    start, end = place
    words = text[start:end]
    apart_from_all = all(end <= each.start or each.end <= start for each in quotes.values())
    if words not in quotes and apart_from_all:
        kind, name = sign
        quotes[words] = Quote(
            start=start, end=end, quote=words, type=kind, name=name, suggested=False
        )


def _seen(
    item: _Item,
    text: str,
    evidence: Sequence[Evidence],
    found: Mapping[int, Sequence[Place]],
    rules: _PlaceRules,
) -> Iterator[tuple[tuple[str, str], Place]]:
    """Yield each place that shows the item and what shows it there, the surest sign first."""
    if item.place:
        named = _named_places(text, found.get(_ENDING, ()), rules)
        for place in chain(named, found.get(_KNOWN_PLACE, ())):
            yield ("place", _PLACE_NAME), place
    for sign in item.signs:
        if sign.evidence:
            places: Iterable[Place] = (
                (each.start, each.end) for each in evidence if each.type is sign.evidence
            )
        else:
            places = apart(found.get(sign.number, ()))
        for start, end in places:
            yield (sign.code, sign.name), _stretched(text, start, end, sign.stretch)


def _stretched(text: str, start: int, end: int, stretch: Stretch) -> Place:
    """Return the match, on to the end of its clause or all of it; no more than the longest."""
    if stretch in (Stretch.BACK, Stretch.CLAUSE):
        first = max(0, end - _LONGEST)
        start = max([first, *(mark.end() for mark in _CLAUSE_END.finditer(text, first, start))])
    if stretch in (Stretch.ON, Stretch.CLAUSE):
        furthest = max(end, min(len(text), start + _LONGEST))
        mark = _CLAUSE_END.search(text, end, furthest)
        end = mark.start() if mark else furthest
    return start, end


def _named_places(text: str, endings: Sequence[Place], rules: _PlaceRules) -> Iterator[Place]:
    """Yield the places that a name and an ending make, with the house or part behind them."""
    reached = 0
    for ending, end in apart(endings):
        start = _name_start(text, reached, ending, rules)
        if start is None:
            continue
        while rules.parts and (part := rules.parts.match(text, end)) and part.end() > end:
            end = part.end()
        yield start, end
        reached = end


def _name_start(text: str, reached: int, end: int, rules: _PlaceRules) -> int | None:
    """Return where the name begins that ends there; None where none does."""
    first = max(reached, end - rules.longest)
    name = _NAME.search(text, first, end)
    if not name:
        return None
    start = name.start()
    for stop in rules.stops.finditer(text, start, end):
        start = stop.end()
    return None if rules.nameless.fullmatch(text, start, end) else start


def read_completeness(path: Path) -> CompletenessRules:
    """Read ``completeness.toml``.

    Raises:
        InvalidTaxonomy: a key or type that does not fit, a phrase that cannot be read, other
            items than the five or in another order.
    """
    table = build(CompletenessTable, read_toml(path), file=path, key="completeness")
    reader = PhraseReader(file=path, lists=table.lists)
    if tuple(item.code for item in table.item) != ITEMS:
        reader.refuse("item.code", f"应依次为 {'、'.join(ITEMS)}")
    phrases = [
        *_phrases(reader, _KNOWN_PLACE, table.place.known, "place.known"),
        *_phrases(reader, _ENDING, table.place.endings, "place.endings"),
    ]
    items: list[_Item] = []
    number = _ENDING
    for item in table.item:
        signs = []
        for sign in item.sign:
            number += 1
            key = f"item[{item.code}].sign[{sign.name}]"
            if bool(sign.phrases) == bool(sign.evidence):
                reader.refuse(key, "phrases、evidence 应恰有一个")
            phrases += _phrases(reader, number, sign.phrases, f"{key}.phrases")
            signs.append(
                _Sign(
                    number=number,
                    code=sign.evidence or item.code,
                    name=sign.name,
                    evidence=sign.evidence,
                    stretch=sign.stretch,
                )
            )
        items.append(
            _Item(code=item.code, name=item.name, most=item.most, place=item.place, signs=signs)
        )
    place = _place_rules(table.place, reader)
    return CompletenessRules(items=items, phrases=PhraseIndex(phrases), place=place)


def _phrases(
    reader: PhraseReader, number: int, written: Sequence[str], key: str
) -> list[tuple[int, Phrase]]:
    return [(number, phrase) for each in written for phrase in reader.phrases(each, key=key)]


def _place_rules(table: PlaceTable, reader: PhraseReader) -> _PlaceRules:
    stops = reader.any_of(longest_first(table.stops), key="place.stops")
    if not stops:
        reader.refuse("place.stops", "不能为空")
    return _PlaceRules(
        longest=table.longest,
        stops=stops,
        nameless=_nameless(table.not_names),
        parts=reader.any_of(table.parts, key="place.parts"),
    )


def _nameless(not_names: Sequence[str]) -> re.Pattern[str]:
    """Fit one character that is no letter or digit, and what ends in such a word."""
    whole = [re.escape(word) for word in not_names if len(word) == 1]
    last = [re.escape(word) for word in not_names if len(word) > 1]
    return re.compile(rf"[^0-9A-Za-z]?|{'|'.join(whole)}|.*?(?:{'|'.join(last)})")
