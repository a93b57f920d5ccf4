"""The first start makes an admin, once, whichever of several processes comes first."""

from nlp_service.domain.people import UserRole
from nlp_service.people.passwords import Passwords
from nlp_service.store.locks import wait_for_turn
from nlp_service.store.opening import Store

NAME = "admin"

MAKER = "首次启动"
"""Who acts where nobody could."""

_LOCK = 0x6E6C705F61646D  # "nlp_adm"


def make_first_admin(store: Store, passwords: Passwords) -> str | None:
    """Make an admin where there is no user at all; return the one-time password, else None."""
    with store.reading() as office:
        if office.users.exist():
            return None
    password, made = passwords.make_one_time()
    with store.transaction(actor=MAKER) as office:
        wait_for_turn(office.connection, _LOCK)
        if office.users.exist():  # another process was first, and tells its own
            return None
        office.users.add(NAME, UserRole.ADMIN, password_hash=made)
    return password


def awaits_first_sign_in(store: Store) -> bool:
    """Say whether the admin that was made has never signed in: the password may be lost."""
    with store.reading() as office:
        people = office.users.list()
    return [(one.name, one.signed_in_at) for one in people] == [(NAME, None)]
