"""The tables of screening: the sessions that the office named, and what was taken over at once."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    text,
)
from sqlalchemy.types import Float

from nlp_service.store.tables import SCHEMA, metadata

term_sessions = Table(
    "term_sessions",
    metadata,
    Column("key", BigInteger, Identity(always=True), primary_key=True),
    Column("name", Text, nullable=False),
    Column("dated_from", Date, nullable=False),
    Column("dated_until", Date, nullable=False),
    Column("source", Text, nullable=False),  # empty: from every source
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("made_by", Text, nullable=False),
    Column("removed_at", DateTime(timezone=True)),
    Index("term_sessions_name", "name", unique=True, postgresql_where=text("removed_at IS NULL")),
)

adoptions = Table(
    "adoptions",
    metadata,
    Column("key", BigInteger, Identity(always=True), primary_key=True),
    Column(
        "term_session_key", BigInteger, ForeignKey(f"{SCHEMA}.term_sessions.key"), nullable=False
    ),
    Column("part", Text, nullable=False),
    Column("most_error", Float, nullable=False),
    Column("expected_error", Float, nullable=False),
    Column("adopted_at", DateTime(timezone=True), nullable=False),
    Column("adopted_by", Text, nullable=False),
    Column("undone_at", DateTime(timezone=True)),
    Column("undone_by", Text, nullable=False, server_default=""),
    Index("adoptions_session", "term_session_key", "key"),
)

adopted_reviews = Table(
    "adopted_reviews",
    metadata,
    Column("adoption_key", BigInteger, ForeignKey(f"{SCHEMA}.adoptions.key"), primary_key=True),
    Column("review_key", BigInteger, ForeignKey(f"{SCHEMA}.reviews.key"), primary_key=True),
    Index("adopted_reviews_review", "review_key"),
)
