"""Assessments of stored submissions: the newest is the current one, the others stay as history."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from nlp_service.domain.assessment import Assessment, Role
from nlp_service.domain.records import Action, RecordKind, StoredAssessment
from nlp_service.domain.submission import Kind
from nlp_service.store.audit import Audit
from nlp_service.store.forgetting import forget
from nlp_service.store.presence import lock_present
from nlp_service.store.tables import assessments, submissions


class Assessments:
    """Assessments, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._connection, self._audit = connection, audit

    def add(self, submission_key: int, assessment: Assessment) -> bool:
        """Make an assessment the current one; return False where it already is.

        A submission that it holds to be restricted becomes so; only a person lifts that.

        Raises:
            RecordUnknown: there is no such submission.
        """
        lock_present(self._connection, [submission_key])
        current = self.current(submission_key)
        answer = assessment.as_dict()
        if current is not None and as_json(current.answer) == as_json(answer):
            return False
        if current is not None:
            self._connection.execute(
                update(assessments).where(assessments.c.key == current.key).values(current=False)
            )
        self._insert(submission_key, assessment, answer)
        if assessment.restricted:
            self._connection.execute(
                update(submissions)
                .where(submissions.c.key == submission_key, ~submissions.c.restricted)
                .values(restricted=True)
            )
            forget(self._connection, [submission_key])
        self._audit.note(Action.ASSESSED, RecordKind.SUBMISSION, submission_key)
        return True

    def add_first(self, submission_key: int, assessment: Assessment) -> None:
        """Add the assessment of a submission that this transaction has just made."""
        self._insert(submission_key, assessment, assessment.as_dict())
        self._audit.note(Action.ASSESSED, RecordKind.SUBMISSION, submission_key)

    def current(self, submission_key: int) -> StoredAssessment | None:
        """Return the current assessment; None where there is no such submission."""
        row = self._connection.execute(
            select(assessments).where(
                assessments.c.submission_key == submission_key, assessments.c.current
            )
        ).one_or_none()
        return None if row is None else read_assessment(row)

    def history(self, submission_key: int) -> Sequence[StoredAssessment]:
        """Return every assessment of a submission, oldest first."""
        rows = self._connection.execute(
            select(assessments)
            .where(assessments.c.submission_key == submission_key)
            .order_by(assessments.c.key)
        )
        return [read_assessment(row) for row in rows]

    def outdated(self, *, bundle: str, taxonomy: str, limit: int) -> Sequence[int]:
        """Return keys of submissions whose current assessment is of another bundle or taxonomy."""
        rows = self._connection.execute(
            select(assessments.c.submission_key)
            .join(submissions)
            .where(
                assessments.c.current,
                submissions.c.deleted_at.is_(None),
                or_(assessments.c.bundle != bundle, assessments.c.taxonomy != taxonomy),
            )
            .order_by(assessments.c.submission_key)
            .limit(limit)
        )
        return list(rows.scalars())

    def _insert(self, submission_key: int, assessment: Assessment, answer: dict[str, Any]) -> None:
        leads = [unit.code for unit in assessment.units if unit.role is Role.LEAD]
        self._connection.execute(
            insert(assessments).values(
                submission_key=submission_key,
                assessed_at=datetime.now(UTC),
                bundle=assessment.versions.bundle,
                taxonomy=assessment.versions.taxonomy,
                kind=assessment.kind,
                topic=assessment.topic.code,
                subtopic=assessment.subtopic.code,
                lead_unit=leads[0] if leads else "",
                urgency=assessment.urgency.level,
                score=assessment.quality.score if assessment.quality else None,
                needs_review=assessment.needs_review,
                current=True,
                answer=answer,
            )
        )


def as_json(value: object) -> str:
    """Return the text that the database keeps of an answer: keys in order, Chinese readable."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_assessment(row: Row[Any]) -> StoredAssessment:
    """Make the record of a row of the table."""
    return StoredAssessment(
        key=row.key,
        submission_key=row.submission_key,
        assessed_at=row.assessed_at,
        bundle=row.bundle,
        taxonomy=row.taxonomy,
        kind=Kind(row.kind),
        topic=row.topic,
        subtopic=row.subtopic,
        lead_unit=row.lead_unit,
        urgency=row.urgency,
        score=row.score,
        needs_review=row.needs_review,
        current=row.current,
        answer=row.answer,
    )
