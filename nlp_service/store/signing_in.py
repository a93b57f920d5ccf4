"""Sign in, sign out, change a password: what spans transactions, since attempts always count.

Between them the password is verified, which takes long and needs no connection.
"""

from datetime import UTC, datetime

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import PasswordRefused, SignInFailed, SignInPaused
from nlp_service.domain.people import OpenedSession, User
from nlp_service.people.passwords import Passwords, check_password
from nlp_service.store.opening import Office, Store

STRANGER = "未登录"
"""Who acts where nobody has signed in."""

NOBODY = 0
"""Key in the audit of a user whom there is not; the name that was given is not kept."""


def sign_in(
    store: Store,
    passwords: Passwords,
    *,
    name: str,
    password: str,
    address: str,
    replaced: str | None = None,
) -> OpenedSession:
    """Open a session for who knows the password; one that the browser still had is ended.

    Raises:
        SignInFailed: name and password do not fit, or the user may not sign in.
        SignInPaused: too many attempts failed before.
    """
    _count_attempt(store, name=name, address=address)
    with store.reading() as office:
        found = office.users.find(name)
    kept = found.password_hash if found else None
    knows = passwords.verify(kept, password)
    renewed = passwords.hash(password) if knows and kept and passwords.is_outdated(kept) else None
    with store.transaction(actor=found.user.name if knows and found else STRANGER) as office:
        now = office.users.find(name, hold=True)
        if knows and now is not None and now.password_hash == kept and _may_sign_in(now.user):
            office.sign_ins.succeed(name=name, address=address)
            if renewed is not None:
                office.users.renew_hash(now.user.key, renewed)
            office.users.note_sign_in(now.user.key)
            told = {"address": address}
            office.audit.note(Action.SIGNED_IN, RecordKind.USER, now.user.key, after=told)
            if replaced is not None:
                office.sessions.end(replaced)
            return office.sessions.open(now.user)
        _note_failure(office, found.user.key if found else NOBODY, address)
    raise SignInFailed


def sign_out(store: Store, token: str, *, user_key: int, actor: str) -> None:
    """End a session."""
    with store.transaction(actor=actor) as office:
        office.sessions.end(token)
        office.audit.note(Action.SIGNED_OUT, RecordKind.USER, user_key)


def change_password(
    store: Store, passwords: Passwords, user: User, *, current: str, new: str, address: str
) -> OpenedSession:
    """Give a user the password that they chose; end all their sessions and open a new one.

    Raises:
        PasswordRefused: the current one is wrong or was just reset, the user was just disabled, or
            the new one is none that one should choose.
        SignInPaused: too many attempts failed before.
    """
    check_password(new, user_name=user.name)
    _count_attempt(store, name=user.name, address=address)
    with store.reading() as office:
        found = office.users.find(user.name)
    if found is None or not passwords.verify(found.password_hash, current):
        with store.transaction(actor=user.name) as office:
            _note_failure(office, user.key, address)
        raise PasswordRefused("现在的口令不对，没有修改。")
    if passwords.verify(found.password_hash, new):
        raise PasswordRefused("新口令与现在的相同，请换一个。")
    made = passwords.hash(new)
    with store.transaction(actor=user.name) as office:
        now = office.users.find(user.name, hold=True)
        if now is None or now.password_hash != found.password_hash or now.user.disabled_at:
            raise PasswordRefused("管理员刚重置了口令或停用了用户，没有修改；请重新登录。")
        office.sign_ins.succeed(name=user.name, address=address)
        changed = office.users.change_password(user.key, password_hash=made)
        return office.sessions.open(changed)


def _count_attempt(store: Store, *, name: str, address: str) -> None:
    with store.transaction(actor=STRANGER) as office:
        wait_s = office.sign_ins.begin(name=name, address=address)
    if wait_s:
        raise SignInPaused(wait_s)


def _may_sign_in(user: User) -> bool:
    over = user.one_time_until is not None and user.one_time_until <= datetime.now(UTC)
    return user.disabled_at is None and not over


def _note_failure(office: Office, user_key: int, address: str) -> None:
    told = {"address": address}
    office.audit.note(Action.SIGN_IN_FAILED, RecordKind.USER, user_key, after=told)
