"""What models found pairs of submissions to be; each pair once, the newest finding.

Whoever writes holds the lock of ``regrouping``.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, or_, select
from sqlalchemy.dialects.postgresql import insert

from nlp_service.duplicates.groups import JOINING, Link
from nlp_service.store.among import among
from nlp_service.store.group_tables import group_members, links

Pair = tuple[int, int]
"""Keys of two submissions, the lower one first."""


def write_links(connection: Connection, found: Mapping[Pair, tuple[Link, str]]) -> set[int]:
    """Write findings and the models they are of; return the submissions whose groups they touch.

    What is newly found different touches only those that hang together.
    """
    if not found:
        return set()
    known = _known_among(connection, found)
    different = {
        pair
        for pair, (link, _) in found.items()
        if link.relation not in JOINING and pair not in known
    }
    touched = {key for pair in found if pair not in different for key in pair}
    touched |= _hanging_together(connection, different)
    statement = insert(links)
    news = {name: statement.excluded[name] for name in ("relation", "probability", "model")}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["low_key", "high_key"], set_=news),
        [
            {
                "low_key": low,
                "high_key": high,
                "relation": link.relation,
                "probability": link.probability,
                "model": model,
            }
            for (low, high), (link, model) in found.items()
        ],
    )
    return touched


def forget_links(connection: Connection, keys: Collection[int]) -> None:
    """Drop what was found between the submissions and others."""
    if keys:
        c = links.c
        connection.execute(
            delete(links).where(or_(among(c.low_key, keys), among(c.high_key, keys)))
        )


def _known_among(connection: Connection, pairs: Collection[Pair]) -> set[Pair]:
    """Return the pairs of which something was found before."""
    c = links.c
    rows = connection.execute(
        select(c.low_key, c.high_key).where(
            among(c.low_key, {low for low, _ in pairs}),
            among(c.high_key, {high for _, high in pairs}),
        )
    )
    return {(row.low_key, row.high_key) for row in rows}


def _hanging_together(connection: Connection, pairs: Collection[Pair]) -> set[int]:
    """Return the submissions of the pairs that are in one component."""
    c = group_members.c
    rows = connection.execute(
        select(c.submission_key, c.component_key).where(
            among(c.submission_key, {key for pair in pairs for key in pair})
        )
    )
    component_of = {row.submission_key: row.component_key for row in rows}
    return {
        key
        for pair in pairs
        if len({component_of.get(key, -key) for key in pair}) == 1
        for key in pair
    }
