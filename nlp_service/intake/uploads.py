"""Read whatever comes in, row by row: the one way in for files, whoever brings them.

The same bytes with the same mapping give the same rows in the same order, so who was interrupted
can read again and go on behind a number.
"""

import hashlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nlp_service.domain.errors import UnreadableInput
from nlp_service.domain.submission import Submission
from nlp_service.intake.columns import ColumnMapping, Field
from nlp_service.intake.confinement import Confinement
from nlp_service.intake.files import Announced, OpenFile, announce, open_files
from nlp_service.intake.kinds import FileKind
from nlp_service.intake.limits import MIB
from nlp_service.intake.rows import Fields, InvalidRow, Record, read_row


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """A row of an upload, a form or a letter: a submission, or why it holds none."""

    number: int
    """From 1, over the whole upload, each the next."""
    line: int
    """Of CSV and JSON Lines the line on which it begins; of all else its number. Rises."""
    where: str
    """For a person: 第 5 行; 来信.xlsx 的工作表“一月”第 5 行; 全文."""
    item: Submission | InvalidRow
    fields: Fields | None
    """All that the file says of it; None where it could not be told apart."""
    notes: Sequence[str] = ()
    """What was mended of the text, or should be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that is about to be read, once."""

    name: str
    digest: str
    """SHA-256 of its bytes, in hexadecimal digits."""
    kind: FileKind
    columns: Mapping[str, Field | None]
    """Of its first table or form: what each column is read as, None where nobody knows."""
    lines: int
    """What ``ReadRow.line`` rises to, nearly: for telling how far one is."""
    rows: Iterator[ReadRow]
    """Holds one row at a time. Raises ``UnreadableInput`` where the rest cannot be read."""


def open_upload(
    source: Path | BinaryIO,
    *,
    name: str | None = None,
    mapping: ColumnMapping | None = None,
    media_type: str = "",
) -> Upload:
    """Look over a file and make it ready for reading.

    Of an open file, which must have a place in the system (no ``BytesIO``), the caller keeps hold
    until the rows are read. ``name`` tells the kind of text, and how errors call the file; without
    one it is the path's.

    Raises:
        UnreadableInput: there is no such file, it cannot be read, or holds no submission.
    """
    opening, called = opening_of(source, name)
    told = announce(called, mapping=mapping, media_type=media_type)
    confinement = Confinement()
    try:
        lines = _count(opening, told, confinement)
        with opening() as file:
            digest = _digest(file)
        rows = _read_all(opening, told, confinement)  # the place in an open file is theirs now
        first = next(rows, None)
        if first is None:
            raise UnreadableInput(f"{told.name} 里没有一件来件，请检查文件。")
    except BaseException:
        confinement.close()
        raise
    opened, row = first
    return Upload(
        name=told.name,
        digest=digest,
        kind=FileKind.ZIP if opened.inside else opened.findings.kind or FileKind.ZIP,
        columns=dict(opened.findings.columns),
        lines=lines,
        rows=_from(row, rows),
    )


def _from(
    first: ReadRow, rest: Generator[tuple[OpenFile, ReadRow], None, None]
) -> Iterator[ReadRow]:
    """Yield all rows; who takes no more of them lets go of the file."""
    with closing(rest):
        yield first
        for _, row in rest:
            yield row


def read_opened(opened: OpenFile, *, numbers: Iterator[int]) -> Iterator[ReadRow]:
    """Yield the rows of one file, numbered on."""
    for record in opened.records:
        item, notes = (
            (record.fields, ())
            if isinstance(record.fields, InvalidRow)
            else read_row(record.fields)
        )
        number = next(numbers)
        yield ReadRow(
            number=number,
            line=number if opened.lines is None or opened.inside else record.line,
            where=_where(opened, record),
            item=item,
            fields=None if isinstance(record.fields, InvalidRow) else record.fields,
            notes=[*record.notes, *notes],
        )


def _where(opened: OpenFile, record: Record) -> str:
    if not opened.inside:
        return record.where or "全文"
    return f"{opened.inside} 的{record.where}" if record.where else opened.inside


def opening_of(
    source: Path | BinaryIO, name: str | None
) -> tuple[Callable[[], AbstractContextManager[BinaryIO]], str]:
    """Return what opens a file for one pass over it, and what it is called.

    Raises:
        UnreadableInput: there is no such file.
    """
    if not isinstance(source, Path):
        return (lambda: nullcontext(source)), name or ""
    if not source.is_file():
        raise UnreadableInput(f"没有文件 {source}，请检查路径。")
    return (lambda: source.open("rb")), source.name if name is None else name


def _read_all(
    opening: Callable[[], AbstractContextManager[BinaryIO]],
    told: Announced,
    confinement: Confinement,
) -> Generator[tuple[OpenFile, ReadRow], None, None]:
    numbers = iter(range(1, 2**63))
    with opening() as file, confinement:
        for opened in open_files(file, told, confinement):
            for row in read_opened(opened, numbers=numbers):
                yield opened, row


def _count(
    opening: Callable[[], AbstractContextManager[BinaryIO]],
    told: Announced,
    confinement: Confinement,
) -> int:
    """Count what ``ReadRow.line`` counts: lines of text, else rows, by reading them once."""
    with opening() as file:
        rows = 0
        for opened in open_files(file, told, confinement):
            if opened.lines is not None:
                return opened.lines
            rows += sum(1 for _ in opened.records)
        return rows


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(MIB):
        digest.update(block)
    return digest.hexdigest()
