"""Originals apart, personal data covered everywhere else; tombstones of what is erased.

Whatever is stored already is covered, chunk by chunk, in the one transaction of all migrations: a
killed run leaves the database as it was. Fingerprints of covered texts are made anew; vectors of
them are dropped, and ``nlp-service reindex`` brings them back.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from alembic import op

from nlp_service.domain.submission import Submission
from nlp_service.duplicates.fingerprints import find_fingerprints
from nlp_service.store.older_answers import cover_answer, uncover_answer
from nlp_service.text.mask.masker import Masker, read_masker
from nlp_service.text.normalise import Document, clean_title, normalise

revision = "0007"
down_revision = "0006"

SCHEMA = "nlp"
CHUNK = 500


def upgrade() -> None:
    """Move the originals, then cover what is left."""
    _create_tables()
    op.execute(
        f"""
        INSERT INTO {SCHEMA}.originals SELECT key, title, body FROM {SCHEMA}.submissions;
        ALTER TABLE {SCHEMA}.submissions DROP COLUMN title, DROP COLUMN body;
        ALTER TABLE {SCHEMA}.submissions ADD COLUMN title text NOT NULL DEFAULT '';
        ALTER TABLE {SCHEMA}.submissions ALTER COLUMN title DROP DEFAULT
        """
    )
    masker = read_masker()
    for rows in _chunks("SELECT submission_key AS key, title, body FROM {schema}.originals"):
        _cover_texts(rows, masker)
    _change_answers(lambda answer, key: cover_answer(answer, masker))


def downgrade() -> None:
    """Bring the originals back to where they were; what was erased stays so."""
    _change_answers(lambda answer, key: uncover_answer(answer, _clean_original(key).text))
    op.execute(
        f"""
        ALTER TABLE {SCHEMA}.submissions DROP COLUMN title;
        ALTER TABLE {SCHEMA}.submissions
            ADD COLUMN title bytea NOT NULL DEFAULT '', ADD COLUMN body bytea NOT NULL DEFAULT '';
        UPDATE {SCHEMA}.submissions s SET title = o.title, body = o.body
            FROM {SCHEMA}.originals o WHERE o.submission_key = s.key;
        ALTER TABLE {SCHEMA}.submissions
            ALTER COLUMN title DROP DEFAULT, ALTER COLUMN body DROP DEFAULT
        """
    )
    update = sa.text(f"UPDATE {SCHEMA}.submissions SET text = :text WHERE key = :key")
    for rows in _chunks("SELECT submission_key AS key, title, body FROM {schema}.originals"):
        op.get_bind().execute(update, [{"key": row.key, "text": _clean(row).text} for row in rows])
    op.drop_table("tombstones", schema=SCHEMA)
    op.drop_table("originals", schema=SCHEMA)


def _create_tables() -> None:
    op.execute(
        f"""
        CREATE TABLE {SCHEMA}.originals (
            submission_key bigint PRIMARY KEY REFERENCES {SCHEMA}.submissions (key),
            title bytea NOT NULL, body bytea NOT NULL);
        CREATE TABLE {SCHEMA}.tombstones (
            submission_key bigint PRIMARY KEY REFERENCES {SCHEMA}.submissions (key),
            rule text NOT NULL, reference_hash bytea, erased_at timestamptz NOT NULL,
            erased_by text NOT NULL)
        """
    )


def _chunks(statement: str) -> Iterator[Sequence[Any]]:
    """Yield the rows of a statement that has a key, ascending, a few at a time."""
    question = sa.text(
        f"SELECT * FROM ({statement.format(schema=SCHEMA)}) found"
        f" WHERE key > :after ORDER BY key LIMIT {CHUNK}"
    )
    after = 0
    while rows := op.get_bind().execute(question, {"after": after}).all():
        yield rows
        after = rows[-1].key


def _cover_texts(rows: Sequence[Any], masker: Masker) -> None:
    connection = op.get_bind()
    masked = {row.key: masker.mask(_clean(row)) for row in rows}
    connection.execute(
        sa.text(f"UPDATE {SCHEMA}.submissions SET title = :title, text = :text WHERE key = :key"),
        [
            {"key": key, "title": one.document.title, "text": one.document.text}
            for key, one in masked.items()
        ],
    )
    changed = {key: one.document for key, one in masked.items() if one.found}
    if changed:
        _index_anew(connection, changed)


def _index_anew(connection: sa.Connection, changed: dict[int, Document]) -> None:
    """Make the fingerprints of covered texts anew, where they had any, and drop their vectors."""
    keys = {"keys": list(changed)}
    run = partial(connection.execute, parameters=keys)
    sizes = run(sa.text(f"SELECT key, submitter FROM {SCHEMA}.wordings WHERE key = ANY(:keys)"))
    run(sa.text(f"DELETE FROM {SCHEMA}.fingerprints WHERE text = ANY(:keys)"))
    run(sa.text(f"DELETE FROM {SCHEMA}.embeddings WHERE key = ANY(:keys)"))
    for row in sizes.all():
        grams = find_fingerprints(changed[row.key].text).tolist()
        connection.execute(
            sa.text(
                f"INSERT INTO {SCHEMA}.fingerprints (gram, text, submitter)"
                " SELECT unnest(CAST(:grams AS bigint[])), :key, :submitter"
            ),
            {"grams": grams, "key": row.key, "submitter": row.submitter},
        )
        connection.execute(
            sa.text(f"UPDATE {SCHEMA}.wordings SET size = :size WHERE key = :key"),
            {"size": len(grams), "key": row.key},
        )


def _change_answers(change: Callable[[dict[str, Any], int], dict[str, Any]]) -> None:
    update = sa.text(
        f"UPDATE {SCHEMA}.assessments SET answer = CAST(:answer AS json) WHERE key = :key"
    )
    for rows in _chunks("SELECT key, submission_key, answer FROM {schema}.assessments"):
        op.get_bind().execute(
            update,
            [
                {"key": row.key, "answer": _json(change(row.answer, row.submission_key))}
                for row in rows
                if "text" in row.answer  # of what was erased nothing is left
            ],
        )


def _json(answer: dict[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def _clean_original(key: int) -> Document:
    row = (
        op.get_bind()
        .execute(
            sa.text(f"SELECT title, body FROM {SCHEMA}.originals WHERE submission_key = :key"),
            {"key": key},
        )
        .one()
    )
    return _clean(row)


def _clean(row: Any) -> Document:
    """Clean a row's title and body, which were readable when they came in."""
    submission = Submission(title=bytes(row.title).decode(), body=bytes(row.body).decode())
    return Document(title=clean_title(submission.title), body=normalise(submission.body))
