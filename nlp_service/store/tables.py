"""The tables, as the newest migration leaves them. A test holds both to each other.

All stand in a schema of their own, so that the database may be shared with others.
"""

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import Float, TypeDecorator

SCHEMA = "nlp"

metadata = MetaData(schema=SCHEMA)


class ExactText(TypeDecorator[str]):
    """Text as UTF-8 bytes: PostgreSQL's own text cannot hold the character U+0000."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Encode."""
        return None if value is None else value.encode()

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """Decode."""
        return None if value is None else value.decode()


def _key() -> "Column[int]":
    return Column("key", BigInteger, Identity(always=True), primary_key=True)


def _moment(name: str, *, nullable: bool = False) -> "Column[object]":
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _submission_key() -> "Column[int]":
    return Column(
        "submission_key", BigInteger, ForeignKey(f"{SCHEMA}.submissions.key"), nullable=False
    )


merges = Table(
    "merges",
    metadata,
    _key(),
    _moment("merged_at"),
    Column("merged_by", Text, nullable=False),
    _moment("undone_at", nullable=True),
    Column("undone_by", Text, nullable=False, server_default=""),
)

submissions = Table(
    "submissions",
    metadata,
    _key(),
    Column("reference", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),  # cleaned and covered, as is ``text``
    Column("text", Text, nullable=False),
    Column("content_hash", LargeBinary, nullable=False),  # SHA-256 of the cleaned text, uncovered
    Column("submitted_at", Date),
    _moment("received_at"),
    Column("dated_on", Date, nullable=False),
    Column("submitter", Text, nullable=False),
    Column("district", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("restricted", Boolean, nullable=False),
    _moment("deleted_at", nullable=True),
    Column("merge_key", BigInteger, ForeignKey(merges.c.key)),
)
_c = submissions.c
Index(
    "submissions_reference",
    _c.source,
    _c.kind,
    _c.reference,
    unique=True,
    postgresql_where=text("reference <> '' AND deleted_at IS NULL"),
)
Index(  # who is known hands in a text once, under whatever number
    "submissions_text_of_submitter",
    _c.submitter,
    _c.kind,
    _c.content_hash,
    unique=True,
    postgresql_where=text("submitter <> '' AND deleted_at IS NULL"),
)
Index(  # who is not known may be several: only the same number, or none, is the same submission
    "submissions_text_of_unknown",
    _c.source,
    _c.kind,
    _c.reference,
    _c.content_hash,
    unique=True,
    postgresql_where=text("submitter = '' AND deleted_at IS NULL"),
)
Index("submissions_dated_on", _c.dated_on, postgresql_where=text("deleted_at IS NULL"))
Index("submissions_merge", _c.merge_key, postgresql_where=text("merge_key IS NOT NULL"))

assessments = Table(
    "assessments",
    metadata,
    _key(),
    _submission_key(),
    _moment("assessed_at"),
    Column("bundle", Text, nullable=False),
    Column("taxonomy", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("subtopic", Text, nullable=False),
    Column("lead_unit", Text, nullable=False),
    Column("assist_units", ARRAY(Text), nullable=False),
    Column("sectors", ARRAY(Text), nullable=False),
    Column("urgency", SmallInteger, nullable=False),
    Column("look_first", Boolean, nullable=False),
    Column("doubt", Float, nullable=False),
    Column("score", Float),
    Column("band", Text, nullable=False),
    Column("needs_review", Boolean, nullable=False),
    Column("current", Boolean, nullable=False),
    Column("answer", JSON, nullable=False),  # not JSONB: it would change the order of the keys
)
_a = assessments.c
Index("assessments_current", _a.submission_key, unique=True, postgresql_where=text("current"))
Index("assessments_history", _a.submission_key, _a.key)

merge_members = Table(
    "merge_members",
    metadata,
    Column("merge_key", BigInteger, ForeignKey(merges.c.key), primary_key=True),
    Column("submission_key", BigInteger, ForeignKey(_c.key), primary_key=True),
    Column("previous_merge_key", BigInteger, ForeignKey(merges.c.key)),  # comes back when undone
    Index("merge_members_submission", "submission_key"),
)

merge_leads = Table(
    "merge_leads",
    metadata,
    _key(),
    Column("merge_key", BigInteger, ForeignKey(merges.c.key), nullable=False),
    _submission_key(),
    _moment("chosen_at"),
    Column("chosen_by", Text, nullable=False),
    Index("merge_leads_merge", "merge_key", "key"),
)

outcomes = Table(
    "outcomes",
    metadata,
    _key(),
    _submission_key(),
    Column("disposition", Text, nullable=False),
    Column("handling_unit", Text, nullable=False),
    Column("filing_number", Text, nullable=False),
    Column("reply_class", Text),
    Column("replied_on", Date),
    _moment("recorded_at"),
    Column("recorded_by", Text, nullable=False),
    Index("outcomes_history", "submission_key", "key"),
    Index("outcomes_filing_number", "filing_number", postgresql_where=text("filing_number <> ''")),
)

filing_lines = Table(
    "filing_lines",
    metadata,
    _key(),
    Column("file_from", Float, nullable=False),
    Column("convert_from", Float, nullable=False),
    _moment("set_at"),
    Column("set_by", Text, nullable=False),
)

model_choices = Table(
    "model_choices",
    metadata,
    _key(),
    Column("label", Text, nullable=False),
    _moment("set_at"),
    Column("set_by", Text, nullable=False),
)

rulings = Table(
    "rulings",
    metadata,
    _key(),
    Column("subject", Text, nullable=False),
    Column("content", JSON, nullable=False),
    _moment("set_at"),
    Column("set_by", Text, nullable=False),
    Index("rulings_history", "subject", "key"),
)

audit = Table(
    "audit",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),  # dense: see store.audit
    _moment("at"),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("record_kind", Text, nullable=False),
    Column("record_key", BigInteger, nullable=False),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("audit_record", "record_kind", "record_key", "key"),
    Index("audit_actor", "actor", "key"),
    Index("audit_action", "action", "key"),
    Index("audit_at", "at"),
)
