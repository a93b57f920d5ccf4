"""Runs of digits as people write them: 138 0000 1357, 139-0000-2468, 一三八〇〇〇〇一三五七.

A token is a stretch of digits of one script; a run is tokens with nothing but marks in between.
All that looks for numbers reads whole tokens, so no number is found inside a longer one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

HAN_DIGITS = {
    **dict(zip("〇零一二三四五六七八九", "00123456789", strict=True)),
    **dict(zip("壹贰叁肆伍陆柒捌玖幺", "1234567891", strict=True)),
}
"""两 is left out: it counts things, and no number is dictated with it."""
_HAN = "".join(HAN_DIGITS)
BETWEEN = r" \-–—_.·•/()\[\]"
"""Marks that people put between the digits of one number. A comma parts thousands."""
_TOKEN = re.compile(rf"[0-9]+|[{_HAN}]+")
_RUN = re.compile(rf"[0-9{_HAN}]+(?:[{BETWEEN}]{{1,3}}[0-9{_HAN}]+)*")
_DIGIT = {**{digit: digit for digit in "0123456789"}, **HAN_DIGITS}
_LEAST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A stretch of digits."""

    digits: str
    """In 0–9, whatever script they stand in."""
    start: int
    end: int
    han: bool


def find_runs(text: str) -> Iterator[Sequence[Token]]:
    """Yield the tokens of each run of four digits and more, in text order.

    >>> [[token.digits for token in run] for run in find_runs("电话一三八 0000 1357,12号")]
    [['138', '0000', '1357']]
    """
    for run in _RUN.finditer(text):
        if run.end() - run.start() < _LEAST:
            continue
        tokens = [
            Token(
                digits="".join(map(_DIGIT.__getitem__, found[0])),
                start=found.start(),
                end=found.end(),
                han=found[0][0] in HAN_DIGITS,
            )
            for found in _TOKEN.finditer(text, run.start(), run.end())
        ]
        yield from _without_lone(tokens)


def _without_lone(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Part a run at a single Han digit beside other digits: it counts something (09)三个月)."""
    run: list[Token] = []
    mixed = len({token.han for token in tokens}) > 1
    for token in tokens:
        if mixed and token.han and len(token.digits) == 1:
            if run:
                yield run
            run = []
        else:
            run.append(token)
    if run:
        yield run


def has_letter_beside(text: str, start: int, end: int) -> bool:
    """Say whether a Latin letter touches a stretch: then it is part of a longer code."""
    before, behind = text[start - 1 : start], text[end : end + 1]
    return (before.isascii() and before.isalpha()) or (behind.isascii() and behind.isalpha())
