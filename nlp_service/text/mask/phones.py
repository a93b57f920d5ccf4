"""Telephone numbers of persons. What an office gives out stays: hotlines, its own landlines.

A mobile number is a person's whatever stands before it. Of landlines the nearest word in the same
sentence tells whose they are; without any they are covered.
"""

import re
from collections.abc import Iterator, Sequence

from nlp_service.domain.privacy import PrivateSpan, PrivateType
from nlp_service.text.mask.digits import Token, has_letter_beside
from nlp_service.text.mask.nearby import before, behind, last_of
from nlp_service.text.mask.rules import PhoneRules, any_of

_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0[1-9]\d{1,2}[2-8]\d{6,7}")
_AREA = re.compile(r"0[1-9]\d{1,2}")
_COUNTRY = ("86", "0086")
_LONGEST = 15
_QUANTITY = re.compile(r" ?(?:元|万|亿|%|平方|米|公里|千米|吨|公斤|度|人|户|件|次|美元)")
_ANNOUNCING = re.compile(r"(?:tel|phone|mobile|mob|wx|vx|qq|t|m)$", re.IGNORECASE)
_HOME = re.compile(r"[(] ?(?:家|宅|家里|住宅) ?[)]")


class PhoneFinder:
    """Finds telephone numbers."""

    def __init__(self, rules: PhoneRules) -> None:
        self._shapes = {tuple(map(int, shape.split())) for shape in rules.mobile_shapes}
        self._office, self._private = (
            re.compile(any_of(words)) for words in (rules.office, rules.private)
        )
        self._local = re.compile(
            rf"(?:{any_of(rules.local)})(?:号码|号)?(?:是|为)?[ :]{{0,2}}"
            r"([2-8]\d{6,7}|[2-8]\d{2,3}[ -]\d{4})(?!\d)"
        )

    def in_run(self, text: str, tokens: Sequence[Token]) -> Iterator[PrivateSpan]:
        """Yield the telephone numbers of one run, none overlapping another."""
        place = 0
        while place < len(tokens):
            taken = self._length(text, tokens, place)
            if taken:
                start, end = tokens[place].start, tokens[place + taken - 1].end
                yield PrivateSpan(start=start, end=end, type=PrivateType.PHONE)
            place += taken or 1

    def behind_cues(self, text: str) -> Iterator[PrivateSpan]:
        """Yield the numbers without an area code that somebody calls their own."""
        for found in self._local.finditer(text):
            yield PrivateSpan(start=found.start(1), end=found.end(1), type=PrivateType.PHONE)

    def _length(self, text: str, tokens: Sequence[Token], place: int) -> int:
        """Return how many tokens the number that begins here takes; 0 where none does."""
        abroad = tokens[place].digits in _COUNTRY and place + 1 < len(tokens)
        begin = place + abroad
        digits, lengths = "", []
        for taken, token in enumerate(tokens[begin : begin + 11], 1):
            digits += token.digits
            lengths.append(len(token.digits))
            if len(digits) > _LONGEST:
                return 0
            if not _ends(tokens, begin + taken - 1):
                continue
            start, end = tokens[place].start, token.end
            if self._is_mobile(text, digits, lengths, start, end):
                return taken + abroad
            if not abroad and self._is_private_landline(text, digits, lengths, start, end):
                return taken
        return 0

    def _is_mobile(
        self, text: str, digits: str, lengths: Sequence[int], start: int, end: int
    ) -> bool:
        if len(lengths) == 1:
            for code in _COUNTRY:
                digits = digits.removeprefix(code) if len(digits) == 11 + len(code) else digits
        elif tuple(lengths) not in self._shapes:
            return False
        if not _MOBILE.fullmatch(digits) or _QUANTITY.match(text, end) or _is_fraction(text, end):
            return False
        announced = _ANNOUNCING.search(text[max(0, start - 8) : start])
        return bool(announced) or not has_letter_beside(text, start, end)

    def _is_private_landline(
        self, text: str, digits: str, lengths: Sequence[int], start: int, end: int
    ) -> bool:
        if not _LANDLINE.fullmatch(digits) or has_letter_beside(text, start, end):
            return False
        if len(lengths) > 1 and not _AREA.fullmatch(digits[: lengths[0]]):
            return False
        if len(lengths) > 3 or (len(lengths) == 3 and lengths[-1] != 4):
            return False
        if _HOME.search(behind(text, end, 5)):
            return True
        words = {"office": self._office, "private": self._private}
        return last_of(before(text, start, 20), **words) != "office"


def _is_fraction(text: str, end: int) -> bool:
    """Say whether a decimal point and a digit follow: an amount."""
    return text[end : end + 1] == "." and text[end + 1 : end + 3].isdecimal()


def _ends(tokens: Sequence[Token], place: int) -> bool:
    """Say whether nothing touches a token from behind."""
    return place + 1 == len(tokens) or tokens[place + 1].start > tokens[place].end
