"""Batch jobs: files, their rows in chunks, the results, and the processes that work on them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

SCHEMA = "nlp"


def upgrade() -> None:
    """Make the tables."""
    _make_batches()
    _part("batch_pieces", _number("number"))
    _part(
        "batch_chunks",
        _number("first_row"),
        *_counts("last_row"),
        sa.Column("tries", sa.Integer, nullable=False),
        *_words("workflow"),
    )
    _part(
        "batch_results",
        _number("first_row"),
        *_counts("last_row"),
        *_words("bundle"),
        _moment("written_at"),
    )
    op.create_index("batch_results_written", "batch_results", ["written_at"], schema=SCHEMA)
    op.create_table(
        "workers",
        sa.Column("executor", sa.Text, primary_key=True),
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
        *_words("host"),
        sa.Column("pid", sa.Integer, nullable=False),
        *_words("bundle"),
        _moment("started_at"),
        _moment("beat_at"),
        schema=SCHEMA,
    )


def downgrade() -> None:
    """Drop the tables; submissions that jobs stored stay."""
    for table in ("workers", "batch_results", "batch_chunks", "batch_pieces", "batches"):
        op.drop_table(table, schema=SCHEMA)


def _make_batches() -> None:
    op.create_table(
        "batches",
        sa.Column("key", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        *_words("state", "name"),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        *_counts("size"),
        *_words("kind"),
        sa.Column("columns", sa.JSON, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        *_words("idempotency_key", "workflow"),
        sa.Column("read_tries", sa.Integer, nullable=False),
        *_counts("rows_read"),
        sa.Column("read_whole", sa.Boolean, nullable=False),
        *_counts("rows_done", "rows_refused", "rows_quarantined", "retries"),
        sa.Column("problems", sa.JSON, nullable=False),
        *_words("problem", "notify_state", "notify_problem"),
        *_counts("version"),
        _moment("submitted_at"),
        *_words("submitted_by"),
        _moment("started_at", nullable=True),
        _moment("changed_at"),
        _moment("finished_at", nullable=True),
        _moment("results_until", nullable=True),
        schema=SCHEMA,
    )
    op.create_index(
        "batches_idempotency",
        "batches",
        ["submitted_by", "idempotency_key"],
        schema=SCHEMA,
        unique=True,
        postgresql_where=sa.text("idempotency_key <> ''"),
    )
    op.create_index(
        "batches_unfinished",
        "batches",
        ["key"],
        schema=SCHEMA,
        postgresql_where=sa.text("finished_at IS NULL"),
    )


def _part(name: str, *columns: "sa.Column[object]") -> None:
    """Make a table of a job's parts; what it holds is compressed already."""
    op.create_table(
        name,
        sa.Column(
            "batch_key",
            sa.BigInteger,
            sa.ForeignKey(f"{SCHEMA}.batches.key", ondelete="CASCADE"),
            primary_key=True,
        ),
        *columns,
        sa.Column("content", sa.LargeBinary, nullable=False),
        schema=SCHEMA,
    )
    op.execute(f"ALTER TABLE {SCHEMA}.{name} ALTER COLUMN content SET STORAGE EXTERNAL")


def _words(*names: str) -> "list[sa.Column[object]]":
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _counts(*names: str) -> "list[sa.Column[object]]":
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def _number(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.BigInteger, primary_key=True, autoincrement=False)


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
