"""What an admin puts in force: lines for filing, the model bundle; indices to look in the audit."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

SCHEMA = "nlp"
_LOOKED_UP_BY = {"audit_actor": ["actor", "key"], "audit_action": ["action", "key"]}


def upgrade() -> None:
    """Make the tables: until somebody sets anything, what the settings say is in force."""
    op.create_table(
        "filing_lines",
        sa.Column("key", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("file_from", sa.Float, nullable=False),
        sa.Column("convert_from", sa.Float, nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        schema=SCHEMA,
    )
    op.create_table(
        "model_choices",
        sa.Column("key", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        schema=SCHEMA,
    )
    for name, columns in _LOOKED_UP_BY.items():
        op.create_index(name, "audit", columns, schema=SCHEMA)
    op.create_index("audit_at", "audit", ["at"], schema=SCHEMA)


def downgrade() -> None:
    """Drop them; what the settings say is in force again."""
    for name in ("audit_at", *_LOOKED_UP_BY):
        op.drop_index(name, "audit", schema=SCHEMA)
    op.drop_table("model_choices", schema=SCHEMA)
    op.drop_table("filing_lines", schema=SCHEMA)
