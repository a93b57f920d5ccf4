"""What workers count of the labels that they give, for monitors."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

SCHEMA = "nlp"


def upgrade() -> None:
    """Make the table; jobs that ended before are not counted."""
    op.create_table(
        "batch_label_counts",
        sa.Column("day", sa.Date, primary_key=True),
        *(
            sa.Column(name, sa.Text, primary_key=True)
            for name in ("bundle", "kind", "what", "label")
        ),
        sa.Column("texts", sa.BigInteger, nullable=False),
        schema=SCHEMA,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("batch_label_counts", schema=SCHEMA)
