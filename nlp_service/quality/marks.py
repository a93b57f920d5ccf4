"""Mark an opinion report (社情民意信息) on five counts, so that reports can be ranked.

``marks.toml`` says what counts and for how many points. Only different quotes count, and only the
first few, so length and repetition buy nothing. Nothing here says that a report is true or is to
be sent up.
"""

import datetime
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from nlp_service.domain.quality import Mark, Quote
from nlp_service.domain.toml_tables import build, read_toml
from nlp_service.quality.evidence import Evidence, EvidenceType, Fact
from nlp_service.quality.phrases import Phrase, PhraseIndex, PhraseReader, Place, apart
from nlp_service.text.normalise import Document
from nlp_service.text.sections import find_suggestions
from nlp_service.text.sentences import split_sentences

_FULL = 100  # what the weights add up to
_DATE = re.compile(
    r"(?:(20\d\d)年|(今年|去年|前年)的?)?(?<!\d)(1[0-2]|[1-9])月(?![初底份]?[以之]?[前内])|(20\d\d)年(?!\d)"
)
_BEGUN = re.compile(r"\d[\d,.]{0,15}\Z")
_LONGEST_NUMBER = 16
_YEARS_AGO = {"今年": 0, "去年": 1, "前年": 2}


@dataclass(frozen=True, kw_only=True)
class SignTable:
    """What counts for a mark; the file explains the keys."""

    code: str
    name: str
    steps: Sequence[float]
    """Points for one, two, three … different quotes together."""
    evidence: EvidenceType | None = None
    fact: Fact | None = None
    suggested: bool | None = None
    near: EvidenceType | None = None
    phrases: Sequence[str] = ()
    recent_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class MarkTable:
    """One mark: its weight and its signs."""

    code: str
    name: str
    weight: int
    sign: Sequence[SignTable]
    full_share: float | None = None
    """Of sentences that show something: from this share on, the mark starts with its weight."""
    longest: int | None = None
    """Characters; what is longer loses ``too_long``."""
    too_long: float = 0.0


@dataclass(frozen=True, kw_only=True)
class MarksTable:
    """``marks.toml`` as it is written."""

    lists: Mapping[str, Sequence[str]]
    mark: Sequence[MarkTable]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRules:
    """The marks and their phrases, ready to be applied."""

    marks: Sequence[MarkTable]
    numbers: Mapping[str, int]
    """Of the signs with phrases, by code."""
    phrases: PhraseIndex


class _Found(NamedTuple):
    start: int
    end: int
    suggested: bool


def read_marks(path: Path) -> MarkRules:
    """Read ``marks.toml``.

    Raises:
        InvalidTaxonomy: a key or type that does not fit, a phrase that cannot be read, a sign
            with none or several of the three ways to be found, weights that do not make 100.
    """
    table = build(MarksTable, read_toml(path), file=path, key="marks")
    reader = PhraseReader(file=path, lists=table.lists)
    if sum(mark.weight for mark in table.mark) != _FULL:
        reader.refuse("mark.weight", f"各项分值之和应为 {_FULL}")
    numbers: dict[str, int] = {}
    phrases: list[tuple[int, Phrase]] = []
    for mark in table.mark:
        for sign in mark.sign:
            key = f"mark[{mark.code}].sign[{sign.code}]"
            _check(sign, key, reader, known=numbers)
            numbers[sign.code] = len(numbers)
            for written in sign.phrases:
                read = reader.phrases(written, key=f"{key}.phrases")
                phrases += [(numbers[sign.code], phrase) for phrase in read]
    return MarkRules(marks=table.mark, numbers=numbers, phrases=PhraseIndex(phrases))


def _check(sign: SignTable, key: str, reader: PhraseReader, *, known: Mapping[str, int]) -> None:
    ways = [sign.evidence is not None, bool(sign.phrases), sign.recent_days is not None]
    if sum(ways) != 1:
        reader.refuse(key, "evidence、phrases、recent_days 应恰有一个")
    if not sign.evidence and (sign.fact or sign.near or sign.suggested is not None):
        reader.refuse(key, "fact、near、suggested 只能与 evidence 同用")
    if not sign.steps:
        reader.refuse(f"{key}.steps", "应至少有一个分数")
    if sign.code in known:
        reader.refuse(key, "代码重复")


def mark_report(
    document: Document,
    evidence: Sequence[Evidence],
    rules: MarkRules,
    *,
    submitted_at: datetime.date | None,
) -> Sequence[Mark]:
    """Return the marks in the order of the file, each with the quotes that moved it.

    Quotes of signs that take points away stand among them under their own names. ``evidence`` is
    that of ``find_evidence``. Without ``submitted_at``, a date is recent if it is near the latest
    one that the text names.
    """
    reading = _Reading(document, evidence, rules, submitted_at)
    return [_mark(mark, reading) for mark in rules.marks]


def _mark(mark: MarkTable, reading: "_Reading") -> Mark:
    points = 0.0
    if mark.full_share is not None:
        points = mark.weight * min(1.0, reading.share_with_substance / mark.full_share)
    if mark.longest is not None and len(reading.text) > mark.longest:
        points += mark.too_long
    quotes = []
    for sign in mark.sign:
        found = reading.different(sign)[: len(sign.steps)]
        if found:
            points += sign.steps[len(found) - 1]
            quotes += [reading.quote(sign, each) for each in found]
    return Mark(
        code=mark.code,
        name=mark.name,
        weight=mark.weight,
        points=round(min(max(points, 0.0), mark.weight), 1),
        seen=sorted(quotes, key=lambda quote: (quote.start, quote.end)),
    )


class _Reading:
    """One report: what is said in it for the first time."""

    def __init__(
        self,
        document: Document,
        evidence: Sequence[Evidence],
        rules: MarkRules,
        submitted_at: datetime.date | None,
    ) -> None:
        self.text = document.text
        self._scored = document.scored.text
        self._rules = rules
        self._submitted_at = submitted_at
        self._sentences = split_sentences(self.text)
        self._starts = [sentence.start for sentence in self._sentences]
        self._new = self._said_first()
        self._evidence = [each for each in evidence if each.sentence in self._new]
        self._places = rules.phrases.find_all(self._scored)

    def _said_first(self) -> frozenset[int]:
        """Return which sentences do not repeat an earlier one."""
        first: dict[str, int] = {}
        for number, sentence in enumerate(self._sentences):
            first.setdefault(sentence.quote, number)
        return frozenset(first.values())

    @cached_property
    def share_with_substance(self) -> float:
        """Of the sentences, how many give points to a mark and do not repeat another, 0–1."""
        giving = {
            self._sentence(found.start)
            for mark in self._rules.marks
            for sign in mark.sign
            if sign.steps[-1] > 0
            for found in self.different(sign)
        }
        return len(giving) / max(1, len(self._sentences))

    @cached_property
    def _suggestions(self) -> int:
        found = find_suggestions(self.text)
        return len(self.text) if found is None else found

    def _sentence(self, place: int) -> int:
        return max(bisect_right(self._starts, place) - 1, 0)

    def quote(self, sign: SignTable, found: _Found) -> Quote:
        return Quote(
            start=found.start,
            end=found.end,
            quote=self.text[found.start : found.end],
            type=sign.code,
            name=sign.name,
            suggested=found.suggested,
        )

    def different(self, sign: SignTable) -> Sequence[_Found]:
        """Return where the sign is seen, in text order, each wording once."""
        first: dict[str, _Found] = {}
        for found in self._seen(sign):
            first.setdefault(self.text[found.start : found.end], found)
        return list(first.values())

    def _seen(self, sign: SignTable) -> Iterable[_Found]:
        if sign.evidence:
            return self._evidence_of(sign, sign.evidence)
        if sign.recent_days is not None:
            return self._recent(sign.recent_days)
        return self._found(apart(self._places.get(self._rules.numbers[sign.code], ())))

    def _found(self, places: Iterable[Place]) -> Iterator[_Found]:
        for start, end in places:
            if self._sentence(start) in self._new:
                begins = self._whole_number(start)
                yield _Found(begins, end, begins >= self._suggestions)

    def _whole_number(self, start: int) -> int:
        """Return where the number begins of which a phrase found only the last digits."""
        before = _BEGUN.search(self.text, max(0, start - _LONGEST_NUMBER), start)
        return before.start() if before and self.text[start].isdigit() else start

    def _evidence_of(self, sign: SignTable, kind: EvidenceType) -> Iterator[_Found]:
        around = {each.sentence for each in self._evidence if each.type is sign.near}
        for each in self._evidence:
            if (
                each.type is kind
                and (sign.fact is None or sign.fact in each.facts)
                and (sign.suggested is None or sign.suggested is each.suggested)
                and (sign.near is None or _neighbours(each.sentence) & around)
            ):
                yield _Found(each.start, each.end, each.suggested)

    def _recent(self, days: int) -> Iterator[_Found]:
        dated = list(_dates(self._scored, self._submitted_at, self._sentence))
        told = [(place, date) for place, date in dated if place[0] < self._suggestions]
        today = self._submitted_at or max((date for _, date in told), default=None)
        if today is None:
            return
        recent = [place for place, date in told if 0 <= (today - date).days <= days]
        yield from self._found(recent)


def _neighbours(sentence: int) -> frozenset[int]:
    return frozenset((sentence - 1, sentence, sentence + 1))


def _dates(
    text: str, today: datetime.date | None, sentence_of: Callable[[int], int]
) -> Iterator[tuple[Place, datetime.date]]:
    """Yield each date with what it means; a month without a year is the latest such month.

    A year is told by the date, by 今年 or 去年, or by an earlier date of the same sentence. What
    cannot be dated without knowing today is left out where today is not known.
    """
    year_said: tuple[int, int] | None = None
    for match in _DATE.finditer(text):
        written, relative, month, lone = match.groups()
        sentence = sentence_of(match.start())
        year = _year(written or lone, relative, today)
        if year is None and year_said and year_said[0] == sentence:
            year = year_said[1]
        if year is not None:
            year_said = sentence, year
        elif today is not None:
            year = today.year - (int(month) > today.month)
        else:
            continue
        yield match.span(), _first_day(year, int(month) if month else None, today)


def _year(written: str | None, relative: str | None, today: datetime.date | None) -> int | None:
    if written:
        return int(written)
    return today.year - _YEARS_AGO[relative] if relative and today else None


def _first_day(year: int, month: int | None, today: datetime.date | None) -> datetime.date:
    """Return the first day of the month, or of a lone year; of this year, of this month."""
    if month is None and today is not None and year == today.year:
        month = today.month
    return datetime.date(year, month or 1, 1)
