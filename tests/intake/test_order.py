import pytest

from nlp_service.intake.order import DOUBTFUL, MENDED_CHARACTERS, MENDED_LINES, mend_order

LETTER = "我们小区的路灯坏了半个月，晚上没有人敢出门，希望相关部门尽快解决这个问题。"
ITEMS = ["一、加强巡查，发现一处修一处。", "二、公布电话，方便居民报修。", "三、更换老化的线路。"]


def test_characters_from_last_to_first_are_put_right():
    assert mend_order(LETTER[::-1]) == (LETTER, [MENDED_CHARACTERS])


@pytest.mark.parametrize(
    "items",
    [
        ITEMS,
        [item.replace("、", "．", 1).translate(str.maketrans("一二三", "123")) for item in ITEMS],
        [f"第{item.replace('、', '，', 1)}" for item in ITEMS],
    ],
)
def test_lines_whose_numbers_go_down_to_one_are_put_right(items):
    lines = ["对此建议：", items[0], "每周至少一次。", *items[1:]]

    assert mend_order("\n".join(lines[::-1])) == ("\n".join(lines), [MENDED_LINES])


def test_lines_that_begin_with_what_ends_a_sentence_are_only_told():
    text = "。路灯坏了半个月\n，晚上没人敢出门\n请尽快维修\n谢谢"

    assert mend_order(text) == (text, [DOUBTFUL])


@pytest.mark.parametrize(
    "text",
    [
        LETTER,
        "\n".join(ITEMS),
        "\n".join(ITEMS[1:]),
        "\n".join(ITEMS[:2][::-1]),
        "。管有没话电过打",
        "",
        "排队三小时，\n办事三分钟。\n请改进。",
    ],
)
def test_what_is_in_order_or_not_surely_out_of_it_stays(text):
    assert mend_order(text) == (text, [])
