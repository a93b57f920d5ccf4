"""The rows of a job as they lie in the database: lines of JSON, packed.

A result's line is written once, by the worker, and sent as it is: so two runs of a job can be
compared byte for byte.
"""

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from nlp_service.domain.assessment import Assessment
from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.records import StoredOnce
from nlp_service.domain.submission import Kind, Submission
from nlp_service.intake.rows import InvalidRow
from nlp_service.intake.uploads import ReadRow
from nlp_service.store.filing import Refusal

_LEVEL = 1
"""zlib's quickest; answers repeat each other, so it still makes them five times smaller."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Quarantined(InvalidSubmission):
    """A row at which assessing fails, and not for its form."""

    def __init__(self, message: str) -> None:
        super().__init__("quarantined", f"{message}，已隔离；其余各行不受影响。")
        self._message = message

    def __reduce__(self) -> tuple[Any, ...]:
        """Let other processes be told of it."""
        return type(self), (self._message,)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of a row."""

    row: ReadRow
    answer: Assessment | Refusal
    stored: StoredOnce | None = None


def pack_rows(rows: Sequence[ReadRow]) -> bytes:
    """Pack rows that wait."""
    return _pack([_encode(_row_as_json(row)) for row in rows])


def unpack_rows(content: bytes) -> Sequence[ReadRow]:
    """Return rows as they were packed."""
    return [_read_row(json.loads(line)) for line in unpack_lines(content)]


def pack_results(results: Sequence[RowResult], *, explain: bool) -> bytes:
    """Pack results, a line each."""
    return _pack([_encode(_result_as_json(result, explain=explain)) for result in results])


def unpack_lines(content: bytes) -> Iterator[bytes]:
    """Yield the lines, in order, without their ends."""
    return iter(zlib.decompress(content).split(b"\n"))


def row_of_line(line: bytes) -> int:
    """Return the number of the row that a result's line is about: it stands first."""
    return int(line[len(b'{"row":') : line.index(b",")])


def document_of(
    assessment: Assessment, stored: StoredOnce | None, *, explain: bool
) -> dict[str, Any]:
    """Return an assessment as batches tell it: what is as long as the text only with reasons."""
    if assessment.quality and not explain:
        quality = replace(assessment.quality, evidence=(), sentences=())
        assessment = replace(assessment, quality=quality)
    kept = asdict(stored) if stored else None
    return {**assessment.as_dict(), "stored": kept, "duplicates": None}


def _pack(lines: Sequence[str]) -> bytes:
    return zlib.compress("\n".join(lines).encode(), _LEVEL)


def _result_as_json(result: RowResult, *, explain: bool) -> Mapping[str, Any]:
    told: dict[str, Any] = {"row": result.row.number, "where": result.row.where}
    if isinstance(result.answer, Assessment):
        document = document_of(result.answer, result.stored, explain=explain)
        return {**told, "status": "ok", "assessment": document}
    error = {"code": result.answer.code, "message": str(result.answer)}
    status = "quarantined" if isinstance(result.answer, Quarantined) else "refused"
    return {**told, "status": status, "id": result.row.item.id, "error": error}


def _row_as_json(row: ReadRow) -> Sequence[Any]:
    item = row.item
    if isinstance(item, InvalidRow):
        return [row.number, row.where, None, [item.code, str(item), item.id]]
    day = item.submitted_at and item.submitted_at.isoformat()
    return [row.number, row.where, [item.id, item.title, item.body, item.kind, day], None]


def _read_row(told: Sequence[Any]) -> ReadRow:
    number, where, submission, error = told
    if submission is None:
        code, message, id = error
        return ReadRow(number=number, where=where, item=InvalidRow(code, message, id=id))
    id, title, body, kind, day = submission
    item = Submission(
        id=id,
        title=title,
        body=body,
        kind=Kind(kind),
        submitted_at=date.fromisoformat(day) if day else None,
    )
    return ReadRow(number=number, where=where, item=item)
