"""The queue: a narrow row a submission for lists and counts, and the views that users saved.

Columns of assessments and reviews that the row is made of are filled from what is stored already.
Indices that only the older lists used go.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

SCHEMA = "nlp"
_DROPPED = {
    "submissions_newest_first": "submissions (received_at DESC, key DESC) WHERE deleted_at IS NULL",
    "assessments_topic": "assessments (topic, subtopic) WHERE current",
    "assessments_lead_unit": "assessments (lead_unit) WHERE current",
    "assessments_review": "assessments (submission_key) WHERE current AND needs_review",
    "reviewed_topic": "reviewed (topic) WHERE topic IS NOT NULL",
}


def upgrade() -> None:
    """Add the columns, fill them, make the rows."""
    for index in _DROPPED:
        op.execute(f"DROP INDEX {SCHEMA}.{index}")
    _extend_assessments()
    _extend_reviewed()
    _create_tables()
    op.execute(_STANDING)


def downgrade() -> None:
    """Drop tables and columns; the views that users saved are lost."""
    op.drop_table("views", schema=SCHEMA)
    op.drop_table("standings", schema=SCHEMA)
    for table, columns in (
        ("reviewed", ("assist_units", "sectors")),
        ("assessments", ("assist_units", "sectors", "look_first", "doubt", "band")),
    ):
        for column in columns:
            op.drop_column(table, column, schema=SCHEMA)
    for name, what in _DROPPED.items():
        op.execute(f"CREATE INDEX {name} ON {SCHEMA}.{what}")


def _extend_assessments() -> None:
    op.execute(
        f"""
        ALTER TABLE {SCHEMA}.assessments
            ADD COLUMN assist_units text[], ADD COLUMN sectors text[],
            ADD COLUMN look_first boolean, ADD COLUMN doubt double precision, ADD COLUMN band text;
        {_FILL};
        ALTER TABLE {SCHEMA}.assessments
            ALTER COLUMN assist_units SET NOT NULL, ALTER COLUMN sectors SET NOT NULL,
            ALTER COLUMN look_first SET NOT NULL, ALTER COLUMN doubt SET NOT NULL,
            ALTER COLUMN band SET NOT NULL
        """
    )


def _extend_reviewed() -> None:
    """Keep of each submission the last word of those in force, part by part."""
    op.execute(
        f"""
        ALTER TABLE {SCHEMA}.reviewed ADD COLUMN assist_units text[], ADD COLUMN sectors text[];
        UPDATE {SCHEMA}.reviewed SET
            assist_units = {_last_word("assist_units")}, sectors = {_last_word("sectors")}
        """
    )


def _last_word(part: str) -> str:
    return f"""(
        SELECT ARRAY(SELECT json_array_elements_text(person -> '{part}')) FROM {SCHEMA}.reviews
        WHERE reviews.submission_key = reviewed.submission_key AND undone_at IS NULL
            AND json_typeof(person -> '{part}') = 'array' ORDER BY key DESC LIMIT 1)"""


def _create_tables() -> None:
    texts = ("kind", "topic", "subtopic", "lead_unit", "band", "stage", "source")
    op.create_table(
        "standings",
        sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("dated_on", sa.Date, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in texts),
        *(
            sa.Column(name, sa.ARRAY(sa.Text), nullable=False)
            for name in ("assist_units", "sectors")
        ),
        *(
            sa.Column(name, sa.Boolean, nullable=False)
            for name in ("restricted", "look_first", "needs_review", "confirmed")
        ),
        sa.Column("urgency", sa.SmallInteger, nullable=False),
        sa.Column("doubt", sa.Float, nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("merge_key", sa.BigInteger),
        sa.Column("reviewed_at", sa.DateTime(timezone=True)),
        sa.Column("disposition", sa.Text),
        sa.Column("outcome", sa.Text),
        schema=SCHEMA,
    )
    for name, columns in (
        ("latest", ["received_at", "key"]),
        ("urgent", ["look_first", "urgency", "received_at", "key"]),
        ("doubtful", ["doubt", "received_at", "key"]),
    ):
        op.create_index(f"standings_{name}", "standings", columns, schema=SCHEMA)
    op.create_table(
        "views",
        sa.Column("key", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("user_key", sa.BigInteger, sa.ForeignKey(f"{SCHEMA}.users.key"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("wanted", sa.JSON, nullable=False),
        sa.Column("list_order", sa.Text, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        schema=SCHEMA,
    )
    op.create_index("views_name", "views", ["user_key", "name"], unique=True, schema=SCHEMA)


_FILL = f"""
UPDATE {SCHEMA}.assessments a SET
    assist_units = said.assist_units, sectors = said.sectors, look_first = said.look_first,
    doubt = said.doubt, band = said.band
FROM (
    SELECT key,
        ARRAY(SELECT unit ->> 'code' FROM {{units}} WHERE unit ->> 'role' = 'assist')
            AS assist_units,
        ARRAY(SELECT sector ->> 'code' FROM {{sectors}}) AS sectors,
        EXISTS (SELECT FROM {{reasons}} WHERE reason ->> 'code' IN ('urgent_words', 'urgent'))
            AS look_first,
        round(coalesce(
            5 - (answer ->> 'kind_probability')::numeric
            - (answer #>> '{{{{topic,probability}}}}')::numeric
            - (answer #>> '{{{{subtopic,probability}}}}')::numeric
            - (answer #>> '{{{{request,probability}}}}')::numeric
            - (answer #>> '{{{{urgency,probability}}}}')::numeric
            + coalesce((SELECT 1 - (unit ->> 'probability')::numeric FROM {{units}}
                WHERE unit ->> 'role' = 'lead' LIMIT 1), 0)
        , 0), 4) AS doubt,
        coalesce(answer #>> '{{{{quality,band}}}}', '') AS band
    FROM {SCHEMA}.assessments
) said WHERE said.key = a.key
""".format(
    units="json_array_elements(answer -> 'units') AS unit",
    sectors="json_array_elements(answer -> 'sectors') AS sector",
    reasons="json_array_elements(answer -> 'reasons') AS reason",
)
"""Of what was erased, whose answer is empty, nothing is told."""

_STANDING = f"""
INSERT INTO {SCHEMA}.standings (
    key, received_at, dated_on, source, restricted, merge_key, kind, topic, subtopic, lead_unit,
    assist_units, sectors, urgency, look_first, score, band, doubt, needs_review, reviewed_at,
    disposition, outcome, confirmed, stage
)
SELECT s.key, s.received_at, s.dated_on, s.source, s.restricted, s.merge_key,
    coalesce(r.kind, a.kind), coalesce(r.topic, a.topic), coalesce(r.subtopic, a.subtopic),
    coalesce(r.lead_unit, a.lead_unit), coalesce(r.assist_units, a.assist_units),
    coalesce(r.sectors, a.sectors), coalesce(r.urgency, a.urgency),
    a.look_first AND r.urgency IS NULL, a.score, a.band, a.doubt, a.needs_review, r.reviewed_at,
    r.disposition, o.disposition,
    num_nulls(r.kind, r.topic, r.subtopic, r.lead_unit, r.assist_units, r.sectors, r.urgency) = 0,
    CASE WHEN o.disposition IS NOT NULL THEN 'decided' WHEN s.merge_key IS NOT NULL THEN 'merged'
        WHEN r.reviewed_at IS NOT NULL THEN 'reviewed' ELSE 'waiting' END
FROM {SCHEMA}.submissions s
JOIN {SCHEMA}.assessments a ON a.submission_key = s.key AND a.current
LEFT JOIN {SCHEMA}.reviewed r ON r.submission_key = s.key
LEFT JOIN (
    SELECT DISTINCT ON (submission_key) submission_key, disposition FROM {SCHEMA}.outcomes
    ORDER BY submission_key, key DESC
) o ON o.submission_key = s.key
WHERE s.deleted_at IS NULL
"""
