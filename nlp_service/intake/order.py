"""Find texts whose order was damaged on the way, as copying out of PDF columns damages it.

Three damages are known: characters from last to first, lines from last to first, and lines in no
order. The first two are mended where nothing else can be meant; what is only odd is told, as is.
"""

import re
from collections.abc import Sequence

MENDED_CHARACTERS = "文字原为倒序，已复原"
MENDED_LINES = "行序原为倒置，已复原"
DOUBTFUL = "行序可能错乱，请核对原件"

_FREQUENT = (
    "我们 建议 问题 进行 可以 没有 目前 由于 因为 希望 存在 加强 提高 管理 相关 部门 政府 反映 解决"
    " 居民 群众 工作 发展 建设 服务 小区 一个 这个 已经 但是 通过 情况 需要 应该 对于"
).split()
"""Pairs that every text of some length has, and that hardly any has the other way round."""
_BACKWARD = [word[::-1] for word in _FREQUENT]

_ENDS = "。，；：？！、）”》"
"""Marks that end something, and with which no line begins."""
_FEWEST_LINES = 3
_NUMBERS = "一二三四五六七八九十"
_ITEM = re.compile(rf"\s*(?:([{_NUMBERS}])、|([1-9])[.、．]|第([{_NUMBERS}])[，、])")


def mend_order(text: str) -> tuple[str, Sequence[str]]:
    """Return a text with its order mended where that is certain, and what to say of it.

    >>> mend_order("。决解门部关相请,灯路有没都在现到在现区小们我,议建")
    ('建议,我们小区现在到现在都没有路灯,请相关部门解决。', ['文字原为倒序，已复原'])
    """
    notes: list[str] = []
    if _runs_backward(text):
        text = text[::-1]
        notes.append(MENDED_CHARACTERS)
    lines = text.split("\n")
    if _numbers_descend(lines):
        text = "\n".join(reversed(lines))
        notes.append(MENDED_LINES)
    elif _looks_broken(lines):
        notes.append(DOUBTFUL)
    return text, notes


def _runs_backward(text: str) -> bool:
    """Say whether frequent words stand in it the wrong way round, three at least, none right."""
    if any(word in text for word in _FREQUENT):  # nearly always, and soon
        return False
    return sum(word in text for word in _BACKWARD) >= 3


def _numbers_descend(lines: Sequence[str]) -> bool:
    """Say whether the lines' numbers go down to one, step by step, from three or more."""
    numbers = [_number(line) for line in lines]
    told = [number for number in numbers if number]
    return len(told) >= 3 and told == list(range(len(told), 0, -1))


def _number(line: str) -> int:
    found = _ITEM.match(line)
    if found is None:
        return 0
    chinese, digit, ordinal = found.groups()
    return int(digit) if digit else _NUMBERS.index(chinese or ordinal) + 1


def _looks_broken(lines: Sequence[str]) -> bool:
    """Say whether a third of the lines begin with what ends a sentence."""
    told = [line.strip() for line in lines if line.strip()]
    odd = sum(line[0] in _ENDS for line in told)
    return len(told) >= _FEWEST_LINES and odd * 3 >= len(told)
