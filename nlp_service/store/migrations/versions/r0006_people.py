"""Users, sessions, sign-ins and keys; the audit tells before and after, and is chained."""

import hashlib
import json
from datetime import UTC

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

SCHEMA = "nlp"
_AT_ONCE = 5_000


def upgrade() -> None:
    """Make the tables; chain what the audit holds."""
    _create_users()
    _create_sign_ins()
    _create_keys()
    _chain_audit()


def downgrade() -> None:
    """Drop users, keys and the chain; the audit's entries stay, without before and after."""
    for table in ("api_keys", "sign_ins", "sessions", "users"):
        op.drop_table(table, schema=SCHEMA)
    for column in ("before", "after", "previous_hash", "hash"):
        op.drop_column("audit", column, schema=SCHEMA)
    op.execute(
        f"ALTER TABLE {SCHEMA}.audit ALTER COLUMN at SET DEFAULT now(),"
        " ALTER COLUMN key ADD GENERATED ALWAYS AS IDENTITY"
    )
    op.execute(
        f"SELECT setval(pg_get_serial_sequence('{SCHEMA}.audit', 'key'),"
        f" (SELECT coalesce(max(key), 0) + 1 FROM {SCHEMA}.audit), false)"
    )


def _key() -> "sa.Column[int]":
    return sa.Column("key", sa.BigInteger, sa.Identity(always=True), primary_key=True)


def _moments(*names: str, nullable: bool = False) -> "list[sa.Column[object]]":
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=nullable) for name in names]


def _words(*names: str) -> "list[sa.Column[str]]":
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _create_users() -> None:
    op.create_table(
        "users",
        _key(),
        *_words("name", "name_key", "role", "password_hash"),
        *_moments("one_time_until", "disabled_at", nullable=True),
        *_moments("created_at"),
        *_words("created_by"),
        *_moments("signed_in_at", nullable=True),
        schema=SCHEMA,
    )
    op.create_index("users_name", "users", ["name_key"], unique=True, schema=SCHEMA)
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary, primary_key=True),
        sa.Column("user_key", sa.BigInteger, sa.ForeignKey(f"{SCHEMA}.users.key"), nullable=False),
        *_moments("opened_at", "seen_at", "expires_at"),
        schema=SCHEMA,
    )
    op.create_index("sessions_user", "sessions", ["user_key"], schema=SCHEMA)


def _create_sign_ins() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("subject", sa.LargeBinary, primary_key=True),
        sa.Column("attempts", sa.Integer, nullable=False),
        *_moments("last_at"),
        *_moments("paused_until", nullable=True),
        schema=SCHEMA,
    )


def _create_keys() -> None:
    op.create_table(
        "api_keys",
        _key(),
        *_words("prefix"),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        *_words("name"),
        sa.Column("scopes", sa.JSON, nullable=False),
        *_moments("created_at"),
        *_words("created_by"),
        *_moments("expires_at", "revoked_at", nullable=True),
        *_words("revoked_by"),
        *_moments("used_at", nullable=True),
        schema=SCHEMA,
    )
    op.create_index("api_keys_prefix", "api_keys", ["prefix"], unique=True, schema=SCHEMA)


def _chain_audit() -> None:
    for column in ("before", "after"):
        op.add_column("audit", sa.Column(column, sa.JSON), schema=SCHEMA)
    for column in ("previous_hash", "hash"):
        op.add_column("audit", sa.Column(column, sa.LargeBinary), schema=SCHEMA)
    op.execute(f"ALTER TABLE {SCHEMA}.audit DISABLE TRIGGER append_only")
    _chain_entries(op.get_bind())
    op.execute(f"ALTER TABLE {SCHEMA}.audit ENABLE TRIGGER append_only")
    for column in ("previous_hash", "hash"):
        op.alter_column("audit", column, nullable=False, schema=SCHEMA)
    op.execute(  # numbers and moments come from the program, which hashes them
        f"ALTER TABLE {SCHEMA}.audit ALTER COLUMN key DROP IDENTITY, ALTER COLUMN at DROP DEFAULT"
    )


def _chain_entries(connection: sa.Connection) -> None:
    """Chain what is there, in order, a few thousand at a time."""
    page = sa.text(
        "SELECT key, at, actor, action, record_kind, record_key"
        f" FROM {SCHEMA}.audit WHERE key > :last ORDER BY key LIMIT {_AT_ONCE}"
    )
    write = sa.text(
        f"UPDATE {SCHEMA}.audit a SET previous_hash = n.previous, hash = n.own"
        " FROM unnest(CAST(:keys AS bigint[]), CAST(:previous AS bytea[]), CAST(:own AS bytea[]))"
        " AS n(key, previous, own) WHERE a.key = n.key"
    )
    last, hash_before = -(2**63), bytes(32)
    while rows := connection.execute(page, {"last": last}).all():
        keys, previous, own = [], [], []
        for row in rows:
            keys.append(row.key)
            previous.append(hash_before)
            hash_before = _hash(hash_before, row)
            own.append(hash_before)
        connection.execute(write, {"keys": keys, "previous": previous, "own": own})
        last = keys[-1]


def _hash(previous: bytes, row: "sa.Row[tuple[object, ...]]") -> bytes:
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    contents = [row.key, at, row.actor, row.action, row.record_kind, row.record_key, None, None]
    canonical = json.dumps(contents, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(previous + canonical.encode("utf-8", "surrogatepass")).digest()
