"""Assessments of stored submissions: the newest is the current one, the others stay as history."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, or_, select, update

from nlp_service.domain.assessment import Assessment, Role, ScorePath
from nlp_service.domain.audit import Action, Change, RecordKind
from nlp_service.domain.records import StoredAssessment
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

        One that says less than the current one of the same versions does not take its place: a
        quick one not that of a thorough one, one without quality not that of one with it.
        A submission that it holds to be restricted becomes so; only a person lifts that.

        Raises:
            RecordUnknown: there is no such submission.
        """
        lock_present(self._connection, [submission_key])
        current = self.current(submission_key)
        answer = assessment.as_dict()
        if current is not None and (
            as_json(current.answer) == as_json(answer) or _says_less(answer, current.answer)
        ):
            return False
        if current is not None:
            self._connection.execute(
                update(assessments).where(assessments.c.key == current.key).values(current=False)
            )
        self._insert({submission_key: assessment})
        if assessment.restricted:
            self._connection.execute(
                update(submissions)
                .where(submissions.c.key == submission_key, ~submissions.c.restricted)
                .values(restricted=True)
            )
            forget(self._connection, [submission_key])
        before = None if current is None else {"bundle": current.bundle}
        self._audit.note(
            Action.ASSESSED,
            RecordKind.SUBMISSION,
            submission_key,
            before=before,
            after={"bundle": assessment.versions.bundle},
        )
        return True

    def add_first(self, first: Mapping[int, Assessment]) -> None:
        """Add the assessments of submissions, by key, that this transaction has just made."""
        self._insert(first)
        by_bundle = {
            key: Change(after={"bundle": one.versions.bundle}) for key, one in first.items()
        }
        self._audit.note_changes(Action.ASSESSED, RecordKind.SUBMISSION, by_bundle)

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

    def _insert(self, by_key: Mapping[int, Assessment]) -> None:
        now = datetime.now(UTC)
        self._connection.execute(
            insert(assessments),
            [
                {"submission_key": key, "assessed_at": now, **_as_columns(assessment)}
                for key, assessment in by_key.items()
            ],
        )


def _as_columns(assessment: Assessment) -> dict[str, Any]:
    leads = [unit.code for unit in assessment.units if unit.role is Role.LEAD]
    return {
        "bundle": assessment.versions.bundle,
        "taxonomy": assessment.versions.taxonomy,
        "kind": assessment.kind,
        "topic": assessment.topic.code,
        "subtopic": assessment.subtopic.code,
        "lead_unit": leads[0] if leads else "",
        "assist_units": [unit.code for unit in assessment.units if unit.role is Role.ASSIST],
        "sectors": [sector.code for sector in assessment.sectors],
        "urgency": assessment.urgency.level,
        "look_first": assessment.look_first,
        "doubt": assessment.doubt,
        "score": assessment.quality.score if assessment.quality else None,
        "band": assessment.quality.band if assessment.quality else "",
        "needs_review": assessment.needs_review,
        "current": True,
        "answer": assessment.as_dict(),
    }


def _says_less(answer: Mapping[str, Any], current: Mapping[str, Any]) -> bool:
    """Say whether an answer of the current one's versions was made with less work."""
    return bool(answer["versions"] == current["versions"] and _work(answer) < _work(current))


def _work(answer: Mapping[str, Any]) -> tuple[bool, bool, bool]:
    """Return what was done for an answer, the weightiest first: quality, encoder, reasons."""
    topic = answer["topic"]
    return (
        answer["quality"] is not None,
        topic["path"] == ScorePath.COMBINED,
        bool(topic["spans"]),
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
