"""Notice that a text came in damaged: lost characters, broken lines, lines in reverse order."""

import re
from itertools import pairwise

_LOST = re.compile("[\ufffd□■◇]{1}|\\?{3,}|锟斤拷|烫烫烫")
_IN_EVERY_LOSS = "\ufffd□■◇?锟烫"
"""Of which every sign of loss has one: quick to see."""
_MOST_LOST = 2
_STUB, _MANY_STUBS, _SHARE_OF_STUBS = 4, 8, 0.4
_ITEM = re.compile(r"^(?:\(?([一二三四五六七八九十])\)?[、.)]|(\d{1,2})[、.)])", re.MULTILINE)
_NUMBERS = "一二三四五六七八九十"
_LEAST_ITEMS = 3


def find_damage(text: str) -> str | None:
    """Return a sentence in Chinese that says what is damaged, or None.

    Args:
        text: normalised.
    """
    if any(map(text.__contains__, _IN_EVERY_LOSS)) and len(_LOST.findall(text)) > _MOST_LOST:
        return "文本中有多处无法辨认的字符，可能由扫描或转码损坏，请人工核对原件。"
    lines = text.split("\n")
    stubs = sum(len(line) <= _STUB for line in lines)
    if stubs >= _MANY_STUBS and stubs >= _SHARE_OF_STUBS * len(lines):
        return "文本中断行很多，可能在提取时被拆散，请人工核对原件。"
    if _runs_backwards(text):
        return "条目的序号由大到小，文本的行可能被倒置，请人工核对原件。"
    return None


def _runs_backwards(text: str) -> bool:
    numbers = [
        _NUMBERS.index(match[1]) + 1 if match[1] else int(match[2])
        for match in _ITEM.finditer(text)
    ]
    steps = [later - earlier for earlier, later in pairwise(numbers)]
    return len(numbers) >= _LEAST_ITEMS and all(step == -1 for step in steps)
