"""What a list's filter asks of the standings and texts, as conditions."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, any_, literal, or_

from nlp_service.domain.queue import EXAMPLE_SOURCE, Facet
from nlp_service.domain.records import CHINA, ListFilter
from nlp_service.store.queue_tables import standings
from nlp_service.store.tables import submissions
from nlp_service.text.normalise import normalise

_t, _s = standings.c, submissions.c
Condition = ColumnElement[bool]

_SPECIAL, _ESCAPED = re.compile(r"([%_\\])"), r"\\\1"
"""What LIKE would take for more than itself."""


def conditions(wanted: ListFilter) -> Iterator[Condition]:
    """Yield what a submission must fulfil."""
    yield from facet_conditions(wanted).values()
    yield from other_conditions(wanted)


def facet_conditions(wanted: ListFilter) -> Mapping[Facet, Condition]:
    """Return what is asked of the facets, each alone."""
    equal = {
        Facet.KIND: wanted.kind,
        Facet.TOPIC: wanted.topic,
        Facet.BAND: wanted.band,
        Facet.STAGE: wanted.stage,
    }
    asked = {facet: _t[facet] == value for facet, value in equal.items() if value}
    if wanted.least_urgency is not None:
        asked[Facet.URGENCY] = _t.urgency >= wanted.least_urgency
    return asked


def other_conditions(wanted: ListFilter) -> Iterator[Condition]:
    """Yield what is asked beside the facets."""
    yield from _of_tags(wanted)
    yield from _of_states(wanted)
    yield from _of_days(wanted)
    for word in normalise(wanted.words).split():
        yield _says(word)


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
        _t.look_first: wanted.look_first,
        _t.restricted: wanted.restricted,
        _t.reviewed_at.is_not(None): wanted.reviewed,
        (_t.source == EXAMPLE_SOURCE): wanted.example,
    }
    yield from (state.is_(value) for state, value in states.items() if value is not None)


def _of_days(wanted: ListFilter) -> Iterator[Condition]:
    if wanted.dated_from is not None:
        yield _t.dated_on >= wanted.dated_from
    if wanted.dated_until is not None:
        yield _t.dated_on <= wanted.dated_until
    if wanted.received_from is not None:
        yield _t.received_at >= _begin_of(wanted.received_from)
    if wanted.received_until is not None and wanted.received_until < date.max:
        yield _t.received_at < _begin_of(wanted.received_until + timedelta(days=1))
    if wanted.received_days is not None:
        today = datetime.now(CHINA).date()
        yield _t.received_at >= _begin_of(today - timedelta(days=wanted.received_days - 1))


def _begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)


def _says(word: str) -> Condition:
    """Say that a word stands in what is shown of a submission that is not restricted.

    Words that have no capitals are looked for as they are, which is several times as quick.
    """
    pattern = f"%{_SPECIAL.sub(_ESCAPED, word)}%"
    has_capitals = word.lower() != word.upper()
    columns = (_s.text, _s.reference, _s.submitter)
    said = (each.ilike(pattern) if has_capitals else each.like(pattern) for each in columns)
    return and_(~_t.restricted, or_(*said))


def joins_texts(wanted: ListFilter) -> bool:
    """Say whether the conditions speak of texts, too."""
    return bool(normalise(wanted.words))
