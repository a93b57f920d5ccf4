"""Read an archive: submissions of past years with who sent them, when they came and what became.

A wrong date or outcome refuses its row: the office should mend it, not lose it.
"""

import hashlib
import io
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import chain
from typing import BinaryIO, TypeVar

from nlp_service.domain.errors import InvalidSubmission, UnreadableInput
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import CHINA, Origin, Outcome, ReplyClass, check_name
from nlp_service.domain.submission import Submission
from nlp_service.intake.csv import read_csv_columns
from nlp_service.intake.files import survey_stream
from nlp_service.intake.jsonl import read_jsonl_columns
from nlp_service.intake.rows import InvalidRow, read_date, read_row

COLUMNS: Mapping[str, str] = {
    "id": "reference",
    "编号": "reference",
    "类型": "kind",
    "标题": "title",
    "案由": "title",
    "正文": "body",
    "内容": "body",
    "提交日期": "submitted_at",
    "收到日期": "received_at",
    "收到时间": "received_at",
    "提交者": "submitter",
    "提案人": "submitter",
    "地区": "district",
    "来源": "source",
    "处理方式": "disposition",
    "承办单位": "handling_unit",
    "立案编号": "filing_number",
    "答复类别": "reply_class",
    "答复日期": "replied_on",
}
"""Other names of a column -> ours."""

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

YEARS = range(1900, 2200)
"""Beyond them a date is a slip of the pen."""

_OUTCOME = ("handling_unit", "filing_number", "reply_class", "replied_on")
_TIMES = ("%H:%M:%S", "%H:%M")

_BLOCK = 2**20

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedSubmission:
    """A submission with what an archive knows of it."""

    submission: Submission
    origin: Origin
    received_at: datetime | None
    outcome: Outcome | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An archive that is about to be read, once."""

    name: str
    source: str
    """Of the rows that name none themselves."""
    digest: str
    """SHA-256 of its bytes, in hexadecimal digits."""
    lines: int
    rows: Iterator[tuple[int, ArchivedSubmission | InvalidRow]]
    """The line on which each row begins, from 1. Holds one row at a time.

    Raises ``UnreadableInput`` where the rest cannot be read.
    """


def open_archive(file: BinaryIO, *, name: str, is_csv: bool, source: str) -> Archive:
    """Look over an open file, JSON Lines or CSV, and make it ready for reading.

    Raises:
        InvalidSubmission: the source or the file's name is no name.
        UnreadableInput: it is empty, in no known encoding, or has no column for the body.
    """
    check_name("来源", source)
    check_name("文件名", name)
    called = name or "档案"
    survey = survey_stream(file, name=called, is_csv=is_csv)
    digest = _digest(file)
    file.seek(0)
    rows = _read_rows(file, called, survey.encoding if is_csv else None, source)
    first = next(rows, None)
    if first is None:
        raise UnreadableInput(f"{called} 里没有一件来件，请检查文件。")
    return Archive(
        name=name, source=source, digest=digest, lines=survey.lines, rows=chain([first], rows)
    )


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _read_rows(
    file: BinaryIO, name: str, csv_encoding: str | None, source: str
) -> Iterator[tuple[int, ArchivedSubmission | InvalidRow]]:
    rows: Iterator[tuple[int, Mapping[str, object] | InvalidRow]]
    rows = _csv_rows(file, name, csv_encoding) if csv_encoding else read_jsonl_columns(file)
    for line, columns in rows:
        if isinstance(columns, InvalidRow):
            yield line, columns
        else:
            yield line, read_archived(columns, source=source)


def _csv_rows(
    file: BinaryIO, name: str, encoding: str
) -> Iterator[tuple[int, Mapping[str, object] | InvalidRow]]:
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        yield from read_csv_columns(text, name=name, names=COLUMNS)
    finally:
        with suppress(ValueError):  # the caller has closed its file
            text.detach()


def read_archived(columns: Mapping[str, object], *, source: str) -> ArchivedSubmission | InvalidRow:
    """Make an archived submission of a row's named values; other columns do not count."""
    named = {
        COLUMNS.get(name.strip().lower(), name.strip().lower()): columns[name] for name in columns
    }
    submission = read_row({**named, "id": named.get("reference")})
    if isinstance(submission, InvalidRow):
        return submission
    try:
        _read(named, "submitted_at", _day)  # a submission takes an unreadable one for none
        return ArchivedSubmission(
            submission=submission,
            origin=Origin(
                submitter=_words(named, "submitter"),
                district=_words(named, "district"),
                source=_words(named, "source") or source,
            ),
            received_at=_received_at(named, submission),
            outcome=_outcome(named),
        )
    except InvalidSubmission as error:
        return InvalidRow(error.code, str(error), id=submission.id)


def _received_at(named: Mapping[str, object], submission: Submission) -> datetime | None:
    """Return when it came: where only the day of submission is told, with that day."""
    received_at = _read(named, "received_at", _moment)
    if received_at is None and submission.submitted_at is not None:
        return datetime.combine(submission.submitted_at, time(), CHINA)
    return received_at


def _outcome(named: Mapping[str, object]) -> Outcome | None:
    """Return what became of a submission; a filing number alone says that it was filed."""
    told = [column for column in _OUTCOME if _words(named, column)]
    disposition = _read(named, "disposition", lambda words: DISPOSITIONS[words])
    if disposition is None and "filing_number" in told:
        disposition = Disposition.FILED
    if disposition is None and told:
        raise InvalidRow("invalid_row", f"写了 {told[0]}，却没有 disposition（处理方式）。")
    if disposition is None:
        return None
    return Outcome(
        disposition=disposition,
        handling_unit=_words(named, "handling_unit"),
        filing_number=_words(named, "filing_number"),
        reply_class=_read(named, "reply_class", _reply_class),
        replied_on=_read(named, "replied_on", _day),
    )


def _words(named: Mapping[str, object], column: str) -> str:
    value = named.get(column)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidRow("invalid_row", f"{column} 应为文字。")
    return str(value).strip()


_RULES = {
    "submitted_at": "应为日期，如 2023-01-31",
    "replied_on": "应为日期，如 2023-01-31",
    "received_at": "应为日期或时刻，如 2023-01-31 或 2023-01-31 09:30",
    "disposition": f"应为 {'、'.join(Disposition)} 之一，或其中文名称",
    "reply_class": f"应为 {'、'.join(ReplyClass)} 之一",
}
"""Column -> what it must be."""


def _read(named: Mapping[str, object], column: str, read: Callable[[str], _Value]) -> _Value | None:
    """Read a value; None where there is none."""
    words = _words(named, column)
    if not words:
        return None
    try:
        return read(words)
    except (ValueError, KeyError):
        raise InvalidRow("invalid_row", f"{column} {_RULES[column]}。") from None


def _day(words: str) -> date:
    day = read_date(words)
    if day is None or day.year not in YEARS:
        raise ValueError(words)
    return day


def _moment(words: str) -> datetime:
    """Return the moment at the start of a value, in Chinese time where no zone is told."""
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        moment = datetime.combine(_day(words), _time(words))
    if moment.year not in YEARS:
        raise ValueError(words)
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def _time(words: str) -> time:
    """Return the time of day behind a date's blank; midnight where there is none."""
    told = words.partition(" ")[2].strip()
    for form in _TIMES:
        try:
            return datetime.strptime(told, form).time()
        except ValueError:
            continue
    if told:
        raise ValueError(words)
    return time()


def _reply_class(words: str) -> ReplyClass:
    return ReplyClass(unicodedata.normalize("NFKC", words).upper().removesuffix("类"))
