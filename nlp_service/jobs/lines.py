"""The rows of a job as they lie in the database: lines of JSON, packed.

A result's line is written once, by the worker, and sent as it is: so two runs of a job can be
compared byte for byte.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from nlp_service.domain.assessment import Assessment
from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Origin, Outcome, ReplyClass, StoredOnce
from nlp_service.domain.submission import Kind, Submission
from nlp_service.intake.rows import InvalidRow
from nlp_service.jobs.rows import JobRow
from nlp_service.store.filing import Refusal
from nlp_service.store.packed_lines import encode_line, pack_lines, unpack_lines


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

    row: JobRow
    answer: Assessment | Refusal
    stored: StoredOnce | None = None


def pack_rows(rows: Sequence[JobRow]) -> bytes:
    """Pack rows that wait."""
    return pack_lines([encode_line(_row_as_json(row)) for row in rows])


def unpack_rows(content: bytes) -> Sequence[JobRow]:
    """Return rows as they were packed."""
    return [_read_row(json.loads(line)) for line in unpack_lines(content)]


def pack_results(results: Sequence[RowResult], *, explain: bool) -> bytes:
    """Pack results, a line each."""
    return pack_lines([encode_line(_result_as_json(result, explain=explain)) for result in results])


def row_of_line(line: bytes) -> int:
    """Return the number of the row that a result's line is about: it stands first."""
    return int(line[len(b'{"row":') : line.index(b",")])


def withhold_restricted(line: bytes, restricted: Collection[int]) -> bytes:
    """Return a result's line as it is told to who may not read restricted submissions.

    Of what is stored it counts how it stands now: persons restrict submissions and lift that. Of
    the rest the assessment counts.
    """
    if not restricted and b'"restricted":true' not in line:  # within a value quotes are escaped
        return line
    told = json.loads(line)
    assessment = told.get("assessment")
    if assessment is None:
        return line
    stored = assessment["stored"]
    if not (stored["key"] in restricted if stored else assessment["restricted"]):
        return line
    place = {name: told[name] for name in ("row", "where")}
    error = {
        "code": "restricted",
        "message": "这一件限阅，请由有权查阅原文的人，或提交任务者来取。",
    }
    kept_back = {"status": "withheld", "id": assessment["id"], "error": error}
    return encode_line({**place, **kept_back}).encode()


def document_of(
    assessment: Assessment, stored: StoredOnce | None, *, explain: bool
) -> dict[str, Any]:
    """Return an assessment as batches tell it: what is as long as the text only with reasons."""
    if assessment.quality and not explain:
        quality = replace(assessment.quality, evidence=(), sentences=())
        assessment = replace(assessment, quality=quality)
    kept = asdict(stored) if stored else None
    return {**assessment.as_dict(), "stored": kept, "duplicates": None}


def _result_as_json(result: RowResult, *, explain: bool) -> Mapping[str, Any]:
    told: dict[str, Any] = {"row": result.row.number, "where": result.row.where}
    if isinstance(result.answer, Assessment):
        document = document_of(result.answer, result.stored, explain=explain)
        return {**told, "status": "ok", "assessment": document}
    error = {"code": result.answer.code, "message": str(result.answer)}
    status = "quarantined" if isinstance(result.answer, Quarantined) else "refused"
    return {**told, "status": status, "id": result.row.item.id, "error": error}


def _row_as_json(row: JobRow) -> Sequence[Any]:
    item = row.item
    if isinstance(item, InvalidRow):
        return [row.number, row.where, None, [item.code, str(item), item.id], None]
    day = item.submitted_at and item.submitted_at.isoformat()
    told = [item.id, item.title, item.body, item.kind, day]
    return [row.number, row.where, told, None, _kept_as_json(row)]


def _read_row(told: Sequence[Any]) -> JobRow:
    number, where, submission, error, kept = told
    if submission is None:
        code, message, id = error
        return JobRow(number=number, where=where, item=InvalidRow(code, message, id=id))
    id, title, body, kind, day = submission
    item = Submission(
        id=id,
        title=title,
        body=body,
        kind=Kind(kind),
        submitted_at=date.fromisoformat(day) if day else None,
    )
    return JobRow(number=number, where=where, item=item, **_read_kept(kept))


def _kept_as_json(row: JobRow) -> Mapping[str, Any]:
    outcome = row.outcome and {
        **asdict(row.outcome),
        "replied_on": row.outcome.replied_on and row.outcome.replied_on.isoformat(),
    }
    received_at = row.received_at and row.received_at.isoformat()
    return {"origin": asdict(row.origin), "received_at": received_at, "outcome": outcome}


def _read_kept(told: Mapping[str, Any]) -> Mapping[str, Any]:
    received_at = told["received_at"]
    return {
        "origin": Origin(**told["origin"]),
        "received_at": datetime.fromisoformat(received_at) if received_at else None,
        "outcome": _read_outcome(told["outcome"]) if told["outcome"] else None,
    }


def _read_outcome(told: Mapping[str, Any]) -> Outcome:
    return Outcome(
        disposition=Disposition(told["disposition"]),
        handling_unit=told["handling_unit"],
        filing_number=told["filing_number"],
        reply_class=ReplyClass(told["reply_class"]) if told["reply_class"] else None,
        replied_on=date.fromisoformat(told["replied_on"]) if told["replied_on"] else None,
    )
