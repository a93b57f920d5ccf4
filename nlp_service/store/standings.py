"""How each submission stands now: one narrow row of all that lists filter, order and count by.

Whatever is done with a submission the audit notes; so what it has noted says which rows are made
anew, once, when the transaction ends or asks for a list. Nothing else need know of them.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from nlp_service.domain.audit import RecordKind
from nlp_service.domain.queue import Stage
from nlp_service.store.among import among
from nlp_service.store.audit import Audit
from nlp_service.store.outcomes import newest_disposition
from nlp_service.store.queue_tables import standings
from nlp_service.store.review_tables import reviewed
from nlp_service.store.tables import assessments, submissions

_s, _a, _r = submissions.c, assessments.c, reviewed.c

_HELD = ("kind", "topic", "subtopic", "lead_unit", "assist_units", "sectors", "urgency")
"""Parts of which a person's word counts before the machine's."""


class Standings:
    """The rows, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._connection, self._audit = connection, audit
        self._seen = 0

    def settle(self) -> None:
        """Make anew the rows of what was done since the last time."""
        touched = self._audit.noted_since(self._seen, RecordKind.SUBMISSION)
        self._seen = self._audit.noted
        if touched:
            stand_anew(self._connection, touched)


def stand_anew(connection: Connection, keys: Collection[int]) -> None:
    """Make the rows of submissions anew; one that was deleted has none."""
    present = select(_s.key).where(among(_s.key, keys), _s.deleted_at.is_(None))
    connection.execute(
        delete(standings).where(among(standings.c.key, keys), standings.c.key.not_in(present))
    )
    statement = insert(standings).from_select(
        [column.name for column in standings.c], _now_of(keys).order_by(_s.key)
    )
    said = {column.name: column for column in statement.excluded if column.name != "key"}
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=said))


def _now_of(keys: Collection[int]) -> Select[*tuple[Any, ...]]:
    """Return the statement for how submissions stand, in the columns of the table."""
    newest = newest_disposition()
    columns: dict[str, ColumnElement[Any]] = {
        **{
            name: _s[name]
            for name in ("key", "received_at", "dated_on", "source", "restricted", "merge_key")
        },
        **{name: func.coalesce(_r[name], _a[name]) for name in _HELD},
        **{name: _a[name] for name in ("score", "band", "doubt", "needs_review")},
        "look_first": _a.look_first & _r.urgency.is_(None),
        "reviewed_at": _r.reviewed_at,
        "confirmed": and_(*(_r[name].is_not(None) for name in _HELD)),
        "disposition": _r.disposition,
        "outcome": newest,
        "stage": _stage(newest),
    }
    return (
        select(*(columns[column.name].label(column.name) for column in standings.c))
        .join_from(submissions, assessments, _a.submission_key == _s.key)
        .outerjoin(reviewed, _r.submission_key == _s.key)
        .where(among(_s.key, keys), _s.deleted_at.is_(None), _a.current)
    )


def _stage(outcome: "ColumnElement[Any]") -> "ColumnElement[Any]":
    return case(
        (outcome.is_not(None), Stage.DECIDED),
        (_s.merge_key.is_not(None), Stage.MERGED),
        (_r.reviewed_at.is_not(None), Stage.REVIEWED),
        else_=Stage.WAITING,
    )
