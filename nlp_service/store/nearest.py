"""Which stored submission comes nearest to each of several, by what pairs were found to be.

A person's word on a pair counts before the model's. Restricted and deleted ones are nobody's
nearest.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, select, union_all

from nlp_service.domain.duplicates import Relation
from nlp_service.domain.screening import NearestCase
from nlp_service.store.among import among
from nlp_service.store.group_tables import links, pair_decisions
from nlp_service.store.outcomes import Outcomes
from nlp_service.store.tables import submissions

_ORDER = (Relation.COPY, Relation.SAME, Relation.RELATED)
"""The nearest first; what is unrelated is not near."""

_Findings = Mapping[tuple[int, int], tuple[Relation, float]]
"""A submission and another one -> what they are to each other, and how likely."""


def find_nearest(
    connection: Connection, outcomes: Outcomes, keys: Sequence[int]
) -> Mapping[int, NearestCase]:
    """Return each submission's nearest other one, by its key; those that have none are left out.

    Of two that are equally near, the earlier one.
    """
    found = {**_linked(connection, keys), **_decided(connection, keys)}
    near = {pair: one for pair, one in found.items() if one[0] in _ORDER}
    others = _read_others(connection, {other for _, other in near})
    chosen = _choose(near, others)
    recorded = outcomes.current_among([*{other for other in chosen.values()}])
    return {
        key: NearestCase(
            key=other,
            reference=others[other].reference,
            title=others[other].title,
            dated_on=others[other].dated_on,
            relation=near[key, other][0],
            probability=near[key, other][1],
            outcome=recorded[other].outcome if other in recorded else None,
        )
        for key, other in chosen.items()
    }


def _choose(near: _Findings, others: Mapping[int, Row[*tuple[Any, ...]]]) -> Mapping[int, int]:
    def rank(pair: tuple[int, int]) -> tuple[Any, ...]:
        relation, probability = near[pair]
        return _ORDER.index(relation), -probability, others[pair[1]].received_at, pair[1]

    ranked = sorted((pair for pair in near if pair[1] in others), key=rank)
    return {key: other for key, other in reversed(ranked)}


def _linked(connection: Connection, keys: Sequence[int]) -> _Findings:
    c = links.c
    rows = connection.execute(_both_ways(links, keys, c.relation, c.probability))
    return {(row.key, row.other): (Relation(row.relation), row.probability) for row in rows}


def _decided(connection: Connection, keys: Sequence[int]) -> _Findings:
    """Return persons' last words on pairs; one that was taken back leaves the model's."""
    c = pair_decisions.c
    rows = connection.execute(_both_ways(pair_decisions, keys, c.relation, c.key.label("number")))
    last = {(row.key, row.other): row.relation for row in sorted(rows, key=lambda row: row.number)}
    return {pair: (Relation(relation), 1.0) for pair, relation in last.items() if relation}


def _both_ways(table: Table, keys: Sequence[int], *columns: Any) -> Any:
    """Return the statement for all pairs of a table with one of the keys, seen from it."""
    low, high = table.c.low_key, table.c.high_key

    def seen_from(one: Any, other: Any) -> Select[Any]:
        return select(one.label("key"), other.label("other"), *columns).where(among(one, keys))

    return union_all(seen_from(low, high), seen_from(high, low))


def _read_others(
    connection: Connection, keys: Collection[int]
) -> Mapping[int, Row[*tuple[Any, ...]]]:
    s = submissions.c
    rows = connection.execute(
        select(s.key, s.reference, s.title, s.dated_on, s.received_at).where(
            among(s.key, keys), s.deleted_at.is_(None), ~s.restricted
        )
    )
    return {row.key: row for row in rows}
