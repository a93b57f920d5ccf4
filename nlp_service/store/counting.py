"""How many submissions a list holds, and of what: one reading of the standings for all figures."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select, true

from nlp_service.domain.queue import Facet, ListCounts
from nlp_service.domain.records import ListFilter
from nlp_service.store.filtering import Found, conditions, joins_texts, other_conditions
from nlp_service.store.queue_tables import standings
from nlp_service.store.tables import submissions

_Cell = Row[*tuple[Any, ...]]


def count_list(connection: Connection, wanted: ListFilter, *, found: Found = None) -> ListCounts:
    """Return the total, and by each facet how many there would be, were another value asked of it.

    What is asked of the other facets holds all the same. The database counts each combination of
    values, of which there are hundreds however many submissions there are; the sums are made here.
    What says the words of the filter may have been ``found`` already, by ``find_words``.
    """
    total, of = 0, {facet: Counter[str]() for facet in Facet}
    fits = _facet_tests(wanted)
    for cell in _cells(connection, wanted, found):
        values = cell._mapping
        missed = [facet for facet, test in fits.items() if not test(values[facet])]
        total += 0 if missed else cell.submissions
        for facet in missed if len(missed) == 1 else () if missed else Facet:
            of[facet][str(values[facet])] += cell.submissions
    return ListCounts(total=total, of=of)


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


def _cells(connection: Connection, wanted: ListFilter, found: Found) -> Sequence[_Cell]:
    """Return how many there are of each combination, of all that fit what else is asked."""
    facets = [standings.c[facet] for facet in Facet]
    statement = select(*facets, func.count().label("submissions"))
    if found is None and joins_texts(wanted):
        statement = statement.join_from(
            standings, submissions, submissions.c.key == standings.c.key
        )
    return connection.execute(
        statement.where(*other_conditions(wanted, found)).group_by(*facets)
    ).all()


def _facet_tests(wanted: ListFilter) -> Mapping[Facet, Callable[[Any], bool]]:
    """Return what is asked of the facets, as ``filtering`` asks it."""
    equal = {
        Facet.KIND: wanted.kind,
        Facet.TOPIC: wanted.topic,
        Facet.BAND: wanted.band,
        Facet.STAGE: wanted.stage,
    }
    tests: dict[Facet, Callable[[Any], bool]] = {
        facet: asked.__eq__ for facet, asked in equal.items() if asked
    }
    if wanted.least_urgency is not None:
        tests[Facet.URGENCY] = wanted.least_urgency.__le__
    return tests
