"""Reviews: what persons said of submissions beside the machine."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

SCHEMA = "nlp"


def upgrade() -> None:
    """Make the tables; nothing that is stored was reviewed yet."""
    op.create_table(
        "reviews",
        sa.Column("key", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("submission_key", sa.BigInteger, _points_to("submissions"), nullable=False),
        sa.Column("assessment_key", sa.BigInteger, _points_to("assessments"), nullable=False),
        sa.Column("person", sa.JSON, nullable=False),
        sa.Column("machine", sa.JSON, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by", sa.Text, nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.Column("undone_by", sa.Text, nullable=False, server_default=""),
        schema=SCHEMA,
    )
    op.create_index("reviews_history", "reviews", ["submission_key", "key"], schema=SCHEMA)
    op.create_index("reviews_assessment", "reviews", ["assessment_key"], schema=SCHEMA)
    op.create_table(
        "reviewed",
        sa.Column(
            "submission_key",
            sa.BigInteger,
            _points_to("submissions"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("review_key", sa.BigInteger, _points_to("reviews"), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.Text) for name in ("kind", "topic", "subtopic", "lead_unit")),
        sa.Column("urgency", sa.SmallInteger),
        sa.Column("disposition", sa.Text),
        schema=SCHEMA,
    )
    op.create_index(
        "reviewed_topic",
        "reviewed",
        ["topic"],
        schema=SCHEMA,
        postgresql_where=sa.text("topic IS NOT NULL"),
    )
    op.create_index("reviewed_review", "reviewed", ["review_key"], schema=SCHEMA)


def downgrade() -> None:
    """Drop the tables; what persons said is lost."""
    op.drop_table("reviewed", schema=SCHEMA)
    op.drop_table("reviews", schema=SCHEMA)


def _points_to(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{SCHEMA}.{table}.key")
