"""Submissions, assessments, merges, outcomes, audit; and pgvector for what is to come."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SCHEMA = "nlp"


def upgrade() -> None:
    """Make the tables."""
    op.execute("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
    _create_merges()
    _create_submissions()
    _create_assessments()
    _create_merge_members()
    _create_outcomes()
    _create_audit()


def downgrade() -> None:
    """Drop the tables; the extension stays, others may use it."""
    for table in ("audit", "outcomes", "merge_leads", "merge_members", "assessments"):
        op.drop_table(table, schema=SCHEMA)
    op.drop_table("submissions", schema=SCHEMA)
    op.drop_table("merges", schema=SCHEMA)
    op.execute(f"DROP FUNCTION {SCHEMA}.refuse_change()")


def _key() -> "sa.Column[int]":
    return sa.Column("key", sa.BigInteger, sa.Identity(always=True), primary_key=True)


def _words(*names: str) -> "list[sa.Column[str]]":
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of(table: str, column: str, *, nullable: bool = False, part: bool = False) -> "sa.Column[int]":
    return sa.Column(
        column,
        sa.BigInteger,
        sa.ForeignKey(f"{SCHEMA}.{table}.key"),
        nullable=nullable,
        primary_key=part,
    )


def _index(
    name: str, table: str, columns: list[str], where: str = "", unique: bool = False
) -> None:
    op.create_index(
        name,
        table,
        [sa.text(column) for column in columns],
        schema=SCHEMA,
        unique=unique,
        postgresql_where=sa.text(where) if where else None,
    )


def _create_merges() -> None:
    op.create_table(
        "merges",
        _key(),
        _moment("merged_at"),
        *_words("merged_by"),
        _moment("undone_at", nullable=True),
        sa.Column("undone_by", sa.Text, nullable=False, server_default=""),
        schema=SCHEMA,
    )


def _create_submissions() -> None:
    op.create_table(
        "submissions",
        _key(),
        *_words("reference", "kind"),
        sa.Column("title", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        *_words("text"),
        sa.Column("content_hash", sa.LargeBinary, nullable=False),
        sa.Column("submitted_at", sa.Date),
        _moment("received_at"),
        sa.Column("dated_on", sa.Date, nullable=False),
        *_words("submitter", "district", "source"),
        sa.Column("restricted", sa.Boolean, nullable=False),
        _moment("deleted_at", nullable=True),
        _of("merges", "merge_key", nullable=True),
        schema=SCHEMA,
    )
    there = "deleted_at IS NULL"
    table = "submissions"
    _index(
        "submissions_reference",
        table,
        ["source", "kind", "reference"],
        f"reference <> '' AND {there}",
        unique=True,
    )
    _index(
        "submissions_text_of_submitter",
        table,
        ["submitter", "kind", "content_hash"],
        f"submitter <> '' AND {there}",
        unique=True,
    )
    _index(
        "submissions_text_of_unknown",
        table,
        ["source", "kind", "reference", "content_hash"],
        f"submitter = '' AND {there}",
        unique=True,
    )
    _index("submissions_newest_first", table, ["received_at DESC", "key DESC"], there)
    _index("submissions_dated_on", table, ["dated_on"], there)
    _index("submissions_merge", table, ["merge_key"], "merge_key IS NOT NULL")


def _create_assessments() -> None:
    op.create_table(
        "assessments",
        _key(),
        _of("submissions", "submission_key"),
        _moment("assessed_at"),
        *_words("bundle", "taxonomy", "kind", "topic", "subtopic", "lead_unit"),
        sa.Column("urgency", sa.SmallInteger, nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("needs_review", sa.Boolean, nullable=False),
        sa.Column("current", sa.Boolean, nullable=False),
        sa.Column("answer", sa.JSON, nullable=False),
        schema=SCHEMA,
    )
    table = "assessments"
    _index("assessments_current", table, ["submission_key"], "current", unique=True)
    _index("assessments_history", table, ["submission_key", "key"])
    _index("assessments_topic", table, ["topic", "subtopic"], "current")
    _index("assessments_lead_unit", table, ["lead_unit"], "current")
    _index("assessments_review", table, ["submission_key"], "current AND needs_review")


def _create_merge_members() -> None:
    op.create_table(
        "merge_members",
        _of("merges", "merge_key", part=True),
        _of("submissions", "submission_key", part=True),
        _of("merges", "previous_merge_key", nullable=True),
        schema=SCHEMA,
    )
    _index("merge_members_submission", "merge_members", ["submission_key"])
    op.create_table(
        "merge_leads",
        _key(),
        _of("merges", "merge_key"),
        _of("submissions", "submission_key"),
        _moment("chosen_at"),
        *_words("chosen_by"),
        schema=SCHEMA,
    )
    _index("merge_leads_merge", "merge_leads", ["merge_key", "key"])


def _create_outcomes() -> None:
    op.create_table(
        "outcomes",
        _key(),
        _of("submissions", "submission_key"),
        *_words("disposition", "handling_unit", "filing_number"),
        sa.Column("reply_class", sa.Text),
        sa.Column("replied_on", sa.Date),
        _moment("recorded_at"),
        *_words("recorded_by"),
        schema=SCHEMA,
    )
    _index("outcomes_history", "outcomes", ["submission_key", "key"])
    _index("outcomes_filing_number", "outcomes", ["filing_number"], "filing_number <> ''")


def _create_audit() -> None:
    op.create_table(
        "audit",
        _key(),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        *_words("actor", "action", "record_kind"),
        sa.Column("record_key", sa.BigInteger, nullable=False),
        schema=SCHEMA,
    )
    _index("audit_record", "audit", ["record_kind", "record_key", "key"])
    op.execute(
        f"""
        CREATE FUNCTION {SCHEMA}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'append only' USING ERRCODE = 'restrict_violation'; END $$
        """
    )
    op.execute(
        f"""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {SCHEMA}.audit
        FOR EACH STATEMENT EXECUTE FUNCTION {SCHEMA}.refuse_change()
        """
    )
