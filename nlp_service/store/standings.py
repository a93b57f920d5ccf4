"""How each submission stands now: one narrow row of all that lists filter, order and count by.

Whatever is done with a submission the audit notes; so what it has noted says which rows are made
anew, once, when the transaction ends or asks for a list. Nothing else need know of them.
"""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from nlp_service.domain.audit import RecordKind
from nlp_service.domain.queue import Stage
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.quality.correction import correct_total
from nlp_service.store.among import among
from nlp_service.store.audit import Audit
from nlp_service.store.outcomes import newest_disposition
from nlp_service.store.queue_tables import standings
from nlp_service.store.review_tables import reviewed
from nlp_service.store.tables import assessments, submissions

_s, _a, _r = submissions.c, assessments.c, reviewed.c

Rubric = Callable[[], Taxonomy]
"""Gives the dimensions, caps and bands by which levels count; asked only where some were said."""

_HELD = ("kind", "topic", "subtopic", "lead_unit", "assist_units", "sectors", "urgency")
"""Parts of which a person's word counts before the machine's."""


class Standings:
    """The rows, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit, rubric: Rubric) -> None:
        self._connection, self._audit, self._rubric = connection, audit, rubric
        self._seen = 0

    def settle(self) -> None:
        """Make anew the rows of what was done since the last time."""
        touched = self._audit.noted_since(self._seen, RecordKind.SUBMISSION)
        self._seen = self._audit.noted
        if touched:
            stand_anew(self._connection, touched, self._rubric)


def stand_anew(connection: Connection, keys: Collection[int], rubric: Rubric) -> None:
    """Make the rows of submissions anew; one that was deleted has none.

    Raises:
        InvalidTaxonomy: levels were corrected, and the rubric by which they count cannot be read.
    """
    present = select(_s.key).where(among(_s.key, keys), _s.deleted_at.is_(None))
    connection.execute(
        delete(standings).where(among(standings.c.key, keys), standings.c.key.not_in(present))
    )
    statement = insert(standings).from_select(
        [column.name for column in standings.c], _now_of(keys).order_by(_s.key)
    )
    said = {column.name: column for column in statement.excluded if column.name != "key"}
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=said))
    _correct_totals(connection, keys, rubric)


def _correct_totals(connection: Connection, keys: Collection[int], rubric: Rubric) -> None:
    """Put what follows from persons' levels in the place of the machine's totals."""
    rows = connection.execute(
        select(_a.submission_key, _a.answer["quality"]["levels"].label("machine"), _r.levels)
        .join_from(assessments, reviewed, _r.submission_key == _a.submission_key)
        .join(standings, standings.c.key == _r.submission_key)
        .where(among(_r.submission_key, keys), _a.current, _r.levels.is_not(None))
    ).all()
    totals = {
        row.submission_key: correct_total(row.machine, row.levels, rubric())
        for row in rows
        if row.machine
    }
    corrected = [
        {"of": key, "score": total.score, "band": total.band}
        for key, total in totals.items()
        if total is not None
    ]
    if corrected:
        statement = update(standings).where(standings.c.key == bindparam("of"))
        connection.execute(statement.values(score_corrected=True), corrected)


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
        "score_corrected": false(),
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
