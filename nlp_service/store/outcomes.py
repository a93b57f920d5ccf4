"""What the office decided on a submission and what came of it. The newest entry counts."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Row, ScalarSelect, func, insert, select

from nlp_service.domain.audit import Action, Change, Facts, RecordKind
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Outcome, RecordedOutcome, ReplyClass
from nlp_service.store.audit import Audit
from nlp_service.store.presence import lock_present
from nlp_service.store.tables import outcomes, submissions


def newest_disposition() -> ScalarSelect[str]:
    """Return the expression for what was recorded last of a submission that a statement selects."""
    return (
        select(outcomes.c.disposition)
        .where(outcomes.c.submission_key == submissions.c.key)
        .order_by(outcomes.c.key.desc())
        .limit(1)
        .scalar_subquery()
    )


class Outcomes:
    """Outcomes, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._connection, self._audit = connection, audit

    def record(self, submission_key: int, outcome: Outcome) -> RecordedOutcome:
        """Record what holds from now on; what already holds is not recorded twice.

        Raises:
            RecordUnknown: there is no such submission.
        """
        lock_present(self._connection, [submission_key])
        current = self.current(submission_key)
        if current is not None and current.outcome == outcome:
            return current
        self._insert({submission_key: outcome})
        before = None if current is None else _told(current.outcome)
        self._note({submission_key: Change(before=before, after=_told(outcome))})
        return self.history(submission_key)[-1]

    def note_all(self, outcome_of: Mapping[int, Outcome]) -> None:
        """Record outcomes by submission key, where the caller knows that they are news."""
        if outcome_of:
            self._insert(outcome_of)
            self._note({key: Change(after=_told(one)) for key, one in outcome_of.items()})

    def current(self, submission_key: int) -> RecordedOutcome | None:
        """Return what holds now; None where nothing was decided."""
        return self.current_among([submission_key]).get(submission_key)

    def current_among(self, submission_keys: Sequence[int]) -> Mapping[int, RecordedOutcome]:
        """Return what holds now of several submissions, by key, of those that have an outcome."""
        c = outcomes.c
        newest = (
            select(func.max(c.key))
            .where(c.submission_key.in_(submission_keys))
            .group_by(c.submission_key)
        )
        rows = self._connection.execute(select(outcomes).where(c.key.in_(newest)))
        return {row.submission_key: _recorded(row) for row in rows}

    def history(self, submission_key: int) -> Sequence[RecordedOutcome]:
        """Return every outcome that was recorded, oldest first."""
        rows = self._connection.execute(
            select(outcomes)
            .where(outcomes.c.submission_key == submission_key)
            .order_by(outcomes.c.key)
        )
        return [_recorded(row) for row in rows]

    def with_filing_number(self, filing_number: str) -> Sequence[RecordedOutcome]:
        """Return the outcomes under a filing number (2023年第118号), oldest first."""
        rows = self._connection.execute(
            select(outcomes)
            .where(outcomes.c.filing_number == filing_number, outcomes.c.filing_number != "")
            .order_by(outcomes.c.key)
        )
        return [_recorded(row) for row in rows]

    def _insert(self, outcome_of: Mapping[int, Outcome]) -> None:
        now = datetime.now(UTC)
        self._connection.execute(
            insert(outcomes),
            [
                {
                    "submission_key": key,
                    "disposition": outcome.disposition,
                    "handling_unit": outcome.handling_unit,
                    "filing_number": outcome.filing_number,
                    "reply_class": outcome.reply_class,
                    "replied_on": outcome.replied_on,
                    "recorded_at": now,
                    "recorded_by": self._audit.actor,
                }
                for key, outcome in outcome_of.items()
            ],
        )

    def _note(self, changes: Mapping[int, Change]) -> None:
        self._audit.note_changes(Action.OUTCOME_RECORDED, RecordKind.SUBMISSION, changes)


def _told(outcome: Outcome) -> Facts:
    return {
        "disposition": outcome.disposition,
        "handling_unit": outcome.handling_unit,
        "filing_number": outcome.filing_number,
        "reply_class": outcome.reply_class,
        "replied_on": outcome.replied_on and outcome.replied_on.isoformat(),
    }


def _recorded(row: Row[tuple[object, ...]]) -> RecordedOutcome:
    return RecordedOutcome(
        key=row.key,
        submission_key=row.submission_key,
        outcome=Outcome(
            disposition=Disposition(row.disposition),
            handling_unit=row.handling_unit,
            filing_number=row.filing_number,
            reply_class=ReplyClass(row.reply_class) if row.reply_class else None,
            replied_on=row.replied_on,
        ),
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )
