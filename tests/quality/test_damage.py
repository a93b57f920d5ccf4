import pytest

from nlp_service.quality.damage import find_damage
from nlp_service.text.normalise import normalise

SOUND = (
    "一、基本情况\n柳湖小区有6栋楼。\n二、存在问题\n车库从早到晚锁着。\n三、具体建议\n"
    "(一)开放车库。\n(二)增设车位。\n(三)公布价格。"
)
BROKEN = "\n".join(["柳湖", "小区", "的车库", "从早", "到晚", "锁着", "没人", "开门", "怎么办"])


def damage(text):
    return find_damage(normalise(text)) or ""


@pytest.mark.parametrize(
    "text",
    [
        SOUND,
        "路灯坏了。",
        "为什么???没人管???",
        "甲□乙□的楼",
        "\n".join(["夜里施工。"] * 20),
        "名单\n王丽\n赵文\n马龙",
        "1.开放车库。\n2.增设车位。\n3.公布价格。",
    ],
    ids=["sound", "short", "asking", "two boxes", "short lines", "few stubs", "numbered"],
)
def test_what_is_whole_is_not_called_damaged(text):
    assert find_damage(normalise(text)) is None


@pytest.mark.parametrize(
    "text",
    ["柳湖\ufffd区的车\ufffd从早到\ufffd锁着", "柳湖□区■车◇从早", "锟斤拷柳湖烫烫烫车库锟斤拷"],
)
def test_lost_characters_are_noticed(text):
    assert "无法辨认的字符" in damage(text)


def test_question_marks_in_the_place_of_words_are_noticed():
    assert "无法辨认的字符" in damage("柳湖???的车库???到晚???着。")


def test_broken_lines_are_noticed():
    assert "断行很多" in damage(BROKEN)


def test_a_few_stubs_in_a_long_text_are_no_damage():
    assert not damage("\n".join([*["车库从早到晚锁着。"] * 30, *BROKEN.split("\n")]))


@pytest.mark.parametrize(
    "items",
    [
        ["三、公布价格。", "二、增设车位。", "一、开放车库。"],
        ["（三）公布价格。", "（二）增设车位。", "（一）开放车库。"],
        ["4.公布价格。", "3.登记。", "2、增设车位。", "1．开放车库。"],
    ],
)
def test_items_in_reverse_order_are_noticed(items):
    assert "倒置" in damage("\n".join(items))


@pytest.mark.parametrize(
    "items",
    [
        ["二、增设车位。", "一、开放车库。"],
        ["三、公布价格。", "二、增设车位。", "一、开放车库。", "二、登记。"],
        ["三、公布价格。", "一、开放车库。", "二、增设车位。"],
    ],
    ids=["too few", "counted up again", "out of order"],
)
def test_items_in_another_order_are_left_alone(items):
    assert not damage("\n".join(items))


def test_a_whole_text_turned_by_lines_is_noticed():
    turned = "\n".join(reversed([f"{n}、第{n}栋的车库锁着。" for n in "一二三四五"]))

    assert "倒置" in damage(turned)


def test_any_text_is_looked_at(nasty_text):
    find_damage(normalise(nasty_text))
