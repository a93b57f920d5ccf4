"""Sessions in the store: of each only the hash of its token, so who reads them cannot use them."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from nlp_service.domain.people import IDLE, LONGEST_SESSION, OpenedSession, User
from nlp_service.people.tokens import hash_token, make_session_token
from nlp_service.store.people_tables import sessions, users
from nlp_service.store.users import read_user

SEEN_EVERY = timedelta(minutes=1)
"""How exactly it is kept when a session or a key was used: not every request writes."""

_c = sessions.c


class Sessions:
    """Sessions, in the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, user: User) -> OpenedSession:
        """Open a session with a new token; sessions that are over go away."""
        now = datetime.now(UTC)
        ended = (_c.expires_at <= now) | (_c.seen_at <= now - IDLE)
        self._connection.execute(delete(sessions).where(_c.user_key == user.key, ended))
        token, expires_at = make_session_token(), now + LONGEST_SESSION
        row = {
            "token_hash": hash_token(token),
            "user_key": user.key,
            "opened_at": now,
            "seen_at": now,
            "expires_at": expires_at,
        }
        self._connection.execute(insert(sessions).values(row))
        return OpenedSession(token=token, user=user, expires_at=expires_at)

    def find(self, token: str) -> tuple[User, datetime, datetime] | None:
        """Return whose session it is, until when, and when it was last seen.

        None where it is over, was ended, or never was; also where its user is disabled.
        """
        now = datetime.now(UTC)
        row = self._connection.execute(
            select(users, _c.expires_at, _c.seen_at)
            .join(users, users.c.key == _c.user_key)
            .where(
                _c.token_hash == hash_token(token),
                _c.expires_at > now,
                _c.seen_at > now - IDLE,
                users.c.disabled_at.is_(None),
            )
        ).one_or_none()
        return None if row is None else (read_user(row), row.expires_at, row.seen_at)

    def touch(self, token: str) -> None:
        """Note that something was asked in a session."""
        self._connection.execute(
            update(sessions)
            .where(_c.token_hash == hash_token(token))
            .values(seen_at=datetime.now(UTC))
        )

    def end(self, token: str) -> None:
        """End a session, if there is one."""
        self._connection.execute(delete(sessions).where(_c.token_hash == hash_token(token)))

    def end_all(self) -> None:
        """End the sessions of everybody."""
        self._connection.execute(delete(sessions))
