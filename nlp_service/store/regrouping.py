"""Bring the groups up to date with what was linked, said, merged and deleted.

Only the components that are touched are made anew, from everything that is known of them. Whoever
does it holds one lock until the transaction ends, and takes no lock on a row behind it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import (
    Connection,
    delete,
    func,
    select,
    union,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from nlp_service.domain.duplicates import Relation
from nlp_service.duplicates.groups import JOINING, GroupRules, Links, make_components
from nlp_service.duplicates.pair_words import PairVerdict
from nlp_service.store.among import among
from nlp_service.store.group_tables import group_members, links, pair_decisions
from nlp_service.store.locks import wait_for_turn
from nlp_service.store.tables import submissions

_LOCK = 0x6E6C705F677270  # "nlp_grp"

Places = Mapping[int, tuple[int, int]]
"""Submission -> its component and its group."""


def lock_groups(connection: Connection) -> None:
    """Wait until nobody else brings groups up to date, and keep others from it."""
    wait_for_turn(connection, _LOCK)


def regroup(connection: Connection, touched: Sequence[int], rules: GroupRules) -> None:
    """Make the components anew that hold one of the submissions; ``lock_groups`` comes before."""
    area = _components_of(connection, touched)
    found = _make_places(connection, area, rules)
    known = _read_places(connection, area)
    gone = known.keys() - found.keys()
    if gone:
        connection.execute(delete(group_members).where(among(group_members.c.submission_key, gone)))
    changed = [
        {"submission_key": key, "component_key": place[0], "group_key": place[1]}
        for key, place in found.items()
        if known.get(key) != place
    ]
    if changed:
        statement = insert(group_members)
        new = {name: statement.excluded[name] for name in ("component_key", "group_key")}
        connection.execute(
            statement.on_conflict_do_update(index_elements=["submission_key"], set_=new), changed
        )


def everything_spoken_of(connection: Connection) -> Sequence[int]:
    """Return the submissions that are linked, merged or decided on: all that can be in groups."""
    merged = select(submissions.c.key).where(submissions.c.merge_key.is_not(None))
    ends = (links.c.low_key, links.c.high_key, pair_decisions.c.low_key, pair_decisions.c.high_key)
    return list(connection.execute(union(merged, *map(select, ends))).scalars())


def _components_of(connection: Connection, touched: Sequence[int]) -> set[int]:
    """Return the submissions, and all that hang together with one of them."""
    c = group_members.c
    components = select(c.component_key).where(among(c.submission_key, touched))
    members = connection.execute(select(c.submission_key).where(c.component_key.in_(components)))
    return {*touched, *members.scalars()}


def _read_places(connection: Connection, keys: set[int]) -> Places:
    rows = connection.execute(
        select(group_members).where(among(group_members.c.submission_key, keys))
    )
    return {row.submission_key: (row.component_key, row.group_key) for row in rows}


def _make_places(connection: Connection, area: set[int], rules: GroupRules) -> Places:
    """Return where each submission belongs; those that nothing hangs together with have no place.

    Equals go by what they say and who says it, never by when they came.
    """
    c = submissions.c
    present = connection.execute(
        select(c.key, c.merge_key)
        .where(among(c.key, area), c.deleted_at.is_(None))
        .order_by(c.content_hash, c.submitter, c.source, c.kind, c.reference, c.key)
    ).all()
    merges: dict[int, list[int]] = {}
    for row in present:
        if row.merge_key is not None:
            merges.setdefault(row.merge_key, []).append(row.key)
    components = make_components(
        [row.key for row in present],
        _read_links(connection, area),
        joined=merges.values(),
        verdicts=_read_verdicts(connection, area),
        rules=rules,
    )
    places: dict[int, tuple[int, int]] = {}
    for groups in components:
        if sum(map(len, groups)) > 1:
            lowest = min(group[0] for group in groups)
            places |= {member: (lowest, group[0]) for group in groups for member in group}
    return places


def _read_links(connection: Connection, area: set[int]) -> Links:
    """Return the links within an area, each column in one piece: there may be 100,000."""
    c = links.c
    order = (c.low_key, c.high_key)
    columns = (c.low_key, c.high_key, c.relation.in_(JOINING), c.relation == Relation.COPY)
    row = connection.execute(
        select(
            *(
                func.array_agg(aggregate_order_by(column, *order))
                for column in (*columns, c.probability)
            )
        ).where(among(c.low_key, area), among(c.high_key, area))
    ).one()
    kinds: Sequence[Any] = (np.int64, np.int64, np.bool_, np.bool_, np.float64)
    low, high, joining, copying, probability = (
        np.array(column or (), dtype=kind) for column, kind in zip(row, kinds, strict=True)
    )
    return Links(first=low, second=high, joining=joining, copying=copying, probability=probability)


def _read_verdicts(connection: Connection, area: set[int]) -> Sequence[PairVerdict]:
    """Return what persons last said of each pair, oldest first."""
    c = pair_decisions.c
    rows = connection.execute(
        select(c.key, c.low_key, c.high_key, c.relation)
        .where(among(c.low_key, area), among(c.high_key, area))
        .order_by(c.key)
    )
    newest = {(row.low_key, row.high_key): row for row in rows}
    return [
        PairVerdict(first=row.low_key, second=row.high_key, same=Relation(row.relation) in JOINING)
        for row in sorted(newest.values(), key=lambda row: row.key)
        if row.relation is not None
    ]
