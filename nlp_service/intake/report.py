"""Check a file before anybody waits for it: what was recognised, and which rows cannot be read."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from nlp_service.domain.errors import InvalidSubmission, UnreadableInput
from nlp_service.intake.archive import read_archived
from nlp_service.intake.columns import TEXT_FIELDS, ColumnMapping, Field
from nlp_service.intake.confinement import Confinement
from nlp_service.intake.files import OpenFile, announce, open_files
from nlp_service.intake.findings import Findings
from nlp_service.intake.kinds import FileKind
from nlp_service.intake.rows import InvalidRow
from nlp_service.intake.tables import NoTextColumn
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
    cut: bool = False
    """Whether there is more of it than was to be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wishes:
    """How a check is made."""

    numbers: Iterator[int]
    keep: bool
    most_rows: int


@dataclass(slots=True)
class _Tally:
    """The rows of one file so far."""

    read: int = 0
    refused: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    odd: Counter[str] = field(default_factory=Counter)
    places: dict[str, list[str]] = field(default_factory=dict)
    problem: str = ""
    cut: bool = False


def check_upload(
    source: Path | BinaryIO,
    *,
    name: str | None = None,
    mapping: ColumnMapping | None = None,
    media_type: str = "",
    keep: bool = False,
    most_rows: int = 2**62,
) -> Sequence[FileReport]:
    """Read a file to its end and report on it, or on each file in an archive.

    A row is refused here if and only if it would be where it is assessed. What ``open_upload``
    would raise is here a report's ``problem``.

    Args:
        source: as for ``open_upload``.
        name: likewise.
        mapping: likewise.
        media_type: likewise.
        keep: refuse also what could be assessed but, for its date or outcome, not stored.
        most_rows: how many are read at most, over all files.

    Raises:
        UnreadableInput: there is no such file.
    """
    opening, called = opening_of(source, name)
    told = announce(called, mapping=mapping, media_type=media_type)
    wishes = _Wishes(numbers=iter(range(1, 2**63)), keep=keep, most_rows=most_rows)
    reports: list[FileReport] = []
    with opening() as file, Confinement() as confinement:
        try:
            for opened in open_files(file, told, confinement):
                reports.append(_report(opened, wishes))
                if reports[-1].cut:
                    break
        except UnreadableInput as error:
            reports.append(_unreadable(told.name, told.kind, str(error)))
    return reports or [_unreadable(told.name, told.kind, f"{told.name} 里没有一个可读的文件。")]


def _report(opened: OpenFile, wishes: _Wishes) -> FileReport:
    tally, found = _Tally(), opened.findings
    try:
        for row in read_opened(opened, numbers=wishes.numbers):
            if row.number > wishes.most_rows:
                tally.cut = True
                break
            _count(tally, row, keep=wishes.keep)
        if not tally.read and not tally.cut:
            tally.problem = f"{found.name} 里没有一件来件，请检查文件。"
    except NoTextColumn as error:
        tally.problem = str(error)
        found.add_columns(error.columns)
    except UnreadableInput as error:
        tally.problem = str(error)
    return FileReport(
        name=found.name,
        kind=found.kind,
        encoding=found.encoding,
        columns={name: meant for name, meant in found.columns.items() if meant},
        unknown_columns=[name for name, meant in found.columns.items() if not meant],
        rows_read=tally.read,
        rows_refused=tally.refused,
        refusals=tally.refusals,
        notes=[*_missing(found, tally), *found.notes, *_odd(tally)],
        problem=tally.problem,
        cut=tally.cut,
    )


def _missing(found: Findings, tally: _Tally) -> Iterator[str]:
    """Yield what was looked for and is not there: a column of the mapping, one for the text."""
    for name in found.missing():
        yield f"没有名为“{name}”的列"
    named = set(TEXT_FIELDS) & set(found.columns.values())
    if found.columns and not named and not tally.problem:
        yield "没有认出正文；请指明哪一列是正文（命令行写 --column 正文=列名）"


def _count(tally: _Tally, row: ReadRow, *, keep: bool) -> None:
    tally.read += 1
    refused = _refusal(row, keep=keep)
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


def _refusal(row: ReadRow, *, keep: bool) -> InvalidSubmission | None:
    if isinstance(row.item, InvalidRow):
        return row.item
    try:
        clean(row.item)
    except InvalidSubmission as error:
        return error
    archived = read_archived(row, source="") if keep else None
    return archived if isinstance(archived, InvalidRow) else None


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
