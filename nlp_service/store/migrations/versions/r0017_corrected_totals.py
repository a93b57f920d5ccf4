"""Totals that follow from levels which persons corrected, for lists to show and sort by.

The rubric by which they are counted here is that of the only taxonomy there was until now; later
ones are counted by their own (``store.standings``).
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

SCHEMA = "nlp"


def upgrade() -> None:
    """Keep persons' levels for lists, and count totals anew where they differ."""
    op.add_column("reviewed", sa.Column("levels", sa.JSON), schema=SCHEMA)
    op.add_column(
        "standings",
        sa.Column("score_corrected", sa.Boolean, nullable=False, server_default=sa.false()),
        schema=SCHEMA,
    )
    op.alter_column("standings", "score_corrected", server_default=None, schema=SCHEMA)
    op.execute(_LEVELS)
    op.execute(_TOTALS)


def downgrade() -> None:
    """Let the machine's totals stand again."""
    op.execute(_MACHINE)
    op.drop_column("standings", "score_corrected", schema=SCHEMA)
    op.drop_column("reviewed", "levels", schema=SCHEMA)


_LEVELS = f"""
UPDATE {SCHEMA}.reviewed SET levels = said.levels FROM (
    SELECT submission_key, json_object_agg(dimension, level) AS levels FROM (
        SELECT DISTINCT ON (submission_key, each.key)
            submission_key, each.key AS dimension, each.value AS level
        FROM {SCHEMA}.reviews, json_each(
            CASE json_typeof(person -> 'levels') WHEN 'object' THEN person -> 'levels' END
        ) each
        WHERE undone_at IS NULL ORDER BY submission_key, each.key, reviews.key DESC
    ) last_words GROUP BY submission_key
) said WHERE said.submission_key = reviewed.submission_key
"""
"""Of each dimension the last word of those in force."""

_TOTALS = f"""
UPDATE {SCHEMA}.standings SET
    score = said.total, score_corrected = true,
    band = CASE WHEN said.total >= 90 THEN '优秀' WHEN said.total >= 75 THEN '良好'
        WHEN said.total >= 60 THEN '一般' ELSE '建议退回完善' END
FROM (
    SELECT key, round(least(
        sum(weight * coalesce(person, machine)) / 4,
        CASE WHEN bool_or(dimension = 'Q4' AND coalesce(person, machine) <= 0.5) THEN 40 END,
        CASE WHEN bool_or(dimension = 'Q2' AND coalesce(person, machine) <= 0.5) THEN 59 END
    ), 1) AS total
    FROM (
        SELECT r.submission_key AS key, level ->> 'code' AS dimension,
            (level ->> 'weight')::numeric AS weight, (level ->> 'level')::numeric AS machine,
            (r.levels ->> (level ->> 'code'))::numeric AS person
        FROM {SCHEMA}.reviewed r
        JOIN {SCHEMA}.assessments a ON a.submission_key = r.submission_key AND a.current,
        json_array_elements(a.answer #> '{{quality,levels}}') level
        WHERE r.levels IS NOT NULL
    ) counted
    GROUP BY key HAVING bool_or(person <> round(machine::float8)) AND count(*) = 6
) said WHERE said.key = standings.key
"""
"""Exact numbers, since one total in eight ends on a half; whole levels as the service has them,
the nearest even one of a half."""

_MACHINE = f"""
UPDATE {SCHEMA}.standings SET score = a.score, band = a.band FROM {SCHEMA}.assessments a
WHERE a.submission_key = standings.key AND a.current AND standings.score_corrected
"""
