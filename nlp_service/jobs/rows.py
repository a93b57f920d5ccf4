"""A row of a job, as it waits: what is to be scored, and what is to be stored with it."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from nlp_service.domain.records import Origin, Outcome
from nlp_service.domain.submission import Kind, Submission
from nlp_service.intake.archive import ArchivedSubmission, read_archived
from nlp_service.intake.rows import InvalidRow
from nlp_service.intake.uploads import ReadRow


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """A row of a file, or why it holds no submission."""

    number: int
    """From 1, over the whole file."""
    where: str
    """For a person: 第 5 行."""
    item: Submission | InvalidRow
    origin: Origin = field(default_factory=Origin)
    received_at: datetime | None = None
    outcome: Outcome | None = None
    """What the file says of these; only of rows that are to be stored."""


def job_row(row: ReadRow, *, keep: bool, source: str, kind: Kind = Kind.UNKNOWN) -> JobRow:
    """Return what waits of a row.

    Where it is to be stored, a date or an outcome that cannot be read refuses it: the office
    should mend it, not lose it.

    Args:
        row: as the file has it.
        keep: whether it is to be stored.
        source: the channel of rows that name none themselves.
        kind: likewise.
    """
    item = read_archived(row, source=source) if keep else row.item
    if not isinstance(item, ArchivedSubmission):
        return JobRow(number=row.number, where=row.where, item=_of_kind(item, kind))
    return JobRow(
        number=row.number,
        where=row.where,
        item=_of_kind(item.submission, kind),
        origin=item.origin,
        received_at=item.received_at,
        outcome=item.outcome,
    )


def _of_kind(item: Submission | InvalidRow, kind: Kind) -> Submission | InvalidRow:
    """Return a row that names no kind as one of the job's."""
    if isinstance(item, InvalidRow) or item.kind is not Kind.UNKNOWN:
        return item
    return replace(item, kind=kind)
