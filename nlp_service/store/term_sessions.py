"""The sessions (届次) that the office named, so that their proposals are found again by name."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, text, update

from nlp_service.domain.audit import Action, Facts, RecordKind
from nlp_service.domain.errors import InvalidSubmission, RecordUnknown
from nlp_service.domain.screening import SessionScope, TermSession
from nlp_service.domain.submission import Kind
from nlp_service.store.audit import Audit
from nlp_service.store.locks import wait_for_turn
from nlp_service.store.review_tables import reviewed
from nlp_service.store.screening_tables import term_sessions
from nlp_service.store.tables import assessments, submissions

MOST = 2_000
"""Proposals of a session; a city's has one or two hundred."""

_LOCK = 0x6E6C705F746572  # "nlp_ter"

_SOURCES = text(
    f"""
    WITH RECURSIVE sources (source) AS (
        SELECT min(source) FROM {submissions.fullname}
        WHERE source > '' AND reference <> '' AND deleted_at IS NULL
        UNION ALL
        SELECT (
            SELECT min(s.source) FROM {submissions.fullname} s
            WHERE s.source > sources.source AND s.reference <> '' AND s.deleted_at IS NULL
        )
        FROM sources WHERE sources.source IS NOT NULL
    )
    SELECT source FROM sources WHERE source IS NOT NULL ORDER BY source
    """
)


class TermSessions:
    """Named sessions, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._connection, self._audit = connection, audit

    def add(self, scope: SessionScope) -> TermSession:
        """Name a session.

        Raises:
            InvalidSubmission: another one bears the name, or more than ``MOST`` proposals
                would belong to it.
        """
        self._refuse_taken(scope.name)
        self._refuse_many(scope)
        key = self._connection.execute(
            insert(term_sessions)
            .values(made_at=datetime.now(UTC), made_by=self._audit.actor, **_as_row(scope))
            .returning(term_sessions.c.key)
        ).scalar_one()
        self._audit.note(Action.SESSION_NAMED, RecordKind.TERM_SESSION, key, after=_told(scope))
        return self.get(key)

    def change(self, key: int, scope: SessionScope) -> TermSession:
        """Give a session another name, other days or another source.

        Raises:
            RecordUnknown: there is none.
            InvalidSubmission: another one bears the name, or more than ``MOST`` proposals
                would belong to it.
        """
        before = self.get(key).scope
        if scope.name != before.name:
            self._refuse_taken(scope.name)
        if scope != before:
            self._refuse_many(scope)
            self._update(key, _as_row(scope))
            self._audit.note(
                Action.SESSION_CHANGED,
                RecordKind.TERM_SESSION,
                key,
                before=_told(before),
                after=_told(scope),
            )
        return self.get(key)

    def remove(self, key: int) -> None:
        """Take a session's name away; its proposals, and what was decided on them, stay.

        Raises:
            RecordUnknown: there is none.
        """
        before = self.get(key).scope
        self._update(key, {"removed_at": datetime.now(UTC)})
        self._audit.note(Action.SESSION_REMOVED, RecordKind.TERM_SESSION, key, before=_told(before))

    def get(self, key: int) -> TermSession:
        """Return a session.

        Raises:
            RecordUnknown: there is none, or its name was taken away.
        """
        c = term_sessions.c
        row = self._connection.execute(
            select(term_sessions).where(c.key == key, c.removed_at.is_(None))
        ).one_or_none()
        if row is None:
            raise RecordUnknown(f"没有编号为 {key} 的届次，或者它已被删去，请从列表中另选。")
        return _read(row)

    def list(self) -> Sequence[TermSession]:
        """Return all sessions, the latest first."""
        c = term_sessions.c
        rows = self._connection.execute(
            select(term_sessions)
            .where(c.removed_at.is_(None))
            .order_by(c.dated_until.desc(), c.key.desc())
        )
        return [_read(row) for row in rows]

    def days_of_proposals(self) -> tuple[date, date] | None:
        """Return the first and the last day on which proposals are dated; None without any."""
        s, a = submissions.c, assessments.c
        first, last = self._connection.execute(
            select(func.min(s.dated_on), func.max(s.dated_on))
            .join_from(submissions, assessments)
            .where(a.current, a.kind == Kind.PROPOSAL, s.deleted_at.is_(None))
        ).one()
        return (first, last) if first is not None else None

    def sources(self) -> Sequence[str]:
        """Return the sources that numbered submissions came from, without the unnamed one.

        Each step leaps to the next source in the index of numbers, however many submissions a
        source has.
        """
        return self._connection.execute(_SOURCES).scalars().all()

    def _update(self, key: int, values: dict[str, Any]) -> None:
        self._connection.execute(
            update(term_sessions).where(term_sessions.c.key == key).values(**values)
        )

    def _refuse_many(self, scope: SessionScope) -> None:
        """Refuse a session of which nobody could see the end; a page reads all of it."""
        found = select(func.count()).select_from(proposals_of(scope).limit(MOST + 1).subquery())
        if self._connection.execute(found).scalar_one() > MOST:
            raise InvalidSubmission(
                "invalid_request",
                f"这些日期里的提案超过 {MOST} 件，请缩短起止日期，或只选一个来源。",
            )

    def _refuse_taken(self, name: str) -> None:
        wait_for_turn(self._connection, _LOCK)
        c = term_sessions.c
        taken = select(c.key).where(c.name == name, c.removed_at.is_(None))
        if self._connection.execute(taken).first() is not None:
            raise InvalidSubmission(
                "invalid_request", f"已有名为“{name}”的届次，请换一个名称，或直接使用它。"
            )


def proposals_of(scope: SessionScope) -> Select[int]:
    """Return the statement for the keys of a session's proposals; further columns may be added."""
    s, a = submissions.c, assessments.c
    statement = (
        select(s.key)
        .join_from(submissions, assessments)
        .outerjoin(reviewed, reviewed.c.submission_key == s.key)
        .where(
            a.current,
            s.deleted_at.is_(None),
            s.dated_on.between(scope.dated_from, scope.dated_until),
            func.coalesce(reviewed.c.kind, a.kind) == Kind.PROPOSAL,
        )
    )
    return statement.where(s.source == scope.source) if scope.source else statement


def _as_row(scope: SessionScope) -> dict[str, Any]:
    return {
        "name": scope.name,
        "dated_from": scope.dated_from,
        "dated_until": scope.dated_until,
        "source": scope.source,
    }


def _told(scope: SessionScope) -> Facts:
    days = {"dated_from": scope.dated_from, "dated_until": scope.dated_until}
    return {
        "name": scope.name,
        **{name: day.isoformat() for name, day in days.items()},
        "source": scope.source,
    }


def _read(row: Row[Any]) -> TermSession:
    scope = SessionScope(
        name=row.name, dated_from=row.dated_from, dated_until=row.dated_until, source=row.source
    )
    return TermSession(key=row.key, scope=scope, made_at=row.made_at, made_by=row.made_by)
