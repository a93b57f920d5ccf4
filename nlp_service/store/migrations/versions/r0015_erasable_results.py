"""Of each chunk of results the submissions that it tells of, so that erasing finds them there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from nlp_service.store.packed_lines import stored_key_of, unpack_lines

revision = "0015"
down_revision = "0014"

SCHEMA = "nlp"
_RESULTS = f"{SCHEMA}.batch_results"


def upgrade() -> None:
    """Add the column, read from the results that are there whom they tell of, and index it."""
    added: sa.Column[object] = sa.Column(
        "stored_keys", ARRAY(sa.BigInteger), nullable=False, server_default="{}"
    )
    op.add_column("batch_results", added, schema=SCHEMA)
    op.alter_column("batch_results", "stored_keys", server_default=None, schema=SCHEMA)
    _fill()
    op.create_index(
        "batch_results_stored",
        "batch_results",
        ["stored_keys"],
        schema=SCHEMA,
        postgresql_using="gin",
    )


def downgrade() -> None:
    """Drop the column; what was erased stays so."""
    op.drop_column("batch_results", "stored_keys", schema=SCHEMA)


def _fill() -> None:
    """Fill the column, one chunk in memory at a time."""
    connection = op.get_bind()
    places = connection.execute(sa.text(f"SELECT batch_key, first_row FROM {_RESULTS}")).all()
    which = "WHERE batch_key = :batch_key AND first_row = :first_row"
    for place in (dict(row._mapping) for row in places):
        content = connection.execute(
            sa.text(f"SELECT content FROM {_RESULTS} {which}"), place
        ).scalar_one()
        told = map(stored_key_of, unpack_lines(content))
        connection.execute(
            sa.text(f"UPDATE {_RESULTS} SET stored_keys = :keys {which}"),
            {**place, "keys": sorted({key for key in told if key is not None})},
        )
