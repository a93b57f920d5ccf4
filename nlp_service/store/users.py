"""Users in the store: added, listed, disabled, given roles and passwords; nobody is deleted.

Whatever makes a user somebody else ends their sessions in the same transaction.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import AccountRefused, RecordUnknown
from nlp_service.domain.people import ONE_TIME, User, UserRole
from nlp_service.people.names import name_key, read_user_name
from nlp_service.store.audit import Audit
from nlp_service.store.people_tables import sessions, sign_ins, users
from nlp_service.store.sign_ins import subject_of_name

_c = users.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A user with what is kept of the password."""

    user: User
    password_hash: str = field(repr=False)


class Users:
    """Users, in the caller's transaction. Passwords come hashed."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._connection, self._audit = connection, audit

    def add(self, name: str, role: UserRole, *, password_hash: str) -> User:
        """Add a user with a one-time password.

        Raises:
            AccountRefused: no name, or one that is taken, also by somebody disabled.
        """
        kept = read_user_name(name)
        now = datetime.now(UTC)
        row = {
            "name": kept,
            "name_key": name_key(kept),
            "role": role,
            "password_hash": password_hash,
            "one_time_until": now + ONE_TIME,
            "created_at": now,
            "created_by": self._audit.actor,
        }
        statement = insert(users).values(row).on_conflict_do_nothing()
        key = self._connection.execute(statement.returning(_c.key)).scalar_one_or_none()
        if key is None:
            raise AccountRefused(
                f"已有名为 {kept} 的用户（大小写、全半角不分），请换一个名字，或启用、重置原来的。"
            )
        self._audit.note(
            Action.USER_ADDED, RecordKind.USER, key, after={"name": kept, "role": role}
        )
        return self.get(key)

    def exist(self) -> bool:
        """Say whether there is any user."""
        return self._connection.execute(select(_c.key).limit(1)).scalar() is not None

    def get(self, key: int) -> User:
        """Return a user.

        Raises:
            RecordUnknown: there is none.
        """
        row = self._connection.execute(select(users).where(_c.key == key)).one_or_none()
        if row is None:
            raise RecordUnknown(f"没有编号为 {key} 的用户。")
        return read_user(row)

    def named(self, name: str) -> User:
        """Return the user of a name.

        Raises:
            RecordUnknown: there is none.
        """
        found = self.find(name)
        if found is None:
            raise RecordUnknown(f"没有名为 {name} 的用户，请用 nlp-service users list 查看。")
        return found.user

    def find(self, name: str, *, hold: bool = False) -> Credentials | None:
        """Return who bears a name; None where nobody does.

        Held, nobody else changes them until the transaction ends.
        """
        statement = select(users).where(_c.name_key == name_key(name))
        row = self._connection.execute(
            statement.with_for_update() if hold else statement
        ).one_or_none()
        if row is None:
            return None
        return Credentials(user=read_user(row), password_hash=row.password_hash)

    def list(self) -> Sequence[User]:
        """Return all users, those who may sign in first."""
        order = (_c.disabled_at.is_not(None), _c.name_key)
        return [read_user(row) for row in self._connection.execute(select(users).order_by(*order))]

    def change_role(self, key: int, role: UserRole) -> User:
        """Give a user another role.

        Raises:
            RecordUnknown: there is no such user.
            AccountRefused: nobody would be left to manage users.
        """
        admins = self._hold_admins()
        user = self._hold(key)
        if user.role is role:
            return user
        _leave_an_admin(admins, user)
        self._change(user, Action.ROLE_CHANGED, {"role": user.role}, {"role": role}, {"role": role})
        return self.get(key)

    def disable(self, key: int) -> User:
        """Let a user sign in no more.

        Raises:
            RecordUnknown: there is no such user.
            AccountRefused: nobody would be left to manage users.
        """
        admins = self._hold_admins()
        user = self._hold(key)
        if user.disabled_at is not None:
            return user
        _leave_an_admin(admins, user)
        now = datetime.now(UTC)
        self._change(
            user,
            Action.USER_DISABLED,
            {"disabled": False},
            {"disabled": True},
            {"disabled_at": now},
        )
        return self.get(key)

    def enable(self, key: int) -> User:
        """Let a user sign in again.

        Raises:
            RecordUnknown: there is no such user.
        """
        user = self._hold(key)
        if user.disabled_at is None:
            return user
        self._change(
            user,
            Action.USER_ENABLED,
            {"disabled": True},
            {"disabled": False},
            {"disabled_at": None},
        )
        return self.get(key)

    def reset_password(self, key: int, *, password_hash: str) -> User:
        """Give a user a one-time password, and let them try at once.

        Raises:
            RecordUnknown: there is no such user.
        """
        user = self._hold(key)
        until = datetime.now(UTC) + ONE_TIME
        values = {"password_hash": password_hash, "one_time_until": until}
        self._change(user, Action.PASSWORD_RESET, None, None, values)
        subject = subject_of_name(user.name)
        self._connection.execute(delete(sign_ins).where(sign_ins.c.subject == subject))
        return self.get(key)

    def change_password(self, key: int, *, password_hash: str) -> User:
        """Give a user the password that they chose."""
        user = self._hold(key)
        values = {"password_hash": password_hash, "one_time_until": None}
        self._change(user, Action.PASSWORD_CHANGED, None, None, values)
        return self.get(key)

    def note_sign_in(self, key: int) -> None:
        """Note that a user has just signed in."""
        self._connection.execute(
            update(users).where(_c.key == key).values(signed_in_at=datetime.now(UTC))
        )

    def renew_hash(self, key: int, password_hash: str) -> None:
        """Keep the same password by newer parameters; nobody need notice."""
        self._connection.execute(
            update(users).where(_c.key == key).values(password_hash=password_hash)
        )

    def _hold(self, key: int) -> User:
        """Return a user whom nobody else changes until the transaction ends."""
        row = self._connection.execute(
            select(users).where(_c.key == key).with_for_update()
        ).one_or_none()
        if row is None:
            raise RecordUnknown(f"没有编号为 {key} 的用户。")
        return read_user(row)

    def _hold_admins(self) -> Collection[int]:
        """Return who may manage users; of two who would leave nobody, one waits for the other."""
        rows = self._connection.execute(
            select(_c.key)
            .where(_c.role == UserRole.ADMIN, _c.disabled_at.is_(None))
            .order_by(_c.key)
            .with_for_update()
        )
        return rows.scalars().all()

    def _change(
        self,
        user: User,
        action: Action,
        before: dict[str, Any] | None,
        after: dict[str, Any] | None,
        values: dict[str, Any],
    ) -> None:
        self._connection.execute(update(users).where(_c.key == user.key).values(values))
        self._connection.execute(delete(sessions).where(sessions.c.user_key == user.key))
        self._audit.note(action, RecordKind.USER, user.key, before=before, after=after)


def _leave_an_admin(admins: Collection[int], user: User) -> None:
    if set(admins) == {user.key}:
        raise AccountRefused(
            f"{user.name} 是最后一个管理员，不能停用或改作别的角色，请先让另一人做管理员。"
        )


def read_user(row: Row[Any]) -> User:
    """Make the record of a row of the table."""
    return User(
        key=row.key,
        name=row.name,
        role=UserRole(row.role),
        one_time_until=row.one_time_until,
        disabled_at=row.disabled_at,
        created_at=row.created_at,
        created_by=row.created_by,
        signed_in_at=row.signed_in_at,
    )
