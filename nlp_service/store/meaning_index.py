"""The index of embeddings in PostgreSQL: pgvector's graph of neighbours (HNSW) over 16-bit vectors.

With a filter, pgvector goes on from the neighbours that do not fit to further ones ("iterative
index scans" of its manual, since 0.8); with one that few rows fit, PostgreSQL reads those few.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import Connection, Float, bindparam, cast, delete, literal, select
from sqlalchemy.dialects.postgresql import insert

from nlp_service.domain.submission import Kind
from nlp_service.duplicates.meaning_index import COSINE_PLACES, Neighbour, Vector, kept_direction
from nlp_service.duplicates.ranking import natural
from nlp_service.store.index_tables import DIMENSIONS, HalfVector, embeddings
from nlp_service.store.spaces import Space, read_active

_LOOKED_AT = 100
"""Neighbours that a search keeps in view (hnsw.ef_search); twice as many as wanted at least."""
_MOST_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedText:
    """What is known of a text when it is added."""

    key: int
    """Of the submission."""
    vector: Vector
    kind: Kind
    """That it is taken for."""
    dated_on: date


class StoredMeaningIndex:
    """A ``MeaningIndex`` of one encoder, in the caller's transaction; ids are keys as text.

    While another encoder's space is active it finds nothing and adds nothing: what is not added
    then, ``store.reindexing`` adds. Where equal vectors are more than asked for, any of them come.
    """

    def __init__(self, connection: Connection, *, space: str) -> None:
        self._connection, self._space = connection, space

    def add(self, id: str, vector: Vector, *, kind: Kind, dated_on: date) -> None:
        """Add a text; one of the same id is replaced.

        Raises:
            ValueError: the vector is no direction, or has not ``DIMENSIONS`` numbers.
        """
        self.add_all([EmbeddedText(key=int(id), vector=vector, kind=kind, dated_on=dated_on)])

    def add_all(self, texts: Sequence[EmbeddedText]) -> None:
        """Add texts of different keys.

        Raises:
            ValueError: as ``add`` does.
        """
        if space := self._active():
            write_embeddings(self._connection, space, texts)

    def remove(self, id: str) -> None:
        """Forget a text in every space; an unknown id is no error."""
        if id.isascii() and id.isdecimal():
            self._connection.execute(delete(embeddings).where(embeddings.c.key == int(id)))

    def nearest(
        self,
        vector: Vector,
        *,
        limit: int,
        kind: Kind | None = None,
        dated_from: date | None = None,
        dated_until: date | None = None,
    ) -> Sequence[Neighbour]:
        """Return the texts of the greatest cosine, best first, equals by id as numbers are."""
        asked = literal(as_text(vector), HalfVector(DIMENSIONS))
        space = self._active(look_at=min(max(_LOOKED_AT, 2 * limit), _MOST_LOOKED_AT))
        if space is None:
            return []
        c = embeddings.c
        distance = c.vector.op("<=>", return_type=Float())(cast(asked, HalfVector(DIMENSIONS)))
        statement = (
            select(c.key, distance.label("distance"))
            .where(c.space == bindparam("space", space.number, literal_execute=True))
            .order_by(distance)
            .limit(limit)
        )
        if kind is not None:
            statement = statement.where(c.kind == kind)
        if dated_from is not None:
            statement = statement.where(c.dated_on >= dated_from)
        if dated_until is not None:
            statement = statement.where(c.dated_on <= dated_until)
        found = [
            Neighbour(id=str(row.key), cosine=round(1 - row.distance, COSINE_PLACES))
            for row in self._connection.execute(statement)
        ]
        return sorted(found, key=lambda each: (-each.cosine, natural(each.id)))

    def vectors(self, ids: Collection[str]) -> Mapping[str, Vector]:
        """Return the embeddings of texts, by id, of those that have one in this space."""
        space = self._active()
        if space is None or not ids:
            return {}
        c = embeddings.c
        rows = self._connection.execute(
            select(c.key, c.vector).where(
                c.space == space.number, c.key.in_([int(id) for id in ids])
            )
        )
        return {str(row.key): read_vector(row.vector) for row in rows}

    def _active(self, *, look_at: int = _LOOKED_AT) -> Space | None:
        """Return the active space where it is this encoder's; on the way, set up the search."""
        active = read_active(
            self._connection,
            settings={"hnsw.iterative_scan": "strict_order", "hnsw.ef_search": str(look_at)},
        )
        return active if active is not None and active.name == self._space else None


def write_embeddings(connection: Connection, space: Space, texts: Sequence[EmbeddedText]) -> None:
    """Add texts to a space, whether it is active or not; those of the same keys are replaced.

    Raises:
        ValueError: a vector is no direction, or has not ``DIMENSIONS`` numbers.
    """
    rows = [
        {
            "key": each.key,
            "space": space.number,
            "kind": each.kind,
            "dated_on": each.dated_on,
            "vector": as_text(each.vector),
        }
        for each in sorted(texts, key=lambda each: each.key)
    ]
    if not rows:
        return
    statement = insert(embeddings)
    replaced = {name: statement.excluded[name] for name in ("kind", "dated_on", "vector")}
    connection.execute(
        statement.on_conflict_do_update(index_elements=["key", "space"], set_=replaced), rows
    )


def read_vector(written: str) -> Vector:
    """Return a vector as pgvector writes it."""
    return np.fromstring(written.strip("[]"), sep=",")


def as_text(vector: Vector) -> str:
    """Return a vector as pgvector reads it.

    Raises:
        ValueError: the vector is no direction, or has not ``DIMENSIONS`` numbers.
    """
    return "[" + ",".join(map(str, kept_direction(vector).astype(np.float64).tolist())) + "]"
