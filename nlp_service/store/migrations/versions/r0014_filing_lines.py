"""The totals from which filing is suggested, as the office set them; indices of the audit."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

SCHEMA = "nlp"
_LOOKED_UP_BY = {"audit_actor": ["actor", "key"], "audit_action": ["action", "key"]}


def upgrade() -> None:
    """Make the table: until somebody sets them, the lines of the settings are in force."""
    op.create_table(
        "filing_lines",
        sa.Column("key", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("file_from", sa.Float, nullable=False),
        sa.Column("convert_from", sa.Float, nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Text, nullable=False),
        schema=SCHEMA,
    )
    for name, columns in _LOOKED_UP_BY.items():
        op.create_index(name, "audit", columns, schema=SCHEMA)
    op.create_index("audit_at", "audit", ["at"], schema=SCHEMA)


def downgrade() -> None:
    """Drop them; the lines of the settings are in force again."""
    for name in ("audit_at", *_LOOKED_UP_BY):
        op.drop_index(name, "audit", schema=SCHEMA)
    op.drop_table("filing_lines", schema=SCHEMA)
