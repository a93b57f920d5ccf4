"""Lists of submissions, page by page: what comes in meanwhile neither repeats nor hides a row.

A cursor names the last row that was seen, not how many; so a later page is as quick as the first.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, tuple_

from nlp_service.domain.errors import InvalidCursor
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import ListedSubmission, ListFilter, ListPage, Origin
from nlp_service.domain.submission import Kind
from nlp_service.store.review_tables import reviewed
from nlp_service.store.tables import assessments, submissions
from nlp_service.text.normalise import normalise

LONGEST_PAGE = 500

_HELD = ("kind", "topic", "subtopic", "lead_unit", "urgency")
"""Parts of which a person's word counts before the machine's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The last row that was seen."""

    received_at: datetime
    key: int


def list_page(
    connection: Connection, wanted: ListFilter, *, cursor: str | None = None, limit: int = 50
) -> ListPage:
    """Return up to ``limit`` (1–500) submissions behind the cursor, latest receipt first.

    Raises:
        InvalidCursor: the cursor is not one of this list with these filters.
    """
    if not 1 <= limit <= LONGEST_PAGE:
        raise ValueError(f"limit {limit} is not within 1–{LONGEST_PAGE}")
    s = submissions.c
    statement = (
        _everything()
        .where(*_conditions(wanted))
        .order_by(s.received_at.desc(), s.key.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        seen = _read_cursor(cursor, wanted)
        statement = statement.where(tuple_(s.received_at, s.key) < (seen.received_at, seen.key))
    rows = connection.execute(statement).all()
    items = [_listed(row) for row in rows[:limit]]
    more = len(rows) > limit
    return ListPage(items=items, next_cursor=_cursor(items[-1], wanted) if more else None)


def list_keys(connection: Connection, keys: Sequence[int]) -> Sequence[ListedSubmission]:
    """Return those of the submissions that are there, by ascending key."""
    key = submissions.c.key
    return [
        _listed(row) for row in connection.execute(_everything().where(key.in_(keys)).order_by(key))
    ]


def _everything() -> Select[*tuple[Any, ...]]:
    """Return the statement for all that is listed of every submission that is there."""
    s, a = submissions.c, assessments.c
    return (
        select(
            *(s.key, s.reference, s.title, s.received_at, s.dated_on, s.restricted, s.merge_key),
            *(s.submitter, s.district, s.source),
            *(_held(name).label(name) for name in _HELD),
            *(a.score, a.needs_review, reviewed.c.reviewed_at, reviewed.c.disposition),
        )
        .join_from(submissions, assessments)
        .outerjoin(reviewed, reviewed.c.submission_key == s.key)
        .where(a.current, s.deleted_at.is_(None))
    )


def _held(name: str) -> ColumnElement[Any]:
    """Return what a person holds of a part, else what the machine does."""
    return func.coalesce(reviewed.c[name], assessments.c[name])


def _conditions(wanted: ListFilter) -> "Iterator[ColumnElement[bool]]":
    s, a = submissions.c, assessments.c
    equal = {name: getattr(wanted, name) for name in ("kind", "topic", "subtopic", "lead_unit")}
    yield from (_held(name) == value for name, value in equal.items() if value)
    yield from _of_states(wanted)
    if wanted.least_urgency is not None:
        yield _held("urgency") >= wanted.least_urgency
    if wanted.least_score is not None:
        yield a.score >= wanted.least_score
    if wanted.dated_from is not None:
        yield s.dated_on >= wanted.dated_from
    if wanted.dated_until is not None:
        yield s.dated_on <= wanted.dated_until
    if words := normalise(wanted.words):
        yield s.text.icontains(words, autoescape=True)


def _of_states(wanted: ListFilter) -> "Iterator[ColumnElement[bool]]":
    states: Sequence[tuple[ColumnElement[bool], bool | None]] = [
        (assessments.c.needs_review, wanted.needs_review),
        (submissions.c.restricted, wanted.restricted),
        (reviewed.c.submission_key.is_not(None), wanted.reviewed),
    ]
    yield from (state.is_(value) for state, value in states if value is not None)


def _listed(row: Row[*tuple[Any, ...]]) -> ListedSubmission:
    return ListedSubmission(
        key=row.key,
        reference=row.reference,
        kind=Kind(row.kind),
        title=row.title,
        received_at=row.received_at,
        dated_on=row.dated_on,
        origin=Origin(submitter=row.submitter, district=row.district, source=row.source),
        restricted=row.restricted,
        merge_key=row.merge_key,
        topic=row.topic,
        subtopic=row.subtopic,
        lead_unit=row.lead_unit,
        urgency=row.urgency,
        score=row.score,
        needs_review=row.needs_review,
        reviewed_at=row.reviewed_at,
        disposition=Disposition(row.disposition) if row.disposition else None,
    )


def _cursor(last: ListedSubmission, wanted: ListFilter) -> str:
    place = [last.received_at.isoformat(), last.key, _digest(wanted)]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _read_cursor(cursor: str, wanted: ListFilter) -> _Place:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        moment, key, digest = json.loads(base64.urlsafe_b64decode(padded))
        place = _Place(received_at=datetime.fromisoformat(moment), key=int(key))
        if place.received_at.tzinfo is None or not 0 <= place.key < 2**63:
            raise ValueError(cursor)
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        raise InvalidCursor("cursor 不是本列表给出的，请从第一页重新开始。") from None
    if digest != _digest(wanted):
        raise InvalidCursor("筛选条件与 cursor 所属的列表不同，请从第一页重新开始。")
    return place


def _digest(wanted: ListFilter) -> str:
    return hashlib.sha256(repr(wanted).encode()).hexdigest()[:12]
