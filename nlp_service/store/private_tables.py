"""The tables of what is kept apart: originals, and what is left of what was erased."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, LargeBinary, Table, Text

from nlp_service.store.tables import SCHEMA, ExactText, metadata


def _submission_key() -> "Column[int]":
    return Column(
        "submission_key",
        BigInteger,
        ForeignKey(f"{SCHEMA}.submissions.key"),
        primary_key=True,
        autoincrement=False,
    )


originals = Table(  # as they came in, to the character; everything else holds the covered text
    "originals",
    metadata,
    _submission_key(),
    Column("title", ExactText, nullable=False),
    Column("body", ExactText, nullable=False),
)

tombstones = Table(  # of submissions whose text was erased; never anything of the text
    "tombstones",
    metadata,
    _submission_key(),
    Column("rule", Text, nullable=False),
    Column("reference_hash", LargeBinary),  # SHA-256 of source, kind, number; none had no number
    Column("erased_at", DateTime(timezone=True), nullable=False),
    Column("erased_by", Text, nullable=False),
)
