"""Read an open file of any kind, record by record; of an archive, each file in it by itself."""

import errno
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

from nlp_service.domain.errors import UnreadableInput
from nlp_service.intake.columns import ColumnMapping
from nlp_service.intake.confinement import Confinement
from nlp_service.intake.csv import read_csv
from nlp_service.intake.encodings import Survey, encoding_name, survey
from nlp_service.intake.findings import Findings
from nlp_service.intake.forms import read_forms
from nlp_service.intake.jsonl import read_jsonl
from nlp_service.intake.kinds import (
    HEAD_BYTES,
    TEXT_KINDS,
    FileKind,
    announced_kind,
    kind_by_content,
    kind_by_name,
)
from nlp_service.intake.limits import MIB, MOST_BYTES
from nlp_service.intake.messages import (
    Columns,
    Container,
    Entry,
    Message,
    Note,
    Paragraph,
    TableRow,
)
from nlp_service.intake.parquet import read_parquet
from nlp_service.intake.rows import InvalidRow, Record
from nlp_service.intake.sheets import read_sheets
from nlp_service.intake.txt import read_txt

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What ``zipfile`` raises of an entry that cannot be unpacked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFile:
    """A file that is about to be read, once."""

    findings: Findings
    """Filled while the records are taken."""
    records: Iterator[Record]
    lines: int | None = None
    """Of CSV and JSON Lines, of Parquet its rows; None for other kinds."""
    inside: str = ""
    """Its name within an archive; empty for a file that came by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What its sender says of a file."""

    name: str
    """As errors call it."""
    kind: FileKind | None
    mapping: ColumnMapping


def announce(name: str, *, mapping: ColumnMapping | None, media_type: str = "") -> Announced:
    """Return what name and media type say of a file; either may be empty."""
    return Announced(
        name=name or "文件",
        kind=announced_kind(name, media_type),
        mapping=mapping or ColumnMapping(),
    )


def open_files(file: BinaryIO, told: Announced, confinement: Confinement) -> Iterator[OpenFile]:
    """Yield the file, or each file of an archive, to be read before the next is taken.

    In an archive what cannot be read is a refused record, and the next file follows.

    Raises:
        UnreadableInput: the file is of no kind that is read, too large, or damaged; also from the
            records, where that shows only later.
    """
    kind, entries = _look(file, told, confinement)
    if kind is FileKind.ZIP:
        with zipfile.ZipFile(file) as archive:
            for entry in entries:
                yield _open_entry(archive, entry, told, confinement)
    else:
        findings = Findings(name=told.name, kind=kind, mapping=told.mapping)
        yield _open(file, findings, told, confinement)


def _look(
    file: BinaryIO, told: Announced, confinement: Confinement
) -> tuple[FileKind, Sequence[Entry]]:
    """Return what a file is by its content, and what is in it if that is an archive."""
    file.seek(0)
    kind = kind_by_content(file.read(HEAD_BYTES), told.kind, told.name)
    _check_size(file, kind, told)
    entries: list[Entry] = []
    if kind is FileKind.ZIP:
        for message in confinement.read("container", file, name=told.name):
            if isinstance(message, Container):
                kind = FileKind(message.kind)
            elif isinstance(message, Entry):
                entries.append(message)
        _check_size(file, kind, told)
    return kind, entries


def _check_size(file: BinaryIO, kind: FileKind, told: Announced) -> None:
    size = file.seek(0, os.SEEK_END)
    if size > MOST_BYTES.get(kind, size):
        raise UnreadableInput(
            f"{told.name} 有 {size // MIB} MiB，.{kind.value} 文件的上限是 "
            f"{MOST_BYTES[kind] // MIB} MiB；请分成几个文件。"
        )


def _open(
    file: BinaryIO, findings: Findings, told: Announced, confinement: Confinement
) -> OpenFile:
    kind = findings.kind
    assert kind is not None
    if told.kind not in (kind, None):
        findings.note(f"内容是 .{kind.value} 文件，与扩展名或类型不符，按内容读")
    if kind in TEXT_KINDS:
        seen = survey(file, name=told.name)
        findings.encoding = seen.encoding
        records = _read_text(file, kind, seen, findings)
        lines = None if kind is FileKind.TXT else seen.lines
        return OpenFile(findings=findings, records=records, lines=lines)
    messages = confinement.read(kind.value, file, name=told.name)
    if kind is FileKind.XLSX:
        return OpenFile(findings=findings, records=read_sheets(messages, findings))
    if kind is FileKind.PARQUET:
        columns = cast(Columns, next(messages))
        records = read_parquet(columns, messages, findings)
        return OpenFile(findings=findings, records=records, lines=columns.rows)
    return OpenFile(findings=findings, records=_read_blocks(messages, findings))


def _read_text(
    file: BinaryIO, kind: FileKind, seen: Survey, findings: Findings
) -> Iterator[Record]:
    name, encoding = findings.name, seen.encoding
    if kind is FileKind.JSONL:
        yield from read_jsonl(file, encoding=encoding, found=findings)
        return
    if seen.damaged_line:
        raise UnreadableInput(
            f"{name} 第 {seen.damaged_line} 行有不是 {encoding_name(encoding)} 编码的字，可能是两种"
            "编码拼在一起，或传输时损坏；请重新导出，另存为 UTF-8。"
        )
    read = read_csv if kind is FileKind.CSV else read_txt
    yield from read(file, encoding=encoding, name=name, found=findings)


def _read_blocks(messages: Iterator[Message], findings: Findings) -> Iterator[Record]:
    blocks, notes = [], []
    for message in messages:
        if isinstance(message, Note):
            notes.append(message.text)
        elif isinstance(message, Paragraph | TableRow):
            blocks.append(message)
    for record in read_forms(blocks, findings):
        yield replace(record, notes=notes)


# --- archives ------------


def _open_entry(
    archive: zipfile.ZipFile, entry: Entry, told: Announced, confinement: Confinement
) -> OpenFile:
    kind = kind_by_name(entry.name)
    findings = Findings(name=entry.name, kind=kind, mapping=told.mapping)
    member = Announced(name=entry.name, kind=kind, mapping=told.mapping)
    records = _read_entry(archive, entry, member, findings, confinement)
    return OpenFile(findings=findings, records=records, inside=entry.name)


def _read_entry(
    archive: zipfile.ZipFile,
    entry: Entry,
    told: Announced,
    findings: Findings,
    confinement: Confinement,
) -> Iterator[Record]:
    """Yield an entry's records; what cannot be read of it is the last of them."""
    read = 0
    try:
        if entry.reason:
            raise UnreadableInput(entry.reason)
        with _unpacked(archive, entry) as unpacked:
            findings.kind, _ = _look(unpacked, told, confinement)
            if findings.kind is FileKind.ZIP:
                raise UnreadableInput("压缩包里的压缩包不读，请解开后再上传。")
            opened = _open(unpacked, findings, told, confinement)
            for record in opened.records:
                read += 1
                yield record
            if not read:
                raise UnreadableInput("里面没有一件来件，请检查文件。")
    except UnreadableInput as error:
        yield Record(line=read + 1, where="", fields=InvalidRow("unreadable_file", str(error)))


def _unpacked(archive: zipfile.ZipFile, entry: Entry) -> BinaryIO:
    """Unpack an entry into a file without a name, whatever it is called in the archive."""
    unpacked = cast(BinaryIO, tempfile.TemporaryFile())
    try:
        with archive.open(archive.infolist()[entry.index]) as packed:
            shutil.copyfileobj(packed, unpacked, MIB)
        return unpacked
    except BaseException as error:
        unpacked.close()
        places_nowhere = isinstance(error, OSError) and error.errno == errno.EINVAL
        if isinstance(error, _BROKEN) or places_nowhere:
            raise UnreadableInput("在压缩包里已损坏，解不开；请重新压缩。") from None
        raise
