"""Counts sign-ins that did not succeed, by name and by address, for all processes together.

An attempt is counted before the password is looked at, in a transaction of its own: so a hundred
attempts at once, or a process that dies, try no more passwords than one after the other. A name
counts whether somebody bears it or not, so a pause tells nobody who is a user.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import Connection, and_, case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from nlp_service.people.names import name_key
from nlp_service.store.people_tables import sign_ins

FREE_BY_NAME = 5
"""Attempts on a name before a pause; each one more doubles it."""

FREE_BY_ADDRESS = 20
"""From one address several people sign in."""

FIRST_PAUSE_S = 60
LONGEST_PAUSE_S = 15 * 60
"""No longer, since anybody can keep somebody else out by trying their name."""

FORGOTTEN_AFTER = timedelta(hours=24)
_MOST_DOUBLINGS = 10

_c = sign_ins.c


class SignIns:
    """Attempts to sign in, in the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def begin(self, *, name: str, address: str) -> int:
        """Count an attempt; return for how many seconds none is allowed, 0 where this one is.

        What is not looked at does not count: who only repeats a name that is paused does not keep
        the whole office waiting, and from an address that is paused nobody keeps others out.
        """
        self._forget_old()
        by_name, by_address = subject_of_name(name), subject_of_address(address)
        return (
            self._pause_left(by_address)
            or self._count(by_name, FREE_BY_NAME)
            or self._count(by_address, FREE_BY_ADDRESS)
        )

    def succeed(self, *, name: str, address: str) -> None:
        """Forget the attempts on a name, and of those from the address the one that succeeded.

        Not all of these: who may sign in could try others' passwords in between.
        """
        self._connection.execute(delete(sign_ins).where(_c.subject == subject_of_name(name)))
        fewer = {"attempts": func.greatest(_c.attempts - 1, 0), "paused_until": None}
        self._connection.execute(
            update(sign_ins).where(_c.subject == subject_of_address(address)).values(fewer)
        )

    def _count(self, subject: bytes, free: int) -> int:
        """Count an attempt unless the subject is paused; return the seconds that it still is."""
        now = func.clock_timestamp()
        counted = insert(sign_ins).values(subject=subject, attempts=1, last_at=now)
        attempts = _c.attempts + 1
        doublings = func.least(attempts - free, _MOST_DOUBLINGS)
        pause_s = func.least(FIRST_PAUSE_S * func.power(2, doublings), LONGEST_PAUSE_S)
        paused_until = now + func.make_interval(0, 0, 0, 0, 0, 0, pause_s)
        counted = counted.on_conflict_do_update(
            index_elements=[_c.subject],
            set_={
                "attempts": attempts,
                "last_at": now,
                "paused_until": case((attempts >= free, paused_until), else_=None),
            },
            where=or_(_c.paused_until.is_(None), _c.paused_until <= now),
        )
        if self._connection.execute(counted.returning(_c.attempts)).scalar() is not None:
            return 0
        return self._pause_left(subject) or 1

    def _pause_left(self, subject: bytes) -> int:
        """Return the seconds for which a subject is still paused; 0 where it is not."""
        until = self._connection.execute(
            select(_c.paused_until).where(
                _c.subject == subject, _c.paused_until > func.clock_timestamp()
            )
        ).scalar()
        return max(1, round((until - datetime.now(UTC)).total_seconds())) if until else 0

    def _forget_old(self) -> None:
        old = datetime.now(UTC) - FORGOTTEN_AFTER
        gone = (
            select(_c.subject)
            .where(and_(_c.last_at < old, _c.attempts > 0))
            .with_for_update(skip_locked=True)
        )
        self._connection.execute(delete(sign_ins).where(_c.subject.in_(gone)))


def subject_of_name(name: str) -> bytes:
    """Return what stands for a name: as it came it might be a password, typed too early."""
    return _hash("name", name_key(name))


def subject_of_address(address: str) -> bytes:
    """Return what stands for an address; of IPv6 for its /64, which one machine has to itself."""
    try:
        found = ip_address(address)
    except ValueError:
        return _hash("address", address)
    if isinstance(found, IPv6Address):
        return _hash("address", str(ip_network((found, 64), strict=False)))
    return _hash("address", str(found))


def _hash(*parts: str) -> bytes:
    joined: Sequence[bytes] = [part.encode("utf-8", "surrogatepass") for part in parts]
    return hashlib.sha256(b"\0".join(joined)).digest()
