"""Runs of digits as people write them: 138 0000 1357, 139-0000-2468, 一三八〇〇〇〇一三五七.

A token is a stretch of digits of one script; a run is tokens with nothing but marks in between.
All that looks for numbers reads whole tokens, so no number is found inside a longer one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Whole tokens that follow one another, and touch none behind them."""

    digits: str
    tokens: Sequence[Token]
    start: int
    end: int

    @property
    def lengths(self) -> Sequence[int]:
        """Digits of each token."""
        return [len(token.digits) for token in self.tokens]


class Run:
    """Tokens with nothing but marks in between."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self._digits = "".join(token.digits for token in tokens)
        self._sums = [0, *accumulate(len(token.digits) for token in tokens)]
        self._place_of = {
            count: place
            for place, count in enumerate(self._sums)
            if place in (0, len(tokens)) or tokens[place].start > tokens[place - 1].end
        }

    def head(self, place: int) -> str:
        """Return the first two digits from a token on; one where there are no more."""
        return self._digits[self._sums[place] : self._sums[place] + 2]

    def stretch(self, place: int, length: int) -> Stretch | None:
        """Return the tokens from a place on that have so many digits; None where none end there."""
        begin = self._sums[place]
        end = self._place_of.get(begin + length)
        if end is None:
            return None
        return Stretch(
            digits=self._digits[begin : begin + length],
            tokens=self.tokens[place:end],
            start=self.tokens[place].start,
            end=self.tokens[end - 1].end,
        )


def find_runs(text: str) -> Iterator[Run]:
    """Yield each run of four digits and more, in text order.

    >>> runs = find_runs("电话一三八 0000 1357,12号")
    >>> [[token.digits for token in run.tokens] for run in runs]
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
        yield from map(Run, _without_lone(tokens))


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
