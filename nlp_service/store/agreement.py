"""How far persons agree with the machine, and which labels the machine gave lately.

What counts of a submission is the last word on each part, beside what the machine had said to the
person who spoke.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, cast, func, select, true
from sqlalchemy.dialects.postgresql import JSONB

from nlp_service.domain.statistics import Agreement, Agreements, StatisticsFilter
from nlp_service.domain.submission import Kind
from nlp_service.store.queue_tables import standings
from nlp_service.store.review_tables import reviews
from nlp_service.store.screening_tables import adopted_reviews
from nlp_service.store.statistics import conditions
from nlp_service.store.tables import assessments

LATEST = 1000
"""Texts of a kind whose labels tell of drift."""

HEADS = ("topic", "lead_unit", "urgency")
"""Of which a bundle knows the shares, and a column holds the label."""

Labels = Mapping[str, Mapping[str, int]]
"""Head -> label -> how many texts have it."""

_a, _r = assessments.c, reviews.c
_LEVELS = "levels"


def read_agreements(
    connection: Connection, wanted: StatisticsFilter, *, bundle: str
) -> tuple[Agreements, int]:
    """Return by part how often persons left it as a bundle had it, and what other bundles count.

    Args:
        connection: of the caller's transaction.
        wanted: which submissions.
        bundle: whose answers the persons saw; words on those of others are not in the agreements.

    Returns:
        What nobody spoke of, or of which the machine had said nothing, is not among the agreements.
        The number is of submissions on whose answers by other bundles persons spoke.
    """
    words = _words(wanted, _a.bundle == bundle).subquery()
    rows = connection.execute(
        select(
            words.c.part,
            func.count().filter(words.c.same).label("confirmed"),
            func.count().filter(~words.c.same).label("corrected"),
        )
        .where(words.c.place == 1)
        .group_by(words.c.part)
    )
    found = {row.part: Agreement(confirmed=row.confirmed, corrected=row.corrected) for row in rows}
    others = _in_force(wanted, _a.bundle != bundle, func.count(_r.submission_key.distinct()))
    return found, connection.execute(others).scalar_one()


def read_latest_labels(
    connection: Connection, wanted: StatisticsFilter, *, bundle: str
) -> Mapping[Kind, Labels]:
    """Return by kind the labels that the machine gave the latest texts, ``LATEST`` of a kind.

    Only answers of the bundle count; kind and labels are the machine's own. Requests stand in the
    whole answers alone, which take too long to be read by the thousand.
    """
    kinds = [wanted.kind] if wanted.kind else list(Kind)
    return {kind: _latest_labels(connection, wanted, kind, bundle) for kind in kinds}


def _latest_labels(
    connection: Connection, wanted: StatisticsFilter, kind: Kind, bundle: str
) -> Labels:
    latest = (
        select(standings.c.key)
        .where(*conditions(wanted), standings.c.kind == kind)
        .order_by(standings.c.received_at.desc(), standings.c.key.desc())
        .limit(LATEST)
        .subquery()
    )
    rows = connection.execute(
        select(_a.topic, _a.lead_unit, cast(_a.urgency, Text).label("urgency"))
        .join(latest, latest.c.key == _a.submission_key)
        .where(_a.current, _a.bundle == bundle, _a.kind == kind)
    ).all()
    return {head: Counter(getattr(row, head) for row in rows) for head in HEADS if rows}


def _words(wanted: StatisticsFilter, whose: "ColumnElement[bool]") -> Select[*tuple[Any, ...]]:
    """Return the statement for every word on a part of a submission; the last one's place is 1."""
    said = func.json_each(_r.person).table_valued("key", "value").lateral("said")
    person = cast(said.c.value, JSONB)
    machine = cast(_r.machine.op("->")(said.c.key), JSONB)
    part = cast(said.c.key, Text)
    # What holds each other is equal, in whatever order its codes stand. Of levels a person may
    # speak of some only.
    same = machine.contains(person) & ((part == _LEVELS) | person.contains(machine))
    place = func.row_number().over(partition_by=(_r.submission_key, part), order_by=_r.key.desc())
    columns = part.label("part"), same.label("same"), place.label("place")
    return _in_force(wanted, whose, *columns).join(said, true()).where(machine.is_not(None))


def _in_force(
    wanted: StatisticsFilter, whose: "ColumnElement[bool]", *columns: "ColumnElement[Any]"
) -> Select[*tuple[Any, ...]]:
    """Return the statement for columns of the reviews in force of answers of some bundles.

    What the dial adopted is none: nobody looked at each, so it tells nothing of agreement.
    """
    chosen = select(standings.c.key).where(
        *conditions(wanted), standings.c.reviewed_at.is_not(None)
    )
    return (
        select(*columns)
        .select_from(reviews)
        .join(assessments, _a.key == _r.assessment_key)
        .where(
            _r.undone_at.is_(None),
            _r.submission_key.in_(chosen),
            _r.key.not_in(select(adopted_reviews.c.review_key)),
            whose,
        )
    )
