"""Signing in on a real database: who may, who is kept waiting, and what ends a session."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import PasswordRefused, SignInFailed, SignInPaused
from nlp_service.domain.people import UserRole
from nlp_service.people.passwords import Passwords
from nlp_service.people.tokens import hash_token
from nlp_service.store.first_admin import awaits_first_sign_in, make_first_admin
from nlp_service.store.opening import open_store
from nlp_service.store.sign_ins import (
    FREE_BY_ADDRESS,
    FREE_BY_NAME,
    LONGEST_PAUSE_S,
    subject_of_address,
)
from nlp_service.store.signing_in import change_password, sign_in, sign_out
from tests.callers import PASSWORD, add_user, passwords
from tests.databases import settings_for

NEW = "雨后竹笋九十九辆单车"
HERE = "10.1.2.3"


@pytest.fixture(scope="module", name="passwords")
def quick_passwords():
    return passwords()


@pytest.fixture
def zhang(store):
    return add_user(store, "张三")


@pytest.fixture
def enter(store, passwords):
    def sign(name="张三", password=PASSWORD, address=HERE, **options):
        return sign_in(store, passwords, name=name, password=password, address=address, **options)

    return sign


def holder(store, token):
    with store.reading() as office:
        found = office.sessions.find(token)
    return found and found[0].name


def audit_of(store, key):
    with store.reading() as office:
        return office.audit.of(RecordKind.USER, key)


def execute(store, statement, **values):
    with store.engine.begin() as connection:
        return connection.execute(text(statement), values)


def fail(enter, times, **options):
    for _ in range(times):
        with pytest.raises(SignInFailed):
            enter(password="不是这个口令呀", **options)


def test_who_knows_the_password_gets_a_session(store, zhang, enter):
    opened = enter(name=" 张三 ")

    assert holder(store, opened.token) == "张三"
    entry = audit_of(store, zhang.key)[-1]
    assert (entry.action, entry.actor, entry.after) == ("signed_in", "张三", {"address": HERE})


def test_a_token_is_kept_only_as_a_hash(store, zhang, enter):
    token = enter().token
    with store.engine.begin() as connection:
        rows = connection.execute(text("SELECT s::text, u::text FROM nlp.sessions s, nlp.users u"))
        dumped = str(rows.all())

    assert hash_token(token).hex() in dumped
    assert token not in dumped
    assert PASSWORD not in dumped


def test_each_sign_in_has_a_session_of_its_own_and_ends_the_one_it_replaces(store, zhang, enter):
    first, elsewhere = enter().token, enter().token
    second = enter(replaced=first).token

    assert len({first, elsewhere, second}) == 3
    assert [holder(store, one) for one in (first, elsewhere, second)] == [None, "张三", "张三"]


def test_no_one_learns_whether_a_user_exists(store, zhang, enter):
    with store.transaction(actor="admin") as office:
        office.users.disable(office.users.add("李四", UserRole.VIEWER, password_hash="x").key)
    told = set()
    for name in ("张三", "李四", "无此人", "' OR 1=1 --"):
        with pytest.raises(SignInFailed) as failed:
            enter(name=name, password="不是这个口令呀")
        told.add(str(failed.value))

    assert len(told) == 1


def test_a_failed_sign_in_is_audited_without_what_was_typed(store, zhang, enter):
    for name in ("张三", PASSWORD):
        with pytest.raises(SignInFailed):
            enter(name=name, password="不是这个口令呀")

    known, unknown = audit_of(store, zhang.key)[-1], audit_of(store, 0)[-1]
    for entry in (known, unknown):
        assert (entry.action, entry.actor) == (Action.SIGN_IN_FAILED, "未登录")
        assert entry.after == {"address": HERE}
    rows = execute(store, "SELECT s::text FROM nlp.sign_ins s").scalars().all()
    assert len(rows) == 3
    assert PASSWORD.encode().hex() not in str(rows)


# --- being kept waiting ------------


@pytest.mark.parametrize("name", ["张三", "无此人"])
def test_after_some_failures_one_must_wait_whether_the_user_exists_or_not(
    store, zhang, enter, name
):
    fail(enter, FREE_BY_NAME, name=name)

    with pytest.raises(SignInPaused) as paused:
        enter(name=name)
    assert 55 <= paused.value.retry_after_s <= 60
    with pytest.raises(SignInPaused):
        enter(name=name.upper(), address="10.9.9.9")


def test_pauses_grow_to_a_limit_and_end(store, zhang, enter):
    fail(enter, FREE_BY_NAME)
    waits = []
    for _ in range(6):
        with pytest.raises(SignInPaused) as paused:
            enter()
        waits.append(paused.value.retry_after_s)
        execute(store, "UPDATE nlp.sign_ins SET paused_until = now()")
        fail(enter, 1)
    assert [round(wait / 60) for wait in waits] == [1, 2, 4, 8, 15, 15]
    assert max(waits) <= LONGEST_PAUSE_S

    execute(store, "UPDATE nlp.sign_ins SET paused_until = now()")
    assert enter().user.name == "张三"
    fail(enter, FREE_BY_NAME - 1)  # success forgot what came before


def test_attempts_at_once_try_no_more_passwords(store, zhang, enter):
    def attempt(_):
        try:
            enter(password="不是这个口令呀")
        except (SignInFailed, SignInPaused) as error:
            return type(error)

    with ThreadPoolExecutor(8) as threads:
        ended = list(threads.map(attempt, range(24)))

    assert ended.count(SignInFailed) == FREE_BY_NAME
    assert ended.count(SignInPaused) == 24 - FREE_BY_NAME


def test_who_tries_many_names_from_one_address_must_wait(store, zhang, enter):
    for number in range(FREE_BY_ADDRESS):
        fail(enter, 1, name=f"无此人{number}")

    with pytest.raises(SignInPaused):
        enter()
    assert enter(address="10.1.2.4").user.name == "张三"


def test_from_a_paused_address_nobody_is_kept_out_elsewhere(store, zhang, enter):
    for number in range(FREE_BY_ADDRESS):
        fail(enter, 1, name=f"无此人{number}")

    for _ in range(FREE_BY_NAME):
        with pytest.raises(SignInPaused):
            enter(password="不是这个口令呀")

    assert enter(address="10.1.2.4").user.name == "张三"


def test_who_may_sign_in_cannot_try_others_in_between(store, zhang, enter):
    for number in range(FREE_BY_ADDRESS - 1):
        fail(enter, 1, name=f"无此人{number}")
        if number % 5 == 0:
            enter()

    fail(enter, 1, name="又一人")
    with pytest.raises(SignInPaused):
        enter()


def test_an_address_of_ipv6_is_its_network():
    one, other, far = "2001:db8:1:2::a", "2001:db8:1:2:ffff::b", "2001:db8:1:3::a"

    assert subject_of_address(one) == subject_of_address(other) != subject_of_address(far)
    assert subject_of_address("10.0.0.1") != subject_of_address("10.0.0.2")
    assert subject_of_address("testclient") == subject_of_address("testclient")


def test_another_process_knows_of_the_failures(store, zhang, enter, passwords):
    fail(enter, FREE_BY_NAME)

    with open_store(settings_for(store.engine.url)) as other, pytest.raises(SignInPaused):
        sign_in(other, passwords, name="张三", password=PASSWORD, address=HERE)


def test_a_reset_lets_the_user_try_at_once(store, zhang, enter, passwords):
    fail(enter, FREE_BY_NAME)
    with store.transaction(actor="admin") as office:
        office.users.reset_password(zhang.key, password_hash=passwords.hash(NEW))

    assert enter(password=NEW).user.one_time_until is not None


def test_old_failures_are_forgotten(store, zhang, enter):
    fail(enter, FREE_BY_NAME)
    execute(store, "UPDATE nlp.sign_ins SET last_at = now() - interval '25 hours'")

    assert enter().user.name == "张三"


# --- the end of sessions ------------


@pytest.mark.parametrize(
    "passed", ["seen_at = now() - interval '121 minutes'", "expires_at = now()"]
)
def test_a_session_ends_by_itself(store, zhang, enter, passed):
    token = enter().token
    execute(store, f"UPDATE nlp.sessions SET {passed}")

    assert holder(store, token) is None
    enter()
    assert execute(store, "SELECT count(*) FROM nlp.sessions").scalar_one() == 1  # tidied up


def test_a_session_in_use_goes_on(store, zhang, enter):
    token = enter().token
    execute(store, "UPDATE nlp.sessions SET seen_at = now() - interval '119 minutes'")
    with store.transaction(actor="张三") as office:
        office.sessions.touch(token)
    execute(store, "UPDATE nlp.sessions SET seen_at = seen_at - interval '119 minutes'")

    assert holder(store, token) == "张三"


def test_signing_out_ends_the_session_and_no_other(store, zhang, enter):
    here, there = enter().token, enter().token
    sign_out(store, here, user_key=zhang.key, actor="张三")

    assert [holder(store, here), holder(store, there)] == [None, "张三"]
    assert audit_of(store, zhang.key)[-1].action is Action.SIGNED_OUT


@pytest.mark.parametrize("act", ["role", "disable", "reset"])
def test_whatever_makes_a_user_another_ends_all_sessions(store, zhang, enter, act, passwords):
    add_user(store, "头儿", UserRole.ADMIN)
    tokens = [enter().token for _ in range(3)]
    other = enter(name="头儿").token
    with store.transaction(actor="头儿") as office:
        if act == "role":
            office.users.change_role(zhang.key, UserRole.VIEWER)
        elif act == "disable":
            office.users.disable(zhang.key)
        else:
            office.users.reset_password(zhang.key, password_hash=passwords.hash(NEW))

    assert [holder(store, token) for token in tokens] == [None] * 3
    assert holder(store, other) == "头儿"


def test_who_is_disabled_cannot_sign_in_until_enabled(store, zhang, enter):
    with store.transaction(actor="admin") as office:
        office.users.disable(zhang.key)
    with pytest.raises(SignInFailed):
        enter()
    with store.transaction(actor="admin") as office:
        office.users.enable(zhang.key)

    assert enter().user.key == zhang.key


# --- passwords ------------


def test_a_new_password_ends_all_sessions_but_a_new_one(store, zhang, enter, passwords):
    before = [enter().token for _ in range(2)]
    opened = change_password(store, passwords, zhang, current=PASSWORD, new=NEW, address=HERE)

    assert [holder(store, token) for token in before] == [None, None]
    assert holder(store, opened.token) == "张三"
    assert enter(password=NEW)
    with pytest.raises(SignInFailed):
        enter(password=PASSWORD)


@pytest.mark.parametrize(
    ("current", "new", "why"),
    [
        ("不是这个口令呀", NEW, "现在的口令不对"),
        (PASSWORD, PASSWORD, "与现在的相同"),
        (PASSWORD, "1234567890", "太容易猜到"),
        (PASSWORD, "张三爱喝绿豆汤和莲子羹", "用户名"),
    ],
)
def test_a_password_that_will_not_do_changes_nothing(
    store, zhang, enter, passwords, current, new, why
):
    token = enter().token
    with pytest.raises(PasswordRefused, match=why):
        change_password(store, passwords, zhang, current=current, new=new, address=HERE)

    assert holder(store, token) == "张三"
    assert enter()


def test_the_current_password_cannot_be_guessed_in_a_stolen_session(store, zhang, passwords):
    for _ in range(FREE_BY_NAME):
        with pytest.raises(PasswordRefused, match="不对"):
            change_password(store, passwords, zhang, current="猜猜看", new=NEW, address=HERE)

    with pytest.raises(SignInPaused):
        change_password(store, passwords, zhang, current=PASSWORD, new=NEW, address=HERE)


def test_a_one_time_password_lets_in_for_a_week(store, enter, passwords):
    with store.transaction(actor="admin") as office:
        office.users.add("李四", UserRole.VIEWER, password_hash=passwords.hash(NEW))
    assert enter(name="李四", password=NEW).user.one_time_until is not None

    execute(store, "UPDATE nlp.users SET one_time_until = now()")
    with pytest.raises(SignInFailed):
        enter(name="李四", password=NEW)


def test_a_hash_of_old_parameters_is_renewed_at_a_sign_in(store, zhang):
    def kept():
        return execute(store, "SELECT password_hash FROM nlp.users").scalar_one()

    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=128, parallelism=1))
    assert stronger.is_outdated(kept())
    token = sign_in(store, stronger, name="张三", password=PASSWORD, address=HERE).token

    assert not stronger.is_outdated(kept())
    assert holder(store, token) == "张三"
    assert sign_in(store, stronger, name="张三", password=PASSWORD, address=HERE)


# --- the first admin ------------


def test_the_first_start_makes_an_admin_once(store, enter, passwords):
    password = make_first_admin(store, passwords)

    assert make_first_admin(store, passwords) is None
    assert awaits_first_sign_in(store)
    opened = enter(name="admin", password=password)
    assert (opened.user.role, opened.user.created_by) == (UserRole.ADMIN, "首次启动")
    assert opened.user.one_time_until is not None
    assert not awaits_first_sign_in(store)


def test_of_processes_that_start_at_once_one_makes_the_admin(store, passwords):
    made, ready = [], threading.Barrier(4)

    def start():
        with open_store(settings_for(store.engine.url)) as own:
            ready.wait()
            made.append(make_first_admin(own, passwords))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([one for one in made if one is not None]) == 1
    with store.reading() as office:
        assert [user.name for user in office.users.list()] == ["admin"]


def test_where_there_is_any_user_no_admin_is_made(store, zhang, passwords):
    with store.transaction(actor="admin") as office:
        office.users.disable(zhang.key)

    assert make_first_admin(store, passwords) is None
