"""Who a token belongs to: a session's user, or a key of the store, the settings or this start."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from nlp_service.domain.people import (
    PERMISSIONS_OF,
    SCOPES,
    ApiKey,
    Caller,
    CallerKind,
    Permission,
    User,
)
from nlp_service.people.tokens import hash_token, same
from nlp_service.store.opening import Store
from nlp_service.store.sessions import SEEN_EVERY

MACHINE = "服务"
"""Who acts where the service itself does."""

START_KEY_NAME = "本次启动"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldKey:
    """A key that is in no store: it is in the settings, or was made at this start."""

    token_hash: bytes
    name: str
    scopes: frozenset[Permission]
    here_only: bool = False
    """Lets in only from the same machine."""

    @property
    def caller(self) -> Caller:
        """Return who asks by it."""
        return Caller(
            kind=CallerKind.KEY,
            identity=f"held {self.token_hash.hex()}",
            name=self.name,
            permissions=self.scopes,
        )


def held_keys(
    configured: Mapping[str, bytes], start_key: str | None, *, has_store: bool
) -> list[HeldKey]:
    """Return the keys of the settings, by name, and the one of this start.

    That one is for trying the service out: it assesses, from the same machine, and stores nothing.
    An installation with neither a store nor keys has no other, so there it opens everything.
    """
    held = [
        HeldKey(token_hash=token_hash, name=name, scopes=SCOPES)
        for name, token_hash in configured.items()
    ]
    if start_key is not None:
        alone = not has_store and not configured
        held.append(
            HeldKey(
                token_hash=hash_token(start_key),
                name=START_KEY_NAME,
                scopes=SCOPES if alone else frozenset({Permission.ASSESS}),
                here_only=not alone,
            )
        )
    return held


class Callers:
    """Finds who asks. Its methods wait for the database; safe for threads."""

    def __init__(self, store: Store | None, held: list[HeldKey]) -> None:
        self._store, self._held = store, held

    def with_key(self, token: str, *, address: str) -> Caller | None:
        """Return whose key it is; None where it lets nobody in."""
        digest = hash_token(token)
        for held in self._held:
            if same(held.token_hash, digest):
                return held.caller if not held.here_only or _is_here(address) else None
        if self._store is None:
            return None
        with self._store.reading() as office:
            key = office.api_keys.find(token)
        if key is None:
            return None
        if _is_past(key.used_at):
            with self._store.transaction(actor=MACHINE) as office:
                office.api_keys.touch(key.key)
        return _caller_of_key(key)

    def with_session(self, token: str, *, address: str) -> Caller | None:
        """Return whose session it is; None where it is over.

        Without a store there are no users: there the cookie holds a key.
        """
        if self._store is None:
            return self.with_key(token, address=address)
        with self._store.reading() as office:
            found = office.sessions.find(token)
        if found is None:
            return None
        user, expires_at, seen_at = found
        if _is_past(seen_at):
            with self._store.transaction(actor=MACHINE) as office:
                office.sessions.touch(token)
        return caller_of_user(user, token=token, expires_at=expires_at)


def caller_of_user(user: User, *, token: str, expires_at: datetime) -> Caller:
    """Return who asks in a session."""
    return Caller(
        kind=CallerKind.USER,
        identity=f"session {hash_token(token).hex()}",
        name=user.name,
        permissions=PERMISSIONS_OF[user.role],
        user_key=user.key,
        role=user.role,
        must_change_password=user.one_time_until is not None,
        expires_at=expires_at,
    )


def _caller_of_key(key: ApiKey) -> Caller:
    return Caller(
        kind=CallerKind.KEY,
        identity=f"key {key.prefix}",
        name=key.name,
        permissions=key.scopes,
        expires_at=key.expires_at,
    )


def _is_past(at: datetime | None) -> bool:
    return at is None or datetime.now(UTC) - at >= SEEN_EVERY


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
