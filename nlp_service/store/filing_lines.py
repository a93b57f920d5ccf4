"""The lines for filing in the store: set by a person, taken up by every process within seconds.

Where nobody has set any, those of the settings are in force.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, insert, select

from nlp_service.assess import Assessor
from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.in_force import FilingLines
from nlp_service.domain.submission import Kind
from nlp_service.quality.disposition import FilingPolicy
from nlp_service.store.audit import Audit
from nlp_service.store.tables import assessments, filing_lines, submissions

if TYPE_CHECKING:
    from nlp_service.store.opening import Store

_ONLY = 0
"""Key, in the audit, of the lines of this installation."""


class FilingLineBook:
    """The lines, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._connection, self._audit = connection, audit

    def history(self, *, limit: int = 20) -> Sequence[FilingLines]:
        """Return what was set, the newest first; the first is in force."""
        newest = select(filing_lines).order_by(filing_lines.c.key.desc()).limit(limit)
        return [_read(row) for row in self._connection.execute(newest)]

    def set(self, policy: FilingPolicy, *, before: FilingPolicy) -> None:
        """Put the lines of a policy in force; ``before`` has those that were until now."""
        row = {
            **_lines(policy),
            "set_at": datetime.now(UTC),
            "set_by": self._audit.actor,
        }
        self._connection.execute(insert(filing_lines).values(row))
        told = {"before": _lines(before), "after": _lines(policy)}
        self._audit.note(Action.FILING_LINES_SET, RecordKind.FILING_LINES, _ONLY, **told)

    def count_above(self, *totals: float) -> tuple[int, Sequence[int]]:
        """Return how many stored proposals have a total, and how many reach each of some."""
        a, s = assessments.c, submissions.c
        reached = [func.count().filter(a.score >= total) for total in totals]
        row = self._connection.execute(
            select(func.count(), *reached)
            .join_from(assessments, submissions, a.submission_key == s.key)
            .where(a.current, a.kind == Kind.PROPOSAL, a.score.is_not(None), s.deleted_at.is_(None))
        ).one()
        return row[0], row[1:]


def take_up_lines(store: "Store", assessor: Assessor) -> None:
    """Let an assessor go by the lines that are in force.

    Raises:
        StoreError: the database refuses.
    """
    with store.reading() as office:
        found = office.filing_lines.history(limit=1)
    if found:
        policy = replace(
            assessor.policy,
            file_from=found[0].file_from,
            convert_from=found[0].convert_from,
        )
        if policy != assessor.policy:
            assessor.policy = policy


def _lines(policy: FilingPolicy) -> dict[str, float]:
    return {"file_from": policy.file_from, "convert_from": policy.convert_from}


def _read(row: Row[Any]) -> FilingLines:
    return FilingLines(
        file_from=row.file_from,
        convert_from=row.convert_from,
        set_at=row.set_at,
        set_by=row.set_by,
    )
