"""Files that wait until a person starts them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

SCHEMA = "nlp"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "held_files",
        sa.Column("key", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mapping", sa.JSON, nullable=False),
        sa.Column("reports", sa.JSON, nullable=False),
        sa.Column("held_by", sa.Text, nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        schema=SCHEMA,
    )
    op.create_index("held_files_holder", "held_files", ["held_by"], schema=SCHEMA)
    op.create_table(
        "held_pieces",
        _points_to("held_key", "held_files"),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        schema=SCHEMA,
    )


def downgrade() -> None:
    """Drop the tables; files that wait for a person are lost."""
    for table in ("held_pieces", "held_files"):
        op.drop_table(table, schema=SCHEMA)


def _points_to(name: str, table: str) -> sa.Column[int]:
    return sa.Column(
        name,
        sa.BigInteger,
        sa.ForeignKey(f"{SCHEMA}.{table}.key", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
