"""The table of imports, on the metadata of ``store.tables``."""

from sqlalchemy import JSON, BigInteger, Column, DateTime, Identity, Index, LargeBinary, Table, Text

from nlp_service.store.tables import metadata


def _count(name: str) -> "Column[int]":
    return Column(name, BigInteger, nullable=False)


imports = Table(
    "imports",
    metadata,
    Column("key", BigInteger, Identity(always=True), primary_key=True),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of the file
    Column("name", Text, nullable=False),
    Column("source", Text, nullable=False),
    _count("lines"),
    Column("state", Text, nullable=False),
    Column("problem", Text, nullable=False),
    _count("mark"),
    _count("rows_read"),
    _count("rows_stored"),
    _count("rows_known"),
    _count("rows_refused"),
    Column("refusals", JSON, nullable=False),  # the first ones: line, code, message
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("started_by", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Index("imports_file", "digest", "source", unique=True),
)
