"""The spaces that embeddings belong to, one for each encoder; questions go to the active one.

Vectors of two encoders have nothing to say to each other. Each space has a part of the table of its
own, so that a new one is filled beside the old one and the old one dropped at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from nlp_service.store.index_tables import embeddings, spaces
from nlp_service.store.locks import wait_for_turn

_LOCK = 0x6E6C705F737063  # "nlp_spc"
_MB_A_THOUSAND, _LEAST_MB, _MOST_MB = 2, 64, 2048
"""Memory for building a graph: beyond what it gets, building slows down by far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A space in the store."""

    number: int
    name: str
    """A hash of the encoder."""
    active: bool

    @property
    def part(self) -> str:
        """The table that its vectors lie in."""
        return f"{embeddings.fullname}_{self.number}"

    @property
    def graph(self) -> str:
        """Its index for nearest neighbours, without the schema."""
        return f"{embeddings.name}_{self.number}_graph"


def read_active(
    connection: Connection, *, settings: Mapping[str, str] | None = None
) -> Space | None:
    """Return the space that answers questions; None where there is none yet.

    Args:
        connection: of the transaction.
        settings: of the server, set in the same round trip until the transaction ends.
    """
    set_ = [func.set_config(name, value, True) for name, value in (settings or {}).items()]
    row = connection.execute(select(spaces, *set_).where(spaces.c.active)).one_or_none()
    return None if row is None else _read(row)


def read_others(connection: Connection, space: Space) -> list[Space]:
    """Return every space but one."""
    rows = connection.execute(select(spaces).where(spaces.c.number != space.number))
    return [_read(row) for row in rows]


def ensure_space(connection: Connection, name: str) -> Space:
    """Return the space of an encoder, made where there is none.

    The first space of all is active at once; others become so when ``store.reindexing`` has filled
    them. A start of the service calls this, too.
    """
    wait_for_turn(connection, _LOCK)
    found = connection.execute(select(spaces).where(spaces.c.name == name)).one_or_none()
    if found is not None:
        return _read(found)
    is_first = read_active(connection) is None
    made = connection.execute(
        insert(spaces)
        .values(name=name, active=is_first, made_at=datetime.now(UTC))
        .returning(spaces)
    )
    space = _read(made.one())
    _make_part(connection, space)
    if is_first:
        build_graph(connection, space)
    return space


def build_graph(connection: Connection, space: Space) -> None:
    """Build the index of a space's vectors where it has none; nobody adds to it meanwhile.

    One processor alone works on it: the others serve, and building side by side needs more shared
    memory than containers have.
    """
    rows = connection.execute(text(f"SELECT count(*) FROM {space.part}")).scalar_one()
    memory = min(max(_LEAST_MB, rows * _MB_A_THOUSAND // 1000), _MOST_MB)
    connection.execute(text(f"SET LOCAL maintenance_work_mem = '{memory}MB'"))
    connection.execute(text("SET LOCAL max_parallel_maintenance_workers = 0"))
    connection.execute(
        text(
            f"CREATE INDEX IF NOT EXISTS {space.graph}"
            f" ON {space.part} USING hnsw (vector halfvec_cosine_ops)"
        )
    )
    connection.execute(text(f"ANALYZE {space.part}"))


def activate(connection: Connection, space: Space) -> None:
    """Let questions go to a space from the end of the transaction on."""
    connection.execute(
        update(spaces).where(spaces.c.active, spaces.c.number != space.number).values(active=False)
    )
    connection.execute(update(spaces).where(spaces.c.number == space.number).values(active=True))


def drop(connection: Connection, space: Space) -> None:
    """Drop a space with its vectors."""
    connection.execute(delete(spaces).where(spaces.c.number == space.number))
    connection.execute(text(f"DROP TABLE {space.part}"))


def _make_part(connection: Connection, space: Space) -> None:
    """Attach a new part, which waits for no reader, unlike making one in place."""
    connection.execute(text(f"DROP TABLE IF EXISTS {space.part}"))  # of emptied tables
    connection.execute(text(f"CREATE TABLE {space.part} (LIKE {embeddings.fullname})"))
    connection.execute(
        text(
            f"ALTER TABLE {embeddings.fullname} ATTACH PARTITION {space.part}"
            f" FOR VALUES IN ({space.number})"
        )
    )


def _read(row: Row[Any]) -> Space:
    return Space(number=row.number, name=row.name, active=row.active)
