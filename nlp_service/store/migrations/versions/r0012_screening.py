"""Screening: the sessions that the office names, and what a person takes over at once."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0009"

SCHEMA = "nlp"


def upgrade() -> None:
    """Make the tables; nothing was screened yet."""
    op.create_table(
        "term_sessions",
        sa.Column("key", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("dated_from", sa.Date, nullable=False),
        sa.Column("dated_until", sa.Date, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True)),
        schema=SCHEMA,
    )
    op.create_index(
        "term_sessions_name",
        "term_sessions",
        ["name"],
        unique=True,
        schema=SCHEMA,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    _make_adoptions()


def downgrade() -> None:
    """Drop the tables; the reviews that were made at once stay."""
    for table in ("adopted_reviews", "adoptions", "term_sessions"):
        op.drop_table(table, schema=SCHEMA)


def _make_adoptions() -> None:
    op.create_table(
        "adoptions",
        sa.Column("key", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("term_session_key", sa.BigInteger, _points_to("term_sessions"), nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("most_error", sa.Float, nullable=False),
        sa.Column("expected_error", sa.Float, nullable=False),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("adopted_by", sa.Text, nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("undone_by", sa.Text, nullable=False, server_default=""),
        schema=SCHEMA,
    )
    op.create_index("adoptions_session", "adoptions", ["term_session_key", "key"], schema=SCHEMA)
    op.create_table(
        "adopted_reviews",
        sa.Column("adoption_key", sa.BigInteger, _points_to("adoptions"), primary_key=True),
        sa.Column("review_key", sa.BigInteger, _points_to("reviews"), primary_key=True),
        schema=SCHEMA,
    )
    op.create_index("adopted_reviews_review", "adopted_reviews", ["review_key"], schema=SCHEMA)


def _points_to(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{SCHEMA}.{table}.key")
