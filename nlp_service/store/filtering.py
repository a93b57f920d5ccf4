"""What a list's filter asks of the standings and texts, as conditions."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, any_, func, literal, or_, select

from nlp_service.domain.queue import EXAMPLE_SOURCE, URGENT_FROM, Facet
from nlp_service.domain.records import CHINA, ListFilter, begin_of
from nlp_service.store.among import among
from nlp_service.store.batch_rows import stored_by
from nlp_service.store.queue_tables import standings
from nlp_service.store.tables import submissions
from nlp_service.text.normalise import normalise

_t, _s = standings.c, submissions.c
Condition = ColumnElement[bool]
Found = Collection[int] | None


def conditions(wanted: ListFilter, found: Found = None) -> Iterator[Condition]:
    """Yield what a submission must fulfil.

    Args:
        wanted: the filter.
        found: keys of those that say its words, where ``find_words`` has looked already.
    """
    yield from _of_facets(wanted)
    yield from other_conditions(wanted, found)


def _of_facets(wanted: ListFilter) -> Iterator[Condition]:
    equal = {
        Facet.KIND: wanted.kind,
        Facet.TOPIC: wanted.topic,
        Facet.BAND: wanted.band,
        Facet.STAGE: wanted.stage,
    }
    yield from (_t[facet] == value for facet, value in equal.items() if value)
    if wanted.least_urgency is not None:
        yield _t.urgency >= wanted.least_urgency


def other_conditions(wanted: ListFilter, found: Found = None) -> Iterator[Condition]:
    """Yield what is asked beside the facets."""
    yield from _of_tags(wanted)
    yield from _of_states(wanted)
    yield from _of_days(wanted)
    if found is not None:
        yield among(_t.key, found)
    elif joins_texts(wanted):
        yield from _of_words(wanted.words)


def joins_texts(wanted: ListFilter) -> bool:
    """Say whether the conditions speak of texts, too."""
    return bool(normalise(wanted.words))


def find_words(connection: Connection, wanted: ListFilter) -> Found:
    """Return the keys of what says the words of a filter; None where it looks for none.

    Whoever asks several things of one filter looks once.
    """
    if not joins_texts(wanted):
        return None
    statement = select(_t.key).join_from(standings, submissions, _s.key == _t.key)
    return connection.scalars(statement.where(*_of_words(wanted.words))).all()


def _of_tags(wanted: ListFilter) -> Iterator[Condition]:
    if wanted.subtopic:
        yield _t.subtopic == wanted.subtopic
    if wanted.sector:
        yield literal(wanted.sector) == any_(_t.sectors)
    if wanted.lead_unit:
        yield _t.lead_unit == wanted.lead_unit
    if wanted.unit:
        yield or_(_t.lead_unit == wanted.unit, literal(wanted.unit) == any_(_t.assist_units))
    if wanted.least_score is not None:
        yield _t.score >= wanted.least_score


def _of_states(wanted: ListFilter) -> Iterator[Condition]:
    states: Mapping[Condition, bool | None] = {
        _t.needs_review: wanted.needs_review,
        or_(_t.look_first, _t.urgency >= URGENT_FROM): wanted.urgent,
        _t.restricted: wanted.restricted,
        _t.reviewed_at.is_not(None): wanted.reviewed,
        (_t.source == EXAMPLE_SOURCE): wanted.example,
    }
    yield from (state.is_(value) for state, value in states.items() if value is not None)
    if wanted.batch is not None:
        yield _t.key.in_(stored_by(wanted.batch))


def _of_days(wanted: ListFilter) -> Iterator[Condition]:
    if wanted.dated_from is not None:
        yield _t.dated_on >= wanted.dated_from
    if wanted.dated_until is not None:
        yield _t.dated_on <= wanted.dated_until
    if wanted.received_from is not None:
        yield _t.received_at >= begin_of(wanted.received_from)
    if wanted.received_until is not None and wanted.received_until < date.max:
        yield _t.received_at < begin_of(wanted.received_until + timedelta(days=1))
    if wanted.received_days is not None:
        today = datetime.now(CHINA).date()
        yield _t.received_at >= begin_of(today - timedelta(days=wanted.received_days - 1))


def _of_words(words: str) -> Iterator[Condition]:
    yield ~_t.restricted
    for word in normalise(words).split():
        yield or_(*(_says(column, word) for column in (_s.text, _s.reference, _s.submitter)))


def _says(column: ColumnElement[str], word: str) -> Condition:
    """Say that a word stands in a column.

    A word without capitals is looked for as it is, by a search that skips ahead by its length:
    several times as quick as a pattern.
    """
    if word.lower() == word.upper():
        return func.strpos(column, word) > 0
    return column.icontains(word, autoescape=True)
