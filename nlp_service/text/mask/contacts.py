"""E-mail addresses, accounts and vehicle plates (GA 36).

Addresses are found also as people hide them: a#b.com, a(at)b.com, a at b dot com.
"""

import re
from collections.abc import Iterator

from nlp_service.domain.privacy import PrivateSpan, PrivateType
from nlp_service.text.mask.rules import ContactRules, PlateRules, any_of

_AT = re.compile(r" ?(?:@|#|[(\[] ?at ?[)\]]|(?<= )at(?= )) ?", re.IGNORECASE)
_LOCAL = re.compile(r"[A-Za-z0-9._%+-]*[A-Za-z0-9]$")
_LONGEST_LOCAL = 64
_DOMAIN = r"[A-Za-z0-9-]{1,63}(?:(?:\.| dot )[A-Za-z0-9-]{1,63}){0,4}(?:\.| dot )"


class EmailFinder:
    """Finds e-mail addresses: from each sign outwards, so that time stays linear."""

    def __init__(self, rules: ContactRules) -> None:
        ending = rf"(?:{any_of(rules.endings)})(?![A-Za-z0-9-])"
        self._domain = re.compile(_DOMAIN + ending, re.IGNORECASE)

    def find(self, text: str) -> Iterator[PrivateSpan]:
        """Yield them in text order."""
        for sign in _AT.finditer(text):
            begin = max(0, sign.start() - _LONGEST_LOCAL)
            local = _LOCAL.search(text[begin : sign.start()])
            domain = self._domain.match(text, sign.end())
            if local and domain:
                start = begin + local.start()
                yield PrivateSpan(start=start, end=domain.end(), type=PrivateType.EMAIL)


class AccountFinder:
    """Finds names of accounts behind the words that announce them."""

    def __init__(self, rules: ContactRules) -> None:
        self._pattern = re.compile(
            rf"(?:{any_of(rules.account)})(?:号码|账号|帐号|号|ID)?[ :]{{0,3}}(?:是|为)?[ :]{{0,3}}"
            r"([A-Za-z0-9][A-Za-z0-9_-]{4,30}|\d(?: \d){4,10})(?![A-Za-z0-9_@.-])",
            re.IGNORECASE,
        )

    def find(self, text: str) -> Iterator[PrivateSpan]:
        """Yield them in text order; plain words of letters are none."""
        for found in self._pattern.finditer(text):
            if not found[1].isalpha():
                yield PrivateSpan(start=found.start(1), end=found.end(1), type=PrivateType.ACCOUNT)


class PlateFinder:
    """Finds vehicle plates: 鄂L12A30, 鄂L·D12300, 粤Z12F0港, 使014578."""

    def __init__(self, rules: PlateRules) -> None:
        sign, digit = "[A-HJ-NP-Za-hj-np-z0-9]", "[0-9]"
        self._pattern = re.compile(
            rf"[{rules.places}] ?[A-Za-z] ?[·.•—–-]{{0,2}} ?"
            rf"((?:{sign} ?){{3,5}}(?:[{rules.suffixes}]|{sign}))(?![A-Za-z0-9])"
        )
        self._embassy = re.compile(rf"(?<![一-鿿])使 ?{digit}{{3}}[· ]?{digit}{{3}}(?!{digit})")
        self._embassy_behind = re.compile(rf"(?<=[辆车牌号的])使{digit}{{6}}(?!{digit}|元|万)")

    def find(self, text: str) -> Iterator[PrivateSpan]:
        """Yield them in text order."""
        for found in self._pattern.finditer(text):
            signs = found[1].replace(" ", "")
            figures = sum(sign.isdecimal() for sign in signs)
            if len(signs) >= 5 and figures >= 2 and _is_one(found[0]):
                yield PrivateSpan(start=found.start(), end=found.end(), type=PrivateType.PLATE)
        for pattern in (self._embassy, self._embassy_behind):
            for found in pattern.finditer(text):
                yield PrivateSpan(start=found.start(), end=found.end(), type=PrivateType.PLATE)


def _is_one(plate: str) -> bool:
    """Say whether blanks in it part every sign, or only the head from the rest."""
    blanks = plate.count(" ")
    return blanks <= 2 or blanks >= len(plate) // 2 - 1
