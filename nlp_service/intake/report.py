"""Check a file before anybody waits for it: what was recognised, and which rows cannot be read."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from nlp_service.domain.errors import InvalidSubmission, UnreadableInput
from nlp_service.intake.columns import TEXT_FIELDS, ColumnMapping, Field
from nlp_service.intake.confinement import Confinement
from nlp_service.intake.files import OpenFile, announce, open_files
from nlp_service.intake.findings import Findings
from nlp_service.intake.kinds import FileKind
from nlp_service.intake.rows import InvalidRow
from nlp_service.intake.uploads import ReadRow, opening_of, read_opened
from nlp_service.text.normalise import clean

MOST_REFUSALS = 100
"""Refused rows that a report names; it counts all of them."""

_MOST_PLACES = 5
"""Places that are named of what is odd in many rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that cannot be read, and why; never anything of its text."""

    where: str
    """For a person: 第 5 行."""
    column: str
    """As the file calls it; empty where the whole row is at fault."""
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What reading a whole file found; of an archive there is one for each file in it."""

    name: str
    kind: FileKind | None
    """None where that cannot be told."""
    encoding: str
    """Of text, as Python calls it; empty for other kinds."""
    columns: Mapping[str, Field]
    """A column, as the file calls it -> what it is read as."""
    unknown_columns: Sequence[str]
    rows_read: int
    """With those refused."""
    rows_refused: int
    refusals: Sequence[Refusal]
    """The first ``MOST_REFUSALS`` of them."""
    notes: Sequence[str]
    """What was mended or passed over, and what a person should look at."""
    problem: str = ""
    """Why it cannot be read, or not beyond what was read; empty where it can."""


@dataclass(slots=True)
class _Tally:
    """The rows of one file so far."""

    read: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    odd: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[str]] = field(default_factory=dict)
    problem: str = ""


def check_upload(
    source: Path | BinaryIO,
    *,
    name: str | None = None,
    mapping: ColumnMapping | None = None,
    media_type: str = "",
) -> Sequence[FileReport]:
    """Read a file to its end and report on it, or on each file in an archive.

    A row is refused here if and only if it would be where it is assessed. Parameters are those of
    ``open_upload``; what that would raise is here a report's ``problem``.

    Raises:
        UnreadableInput: there is no such file.
    """
    opening, called = opening_of(source, name)
    told = announce(called, mapping=mapping, media_type=media_type)
    numbers = iter(range(1, 2**63))
    reports: list[FileReport] = []
    with opening() as file, Confinement() as confinement:
        try:
            for opened in open_files(file, told, confinement):
                reports.append(_report(opened, numbers))
        except UnreadableInput as error:
            reports.append(_unreadable(told.name, told.kind, str(error)))
    return reports or [_unreadable(told.name, told.kind, f"{told.name} 里没有一个可读的文件。")]


def _report(opened: OpenFile, numbers: Iterator[int]) -> FileReport:
    tally = _Tally()
    try:
        for row in read_opened(opened, numbers=numbers):
            _count(tally, row)
        if not tally.read:
            tally.problem = f"{opened.findings.name} 里没有一件来件，请检查文件。"
    except UnreadableInput as error:
        tally.problem = str(error)
    found = opened.findings
    return FileReport(
        name=found.name,
        kind=found.kind,
        encoding=found.encoding,
        columns={name: meant for name, meant in found.columns.items() if meant},
        unknown_columns=[name for name, meant in found.columns.items() if not meant],
        rows_read=tally.read,
        rows_refused=tally.refused,
        refusals=tally.refusals,
        notes=[*_missing(found), *found.notes, *_odd(tally)],
        problem=tally.problem,
    )


def _missing(found: Findings) -> Iterator[str]:
    """Yield what was looked for and is not there: a column of the mapping, one for the text."""
    for name in found.missing():
        yield f"没有名为“{name}”的列"
    if found.columns and not set(TEXT_FIELDS) & set(found.columns.values()):
        yield "没有认出正文；请指明哪一列是正文（命令行写 --column 正文=列名）"


def _count(tally: _Tally, row: ReadRow) -> None:
    tally.read += 1
    refused = _refusal(row)
    if refused is not None:
        tally.refused += 1
        if len(tally.refusals) < MOST_REFUSALS:
            column = getattr(refused, "column", "")
            tally.refusals.append(
                Refusal(where=row.where, column=column, code=refused.code, reason=str(refused))
            )
    for note in row.notes:
        tally.odd[note] += 1
        places = tally.places.setdefault(note, [])
        if len(places) < _MOST_PLACES:
            places.append(row.where)


def _refusal(row: ReadRow) -> InvalidSubmission | None:
    if isinstance(row.item, InvalidRow):
        return row.item
    try:
        clean(row.item)
    except InvalidSubmission as error:
        return error
    return None


def _odd(tally: _Tally) -> Iterator[str]:
    for note, count in tally.odd.items():
        more = f" 等 {count} 处" if count > _MOST_PLACES else ""
        yield f"{'、'.join(tally.places[note])}{more}：{note}"


def _unreadable(name: str, kind: FileKind | None, problem: str) -> FileReport:
    return FileReport(
        name=name,
        kind=kind,
        encoding="",
        columns={},
        unknown_columns=[],
        rows_read=0,
        rows_refused=0,
        refusals=[],
        notes=[],
        problem=problem,
    )
