"""What an admin puts in the place of a file of the settings: local names, rules of retention."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

SCHEMA = "nlp"


def upgrade() -> None:
    """Make the table: until somebody sets anything, the files of the settings are in force."""
    op.create_table(
        "rulings",
        sa.Column("key", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("rulings_history", "rulings", ["subject", "key"], schema=SCHEMA)


def downgrade() -> None:
    """Drop it; the files of the settings are in force again."""
    op.drop_table("rulings", schema=SCHEMA)
