"""Numbers of persons: identity cards (GB 11643), bank cards (Luhn), documents told by a cue."""

import re
from collections.abc import Iterator
from datetime import date

from nlp_service.domain.privacy import PrivateSpan, PrivateType
from nlp_service.text.mask.digits import BETWEEN, Run, Stretch, has_letter_beside
from nlp_service.text.mask.nearby import before, behind, last_of
from nlp_service.text.mask.rules import NumberRules, any_of

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54"
    " 61 62 63 64 65 71 81 82 83".split()
)
_X = re.compile(rf"[{BETWEEN}]{{0,3}}[xX](?![0-9A-Za-z])")
_OLD, _BODY, _NEW = 15, 17, 18
_IDENTITY = (_NEW, _BODY, _OLD)
_CARD = (19, 18, 17, 16)
_CARD_STARTS = "34569"
_UNIONPAY = "62"
_DOUBLED = str.maketrans("0123456789", "0246813579")
"""The sum of the digits of twice a digit."""
_NEAR = 16
_BESIDE = 8


def is_identity_number(digits: str) -> bool:
    """Say whether 18 characters are an identity number: region, date of birth, check digit."""
    if len(digits) != _NEW or not digits[:_BODY].isdecimal() or not looks_like_identity(digits):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits[:_BODY], strict=True))
    return _CHECKS[total % len(_CHECKS)] == digits[_BODY].upper()


def looks_like_identity(digits: str) -> bool:
    """Say whether region and date of birth of an old or new number may be."""
    born = digits[6:14] if len(digits) == _NEW else f"19{digits[6:12]}"
    return digits[:2] in _PROVINCES and _is_date(born)


def passes_luhn(digits: str) -> bool:
    """Say whether the last digit is the check digit of the others, as on bank cards."""
    total = sum(map(int, digits[::-2])) + sum(map(int, digits[-2::-2].translate(_DOUBLED)))
    return total % 10 == 0


class NumberFinder:
    """Finds identity and card numbers in runs of digits, and documents behind their cues."""

    def __init__(self, rules: NumberRules) -> None:
        self._identity, self._card, self._other, self._insured = (
            re.compile(any_of(words))
            for words in (rules.identity, rules.card, rules.other, rules.insurance)
        )
        joined = r"(?:号码|号|编号|卡号|卡|码)?[ :]{0,2}(?:是|为)?[ :]{0,2}"
        self._passport = re.compile(
            rf"(?:{any_of(rules.passport)}){joined}"
            r"((?:[A-Za-z]{1,2}[ -]?)?\d{4}[ -]?\d{3,5})(?![0-9A-Za-z])"
        )
        self._insurance = re.compile(
            rf"(?:{any_of(rules.insurance)})(?:码)?[ :]{{0,2}}(?:是|为)?[ :]{{0,2}}"
            r"([A-Za-z]{0,3}\d(?:[ -]?\d){4,19}[xX]?)(?![0-9A-Za-z])"
        )
        self._ending = re.compile(
            rf"(?:{any_of(rules.ending)})[ :]{{0,2}}(?:是|为)?[ :]{{0,2}}(\d{{3,4}}[xX\d])"
            r"(?![0-9A-Za-z])"
        )
        self._sorts = {
            PrivateType.PHONE: re.compile("手机|电话|号码"),
            PrivateType.BANK_CARD: re.compile("卡|账户|账号"),
            PrivateType.IDENTITY: re.compile("身份证|证件"),
        }

    def in_run(self, text: str, run: Run) -> Iterator[PrivateSpan]:
        """Yield the identity and card numbers of one run, none overlapping another."""
        place = 0
        while place < len(run.tokens):
            found = self._at(text, run, place)
            if found is None:
                place += 1
                continue
            span, taken = found
            yield span
            place += taken

    def behind_cues(self, text: str) -> Iterator[PrivateSpan]:
        """Yield the numbers of documents, insurances and cases that a word announces."""
        for pattern, sort in (
            (self._passport, PrivateType.PASSPORT),
            (self._insurance, PrivateType.INSURANCE),
        ):
            for found in pattern.finditer(text):
                if not is_identity_number(re.sub("[ -]", "", found[1])):
                    yield PrivateSpan(start=found.start(1), end=found.end(1), type=sort)
        for found in self._ending.finditer(text):
            around = before(text, found.start(), 12) + behind(text, found.end(), _BESIDE)
            words = {str(sort): pattern for sort, pattern in self._sorts.items()}
            if sort_name := last_of(before(text, found.start(), 12), **words) or last_of(
                around, **words
            ):
                yield PrivateSpan(
                    start=found.start(1), end=found.end(1), type=PrivateType(sort_name)
                )

    def _at(self, text: str, run: Run, place: int) -> tuple[PrivateSpan, int] | None:
        """Return what begins with a token, and how many tokens it takes."""
        head = run.head(place)
        for length in _IDENTITY if head in _PROVINCES else ():
            found = run.stretch(place, length)
            if found and (span := self._identity_at(text, found)):
                return span, len(found.tokens)
        for length in _CARD if head[0] in _CARD_STARTS else ():
            found = run.stretch(place, length)
            if found and self._is_card(text, found):
                span = PrivateSpan(start=found.start, end=found.end, type=PrivateType.BANK_CARD)
                return span, len(found.tokens)
        return None

    def _identity_at(self, text: str, found: Stretch) -> PrivateSpan | None:
        digits, start, end = found.digits, found.start, found.end
        if len(digits) == _BODY and (sign := _X.match(text, end)):
            digits, end = f"{digits}X", sign.end()
        if len(digits) not in (_OLD, _NEW) or not looks_like_identity(digits):
            return None
        if has_letter_beside(text, start, end):
            return None
        cue = last_of(before(text, start, _NEAR), identity=self._identity, other=self._other)
        told = cue == "identity"
        if not (is_identity_number(digits) or told or (len(digits) == _OLD and cue != "other")):
            return None
        return PrivateSpan(start=start, end=end, type=PrivateType.IDENTITY)

    def _is_card(self, text: str, found: Stretch) -> bool:
        digits, start = found.digits, found.start
        good = passes_luhn(digits)
        if not (good or digits.startswith(_UNIONPAY)) or has_letter_beside(text, start, found.end):
            return False
        cue = last_of(
            before(text, start, _NEAR), card=self._card, other=self._other, told=self._insured
        )
        if digits.startswith(_UNIONPAY):
            return cue == "card" or (cue == "" and good)
        return cue == "card" and good and digits[0] != "6"


def _is_date(digits: str) -> bool:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return born.year >= 1900
