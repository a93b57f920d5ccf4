"""What persons took over from the machine at once: a review for each proposal, undone together."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from nlp_service.domain.adoption import PART_NAMES, AdoptedPart, Adoption, Dial
from nlp_service.domain.audit import Action, Facts, RecordKind
from nlp_service.domain.errors import InvalidSubmission, RecordUnknown, ReviewRefused
from nlp_service.store.audit import Audit
from nlp_service.store.presence import lock_present
from nlp_service.store.review_tables import reviews
from nlp_service.store.reviews import Reviews
from nlp_service.store.screening_tables import adopted_reviews, adoptions
from nlp_service.store.tables import submissions


class Adoptions:
    """Adoptions, in the caller's transaction."""

    def __init__(self, connection: Connection, own_reviews: Reviews, audit: Audit) -> None:
        self._connection, self._reviews, self._audit = connection, own_reviews, audit

    def add(self, term_session_key: int, dial: Dial) -> Adoption:
        """Take over what the dial shows; each proposal gets a review.

        Raises:
            RecordUnknown: one of the proposals is not there any more; nothing is taken over.
            InvalidSubmission: the dial shows nothing.
        """
        if not dial.adopted:
            raise InvalidSubmission(
                "invalid_review", "在这个错误率以内没有可以采纳的提案，请放宽，或逐件审定。"
            )
        lock_present(self._connection, [one.key for one in dial.adopted])
        note = _note(dial)
        said = [self._reviews.add(one.key, one.said, note=note).key for one in dial.adopted]
        key = self._connection.execute(
            insert(adoptions)
            .values(
                term_session_key=term_session_key,
                part=dial.part,
                most_error=dial.most_error,
                expected_error=dial.expected_error,
                adopted_at=datetime.now(UTC),
                adopted_by=self._audit.actor,
            )
            .returning(adoptions.c.key)
        ).scalar_one()
        self._connection.execute(
            insert(adopted_reviews),
            [{"adoption_key": key, "review_key": review} for review in said],
        )
        adoption = self.get(key)
        self._note(Action.ADOPTED, adoption)
        return adoption

    def undo(self, key: int) -> Adoption:
        """Take back every review of an adoption that is still in force.

        What persons said of the same proposals afterwards stays.

        Raises:
            RecordUnknown: there is none.
            ReviewRefused: it was taken back already.
        """
        self._lock(key)
        adoption = self.get(key)
        if adoption.undone_at is not None:
            raise ReviewRefused(f"这次批量采纳已由 {adoption.undone_by} 撤回。")
        in_force = self._in_force(adoption.reviews)
        lock_present(self._connection, [*in_force.values()])
        for review in in_force:
            self._reviews.undo(review)
        self._connection.execute(
            update(adoptions)
            .where(adoptions.c.key == key)
            .values(undone_at=datetime.now(UTC), undone_by=self._audit.actor)
        )
        self._note(Action.ADOPTION_UNDONE, adoption)
        return self.get(key)

    def get(self, key: int) -> Adoption:
        """Return an adoption, in force or not.

        Raises:
            RecordUnknown: there is none.
        """
        row = self._connection.execute(
            select(adoptions).where(adoptions.c.key == key)
        ).one_or_none()
        if row is None:
            raise RecordUnknown(f"没有编号为 {key} 的批量采纳。")
        return self._read(row)

    def of(self, term_session_key: int) -> Sequence[Adoption]:
        """Return the adoptions of a session, the latest first."""
        rows = self._connection.execute(
            select(adoptions)
            .where(adoptions.c.term_session_key == term_session_key)
            .order_by(adoptions.c.key.desc())
        )
        return [self._read(row) for row in rows.all()]

    def _lock(self, key: int) -> None:
        self._connection.execute(
            select(adoptions.c.key).where(adoptions.c.key == key).with_for_update()
        )

    def _in_force(self, keys: Sequence[int]) -> Mapping[int, int]:
        """Return the submission of each review in force, of those that are still there."""
        c, s = reviews.c, submissions.c
        rows = self._connection.execute(
            select(c.key, c.submission_key)
            .join(submissions, s.key == c.submission_key)
            .where(c.key.in_(keys), c.undone_at.is_(None), s.deleted_at.is_(None))
            .order_by(c.key)
        )
        return {row.key: row.submission_key for row in rows}

    def _note(self, action: Action, adoption: Adoption) -> None:
        told: Facts = {
            "part": adoption.part,
            "proposals": len(adoption.reviews),
            "most_error": adoption.most_error,
            "expected_error": round(adoption.expected_error, 4),
        }
        self._audit.note(action, RecordKind.TERM_SESSION, adoption.term_session_key, after=told)

    def _read(self, row: Row[Any]) -> Adoption:
        c = adopted_reviews.c
        said = select(c.review_key).where(c.adoption_key == row.key).order_by(c.review_key)
        return Adoption(
            key=row.key,
            term_session_key=row.term_session_key,
            part=AdoptedPart(row.part),
            most_error=row.most_error,
            expected_error=row.expected_error,
            reviews=self._connection.execute(said).scalars().all(),
            adopted_at=row.adopted_at,
            adopted_by=row.adopted_by,
            undone_at=row.undone_at,
            undone_by=row.undone_by,
        )


def _note(dial: Dial) -> str:
    return (
        f"批量采纳系统的{PART_NAMES[dial.part]}，共 {len(dial.adopted)} 件，"
        f"选定的预期错误率不超过 {dial.most_error:.0%}，当时预期 {dial.expected_error:.1%}。"
    )
