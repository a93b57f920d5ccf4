"""The tables of batch jobs, on the metadata of ``store.tables``.

``content`` is compressed by who writes it. A chunk of rows is there until its results are.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from nlp_service.store.tables import SCHEMA, metadata


def _count(name: str) -> "Column[int]":
    return Column(name, BigInteger, nullable=False)


def _words(name: str) -> "Column[str]":
    return Column(name, Text, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> "Column[object]":
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _batch_key() -> "Column[int]":
    return Column(
        "batch_key",
        BigInteger,
        ForeignKey(f"{SCHEMA}.batches.key", ondelete="CASCADE"),
        primary_key=True,
    )


def _number(name: str) -> "Column[int]":
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


batches = Table(
    "batches",
    metadata,
    Column("key", BigInteger, Identity(always=True), primary_key=True),
    _words("state"),
    _words("name"),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of the file
    _count("size"),
    _words("kind"),
    Column("columns", JSON, nullable=False),
    Column("options", JSON, nullable=False),
    _words("idempotency_key"),
    _words("workflow"),  # which reads the file
    Column("read_tries", Integer, nullable=False),
    _count("rows_read"),
    Column("read_whole", Boolean, nullable=False),
    _count("rows_done"),
    _count("rows_refused"),
    _count("rows_quarantined"),
    _count("retries"),
    Column("problems", JSON, nullable=False),  # the first ones: row, where, code, message
    _words("problem"),
    _words("notify_state"),
    _words("notify_problem"),
    _count("version"),
    _moment("submitted_at"),
    _words("submitted_by"),
    _moment("started_at", nullable=True),
    _moment("changed_at"),
    _moment("finished_at", nullable=True),
    _moment("results_until", nullable=True),
)
Index(
    "batches_idempotency",
    batches.c.submitted_by,
    batches.c.idempotency_key,
    unique=True,
    postgresql_where=text("idempotency_key <> ''"),
)
Index("batches_unfinished", batches.c.key, postgresql_where=text("finished_at IS NULL"))

batch_pieces = Table(
    "batch_pieces",
    metadata,
    _batch_key(),
    _number("number"),
    Column("content", LargeBinary, nullable=False),
)

batch_chunks = Table(
    "batch_chunks",
    metadata,
    _batch_key(),
    _number("first_row"),
    _count("last_row"),
    Column("tries", Integer, nullable=False),
    _words("workflow"),
    Column("content", LargeBinary, nullable=False),
)

batch_results = Table(
    "batch_results",
    metadata,
    _batch_key(),
    _number("first_row"),
    _count("last_row"),
    _words("bundle"),
    _moment("written_at"),
    Column("stored_keys", ARRAY(BigInteger), nullable=False),  # of the submissions told of
    Column("content", LargeBinary, nullable=False),
    Index("batch_results_written", "written_at"),
    Index("batch_results_stored", "stored_keys", postgresql_using="gin"),
)

batch_label_counts = Table(
    "batch_label_counts",
    metadata,
    Column("day", Date, primary_key=True),
    *(Column(name, Text, primary_key=True) for name in ("bundle", "kind", "what", "label")),
    _count("texts"),
)

held_files = Table(
    "held_files",
    metadata,
    Column("key", BigInteger, Identity(always=True), primary_key=True),
    _words("name"),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of the file
    _count("size"),
    Column("mapping", JSON, nullable=False),  # column -> field, where a person said so
    Column("reports", JSON, nullable=False),
    _words("held_by"),
    _moment("held_at"),
    _moment("until"),
    Index("held_files_holder", "held_by"),
)

held_pieces = Table(
    "held_pieces",
    metadata,
    Column(
        "held_key",
        BigInteger,
        ForeignKey(f"{SCHEMA}.held_files.key", ondelete="CASCADE"),
        primary_key=True,
    ),
    _number("number"),
    Column("content", LargeBinary, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("executor", Text, primary_key=True),
    Column("number", BigInteger, Identity(always=True), nullable=False),  # of its lock
    _words("host"),
    Column("pid", Integer, nullable=False),
    _words("bundle"),
    _moment("started_at"),
    _moment("beat_at"),
)
