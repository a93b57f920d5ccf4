"""The tables of users, sessions, sign-ins and keys, on the metadata of ``store.tables``.

No password and no token is in them, only hashes.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from nlp_service.store.tables import SCHEMA, metadata


def _key() -> "Column[int]":
    return Column("key", BigInteger, Identity(always=True), primary_key=True)


def _moment(name: str, *, nullable: bool = False) -> "Column[object]":
    return Column(name, DateTime(timezone=True), nullable=nullable)


users = Table(
    "users",
    metadata,
    _key(),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),  # the same for names that count as one
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    _moment("one_time_until", nullable=True),
    _moment("disabled_at", nullable=True),
    _moment("created_at"),
    Column("created_by", Text, nullable=False),
    _moment("signed_in_at", nullable=True),
    Index("users_name", "name_key", unique=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("user_key", BigInteger, ForeignKey(f"{SCHEMA}.users.key"), nullable=False),
    _moment("opened_at"),
    _moment("seen_at"),
    _moment("expires_at"),
    Index("sessions_user", "user_key"),
)

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("subject", LargeBinary, primary_key=True),  # SHA-256 of a name or an address
    Column("attempts", Integer, nullable=False),  # since the last that succeeded
    _moment("last_at"),
    _moment("paused_until", nullable=True),
)

api_keys = Table(
    "api_keys",
    metadata,
    _key(),
    Column("prefix", Text, nullable=False),
    Column("token_hash", LargeBinary, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", JSON, nullable=False),
    _moment("created_at"),
    Column("created_by", Text, nullable=False),
    _moment("expires_at", nullable=True),
    _moment("revoked_at", nullable=True),
    Column("revoked_by", Text, nullable=False),
    _moment("used_at", nullable=True),
    Index("api_keys_prefix", "prefix", unique=True),
)
