"""Submissions as statistics count them: a narrow row each, a person's word before the machine's.

Of what is deleted there is no row.
"""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Subquery, Text, cast, func, select

from nlp_service.store.review_tables import reviewed, reviews
from nlp_service.store.tables import assessments, outcomes, submissions

_s, _a, _r = submissions.c, assessments.c, reviewed.c

_HELD = ("kind", "topic", "lead_unit", "urgency")


def _counted() -> Subquery:
    held = [func.coalesce(_r[name], _a[name]).label(name) for name in _HELD]
    return (
        select(
            *(_s.key, _s.dated_on, _s.received_at, _s.source, _s.restricted),
            *held,
            func.coalesce(_sectors_of_person(), _sectors_of_machine()).label("sectors"),
            func.coalesce(_a.answer["quality"]["band"].as_string(), "").label("band"),
            _r.reviewed_at,
            _r.disposition,
            _newest_outcome().label("outcome"),
        )
        .join_from(submissions, assessments, _a.submission_key == _s.key)
        .outerjoin(reviewed, _r.submission_key == _s.key)
        .where(_a.current, _s.deleted_at.is_(None))
        .subquery("counted")
    )


def _sectors_of_machine() -> "ColumnElement[Any]":
    element = func.json_array_elements(_a.answer["sectors"]).table_valued("value").alias("sector")
    code = element.c.value.op("->>")("code")
    return select(func.coalesce(func.array_agg(code), cast([], ARRAY(Text)))).scalar_subquery()


def _sectors_of_person() -> "ColumnElement[Any]":
    """Return the last word on sectors that is in force; NULL where nobody spoke of them."""
    said = reviews.c.person["sectors"]
    element = func.json_array_elements_text(said).table_valued("value").alias("said")
    return (
        select(
            select(func.coalesce(func.array_agg(element.c.value), cast([], ARRAY(Text))))
            .correlate(reviews)
            .scalar_subquery()
        )
        .where(
            reviews.c.submission_key == _s.key,
            reviews.c.undone_at.is_(None),
            func.json_typeof(said) == "array",
        )
        .order_by(reviews.c.key.desc())
        .limit(1)
        .correlate(submissions)
        .scalar_subquery()
    )


def _newest_outcome() -> "ColumnElement[Any]":
    return (
        select(outcomes.c.disposition)
        .where(outcomes.c.submission_key == _s.key)
        .order_by(outcomes.c.key.desc())
        .limit(1)
        .correlate(submissions)
        .scalar_subquery()
    )


counted = _counted()
