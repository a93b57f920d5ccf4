"""Find what in a text suggests one of the grounds for not filing (审查提示), by written rules.

``gates.toml`` says which phrases speak for or against each gate and with how many points; here
they are looked for and added up. A hit asks a person to look. It never refuses a text, and it
does not say that what stands there is true. G13 (duplicates) needs the archive and is not here.
"""

import enum
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path
from typing import ClassVar

from nlp_service.domain.toml_tables import build, read_toml
from nlp_service.quality.phrases import (
    Phrase,
    PhraseIndex,
    PhraseReader,
    Place,
    apart,
    longest_first,
)
from nlp_service.text.normalise import Document
from nlp_service.text.sections import find_suggestions

_REACH = 60  # characters to either side within which a place's sentence is read
_SENTENCE_END = re.compile(r"[。!?;\n]")


class Strength(enum.StrEnum):
    """How much the found places say together."""

    STRONG = "strong"
    """Worth showing alone."""
    WEAK = "weak"
    """Only supports a classifier's probability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateHit:
    """A place that suggests a gate: ``document.text[start:end] == quote``."""

    gate: str
    strength: Strength
    start: int
    end: int
    quote: str


@dataclass(frozen=True, kw_only=True)
class SignTable:
    """Phrases that say the same, and what a place is worth; the file explains the notation."""

    name: str
    points: int
    """Below zero where it speaks against the gate."""
    phrases: Sequence[str]
    only_with: Sequence[str] = ()
    """A place counts only if one of these stands in its sentence."""
    not_with: Sequence[str] = ()
    """A place does not count if one of these stands in its sentence."""
    most: int = 1
    """How many places count."""
    in_suggestions: bool = False
    """Only what is suggested is read; the whole text where nothing says where that begins."""
    quoted: bool = True
    """False where the words alone tell a reader nothing: quoted when nothing else can be."""


@dataclass(frozen=True, kw_only=True)
class SubjectTable:
    """Words by which a sentence is known to speak of a subject."""

    name: str
    words: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class SeveralTable:
    """Short sentences that speak each of another subject."""

    name: str
    points: int
    """For each subject from the ``subjects_from``-th on."""
    subjects_from: int
    most: int
    """How many of these subjects count."""
    longest: int
    """A text with more characters for each subject treats one matter from several sides."""
    subject: Sequence[SubjectTable]


@dataclass(frozen=True, kw_only=True)
class GateTable:
    """One gate's signs, and the sums from which they are worth a hit."""

    code: str
    strong_from: int
    weak_from: int
    sign: Sequence[SignTable]
    several: SeveralTable | None = None


@dataclass(frozen=True, kw_only=True)
class RulesTable:
    """``gates.toml`` as it is written."""

    lists: Mapping[str, Sequence[str]]
    gate: Sequence[GateTable]


class _Reading:
    """One text, and what every rule asks of it."""

    def __init__(self, text: str, places: Mapping[int, Sequence[Place]]) -> None:
        self.text = text
        self.places = places
        """Of each sign's phrases, by the sign's number."""

    @cached_property
    def suggestions(self) -> int:
        """Where the suggestions begin; the beginning of the text when nothing says so."""
        return find_suggestions(self.text) or 0

    def sentence_around(self, place: Place) -> Place:
        """Return the sentence that holds the place, no further than the reach to either side."""
        first, last = max(0, place[0] - _REACH), min(len(self.text), place[1] + _REACH)
        for end in _SENTENCE_END.finditer(self.text, first, place[0]):
            first = end.end()
        after = _SENTENCE_END.search(self.text, place[1], last)
        return first, after.start() if after else last


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sign:
    number: int
    points: int
    most: int
    only_with: re.Pattern[str] | None
    not_with: re.Pattern[str] | None
    in_suggestions: bool
    quoted: bool

    def at_most(self, reading: _Reading) -> int:
        """Return no fewer points than its places give: whether each counts is not looked at."""
        return max(0, self.points) * min(self.most, len(reading.places[self.number]))

    def counted(self, reading: _Reading) -> Iterator[Place]:
        """Yield where the sign counts, in text order, none overlapping another."""
        if places := reading.places.get(self.number):
            counted = (place for place in apart(places) if self._counts(reading, place))
            yield from islice(counted, self.most)

    def _counts(self, reading: _Reading, place: Place) -> bool:
        if self.in_suggestions and place[0] < reading.suggestions:
            return False
        if not (self.only_with or self.not_with):
            return True
        sentence = reading.sentence_around(place)
        if self.only_with and not self.only_with.search(reading.text, *sentence):
            return False
        return not (self.not_with and self.not_with.search(reading.text, *sentence))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Several:
    points: int
    quoted: ClassVar[bool] = True
    subjects_from: int
    most: int
    longest: int
    longest_text: int
    """Characters from which on no text names enough subjects."""
    words: re.Pattern[str]
    subject_of: Mapping[str, str]

    def at_most(self, reading: _Reading) -> int:
        """Return no fewer points than it gives: which sentence names a subject is not looked at."""
        if len(reading.text) > self.longest_text:
            return 0
        subjects = {self.subject_of[word] for word in self.words.findall(reading.text)}
        return self.points * max(0, len(subjects) - self.subjects_from + 1)

    def counted(self, reading: _Reading) -> Iterator[Place]:
        """Yield the word that names each further subject, if no subject has half the sentences."""
        text = reading.text
        by_subject: dict[str, list[Place]] = defaultdict(list)
        ends = [end.end() for end in _SENTENCE_END.finditer(text)]
        for sentence in pairwise([0, *ends, len(text)]):
            if place := self._names_its_subject(text, sentence):
                by_subject[self.subject_of[text[slice(*place)]]].append(place)
        named = sum(map(len, by_subject.values()))
        dense = len(text) <= self.longest * len(by_subject)
        if dense and all(2 * len(sentences) <= named for sentences in by_subject.values()):
            further = list(by_subject.values())[self.subjects_from - 1 :]
            yield from (places[0] for places in further[: self.most])

    def _names_its_subject(self, text: str, sentence: Place) -> Place | None:
        """Return the first word of the subject that the sentence names most often."""
        found: dict[str, list[Place]] = defaultdict(list)
        for word in self.words.finditer(text, *sentence):
            found[self.subject_of[word.group()]].append(word.span())
        return max(found.values(), key=len)[0] if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gate:
    code: str
    strong_from: int
    weak_from: int
    signs: Mapping[int, _Sign]
    """By their numbers."""
    several: _Several | None

    def may_hit(self, reading: _Reading) -> bool:
        """Say whether enough of it is there at all: quick to see, and in most texts it is not."""
        total = self.several.at_most(reading) if self.several else 0
        if there := self.signs.keys() & reading.places.keys():
            total += sum(self.signs[number].at_most(reading) for number in there)
        return total >= self.weak_from

    def hits(self, reading: _Reading) -> Iterator[GateHit]:
        """Add up the signs, and quote the places that carried the sum."""
        signs: list[_Sign | _Several] = [*self.signs.values()]
        if self.several:
            signs.append(self.several)
        found = [(sign, place) for sign in signs for place in sign.counted(reading)]
        total = sum(sign.points for sign, _ in found)
        if total < self.weak_from:
            return
        strength = Strength.STRONG if total >= self.strong_from else Strength.WEAK
        needed = self.strong_from if strength is Strength.STRONG else self.weak_from
        for start, end in self._carrying(found, needed, reading.text):
            yield GateHit(
                gate=self.code,
                strength=strength,
                start=start,
                end=end,
                quote=reading.text[start:end],
            )

    @staticmethod
    def _carrying(
        found: Sequence[tuple[_Sign | _Several, Place]], needed: int, text: str
    ) -> Sequence[Place]:
        """Return the fewest places that reach the sum, those that tell most first.

        What overlaps a chosen one or says the same words again is left out, though it counts.
        """
        speaking = [each for each in found if each[0].points > 0]
        speaking.sort(key=lambda each: (not each[0].quoted, -each[0].points))
        chosen: list[Place] = []
        said: set[str] = set()
        for sign, (start, end) in speaking:
            if needed <= 0 or (chosen and not sign.quoted):
                break
            needed -= sign.points
            apart_from_all = all(end <= first or last <= start for first, last in chosen)
            if apart_from_all and text[start:end] not in said:
                chosen.append((start, end))
                said.add(text[start:end])
        return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRules:
    """The rules of all gates, ready to be applied."""

    gates: Sequence[_Gate]
    phrases: PhraseIndex


def find_gate_hits(document: Document, rules: GateRules) -> Sequence[GateHit]:
    """Return the places that suggest a gate, in text order; never a verdict.

    Takes time in proportion to the length of the text.
    """
    reading = _Reading(document.text, rules.phrases.find_all(document.text))
    gates = [gate for gate in rules.gates if gate.may_hit(reading)]
    hits = [hit for gate in gates for hit in gate.hits(reading)]
    return sorted(hits, key=lambda hit: (hit.start, hit.end, hit.gate))


def read_gate_rules(path: Path) -> GateRules:
    """Read ``gates.toml``.

    Raises:
        InvalidTaxonomy: a key or type that does not fit, or a phrase that cannot be read.
    """
    table = build(RulesTable, read_toml(path), file=path, key="gates")
    return _Compiler(PhraseReader(file=path, lists=table.lists)).rules(table)


class _Compiler:
    """Turns what is written in the file into what can be applied."""

    def __init__(self, reader: PhraseReader) -> None:
        self._reader = reader
        self._phrases: list[tuple[int, Phrase]] = []
        self._signs = 0

    def rules(self, table: RulesTable) -> GateRules:
        gates = [self._gate(gate) for gate in table.gate]
        return GateRules(gates=gates, phrases=PhraseIndex(self._phrases))

    def _gate(self, table: GateTable) -> _Gate:
        if not 0 < table.weak_from <= table.strong_from:
            self._reader.refuse(f"gate[{table.code}]", "应有 0 < weak_from ≤ strong_from")
        signs = [self._sign(sign, f"gate[{table.code}].sign[{sign.name}]") for sign in table.sign]
        return _Gate(
            code=table.code,
            strong_from=table.strong_from,
            weak_from=table.weak_from,
            signs={sign.number: sign for sign in signs},
            several=_several(table.several) if table.several else None,
        )

    def _sign(self, table: SignTable, key: str) -> _Sign:
        self._signs += 1
        for written in table.phrases:
            phrases = self._reader.phrases(written, key=f"{key}.phrases")
            self._phrases += [(self._signs, phrase) for phrase in phrases]
        return _Sign(
            number=self._signs,
            points=table.points,
            most=table.most,
            only_with=self._reader.any_of(table.only_with, key=f"{key}.only_with"),
            not_with=self._reader.any_of(table.not_with, key=f"{key}.not_with"),
            in_suggestions=table.in_suggestions,
            quoted=table.quoted,
        )


def _several(table: SeveralTable) -> _Several:
    subject_of = {word: subject.name for subject in table.subject for word in subject.words}
    return _Several(
        points=table.points,
        subjects_from=table.subjects_from,
        most=table.most,
        longest=table.longest,
        longest_text=table.longest * len(table.subject),
        words=re.compile("|".join(map(re.escape, longest_first(list(subject_of))))),
        subject_of=subject_of,
    )
