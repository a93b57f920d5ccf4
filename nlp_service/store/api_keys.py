"""Keys of other systems in the store: of each its readable beginning and the hash of the whole."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import AccountRefused, RecordUnknown
from nlp_service.domain.people import SCOPES, ApiKey, Permission, permissions_in_order
from nlp_service.domain.records import check_name
from nlp_service.people.tokens import hash_token, make_key, prefix_of, same
from nlp_service.store.audit import Audit
from nlp_service.store.people_tables import api_keys

LONGEST_NAME = 60

_c = api_keys.c


class ApiKeys:
    """Keys, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._connection, self._audit = connection, audit

    def add(
        self, name: str, scopes: Collection[Permission], *, expires_at: datetime | None
    ) -> tuple[ApiKey, str]:
        """Make a key; return it with its token, of which no copy is kept.

        Raises:
            AccountRefused: no scope, one that no key may have, no name, or an end in the past.
            InvalidSubmission: the name is too long for any, or not one line.
        """
        now = datetime.now(UTC)
        kept = _read_name(name)
        _check_scopes(scopes)
        if expires_at is not None and expires_at <= now:
            raise AccountRefused("密钥的失效时刻已经过去，请写一个将来的时刻。")
        made = make_key()
        row = {
            "prefix": made.prefix,
            "token_hash": hash_token(made.token),
            "name": kept,
            "scopes": list(permissions_in_order(frozenset(scopes))),
            "created_at": now,
            "created_by": self._audit.actor,
            "expires_at": expires_at,
            "revoked_by": "",
        }
        key = self._connection.execute(insert(api_keys).values(row).returning(_c.key)).scalar_one()
        told = {"name": kept, "prefix": made.prefix, "scopes": row["scopes"]}
        told["expires_at"] = expires_at and expires_at.isoformat()
        self._audit.note(Action.KEY_ADDED, RecordKind.KEY, key, after=told)
        return self.get(key), made.token

    def get(self, key: int) -> ApiKey:
        """Return a key, in force or not.

        Raises:
            RecordUnknown: there is none.
        """
        row = self._connection.execute(select(api_keys).where(_c.key == key)).one_or_none()
        if row is None:
            raise RecordUnknown(f"没有编号为 {key} 的密钥。")
        return _read_key(row)

    def with_prefix(self, prefix: str) -> ApiKey:
        """Return the key with that readable beginning.

        Raises:
            RecordUnknown: there is none.
        """
        row = self._connection.execute(select(api_keys).where(_c.prefix == prefix)).one_or_none()
        if row is None:
            raise RecordUnknown("没有以此开头的密钥，请用 nlp-service keys list 查看。")
        return _read_key(row)

    def find(self, token: str) -> ApiKey | None:
        """Return the key whose token it is; None where it is none's, or none in force."""
        row = self._connection.execute(
            select(api_keys).where(_c.prefix == prefix_of(token))
        ).one_or_none()
        if row is None or not same(row.token_hash, hash_token(token)):
            return None
        over = row.expires_at is not None and row.expires_at <= datetime.now(UTC)
        return None if over or row.revoked_at is not None else _read_key(row)

    def list(self) -> Sequence[ApiKey]:
        """Return all keys, those that were not revoked first."""
        keys = select(api_keys).order_by(_c.revoked_at.is_not(None), _c.key)
        return [_read_key(row) for row in self._connection.execute(keys)]

    def revoke(self, key: int) -> ApiKey:
        """Let nobody in by a key any more, from now on.

        Raises:
            RecordUnknown: there is no such key.
        """
        changed = self._connection.execute(
            update(api_keys)
            .where(_c.key == key, _c.revoked_at.is_(None))
            .values(revoked_at=datetime.now(UTC), revoked_by=self._audit.actor)
        )
        found = self.get(key)
        if changed.rowcount:
            told = {"name": found.name, "prefix": found.prefix}
            self._audit.note(Action.KEY_REVOKED, RecordKind.KEY, key, before=told)
        return found

    def touch(self, key: int) -> None:
        """Note that a key was used."""
        self._connection.execute(
            update(api_keys).where(_c.key == key).values(used_at=datetime.now(UTC))
        )


def _read_name(name: str) -> str:
    kept = name.strip()
    check_name("密钥的名称", kept)
    if not kept or len(kept) > LONGEST_NAME:
        raise AccountRefused(f"请给密钥一个 1 到 {LONGEST_NAME} 字的名称，说明谁在用它。")
    return kept


def _check_scopes(scopes: Collection[Permission]) -> None:
    if not scopes:
        raise AccountRefused("请至少给密钥一项权限。")
    if forbidden := permissions_in_order(frozenset(scopes) - SCOPES):
        raise AccountRefused(
            f"密钥不能有这些权限：{'、'.join(forbidden)}；用户和密钥须由人登录后管理。"
        )


def _read_key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        key=row.key,
        prefix=row.prefix,
        name=row.name,
        scopes=frozenset(map(Permission, row.scopes)),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by,
        used_at=row.used_at,
    )
