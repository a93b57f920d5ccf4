"""Addresses to the door: of 阳光花园3栋2单元501室 the part behind the estate's name.

Street, estate, village and group stay visible, since the matter hangs on them; a building without
a door (3栋电梯坏了) and a room of an office are no home.
"""

import re
from collections.abc import Iterator

from nlp_service.domain.privacy import PrivateSpan, PrivateType
from nlp_service.text.mask.nearby import before
from nlp_service.text.mask.rules import AddressRules, any_of

_FEW = r"(?:[0-9]{1,3}|[一二三四五六七八九十]{1,3})"
_ROOM_DIGITS = r"(?:[0-9](?: ?[0-9]){2,3}|[一二三四五六七八九][〇零一二三四五六七八九]{2,3})"
_BUILDING = (
    rf"(?:[A-Za-z甲乙丙丁东西南北]?{_FEW}(?: ?[#-] ?{_FEW})? ?"
    r"(?:[#号]?楼|[#号]?[栋幢座]|号院|弄|门)|[A-Za-z][座栋幢])"
)
_UNIT = rf"(?:第?(?:{_FEW}|[东西南北中A-Za-z]) ?(?:单元|门|梯|号)|{_FEW} ?-)"
_FLOOR = rf"{_FEW} ?[楼层]"
_SIDE = r"(?:[东西南北中左右][户室手]|[东西]头)"
_ROOM = rf"(?:{_ROOM_DIGITS} ?(?:室|房间|房|户|号)?|{_FEW} ?室)"
_HOME_END = rf"(?:{_FLOOR} ?(?:{_ROOM}|{_SIDE})|{_ROOM}|{_SIDE})"
_MARK = r"[ ,、-]{0,2}"
_ROOM_OF_OFFICE = re.compile("教室|会议室|办公室|窗口|诊室|诊|机房|柜台")
_END = r"(?![0-9])(?! ?(?:元|平方|米|户村民|户居民|人|路|次|年|万|件|岁|号文))"


class AddressFinder:
    """Finds the part of an address that leads to one door."""

    def __init__(self, rules: AddressRules) -> None:
        self._home, self._office = (
            re.compile(any_of(words)) for words in (rules.home, rules.office)
        )
        estate, village = any_of(rules.estate), any_of(rules.village)
        self._lived = re.compile(rf"(?:{any_of([*rules.home, *rules.estate])})")
        self._building = re.compile(
            rf"(?<![0-9A-Za-z])(?:[0-9]{{1,4}}号{_MARK})?{_BUILDING}"
            rf"{_MARK}(?:{_BUILDING}{_MARK})?(?:{_UNIT}{_MARK})?{_HOME_END}{_END}"
        )
        self._street = re.compile(
            rf"(?<=[路街道巷弄里段])[0-9]{{1,4}}(?:-[0-9]{{1,3}})?号{_MARK}"
            rf"(?:{_UNIT}{_MARK})?{_HOME_END}{_END}"
        )
        self._short = re.compile(
            r"(?<![0-9A-Za-z.:/-])[0-9]{1,3}-[0-9]{1,2}-[0-9]{3,4}(?![0-9-])(?:室|房|号)?"
        )
        machine = any_of(rules.machines)
        self._group = re.compile(
            rf"(?:{village})(第?{_FEW}组 ?(?:[(]? ?门牌 ?)?[0-9]{{1,4}}号?[)]?)"
            rf"(?!(?: ?(?:{machine}))|[0-9])"
        )
        self._row = re.compile(
            rf"(?:{village}|{estate})([0-9]{{1,3}}排 ?[0-9]{{1,4}}号)(?![0-9楼])"
        )
        self._number = re.compile(
            rf"(?:[路街道巷弄湾塆村庄段]|{estate})"
            r"((?:[0-9]{1,3}排)?[0-9]{1,4}(?:-[0-9]{1,3})?号)(?:(?![0-9一-鿿])|(?=[0-9]{1,2}[楼层]))"
        )

    def find(self, text: str) -> Iterator[PrivateSpan]:
        """Yield them; they may overlap."""
        for pattern in (self._building, self._street):
            for found in pattern.finditer(text):
                if not self._is_office(text, found.start()) and not _ROOM_OF_OFFICE.match(
                    text, found.end()
                ):
                    yield _span(found.start(), found.end())
        for found in self._short.finditer(text):
            lived = self._lived.search(before(text, found.start(), 12))
            if (lived or found[0][-1] in "室房") and not self._is_office(text, found.start()):
                yield _span(found.start(), found.end())
        for found in self._group.finditer(text):
            if _is_door(found[1]):
                yield _span(*found.span(1))
        for found in self._row.finditer(text):
            yield _span(*found.span(1))
        yield from self._numbers(text)

    def _numbers(self, text: str) -> Iterator[PrivateSpan]:
        """Yield numbers of houses of which the text says that somebody lives there."""
        for found in self._number.finditer(text):
            around = before(text, found.start(1), 30)
            cues = list(self._home.finditer(around))
            if not cues or self._office.match(text, found.end()):
                continue
            if not self._office.search(around[: cues[-1].start()][-12:] + around[cues[-1].end() :]):
                yield _span(*found.span(1))

    def _is_office(self, text: str, place: int) -> bool:
        return self._office.search(before(text, place, 10)) is not None


def _is_door(group: str) -> bool:
    """Say whether a group has a number of a house: 六组23号, not 六组23户."""
    return "号" in group or "门牌" in group


def _span(start: int, end: int) -> PrivateSpan:
    return PrivateSpan(start=start, end=end, type=PrivateType.ADDRESS)
