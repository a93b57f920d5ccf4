"""Telephone numbers of persons. What an office gives out stays: hotlines, its own landlines.

A mobile number is a person's whatever stands before it. Of landlines the nearest word in the same
sentence tells whose they are; without any they are covered.
"""

import re
from collections.abc import Iterator

from nlp_service.domain.privacy import PrivateSpan, PrivateType
from nlp_service.text.mask.digits import Run, Stretch, has_letter_beside
from nlp_service.text.mask.nearby import before, behind, last_of
from nlp_service.text.mask.rules import PhoneRules, any_of

_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0[1-9]\d{1,2}[2-8]\d{6,7}")
_AREA = re.compile(r"0[1-9]\d{1,2}")
_COUNTRY = ("86", "0086")
_MOBILE_LENGTHS = (11, 13, 15)
"""The longer ones with the country's code in one token."""
_LANDLINE_LENGTHS = (12, 11, 10)
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

    def in_run(self, text: str, run: Run) -> Iterator[PrivateSpan]:
        """Yield the telephone numbers of one run, none overlapping another."""
        place = 0
        while place < len(run.tokens):
            found = self._at(text, run, place)
            if found is None:
                place += 1
                continue
            begin = run.tokens[place].start
            yield PrivateSpan(start=begin, end=found[0].end, type=PrivateType.PHONE)
            place += found[1]

    def behind_cues(self, text: str) -> Iterator[PrivateSpan]:
        """Yield the numbers without an area code that somebody calls their own."""
        for found in self._local.finditer(text):
            yield PrivateSpan(start=found.start(1), end=found.end(1), type=PrivateType.PHONE)

    def _at(self, text: str, run: Run, place: int) -> tuple[Stretch, int] | None:
        """Return the number that begins with a token, and how many tokens it takes."""
        first = run.tokens[place].digits
        abroad = first in _COUNTRY and place + 1 < len(run.tokens)
        if first[0] in "018":
            for length in _MOBILE_LENGTHS:
                found = run.stretch(place + abroad, length)
                if found and self._is_mobile(text, found):
                    return found, len(found.tokens) + abroad
        if first[0] == "0":
            for length in _LANDLINE_LENGTHS:
                found = run.stretch(place, length)
                if found and self._is_private_landline(text, found):
                    return found, len(found.tokens)
        return None

    def _is_mobile(self, text: str, found: Stretch) -> bool:
        digits, lengths, start, end = found.digits, found.lengths, found.start, found.end
        if len(lengths) == 1:
            for code in _COUNTRY:
                digits = digits.removeprefix(code) if len(digits) == 11 + len(code) else digits
        elif tuple(lengths) not in self._shapes:
            return False
        if not _MOBILE.fullmatch(digits) or _QUANTITY.match(text, end) or _is_fraction(text, end):
            return False
        announced = _ANNOUNCING.search(text[max(0, start - 8) : start])
        return bool(announced) or not has_letter_beside(text, start, end)

    def _is_private_landline(self, text: str, found: Stretch) -> bool:
        digits, lengths, start, end = found.digits, found.lengths, found.start, found.end
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
