"""Find what a proposal shows (figures, visits, causes, measures …) and where it only says slogans.

``evidence_lexicon`` reads the rules; here they are applied, and what holds between quotes is
settled. That something is seen says nothing of whether it is true, and no level is given here.
The author's person is not read.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import NamedTuple

from nlp_service.domain.span import Span
from nlp_service.quality.evidence_lexicon import (
    EvidenceLexicon,
    EvidenceRule,
    EvidenceType,
    Fact,
    Part,
    Stretch,
    read_evidence_lexicon,
)
from nlp_service.text.normalise import Document
from nlp_service.text.sections import find_suggestions
from nlp_service.text.sentences import split_sentences

__all__ = [
    "Evidence",
    "EvidenceLexicon",
    "EvidenceType",
    "Fact",
    "find_evidence",
    "read_evidence_lexicon",
]

Place = tuple[int, int]
"""Start and end offset."""

LONGEST = 120
"""Characters of a quote; what is longer is cut."""

_LEAD = 24  # characters before a match in which what leads up to it is looked for
_SEPARATOR = re.compile(r"[。;:!?\n,](?!(?<=\d,)\d{3})")
_WITHIN_SENTENCE = ",:"
_COUNTED_BY = "人名位户家万亿%成"
_CONCRETE = (
    EvidenceType.ACTION,
    EvidenceType.QUANTITY,
    EvidenceType.DEADLINE,
    EvidenceType.MONEY,
    EvidenceType.LEGAL_BASIS,
    EvidenceType.PRECEDENT,
)
_DETAILED = (
    EvidenceType.SURVEY,
    EvidenceType.CASE,
    EvidenceType.COMPARISON,
    EvidenceType.PRECEDENT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Span):
    """A quote of the normalised text and what it shows."""

    type: EvidenceType
    sentence: int
    """Which of ``split_sentences(document.text)`` it begins in, from 0."""
    suggested: bool
    """It stands where the text suggests something."""
    facts: frozenset[Fact] = frozenset()


class _Found(NamedTuple):
    start: int
    end: int
    facts: frozenset[Fact]


class _Layout:
    """A text cut into sentences and clauses, and where it suggests. Offsets are shifted by one.

    The line break put in front lets a rule ask for what stands before the first word.
    """

    def __init__(
        self, document: Document, lexicon: EvidenceLexicon, sentences: Sequence[Span]
    ) -> None:
        self.text = text = "\n" + document.scored.text
        self.sentences = [span.start + 1 for span in sentences]
        self._separators = [match.start() for match in _SEPARATOR.finditer(text)]
        self._body = 1 + (len(document.title) + 1 if document.title and document.body else 0)
        self._suggestions = self._beginning(document, lexicon)
        undivided = self._suggestions == len(text)
        self._suggesting = [
            start >= self._body and _suggests(text[start:end], lexicon, undivided=undivided)
            for start, end in self._ranges()
        ]
        suggestions = list(self._suggested_stretches())
        self.stretches = {
            Part.ANYWHERE: [(0, len(text))],
            Part.BODY: [(self._body - 1, len(text))],
            Part.SUGGESTIONS: suggestions,
            Part.SITUATION: self._between(suggestions),
        }

    def _beginning(self, document: Document, lexicon: EvidenceLexicon) -> int:
        """Return where the suggestions begin; the end of the text if nothing says so."""
        beginning = find_suggestions(document.body)
        if beginning is not None:
            return self._body + beginning
        sign = lexicon.begins.search(self.text, self._body - 1)
        return sign.start() + 1 if sign else len(self.text)

    def _ranges(self) -> Iterable[Place]:
        """Return start and end of each sentence with the blanks behind it."""
        return zip(self.sentences, [*self.sentences[1:], len(self.text)], strict=False)

    def _suggested_stretches(self) -> Iterator[Place]:
        """Yield what suggests; each begins with the mark in front of its first word."""
        for (start, end), suggests in zip(self._ranges(), self._suggesting, strict=True):
            if suggests and start < self._suggestions:
                yield start - 1, min(end, self._suggestions) - 1
        if self._suggestions < len(self.text):
            yield self._suggestions - 1, len(self.text)

    def _between(self, stretches: Sequence[Place]) -> Sequence[Place]:
        begins = [self._body - 1, *(end for _, end in stretches)]
        ends = [*(start for start, _ in stretches), len(self.text)]
        return [(start, end) for start, end in zip(begins, ends, strict=True) if start < end]

    def sentence(self, place: int) -> int:
        return max(bisect_right(self.sentences, place) - 1, 0)

    def suggests(self, place: int) -> bool:
        return place >= self._suggestions or self._suggesting[self.sentence(place)]

    def clause(self, start: int, end: int) -> Place:
        """Return the clause or clauses of a stretch, no further than the longest quote."""
        first = bisect_left(self._separators, start)
        last = bisect_left(self._separators, end)
        begins = self._separators[first - 1] + 1 if first else 0
        ends = self._separators[last] if last < len(self._separators) else len(self.text)
        return max(begins, end - LONGEST), min(ends, start + LONGEST)

    def with_neighbours(self, start: int, end: int, beside: re.Pattern[str]) -> Place:
        """Return the stretch with the clauses before and behind it that belong to it."""
        text = self.text
        while text[start - 1] in _WITHIN_SENTENCE and end - start < LONGEST:
            begins, _ = self.clause(start - 1, start - 1)
            if not beside.search(text[begins : start - 1]):
                break
            start = begins
        while end < len(text) and text[end] in _WITHIN_SENTENCE and end - start < LONGEST:
            _, ends = self.clause(end + 1, end + 1)
            if not beside.search(text[end + 1 : ends]):
                break
            end = ends
        return start, end


def _suggests(sentence: str, lexicon: EvidenceLexicon, *, undivided: bool) -> bool:
    if lexicon.suggests.search(sentence):
        return True
    return bool(undivided and lexicon.urges.search(sentence) and not lexicon.tells.search(sentence))


def find_evidence(
    document: Document, lexicon: EvidenceLexicon, sentences: Sequence[Span] | None = None
) -> Sequence[Evidence]:
    """Return what the text shows and what it lacks substance in, in text order.

    Quotes of one type never overlap. Time is linear in the length of the text.

    Args:
        document: the text.
        lexicon: what is looked for.
        sentences: ``split_sentences(document.text)``, where the caller has it.
    """
    if sentences is None:
        sentences = split_sentences(document.text)
    layout = _Layout(document, lexicon, sentences)
    found: dict[EvidenceType, Sequence[_Found]] = {}
    for kind, rules in lexicon.rules.items():
        matches = _merged(_matches(rules, layout, found))
        if beside := lexicon.beside.get(kind):
            matches = _merged(_with_neighbours(matches, layout, beside))
        found[kind] = matches
    found = _without_hollow(found)
    figures = found[EvidenceType.FIGURE]
    found[EvidenceType.FIGURE] = [each for each in figures if not layout.suggests(each.start)]
    asked = [each for each in figures if layout.suggests(each.start)]
    found[EvidenceType.QUANTITY] = _merged([*found[EvidenceType.QUANTITY], *asked])
    found[EvidenceType.GROUP] = _counted(found[EvidenceType.GROUP], figures, layout)
    found[EvidenceType.BODY] = _acting(found[EvidenceType.BODY], layout, lexicon)
    found[EvidenceType.SLOGAN] = _without_substance(found, layout)
    for kind in _DETAILED:
        found[kind] = [_detailed(each, found, figures, layout, lexicon) for each in found[kind]]
    evidence = [
        Evidence(
            type=kind,
            start=start - 1,
            end=end - 1,
            quote=document.text[start - 1 : end - 1],
            sentence=layout.sentence(start),
            suggested=layout.suggests(start),
            facts=facts,
        )
        for kind, places in found.items()
        for start, end, facts in places
    ]
    return sorted(evidence, key=attrgetter("start", "end"))


def _matches(
    rules: Sequence[EvidenceRule],
    layout: _Layout,
    found: Mapping[EvidenceType, Sequence[_Found]],
) -> Iterator[_Found]:
    for rule in rules:
        for stretch in layout.stretches[rule.part]:
            for match in rule.regex.finditer(layout.text, *stretch):
                if place := _counted_place(rule, match, layout, found):
                    yield place


def _counted_place(
    rule: EvidenceRule,
    match: re.Match[str],
    layout: _Layout,
    found: Mapping[EvidenceType, Sequence[_Found]],
) -> _Found | None:
    """Return what is quoted of a match; None where the rule says that it does not count."""
    text = layout.text
    start, end = match.span(match.lastindex or 0)
    if (
        start == end
        or text.startswith(rule.not_before, end)
        or text.endswith(rule.not_after, 0, start)
        or text.startswith(rule.not_starting, start)
        or text.endswith(rule.not_ending, start, end)
    ):
        return None
    if rule.lead and (lead := rule.lead.search(text[max(0, start - _LEAD) : start])):
        start -= len(lead[0])
    if rule.unless or rule.stretch is not Stretch.MATCH:
        begins, ends = layout.clause(start, end)
        if rule.unless and rule.unless.search(text, begins, ends):
            return None
        if rule.stretch in (Stretch.BACK, Stretch.CLAUSE):
            start = begins
        if rule.stretch in (Stretch.ON, Stretch.CLAUSE):
            end = max(end, ends)
    start += text[start].isspace()  # normalised: one blank at most
    if rule.only_with and not rule.only_with.search(text, start, end):
        return None
    if rule.only_with_type and not _holds(found[rule.only_with_type], start, end):
        return None
    return _Found(start, end, rule.facts)


def _holds(places: Sequence[_Found], start: int, end: int) -> bool:
    """Say whether one of the places, sorted and apart, overlaps the stretch."""
    first = bisect_right(places, start, key=lambda each: each.end)
    return first < len(places) and places[first].start < end


def _merged(places: Iterable[_Found]) -> list[_Found]:
    """Return the places in text order, those that overlap as one, none over the longest quote."""
    apart: list[_Found] = []
    for place in sorted(places, key=itemgetter(0)):
        if apart and place.start < apart[-1].end:
            start, end, facts = apart.pop()
            place = _Found(start, max(end, place.end), facts | place.facts)
        if place.end > place.start + LONGEST:
            place = place._replace(end=place.start + LONGEST)
        apart.append(place)
    return apart


def _without_hollow(
    found: Mapping[EvidenceType, Sequence[_Found]],
) -> dict[EvidenceType, Sequence[_Found]]:
    """Leave out what stands in clauses with figures of what nobody can measure."""
    hollow = [each for each in found[EvidenceType.VAGUENESS] if Fact.HOLLOW in each.facts]
    return {
        kind: places
        if kind is EvidenceType.VAGUENESS or not hollow
        else [each for each in places if not _within(hollow, each)]
        for kind, places in found.items()
    }


def _within(stretches: Sequence[_Found], place: _Found) -> bool:
    return any(each.start <= place.start and place.end <= each.end for each in stretches)


def _with_neighbours(
    places: Iterable[_Found], layout: _Layout, beside: re.Pattern[str]
) -> Iterator[_Found]:
    for place in places:
        start, end = layout.with_neighbours(place.start, place.end, beside)
        yield _Found(start, end, place.facts)


def _counted(
    groups: Sequence[_Found], figures: Sequence[_Found], layout: _Layout
) -> Sequence[_Found]:
    """Let a group cover the figure that touches it and counts people."""
    counts = [each for each in figures if layout.text[each.end - 1] in _COUNTED_BY]
    start_of = {count.end: count.start for count in counts}
    end_of = {count.start: count.end for count in counts}
    covering = []
    for group in groups:
        start, end = start_of.get(group.start, group.start), end_of.get(group.end, group.end)
        grown = (start, end) != (group.start, group.end)
        covering.append(_Found(start, end, group.facts | {Fact.COUNTED} if grown else group.facts))
    return _merged(covering)


def _acting(
    bodies: Sequence[_Found], layout: _Layout, lexicon: EvidenceLexicon
) -> Sequence[_Found]:
    """Mark the bodies that are to do something; one in a row of bodies speaks for all."""
    rows: list[list[_Found]] = []
    for body in bodies:
        if rows and layout.text[rows[-1][-1].end : body.start] in lexicon.links:
            rows[-1].append(body)
        else:
            rows.append([body])
    return [
        body._replace(facts=body.facts | {Fact.ACTS}) if acting else body
        for row in rows
        for acting in [any(_acts(body, layout, lexicon) for body in row)]
        for body in row
    ]


def _acts(body: _Found, layout: _Layout, lexicon: EvidenceLexicon) -> bool:
    return (
        layout.text.endswith(lexicon.acts_after, 0, body.start)
        or lexicon.acts_before.match(layout.text, body.end) is not None
    )


def _without_substance(
    found: Mapping[EvidenceType, Sequence[_Found]], layout: _Layout
) -> Sequence[_Found]:
    """Return the slogans in whose clause nothing concrete stands."""
    return [
        slogan
        for slogan in found[EvidenceType.SLOGAN]
        if not any(
            _holds(found[kind], *layout.clause(slogan.start, slogan.end)) for kind in _CONCRETE
        )
    ]


def _detailed(
    place: _Found,
    found: Mapping[EvidenceType, Sequence[_Found]],
    figures: Sequence[_Found],
    layout: _Layout,
    lexicon: EvidenceLexicon,
) -> _Found:
    """Add what stands in the quote: a date, a figure, a named place."""
    start, end, facts = place
    seen = {
        Fact.DATED: lexicon.date.search(layout.text, start, end) is not None,
        Fact.COUNTED: _holds(figures, start, end),
        Fact.PLACED: _holds(found[EvidenceType.PLACE], start, end),
    }
    return _Found(start, end, facts | {fact for fact, there in seen.items() if there})
