import pytest
from argon2 import PasswordHasher

from nlp_service.domain.errors import PasswordRefused
from nlp_service.people.passwords import (
    LONGEST,
    SHORTEST,
    Passwords,
    check_password,
    make_one_time_password,
)

CHEAP = {"time_cost": 1, "memory_cost": 64, "parallelism": 1}


class CountingHasher(PasswordHasher):
    """Counts how often it really verified."""

    def __init__(self, **parameters):
        super().__init__(**parameters)
        self.verified = 0

    def verify(self, hash, password):
        self.verified += 1
        return super().verify(hash, password)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "至少要 10 个字符，现有 0 个"),
        ("x7#kQ2!", "至少要 10 个字符，现有 7 个"),
        ("两只黄鹂鸣翠柳啊", "至少要 10 个字符，现有 8 个"),
        ("k" * (LONGEST + 1), "至多 128 个字符"),
        ("红绿灯\n修好了没有呢", "控制字符"),
        ("1234567890", "太容易猜到"),
        ("１２３４５６７８９０", "太容易猜到"),
        ("qwertyuiop", "太容易猜到"),
        ("1qaz2wsx3edc", "太容易猜到"),
        ("password2024", "太容易猜到"),
        ("woaini1314520", "太容易猜到"),
        ("zhengxie2024", "太容易猜到"),
        ("admin@123456", "太容易猜到"),
        ("19851203zhang", "太容易猜到"),
        ("aaaaaaaaaaaa", "太容易猜到"),
        ("政协政协政协政协政协", "太容易猜到"),
        ("我是王小明我爱下象棋", "不能有用户名"),
    ],
)
def test_a_bad_password_is_refused_with_the_reason(password, why):
    with pytest.raises(PasswordRefused, match=why) as refused:
        check_password(password, user_name="王小明")

    assert not password or password not in str(refused.value)


@pytest.mark.parametrize("name", ["Wang.Xiaoming", "wang.xiaoming"])
def test_a_password_with_the_own_name_is_refused_in_any_case(name):
    with pytest.raises(PasswordRefused, match="不能有用户名"):
        check_password("my WANG.xiaoming 77 drum", user_name=name)


@pytest.mark.parametrize(
    "password",
    [
        "三只鸭子过了石桥去看戏",
        "correct horse battery staple",
        "kx7f-2mnw-q8rt",
        "雨后#竹笋99辆单车",
    ],
)
def test_a_good_password_may_be_chosen(password):
    check_password(password, user_name="li")


def test_a_name_of_two_letters_may_stand_in_a_word():
    check_password("delight of seven umbrellas", user_name="li")


def test_only_the_password_is_the_password():
    passwords = Passwords(PasswordHasher(**CHEAP))
    kept = passwords.hash("三只鸭子过石桥 Ａ1")

    assert passwords.verify(kept, "三只鸭子过石桥 A1")  # an input method may write either
    assert not passwords.verify(kept, "三只鸭子过石桥 a1")
    assert not passwords.verify(kept, "")
    assert not passwords.verify("no hash", "三只鸭子过石桥 A1")
    assert kept.startswith("$argon2id$")
    assert kept != passwords.hash("三只鸭子过石桥 Ａ1")


def test_for_nobody_as_much_is_verified_and_nothing_fits():
    hasher = CountingHasher(**CHEAP)
    passwords = Passwords(hasher)

    assert not passwords.verify(None, "三只鸭子过石桥")
    assert hasher.verified == 1
    assert not passwords.verify(passwords.hash("另外的口令"), "三只鸭子过石桥")
    assert hasher.verified == 2


def test_a_hash_of_weaker_parameters_is_outdated():
    old, new = Passwords(PasswordHasher(**CHEAP)), Passwords()
    kept = old.hash("三只鸭子过石桥")

    assert new.verify(kept, "三只鸭子过石桥")
    assert new.is_outdated(kept)
    assert not old.is_outdated(kept)


def test_the_usual_parameters_are_those_of_rfc_9106():
    assert "$m=65536,t=3,p=4$" in Passwords().hash("三只鸭子过石桥")


def test_one_time_passwords_can_be_read_out_and_differ():
    made = {make_one_time_password() for _ in range(100)}

    assert len(made) == 100
    assert all(len(one) >= SHORTEST for one in made)
    assert not set("".join(made)) & set("il0o1IO")
    check_password(made.pop(), user_name="张三")
