import pytest

from nlp_service.text.sections import find_suggestions


@pytest.mark.parametrize(
    ("text", "beginning"),
    [
        ("老旧小区停车难。具体建议:一、增设车位。", "具体建议"),
        ("问题分析\n车位不足。\n三、对策建议\n1.增设车位。", "对策建议"),
        ("有市民建议过多次。\n几点建议:\n一是错峰停车。", "几点建议"),
        ("夜里很吵,白天也吵。为此,建议限定施工时间。", "为此,建议"),
        ("路灯坏了半个月。建议:尽快修好。", "建议:"),
    ],
)
def test_suggestions_begin_at_their_sign(text, beginning):
    assert text[find_suggestions(text) :].startswith(beginning)


def test_surest_sign_wins_over_an_earlier_weak_one():
    text = "去年有人建议:修桥。今年桥仍未修。具体建议如下:先立项。"
    assert find_suggestions(text) == text.index("具体建议")


def test_text_that_suggests_nothing_has_no_suggestions():
    assert find_suggestions("楼下烧烤摊油烟呛人,没有人管。") is None
