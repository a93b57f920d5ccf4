"""Lists of submissions, page by page: what comes in meanwhile neither repeats nor hides a row.

A cursor names the last row that was seen, not how many; so a later page is as quick as the first.
"""

import base64
import binascii
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, literal, select, tuple_

from nlp_service.domain.errors import InvalidCursor
from nlp_service.domain.quality import Disposition
from nlp_service.domain.queue import ListOrder, Stage
from nlp_service.domain.records import ListedSubmission, ListFilter, ListPage, Origin
from nlp_service.domain.submission import Kind
from nlp_service.store.filtering import Found, conditions, joins_texts
from nlp_service.store.queue_tables import standings
from nlp_service.store.tables import submissions

LONGEST_PAGE = 500

_s, _t = submissions.c, standings.c
_NEWEST: Sequence[ColumnElement[Any]] = (_t.received_at, _t.key)
_ORDERS: Mapping[ListOrder, Sequence[ColumnElement[Any]]] = {
    ListOrder.LATEST: _NEWEST,
    ListOrder.URGENT: (_t.look_first, _t.urgency, *_NEWEST),
    ListOrder.DOUBTFUL: (_t.doubt, *_NEWEST),
    ListOrder.BEST: (func.coalesce(_t.score, -1.0), *_NEWEST),
    ListOrder.WORST: (-func.coalesce(_t.score, 101.0), *_NEWEST),
}
"""What each order compares, the greatest first throughout."""

_Place = Sequence[bool | int | float | datetime]
"""What the order compares, of the last row that was seen."""


def list_page(
    connection: Connection,
    wanted: ListFilter,
    *,
    order: ListOrder = ListOrder.LATEST,
    cursor: str | None = None,
    limit: int = 50,
    found: Found = None,
) -> ListPage:
    """Return up to ``limit`` (1–500) submissions behind the cursor, in that order.

    What says the words of the filter may have been ``found`` already, by ``find_words``.

    Raises:
        InvalidCursor: the cursor is not one of this list with these filters in this order.
    """
    if not 1 <= limit <= LONGEST_PAGE:
        raise ValueError(f"limit {limit} is not within 1–{LONGEST_PAGE}")
    compared = _ORDERS[order]
    digest = _digest(wanted, order)
    seen = None if cursor is None else _read_cursor(cursor, digest, length=len(compared))
    chosen = _choose(wanted, found, compared, seen).limit(limit + 1).subquery()
    places = [chosen.c[_place(number)] for number in range(len(compared))]
    rows = connection.execute(
        _everything()
        .join(chosen, chosen.c.key == _t.key)
        .add_columns(*places)
        .order_by(*(place.desc() for place in places))
    ).all()
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return ListPage(
        items=[_listed(row) for row in rows[:limit]],
        next_cursor=None if last is None else _cursor([*last[-len(compared) :]], digest),
    )


def list_keys(connection: Connection, keys: Sequence[int]) -> Sequence[ListedSubmission]:
    """Return those of the submissions that are there, by ascending key."""
    statement = _everything().where(_t.key.in_(keys)).order_by(_t.key)
    return [_listed(row) for row in connection.execute(statement)]


def _choose(
    wanted: ListFilter,
    found: Found,
    compared: Sequence[ColumnElement[Any]],
    seen: _Place | None,
) -> Select[*tuple[Any, ...]]:
    """Return the statement for what is wanted behind a place, in order; texts only if need be."""
    places = [column.label(_place(number)) for number, column in enumerate(compared)]
    statement = select(_t.key, *places).where(*conditions(wanted, found))
    if found is None and joins_texts(wanted):
        statement = statement.join_from(standings, submissions, _s.key == _t.key)
    if seen is not None:
        statement = statement.where(tuple_(*compared) < tuple_(*_typed(seen, compared)))
    return statement.order_by(*(column.desc() for column in compared))


def _place(number: int) -> str:
    return f"place_{number}"


def _everything() -> Select[*tuple[Any, ...]]:
    """Return the statement for all that is listed of every submission that is there."""
    return select(
        *(column for column in standings.c if column.name != "source"),
        *(_s.reference, _s.title, _s.submitter, _s.district, _s.source),
    ).join_from(standings, submissions, _s.key == _t.key)


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
        assist_units=row.assist_units,
        sectors=row.sectors,
        urgency=row.urgency,
        look_first=row.look_first,
        score=row.score,
        band=row.band,
        score_corrected=row.score_corrected,
        doubt=row.doubt,
        needs_review=row.needs_review,
        reviewed_at=row.reviewed_at,
        confirmed=row.confirmed,
        disposition=Disposition(row.disposition) if row.disposition else None,
        outcome=Disposition(row.outcome) if row.outcome else None,
        stage=Stage(row.stage),
    )


def _typed(
    place: _Place, compared: "Sequence[ColumnElement[Any]]"
) -> "Sequence[ColumnElement[Any]]":
    return [literal(value, column.type) for value, column in zip(place, compared, strict=True)]


def _cursor(place: _Place, digest: str) -> str:
    *ahead, moment, key = place
    told = [*ahead, moment.isoformat() if isinstance(moment, datetime) else moment, key, digest]
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode().rstrip("=")


def _read_cursor(cursor: str, digest: str, *, length: int) -> _Place:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        *ahead, moment, key, of = json.loads(base64.urlsafe_b64decode(padded))
        received_at, number = datetime.fromisoformat(moment), int(key)
        if received_at.tzinfo is None or not 0 <= number < 2**63:
            raise ValueError(cursor)
        place = [*map(_number, ahead), received_at, number]
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        raise InvalidCursor("cursor 不是本列表给出的，请从第一页重新开始。") from None
    if of != digest or len(place) != length:
        raise InvalidCursor("筛选条件或排序与 cursor 所属的列表不同，请从第一页重新开始。")
    return place


def _number(value: object) -> bool | int | float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(value)
    return value


def _digest(wanted: ListFilter, order: ListOrder) -> str:
    return hashlib.sha256(repr((wanted, order)).encode()).hexdigest()[:12]
