import pytest

from nlp_service.domain.errors import AccountRefused
from nlp_service.people.names import LONGEST, name_key, read_user_name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("张三", "张三"),
        ("Zhang.San", "Zhang.San"),
        ("阿依古丽·买买提", "阿依古丽·买买提"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        (" 李四\u3000", "李四"),
        ("ｌｉｓｉ０１", "lisi01"),
        ("⽂海", "文海"),  # the radical that looks like the word
        ("提案委_2026-值班", "提案委_2026-值班"),
    ],
)
def test_a_name_is_kept_in_one_form(given, kept):
    assert read_user_name(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "",
        "李",
        "a" * (LONGEST + 1),
        "张 三",
        "张三\n管理员",
        "张三\u202e",  # turns the line round
        "张\u200b三",
        "аdmin",  # a Cyrillic а  # noqa: RUF100
        "αdmin",
        "admіn",
        "密钥：热线",
        "命令行:root",
        "<b>张三</b>",
        "../../etc",
        ".hidden",
        "💂护卫",
        "张三\x00",
    ],
)
def test_what_is_no_name_is_refused(given):
    with pytest.raises(AccountRefused, match="用户名应是 2 到 32 个"):
        read_user_name(given)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Zhang.San", "zhang.san"),
        ("ｌｉｓｉ", "LISI"),
        (" 张三 ", "张三"),
        ("买买提•艾", "买买提·艾"),
    ],
)
def test_names_that_look_alike_count_as_one(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize("given", ["", "\x00", "\ud83d", "a" * 100_000, "' OR 1=1 --"])
def test_whatever_is_typed_as_a_name_has_a_key(given):
    assert "\x00" not in name_key(given).encode().decode()
