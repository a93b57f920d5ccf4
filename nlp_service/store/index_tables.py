"""The tables that earlier texts are found by, on the metadata of ``tables``.

No foreign keys: what stands here can be made anew from the texts, and is.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType

from nlp_service.store.tables import metadata

DIMENSIONS = 384
ERA = 17
"""Bits: 2^17 texts that follow one another have their fingerprints in one part of the index, so
that what comes in touches that part alone and not the whole of it. Whoever changes this has to
make the index anew."""


class HalfVector(UserDefinedType[str]):
    """pgvector's vector of 16-bit numbers, written as ``[1,0.5,…]``."""

    cache_ok = True

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions

    def get_col_spec(self, **_: Any) -> str:
        """Return the type's name in SQL."""
        return f"halfvec({self.dimensions})"


ischema_names["halfvec"] = HalfVector

wordings = Table(
    "wordings",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),  # of the submission
    Column("submitter", Integer, nullable=False),  # a number of theirs, or -key where unknown
    Column("size", Integer, nullable=False),  # fingerprints
)

fingerprints = Table(
    "fingerprints",
    metadata,
    Column("gram", BigInteger, nullable=False),
    Column("text", Integer, nullable=False),  # key of the submission
    Column("submitter", Integer, nullable=False),  # as in wordings
)
Index(  # all that a question reads
    "fingerprints_gram",
    text(f"(text >> {ERA})"),
    fingerprints.c.gram,
    fingerprints.c.text,
    fingerprints.c.submitter,
)
Index(  # a few kilobytes: rows of a text lie together; for removing alone
    "fingerprints_text",
    fingerprints.c.text,
    postgresql_using="brin",
    postgresql_with={"pages_per_range": 16},
)

wording_submitters = Table(
    "wording_submitters",
    metadata,
    Column("number", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("texts", Integer, nullable=False),
)

wording_tallies = Table(  # summed, they say how many submitters there are
    "wording_tallies",
    metadata,
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column("submitters", BigInteger, nullable=False),
)

common_grams = Table(  # the newest row counts
    "common_grams",
    metadata,
    Column("version", BigInteger, Identity(always=True), primary_key=True),
    Column("learnt_at", DateTime(timezone=True), nullable=False),
    Column("grams", LargeBinary, nullable=False),  # little-endian 64-bit numbers, ascending
)

spaces = Table(  # one for each encoder whose vectors are kept
    "spaces",
    metadata,
    Column("number", Integer, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("active", Boolean, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Index("spaces_active", "active", unique=True, postgresql_where=text("active")),
)

embeddings = Table(  # a part for each space, which ``store.spaces`` makes and drops
    "embeddings",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),  # of the submission
    Column("space", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),  # that it is taken for
    Column("dated_on", Date, nullable=False),
    Column("vector", HalfVector(DIMENSIONS), nullable=False),
    Index("embeddings_dated_on", "dated_on"),
    postgresql_partition_by="LIST (space)",
)

related_texts = Table(  # those that were looked up among the others
    "related_texts",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),  # of the submission
    Column("related_at", DateTime(timezone=True), nullable=False),
)
