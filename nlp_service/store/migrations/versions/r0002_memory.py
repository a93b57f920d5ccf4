"""Fingerprints, common grams and embeddings: what earlier texts are found by."""

from alembic import op

revision = "0002"
down_revision = "0001"

SCHEMA = "nlp"
TABLES = ("wordings", "fingerprints", "wording_submitters", "wording_tallies", "common_grams")


def upgrade() -> None:
    """Make the tables."""
    _create_wordings()
    _create_embeddings()


def downgrade() -> None:
    """Drop the tables; the texts that they were made of stay."""
    for table in (*TABLES, "spaces", "embeddings"):
        op.drop_table(table, schema=SCHEMA)


def _create_wordings() -> None:
    op.execute(
        f"""
        CREATE TABLE {SCHEMA}.wordings (
            key bigint PRIMARY KEY, submitter integer NOT NULL, size integer NOT NULL);
        CREATE TABLE {SCHEMA}.fingerprints (
            gram bigint NOT NULL, text integer NOT NULL, submitter integer NOT NULL)
            WITH (autovacuum_vacuum_insert_scale_factor = 0.05);
        CREATE INDEX fingerprints_gram
            ON {SCHEMA}.fingerprints ((text >> 17), gram, text, submitter);
        CREATE INDEX fingerprints_text ON {SCHEMA}.fingerprints
            USING brin (text) WITH (pages_per_range = 16);
        CREATE TABLE {SCHEMA}.wording_submitters (
            number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            name text NOT NULL UNIQUE, texts integer NOT NULL);
        CREATE TABLE {SCHEMA}.wording_tallies (
            slot integer PRIMARY KEY, submitters bigint NOT NULL);
        CREATE TABLE {SCHEMA}.common_grams (
            version bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            learnt_at timestamptz NOT NULL, grams bytea NOT NULL)
        """
    )


def _create_embeddings() -> None:
    op.execute(
        f"""
        CREATE TABLE {SCHEMA}.spaces (
            number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            name text NOT NULL UNIQUE, active boolean NOT NULL, made_at timestamptz NOT NULL);
        CREATE UNIQUE INDEX spaces_active ON {SCHEMA}.spaces (active) WHERE active;
        CREATE TABLE {SCHEMA}.embeddings (
            key bigint NOT NULL, space integer NOT NULL, kind text NOT NULL,
            dated_on date NOT NULL, vector halfvec(384) NOT NULL, PRIMARY KEY (key, space))
            PARTITION BY LIST (space);
        CREATE INDEX embeddings_dated_on ON {SCHEMA}.embeddings (dated_on)
        """
    )
