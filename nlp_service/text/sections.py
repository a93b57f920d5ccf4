"""Find where a text begins to suggest, by the words that writers put there.

Headings stand on lines of their own or, where line ends were lost, in the middle of a paragraph.
"""

import re

_SIGNS = (
    re.compile(r"具体(?:意见)?建议"),
    re.compile(r"(?:对策|意见|工作|几点|相关|有关)(?:与|和|及)?建议(?:如下)?:?|对策措施:"),
    re.compile(r"^.{0,8}建议.{0,4}$", re.MULTILINE),
    re.compile(r"(?:为此|因此|对此|鉴于此|综上),?(?:特|我们|本人)?(?:提出)?.{0,4}建议"),
    re.compile(r"建议(?:如下)?:"),
)
"""From the surest sign to the weakest; the first that occurs decides."""
_IN_EVERY_SIGN = ("建议", "对策措施:")
"""Of which every sign has one: quick to see, and most messages have neither."""


def find_suggestions(text: str) -> int | None:
    """Return the offset at which the suggestions begin, or None when nothing says so.

    >>> find_suggestions("问题:停车难。具体建议:一、增设车位。")
    7
    """
    if not any(word in text for word in _IN_EVERY_SIGN):
        return None
    for sign in _SIGNS:
        if found := sign.search(text):
            return found.start()
    return None
