import threading

import pytest

from nlp_service.domain.audit import RecordKind
from nlp_service.domain.errors import AccountRefused, RecordUnknown
from nlp_service.domain.people import UserRole


def add_user(office, name, role=UserRole.VIEWER):
    return office.users.add(name, role, password_hash="x")


def test_users_are_listed_with_the_disabled_ones_last(work):
    for name in ("王五", "Li.Si", "admin"):
        add_user(work, name)
    work.users.disable(work.users.named("admin").key)

    assert [user.name for user in work.users.list()] == ["Li.Si", "王五", "admin"]
    assert work.users.named("ｌｉ.ＳＩ").name == "Li.Si"


@pytest.mark.parametrize("again", ["zhang.san", "ＺＨＡＮＧ.san", " Zhang.San "])
def test_a_name_is_given_once_also_in_other_letters(work, again):
    work.users.disable(add_user(work, "Zhang.San").key)

    with pytest.raises(AccountRefused, match="已有名为"):
        add_user(work, again)
    assert add_user(work, "张三")  # the transaction goes on


def test_who_is_not_there_is_not_found(work):
    with pytest.raises(RecordUnknown, match="没有名为 张三 的用户"):
        work.users.named("张三")
    for act in (work.users.get, work.users.disable, work.users.enable):
        with pytest.raises(RecordUnknown, match="没有编号为 7 的用户"):
            act(7)


def test_every_change_is_audited_with_before_and_after(work):
    boss = add_user(work, "头儿", UserRole.ADMIN)
    user = add_user(work, "张三")
    for _ in range(2):  # what holds already is not noted again
        work.users.change_role(user.key, UserRole.COMMITTEE)
        work.users.disable(user.key)
    work.users.enable(user.key)
    work.users.enable(user.key)
    work.users.reset_password(user.key, password_hash="secret")

    entries = work.audit.of(RecordKind.USER, user.key)
    assert [(one.action, one.before, one.after) for one in entries] == [
        ("user_added", None, {"name": "张三", "role": "viewer"}),
        ("role_changed", {"role": "viewer"}, {"role": "committee"}),
        ("user_disabled", {"disabled": False}, {"disabled": True}),
        ("user_enabled", {"disabled": True}, {"disabled": False}),
        ("password_reset", None, None),
    ]
    assert boss.key != user.key


def test_the_last_admin_stays(work):
    boss, second = add_user(work, "头儿", UserRole.ADMIN), add_user(work, "副手", UserRole.ADMIN)
    work.users.disable(second.key)

    for act in (
        lambda: work.users.disable(boss.key),
        lambda: work.users.change_role(boss.key, UserRole.SECRETARY),
    ):
        with pytest.raises(AccountRefused, match="头儿 是最后一个管理员"):
            act()
    work.users.enable(second.key)
    assert work.users.disable(boss.key).disabled_at is not None


def test_two_admins_who_disable_each_other_at_once_leave_one(store):
    with store.transaction(actor="admin") as office:
        keys = [add_user(office, name, UserRole.ADMIN).key for name in ("甲一", "乙二")]
    ready, refused = threading.Barrier(2), []

    def disable(key):
        try:
            with store.transaction(actor="admin") as office:
                ready.wait()
                office.users.disable(key)
        except AccountRefused as error:
            refused.append(error)

    threads = [threading.Thread(target=disable, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    with store.reading() as office:
        assert len([user for user in office.users.list() if user.disabled_at is None]) == 1
