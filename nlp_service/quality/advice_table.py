"""Read ``advice.toml``: what each dimension looks for, and the wording of what is told to people.

The file explains its notation. Nothing is applied here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.toml_tables import build, read_toml
from nlp_service.quality.evidence import Evidence, EvidenceType, Fact
from nlp_service.quality.evidence_lexicon import Part

DIMENSIONS = ("Q1", "Q2", "Q3", "Q4", "Q5", "Q6")


@dataclass(frozen=True, kw_only=True)
class SignTable:
    """A kind of evidence, and where and with what it must stand."""

    type: EvidenceType
    fact: Fact | None = None
    without: Fact | None = None
    suggested: bool | None = None
    """Only in suggestions, or only outside of them; None: anywhere."""

    def fits(self, evidence: Evidence) -> bool:
        """Say whether the evidence is of this kind."""
        return (
            evidence.type is self.type
            and (self.fact is None or self.fact in evidence.facts)
            and (self.without is None or self.without not in evidence.facts)
            and self.suggested in (None, evidence.suggested)
        )


@dataclass(frozen=True, kw_only=True)
class WantTable:
    """Something that a good proposal shows."""

    any: Sequence[SignTable]
    missing: str
    """Stands after 未见."""
    hint: str
    """How to mend it."""
    matters: int
    """3 what helps most, 1 least."""
    when: Sequence[SignTable] = ()
    """It is only wanted where one of these was seen."""
    at_least: int = 1
    kinds: int = 1
    """Of how many types."""
    below: float = 4.0
    """A level from which readers saw it, though it may not have been found."""
    unless: str | None = None
    """A pattern; where the text holds it, nothing is said to be missing."""
    unless_in: Part = Part.SITUATION
    """Where the pattern is looked for."""


@dataclass(frozen=True, kw_only=True)
class DimensionTable:
    """What speaks for and against one dimension, the most telling first, and what is wanted."""

    code: str
    seen: Sequence[SignTable]
    otherwise: str
    """The hint where all that is wanted was seen."""
    against: Sequence[SignTable] = ()
    want: Sequence[WantTable] = ()
    quoted: bool = True
    """The note quotes what was seen."""
    silent_with: str | None = None
    """A dimension; where its cap holds, the note leaves this one out."""


@dataclass(frozen=True, kw_only=True)
class Lack:
    """Something that was looked for and not seen."""

    missing: str
    hint: str
    matters: int
    said: str | None = None
    """What the note says in place of 未见 …, where that would read oddly."""
    in_note: bool = True
    """The note speaks of it; not where another dimension's point does."""


@dataclass(frozen=True, kw_only=True)
class FormTable:
    """What is asked of the form, and the words for what is amiss."""

    dimension: str
    title: str
    """A pattern that the whole title fits."""
    causes: str
    """A pattern; where it stands outside of the suggestions, the text has an analysis."""
    shortest: int
    """Characters of the body without blanks."""
    longest: int
    titled: Lack
    situation: Lack
    analysis: Lack
    suggestion: Lack
    short: Lack
    long: Lack
    single: Lack


@dataclass(frozen=True, kw_only=True)
class AnswerTable:
    """Words that speak of the same, so that a suggestion may answer a cause in other words."""

    words: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class NoteTable:
    """The wording of the note to the author; the file explains the fields in braces."""

    mend_below: float
    """A level from which a dimension is left in peace."""
    most_points: int
    opening: str
    untitled: str
    already: str
    introduction: str
    point: str
    seen: str
    missing: str
    missing_after_seen: str
    also_missing: str
    unowned_one: str
    unowned: str
    unanswered: str
    closing: str
    items: Sequence[str]
    """Patterns with which an item begins, one a style of numbering."""
    owners: Sequence[str]
    of_all: Sequence[str]
    idle_characters: str
    idle_words: Sequence[str]
    against: Mapping[str, str]
    """By type of evidence."""
    answer: Sequence[AnswerTable]


@dataclass(frozen=True, kw_only=True)
class AdviceTable:
    """``advice.toml`` as it is written."""

    heading: str
    """A pattern; a quote that is nothing but a heading is not shown."""
    dimension: Sequence[DimensionTable]
    form: FormTable
    note: NoteTable

    def of(self, code: str) -> DimensionTable:
        """Return the table of a dimension."""
        return next(each for each in self.dimension if each.code == code)


def read_advice(path: Path) -> AdviceTable:
    """Read ``advice.toml``.

    Raises:
        InvalidTaxonomy: a key or type that does not fit, a dimension without a table or with
            two, a pattern that is none, a text with an unknown field in braces.
    """
    table = build(AdviceTable, read_toml(path), file=path, key="advice")
    codes = [each.code for each in table.dimension]
    if sorted(codes) != sorted(DIMENSIONS):
        raise InvalidTaxonomy(str(path), "advice.dimension", "Q1 到 Q6 应各有一个表")
    patterns = {
        "heading": table.heading,
        "form.title": table.form.title,
        "form.causes": table.form.causes,
    }
    patterns |= {f"note.items[{n}]": each for n, each in enumerate(table.note.items)}
    for dimension in table.dimension:
        for n, want in enumerate(dimension.want):
            patterns[f"dimension[{dimension.code}].want[{n}].unless"] = want.unless or ""
    for key, pattern in patterns.items():
        _check_pattern(pattern, file=path, key=key)
    for kind in table.note.against:
        if kind not in list(EvidenceType):
            raise InvalidTaxonomy(str(path), f"advice.note.against.{kind}", "没有这种证据")
    for key, written, fields in _templates(table):
        _check_template(written, fields, file=path, key=key)
    return table


def _check_pattern(pattern: str, *, file: Path, key: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise InvalidTaxonomy(str(file), f"advice.{key}", f"不是有效的句式：{error}") from None


def _templates(table: AdviceTable) -> Iterator[tuple[str, str, Sequence[str]]]:
    """Yield key, text and the fields that may stand in it."""
    note = table.note
    yield "note.opening", note.opening, ["title"]
    yield "note.already", note.already, ["name", "quotes"]
    yield "note.point", note.point, ["number", "name", "text"]
    yield "note.seen", note.seen, ["quotes"]
    yield "note.missing", note.missing, ["missing"]
    yield "note.missing_after_seen", note.missing_after_seen, ["missing"]
    yield "note.unowned_one", note.unowned_one, ["quote"]
    yield "note.unowned", note.unowned, ["quote", "count"]
    yield "note.unanswered", note.unanswered, ["quote"]
    for kind, written in note.against.items():
        yield f"note.against.{kind}", written, ["quotes"]
    for key, lack in (("form.short", table.form.short), ("form.long", table.form.long)):
        yield f"{key}.missing", lack.missing, ["length", "limit"]
        yield f"{key}.hint", lack.hint, ["length", "limit"]
        yield f"{key}.said", lack.said or "", ["length", "limit"]


def _check_template(written: str, fields: Sequence[str], *, file: Path, key: str) -> None:
    try:
        written.format(**dict.fromkeys(fields, "-"))
    except (KeyError, IndexError, ValueError):
        known = "、".join(f"{{{field}}}" for field in fields)
        raise InvalidTaxonomy(str(file), f"advice.{key}", f"花括号里只可用 {known}") from None
