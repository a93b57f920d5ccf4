"""Read an archive: submissions of past years with who sent them, when they came and what became.

A wrong date or outcome refuses its row: the office should mend it, not lose it.
"""

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Origin, Outcome, ReplyClass, begin_of, check_name
from nlp_service.domain.submission import Submission
from nlp_service.intake.columns import ColumnMapping, Field
from nlp_service.intake.dates import read_day, read_moment
from nlp_service.intake.rows import Fields, InvalidRow
from nlp_service.intake.uploads import ReadRow, open_upload

DISPOSITIONS: Mapping[str, Disposition] = {
    **{disposition.value: disposition for disposition in Disposition},
    "立案": Disposition.FILED,
    "并案": Disposition.MERGED,
    "转": Disposition.CONVERTED,
    "转办": Disposition.CONVERTED,
    "转意见建议": Disposition.CONVERTED,
    "退回": Disposition.RETURNED,
    "退回完善": Disposition.RETURNED,
    "不予立案": Disposition.NOT_FILED,
}
"""What may stand in the column ``disposition``."""

_OUTCOME = (Field.HANDLING_UNIT, Field.FILING_NUMBER, Field.REPLY_CLASS, Field.REPLIED_ON)

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedSubmission:
    """A submission with what an archive knows of it."""

    submission: Submission
    origin: Origin
    received_at: datetime | None
    outcome: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedRow:
    """A row of an archive."""

    line: int
    """Of CSV and JSON Lines the line on which it begins, of all else its number; rises."""
    where: str
    """For a person: 第 5 行."""
    item: ArchivedSubmission | InvalidRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An archive that is about to be read, once."""

    name: str
    source: str
    """Of the rows that name none themselves."""
    digest: str
    """SHA-256 of its bytes, and of the mapping if a person gave one, in hexadecimal digits."""
    lines: int
    """What ``ArchivedRow.line`` rises to, nearly."""
    rows: Iterator[ArchivedRow]
    """Holds one row at a time. Raises ``UnreadableInput`` where the rest cannot be read."""


def open_archive(
    file: Path | BinaryIO,
    *,
    source: str,
    name: str | None = None,
    mapping: ColumnMapping | None = None,
    media_type: str = "",
) -> Archive:
    """Look over a file of any kind that ``open_upload`` reads, and make it ready for reading.

    Raises:
        InvalidSubmission: the source or the file's name is no name.
        UnreadableInput: as ``open_upload`` does.
    """
    check_name("来源", source)
    check_name("文件名", name or "")
    upload = open_upload(file, name=name, mapping=mapping, media_type=media_type)
    return Archive(
        name=upload.name if name is None else name,
        source=source,
        digest=_digest(upload.digest, mapping),
        lines=upload.lines,
        rows=(
            ArchivedRow(line=row.line, where=row.where, item=read_archived(row, source=source))
            for row in upload.rows
        ),
    )


def _digest(digest: str, mapping: ColumnMapping | None) -> str:
    """Return what tells one reading from another: the same bytes may be read in two ways."""
    if mapping is None or not mapping.fields:
        return digest
    said = json.dumps(mapping.as_names, ensure_ascii=False)
    return hashlib.sha256(f"{digest}{said}".encode()).hexdigest()


def read_archived(row: ReadRow, *, source: str) -> ArchivedSubmission | InvalidRow:
    """Make an archived submission of a row; columns that nobody knows do not count."""
    if isinstance(row.item, InvalidRow) or row.fields is None:
        assert isinstance(row.item, InvalidRow)
        return row.item
    fields = row.fields
    try:
        _read(fields, Field.SUBMITTED_AT, read_day)  # a submission takes an unreadable one for none
        return ArchivedSubmission(
            submission=row.item,
            origin=Origin(
                submitter=_words(fields, Field.SUBMITTER),
                district=_words(fields, Field.DISTRICT),
                source=_words(fields, Field.SOURCE) or source,
            ),
            received_at=_received_at(fields, row.item),
            outcome=_outcome(fields),
        )
    except InvalidSubmission as error:
        column = getattr(error, "column", "")
        return InvalidRow(error.code, str(error), id=row.item.id, column=column)


def _received_at(fields: Fields, submission: Submission) -> datetime | None:
    """Return when it came: where only the day of submission is told, with that day."""
    received_at = _read(fields, Field.RECEIVED_AT, read_moment)
    if received_at is None and submission.submitted_at is not None:
        return begin_of(submission.submitted_at)
    return received_at


def _outcome(fields: Fields) -> Outcome | None:
    """Return what became of a submission; a filing number alone says that it was filed."""
    told = [wanted for wanted in _OUTCOME if _words(fields, wanted)]
    disposition = _read(fields, Field.DISPOSITION, lambda words: DISPOSITIONS[words])
    if disposition is None and Field.FILING_NUMBER in told:
        disposition = Disposition.FILED
    if disposition is None and told:
        name = fields.name(told[0])
        raise InvalidRow(
            "invalid_row",
            f"写了 {name}，却没有 disposition（处理方式）；请补上，或把 {name} 对应为“不用”。",
            column=name,
        )
    if disposition is None:
        return None
    return Outcome(
        disposition=disposition,
        handling_unit=_words(fields, Field.HANDLING_UNIT),
        filing_number=_words(fields, Field.FILING_NUMBER),
        reply_class=_read(fields, Field.REPLY_CLASS, _reply_class),
        replied_on=_read(fields, Field.REPLIED_ON, read_day),
    )


def _words(fields: Fields, wanted: Field) -> str:
    value = fields.values.get(wanted)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        name = fields.name(wanted)
        raise InvalidRow("invalid_row", f"{name} 应为文字。", column=name)
    return str(value).strip()


_RULES = {
    Field.SUBMITTED_AT: "应为日期，如 2023-01-31",
    Field.REPLIED_ON: "应为日期，如 2023-01-31",
    Field.RECEIVED_AT: "应为日期或时刻，如 2023-01-31 或 2023-01-31 09:30",
    Field.DISPOSITION: f"应为 {'、'.join(Disposition)} 之一，或其中文名称",
    Field.REPLY_CLASS: f"应为 {'、'.join(ReplyClass)} 之一",
}
"""Column -> what it must be."""


def _read(fields: Fields, wanted: Field, read: Callable[[str], _Value]) -> _Value | None:
    """Read a value; None where there is none."""
    words = _words(fields, wanted)
    if not words:
        return None
    try:
        return read(words)
    except (ValueError, KeyError):
        name = fields.name(wanted)
        raise InvalidRow("invalid_row", f"{name} {_RULES[wanted]}。", column=name) from None


def _reply_class(words: str) -> ReplyClass:
    return ReplyClass(unicodedata.normalize("NFKC", words).upper().removesuffix("类"))
