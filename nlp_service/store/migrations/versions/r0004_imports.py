"""Imports of archives: how far each file came."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

SCHEMA = "nlp"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "imports",
        sa.Column("key", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        *_words("name", "source"),
        *_counts("lines"),
        *_words("state", "problem"),
        *_counts("mark", "rows_read", "rows_stored", "rows_known", "rows_refused"),
        sa.Column("refusals", sa.JSON, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        *_words("started_by"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        schema=SCHEMA,
    )
    op.create_index("imports_file", "imports", ["digest", "source"], schema=SCHEMA, unique=True)


def downgrade() -> None:
    """Drop the table; what was imported stays."""
    op.drop_table("imports", schema=SCHEMA)


def _words(*names: str) -> "list[sa.Column[str]]":
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _counts(*names: str) -> "list[sa.Column[int]]":
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]
