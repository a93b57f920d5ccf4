"""Links between submissions, what persons said of pairs, and the groups made of both."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

SCHEMA = "nlp"


def upgrade() -> None:
    """Make the tables."""
    _create_links()
    _create_pair_decisions()
    _create_group_members()


def downgrade() -> None:
    """Drop the tables."""
    for table in ("group_members", "pair_decisions", "links"):
        op.drop_table(table, schema=SCHEMA)


def _submission(name: str, *, part: bool = False) -> "sa.Column[int]":
    return sa.Column(
        name,
        sa.BigInteger,
        sa.ForeignKey(f"{SCHEMA}.submissions.key"),
        primary_key=part,
        nullable=False,
        autoincrement=False,
    )


def _create_links() -> None:
    op.create_table(
        "links",
        _submission("low_key", part=True),
        _submission("high_key", part=True),
        sa.Column("relation", sa.Text, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.CheckConstraint("low_key < high_key", name="links_ordered"),
        schema=SCHEMA,
    )
    op.create_index("links_high", "links", ["high_key"], schema=SCHEMA)


def _create_pair_decisions() -> None:
    table = "pair_decisions"
    op.create_table(
        table,
        sa.Column("key", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        _submission("low_key"),
        _submission("high_key"),
        sa.Column("relation", sa.Text),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.CheckConstraint("low_key < high_key", name="pair_decisions_ordered"),
        schema=SCHEMA,
    )
    history = ["low_key", "high_key", "key"]
    op.create_index("pair_decisions_history", table, history, schema=SCHEMA)
    op.create_index("pair_decisions_high", table, ["high_key"], schema=SCHEMA)


def _create_group_members() -> None:
    table = "group_members"
    op.create_table(
        table,
        _submission("submission_key", part=True),
        sa.Column("component_key", sa.BigInteger, nullable=False),
        sa.Column("group_key", sa.BigInteger, nullable=False),
        schema=SCHEMA,
    )
    op.create_index("group_members_component", table, ["component_key"], schema=SCHEMA)
    op.create_index("group_members_group", table, ["group_key", "submission_key"], schema=SCHEMA)
