"""A new password and what somebody else does to the user in the same moment."""

import pytest

from nlp_service.domain.audit import RecordKind
from nlp_service.domain.errors import PasswordRefused
from nlp_service.people.passwords import Passwords
from nlp_service.store.signing_in import change_password
from tests.callers import PASSWORD, add_user, passwords

NEW = "雨后竹笋九十九辆单车"


@pytest.mark.parametrize("act", ["reset_password", "disable"])
def test_what_an_admin_does_meanwhile_is_not_undone_by_a_new_password(store, act):
    """The admin is quicker than the hashing: someone else may know the old password."""
    zhang, quick = add_user(store, "张三"), passwords()
    more = {"password_hash": quick.hash("一次性的那个口令")} if act == "reset_password" else {}

    class Overtaken(Passwords):
        def hash(self, password):
            if password == NEW:
                with store.transaction(actor="admin") as office:
                    getattr(office.users, act)(zhang.key, **more)
            return quick.hash(password)

        verify = staticmethod(quick.verify)

    with pytest.raises(PasswordRefused, match="重新登录"):
        change_password(store, Overtaken(), zhang, current=PASSWORD, new=NEW, address="10.1.2.3")

    with store.reading() as office:
        found = office.users.find("张三")
        told = office.audit.of(RecordKind.USER, zhang.key)
    assert not quick.verify(found.password_hash, NEW)
    assert told[-1].action != "password_changed"
