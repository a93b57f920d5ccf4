"""What workers count of the assessments they write, by day; any server tells it to monitors.

A count is written with the results it is of, so it is as right as these; it stays when results are
taken out.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from nlp_service.domain.label_counts import Counted, LabelCount
from nlp_service.store.batch_tables import batch_label_counts as table

_KEY = ("day", "bundle", "kind", "what", "label")


class LabelCounts:
    """Counts of labels, in the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, counts: Mapping[Counted, int], *, bundle: str, on: date) -> None:
        """Add what a bundle said on a day.

        Others who add the same wait until this transaction ends, so it should be its last act.
        """
        self._add([_row(one, counts[one], bundle, on) for one in counts])

    def read(self, *, bundle: str, since: date) -> Sequence[LabelCount]:
        """Return all that was ever counted, and how much of it a bundle said since a day."""
        t = table.c
        recent = func.sum(t.texts).filter(t.bundle == bundle, t.day >= since)
        rows = self._connection.execute(
            select(
                t.kind, t.what, t.label, func.sum(t.texts).label("texts"), recent.label("lately")
            )
            .group_by(t.kind, t.what, t.label)
            .order_by(t.kind, t.what, t.label)
        )
        return [
            LabelCount(
                counted=Counted(kind=row.kind, what=row.what, label=row.label),
                texts=int(row.texts),
                lately=int(row.lately or 0),
            )
            for row in rows
        ]

    def fold(self, *, before: date) -> None:
        """Put the days before a day together by years: the sums stay, the rows get few."""
        t = table.c
        taken = self._connection.execute(
            delete(table)
            .where(t.day < before, func.extract("doy", t.day) > 1)
            .returning(t.day, t.bundle, t.kind, t.what, t.label, t.texts)
        )
        sums: Counter[tuple[date, str, Counted]] = Counter()
        for row in taken:
            counted = Counted(kind=row.kind, what=row.what, label=row.label)
            sums[row.day.replace(month=1, day=1), row.bundle, counted] += row.texts
        self._add([_row(one, texts, bundle, on) for (on, bundle, one), texts in sums.items()])

    def _add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        # Always in the same order: two who add the same would else wait for each other.
        ordered = sorted(rows, key=lambda row: [str(row[name]) for name in _KEY])
        statement = insert(table).values(ordered)
        summed = {"texts": table.c.texts + statement.excluded.texts}
        self._connection.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=summed))


def _row(counted: Counted, texts: int, bundle: str, on: date) -> Mapping[str, Any]:
    return {**asdict(counted), "texts": texts, "bundle": bundle, "day": on}
