"""Which stored texts were looked up among the others."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

SCHEMA = "nlp"


def upgrade() -> None:
    """Make the table; nothing that is stored was looked up yet."""
    op.create_table(
        "related_texts",
        sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("related_at", sa.DateTime(timezone=True), nullable=False),
        schema=SCHEMA,
    )


def downgrade() -> None:
    """Drop the table; what was found stays."""
    op.drop_table("related_texts", schema=SCHEMA)
