"""How many submissions a list holds, and of what: one reading of the standings for all figures."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    cast,
    func,
    literal,
    select,
    true,
)
from sqlalchemy import union_all as in_one

from nlp_service.domain.queue import Facet, ListCounts
from nlp_service.domain.records import ListFilter
from nlp_service.store.filtering import conditions, facet_conditions, joins_texts, other_conditions
from nlp_service.store.queue_tables import standings
from nlp_service.store.tables import submissions

_ALL = "all"


def count_list(connection: Connection, wanted: ListFilter) -> ListCounts:
    """Return the total, and by each facet how many there would be, were another value asked of it.

    What is asked of the other facets holds all the same.
    """
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in connection.execute(in_one(*_questions(wanted))):
        facet, value, count = row
        found[facet][value] = count
    total = found[_ALL].get("", 0)
    return ListCounts(total=total, of={facet: found[facet] for facet in Facet})


def count_each(connection: Connection, several: Sequence[ListFilter]) -> Sequence[int]:
    """Return how many submissions each of several lists holds, in one reading.

    Raises:
        ValueError: one of them looks for words, for which each text would have to be read.
    """
    if any(joins_texts(wanted) for wanted in several):
        raise ValueError("a filter with words")
    if not several:
        return []
    counts = (
        func.count().filter(and_(true(), *conditions(wanted))).label(f"list_{number}")
        for number, wanted in enumerate(several)
    )
    return list(connection.execute(select(*counts).select_from(standings)).one())


def _questions(wanted: ListFilter) -> "Iterator[Select[str, str, int]]":
    """Yield the statements that count, all over one reading of what fits beside the facets."""
    asked = facet_conditions(wanted)
    fits = _fitting(wanted, asked)
    marks = {facet: fits.c[f"fits_{facet}"] for facet in asked}
    yield (
        select(literal(_ALL), literal(""), func.count()).select_from(fits).where(*marks.values())
    )
    for facet in Facet:
        value = fits.c[facet]
        others = [mark for name, mark in marks.items() if name is not facet]
        yield (
            select(literal(str(facet)), cast(value, Text), func.count())
            .where(*others)
            .group_by(value)
        )


def _fitting(wanted: ListFilter, asked: "Mapping[Facet, ColumnElement[bool]]") -> CTE:
    """Return the facets of all that fits what else is asked, and whether each fits its facet."""
    columns = [standings.c[facet] for facet in Facet]
    marks = [condition.label(f"fits_{facet}") for facet, condition in asked.items()]
    statement = select(*columns, *marks).where(*other_conditions(wanted))
    if joins_texts(wanted):
        statement = statement.join_from(
            standings, submissions, submissions.c.key == standings.c.key
        )
    return statement.cte("fits").prefix_with("MATERIALIZED")
