"""The office's statistics: counts by one part, by time and topic, by what came of it.

Deleted submissions are not counted; of restricted ones only numbers are read.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Date, Text, cast, func, select

from nlp_service.domain.statistics import Part, Span, StatisticsFilter, Totals
from nlp_service.store.queue_tables import standings
from nlp_service.store.tables import submissions

_c = standings.c
MOST_SOURCES = 200
"""Sources that a filter offers, the most frequent ones."""


class Statistics:
    """Counts, in the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def totals(self, wanted: StatisticsFilter) -> Totals:
        """Return how many submissions there are."""
        row = self._connection.execute(
            select(
                func.count().label("submissions"),
                func.count().filter(_c.restricted).label("restricted"),
                func.count(_c.reviewed_at).label("reviewed"),
            ).where(*conditions(wanted))
        ).one()
        return Totals(**row._mapping)

    def count_by(self, part: Part, wanted: StatisticsFilter) -> Mapping[str, int]:
        """Return how many submissions have each value of a part, by its code.

        Of sectors one submission may count under several; where there is none, under none. Bands
        and what was decided are counted of those submissions alone that have them.
        """
        value = _value_of(part)
        chosen = select(value.label("value")).where(*conditions(wanted)).subquery()
        rows = self._connection.execute(
            select(chosen.c.value, func.count())
            .where(chosen.c.value.is_not(None), chosen.c.value != "")
            .group_by(chosen.c.value)
        )
        return {value: count for value, count in rows}

    def topics_by_day(self, wanted: StatisticsFilter) -> Mapping[tuple[date, str], int]:
        """Return how many submissions of each topic are dated on each day."""
        return self._topics_by(_c.dated_on, wanted)

    def topics_by_month(self, wanted: StatisticsFilter) -> Mapping[tuple[date, str], int]:
        """Return how many submissions of each topic are dated in each month, by its first day."""
        return self._topics_by(cast(func.date_trunc("month", _c.dated_on), Date), wanted)

    def sources(self) -> Sequence[str]:
        """Return where submissions came from, the most frequent first; empty: not known."""
        rows = self._connection.execute(
            select(submissions.c.source)
            .where(submissions.c.deleted_at.is_(None))
            .group_by(submissions.c.source)
            .order_by(func.count().desc(), submissions.c.source)
            .limit(MOST_SOURCES)
        )
        return list(rows.scalars())

    def span(self) -> Span | None:
        """Return the first and last day of all that is stored; None where nothing is."""
        row = self._connection.execute(
            select(func.min(submissions.c.dated_on), func.max(submissions.c.dated_on)).where(
                submissions.c.deleted_at.is_(None)
            )
        ).one()
        return Span(first=row[0], last=row[1]) if row[0] else None

    def _topics_by(
        self, when: "ColumnElement[Any]", wanted: StatisticsFilter
    ) -> Mapping[tuple[date, str], int]:
        chosen = select(when.label("day"), _c.topic).where(*conditions(wanted)).subquery()
        rows = self._connection.execute(
            select(chosen.c.day, chosen.c.topic, func.count()).group_by(
                chosen.c.day, chosen.c.topic
            )
        )
        return {(day, topic): count for day, topic, count in rows}


def conditions(wanted: StatisticsFilter) -> "Sequence[ColumnElement[bool]]":
    """Return what makes a row of ``standings`` fit a filter."""
    found: list[ColumnElement[bool]] = [_c.dated_on.between(wanted.first, wanted.last)]
    if wanted.kind is not None:
        found.append(_c.kind == wanted.kind)
    if wanted.source is not None:
        found.append(_c.source == wanted.source)
    return found


def _value_of(part: Part) -> "ColumnElement[Any]":
    if part is Part.SECTORS:
        return func.unnest(_c.sectors)
    if part is Part.DECIDED:
        return func.coalesce(_c.outcome, _c.disposition)
    return cast(_c[part], Text)
