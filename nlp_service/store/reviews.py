"""What persons said of submissions: added and undone, never changed; what counts now, for lists."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import reduce
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_update

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import InvalidSubmission, RecordUnknown, ReviewRefused
from nlp_service.domain.records import begin_of
from nlp_service.domain.reviews import (
    Findings,
    Review,
    ReviewedText,
    check_note,
    machine_findings,
)
from nlp_service.domain.submission import Kind
from nlp_service.store.audit import Audit
from nlp_service.store.earlier_texts import part_document
from nlp_service.store.presence import lock_present
from nlp_service.store.review_tables import reviewed, reviews
from nlp_service.store.tables import assessments, submissions

_LISTED = (
    *("kind", "topic", "subtopic", "lead_unit", "assist_units", "sectors"),
    *("urgency", "levels", "disposition"),
)
"""The parts by which lists filter, or from which follows what they sort by."""
_PAGE = 500


class Reviews:
    """Reviews, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._connection, self._audit = connection, audit

    def add(
        self,
        submission_key: int,
        said: Findings,
        *,
        confirm: bool = False,
        note: str = "",
        assessment_key: int | None = None,
    ) -> Review:
        """Add what a person said; both answers are kept.

        Args:
            submission_key: of the submission.
            said: checked by ``check_findings``.
            confirm: the person also holds true all else that is shown: what persons said before,
                and of other parts what the assessment says.
            note: for colleagues; it is shown with the history.
            assessment_key: the assessment that the person saw; the current one unless told.

        Raises:
            RecordUnknown: there is no such submission, or no such assessment of it.
            InvalidSubmission: nothing is said, or the note is no note.
        """
        check_note(note)
        lock_present(self._connection, [submission_key])
        seen = self._assessment(submission_key, assessment_key)
        machine = machine_findings(seen.answer)
        held = (self.findings(submission_key) or Findings()).over(machine)
        person = said.over(held) if confirm else said
        if not person.parts and not note.strip():
            raise InvalidSubmission(
                "invalid_review", "请确认（confirm: true）、更正至少一项，或写一句备注。"
            )
        key = self._connection.execute(
            insert(reviews)
            .values(
                submission_key=submission_key,
                assessment_key=seen.key,
                person=person.as_dict(),
                machine=machine.only(person.parts).as_dict(),
                note=note.strip(),
                reviewed_at=datetime.now(UTC),
                reviewed_by=self._audit.actor,
            )
            .returning(reviews.c.key)
        ).scalar_one()
        self._audit.note(
            Action.REVIEWED,
            RecordKind.SUBMISSION,
            submission_key,
            before=held.only(person.parts).as_dict(),
            after=person.as_dict(),
        )
        self._settle(submission_key)
        return self.get(key)

    def undo(self, key: int) -> Review:
        """Take back a review; what was said before counts again.

        Raises:
            RecordUnknown: there is none.
            ReviewRefused: it was taken back already.
        """
        lock_present(self._connection, [self.get(key).submission_key])
        review = self.get(key)  # as it is now that nobody else can change it
        if review.undone_at is not None:
            raise ReviewRefused(f"审核 {key} 已由 {review.undone_by} 撤回。")
        self._connection.execute(
            update(reviews)
            .where(reviews.c.key == key)
            .values(undone_at=datetime.now(UTC), undone_by=self._audit.actor)
        )
        self._audit.note(
            Action.REVIEW_UNDONE,
            RecordKind.SUBMISSION,
            review.submission_key,
            before=review.person.as_dict(),
        )
        self._settle(review.submission_key)
        return self.get(key)

    def get(self, key: int) -> Review:
        """Return a review, in force or not.

        Raises:
            RecordUnknown: there is none.
        """
        row = self._connection.execute(select(reviews).where(reviews.c.key == key)).one_or_none()
        if row is None:
            raise RecordUnknown(f"没有编号为 {key} 的审核。")
        return _read(row)

    def history(self, submission_key: int) -> Sequence[Review]:
        """Return every review of a submission, oldest first, the undone ones too."""
        rows = self._connection.execute(
            select(reviews)
            .where(reviews.c.submission_key == submission_key)
            .order_by(reviews.c.key)
        )
        return [_read(row) for row in rows]

    def findings(self, submission_key: int) -> Findings | None:
        """Return what persons hold of a submission now; None where nobody spoke."""
        in_force = self._in_force(submission_key)
        return _latest(each.person for each in in_force) if in_force else None

    def reviewed_texts(self, *, since: date | None = None) -> Iterator[ReviewedText]:
        """Yield what there is to learn from, by submission; the restricted ones are not among it.

        Args:
            since: only those that were spoken of on this day (Chinese time) or later.
        """
        last = 0
        while rows := self._reviewed_page(last, since):
            for row in rows:
                yield self._reviewed_text(row)
            last = rows[-1].key

    def _in_force(self, submission_key: int) -> Sequence[Review]:
        return [each for each in self.history(submission_key) if each.undone_at is None]

    def _assessment(self, submission_key: int, assessment_key: int | None) -> Row[*tuple[Any, ...]]:
        a = assessments.c
        wanted = a.current if assessment_key is None else a.key == assessment_key
        row = self._connection.execute(
            select(a.key, a.answer).where(a.submission_key == submission_key, wanted)
        ).one_or_none()
        if row is None:
            raise RecordUnknown(f"来件 {submission_key} 没有编号为 {assessment_key} 的评定。")
        return row

    def _settle(self, submission_key: int) -> None:
        """Note for lists what counts now."""
        in_force = self._in_force(submission_key)
        if not in_force:
            self._connection.execute(
                delete(reviewed).where(reviewed.c.submission_key == submission_key)
            )
            return
        now = _latest(each.person for each in in_force)
        row: Mapping[str, Any] = {
            "review_key": in_force[-1].key,
            "reviewed_at": in_force[-1].reviewed_at,
            **{name: getattr(now, name) for name in _LISTED},
            "subtopic": self._held_subtopic(submission_key, now),
        }
        statement = insert_or_update(reviewed).values(submission_key=submission_key, **row)
        self._connection.execute(
            statement.on_conflict_do_update(index_elements=["submission_key"], set_=row)
        )

    def _held_subtopic(self, submission_key: int, now: Findings) -> str | None:
        """Return the subtopic that counts: the machine's only within the topic that counts."""
        if now.subtopic is not None or now.topic is None:
            return now.subtopic
        machine = machine_findings(self._assessment(submission_key, None).answer)
        return machine.subtopic if machine.topic == now.topic else ""

    def _reviewed_page(self, last: int, since: date | None) -> Sequence[Row[*tuple[Any, ...]]]:
        s = submissions.c
        statement = (
            select(s.key, s.title, s.text, s.kind, s.submitted_at)
            .join(reviewed, reviewed.c.submission_key == s.key)
            .where(s.key > last, s.deleted_at.is_(None), ~s.restricted)
            .order_by(s.key)
            .limit(_PAGE)
        )
        if since is not None:
            statement = statement.where(reviewed.c.reviewed_at >= begin_of(since))
        return self._connection.execute(statement).all()

    def _reviewed_text(self, row: Row[*tuple[Any, ...]]) -> ReviewedText:
        document = part_document(row.title, row.text)
        in_force = self._in_force(row.key)
        bundle = select(assessments.c.bundle).where(
            assessments.c.key == in_force[-1].assessment_key
        )
        return ReviewedText(
            submission_key=row.key,
            title=document.title,
            body=document.body,
            kind=Kind(row.kind),
            submitted_at=row.submitted_at.isoformat() if row.submitted_at else "",
            bundle=self._connection.execute(bundle).scalar_one(),
            person=_latest(each.person for each in in_force),
            machine=_latest(each.machine for each in in_force),
        )


def _latest(said: Iterable[Findings]) -> Findings:
    """Return the last word on each part."""
    return reduce(lambda earlier, later: later.over(earlier), said)


def _read(row: Row[Any]) -> Review:
    return Review(
        key=row.key,
        submission_key=row.submission_key,
        assessment_key=row.assessment_key,
        person=Findings.from_dict(row.person),
        machine=Findings.from_dict(row.machine),
        note=row.note,
        reviewed_at=row.reviewed_at,
        reviewed_by=row.reviewed_by,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
    )
