"""Names of private persons: behind words that announce one, and before 女士, 大爷, 同学.

Whoever is named in an office (市长李建平, 张主任) stays: what an official does in office is what a
submission is about, and accusations are restricted as a whole. A surname alone (王女士, 张某) names
nobody, as courts hold (法释〔2016〕19号 第八条).
"""

import re
from collections.abc import Callable, Iterator, Sequence

from nlp_service.domain.privacy import PrivateSpan, PrivateType
from nlp_service.text.mask.rules import NameRules, any_of

Word = tuple[str, str]
"""A word and its class as jieba calls it."""

_HAN = re.compile("[一-鿿]+")
_DOTTED = re.compile("[一-鿿]{1,6}(?:·[一-鿿]{1,8}){1,3}")
_PARTED = re.compile(r"([一-鿿]{1,2}) ([一-鿿]{1,2})(?![一-鿿])")
_MORE = re.compile("[、和与及]")
_PLACE = re.compile(
    "省|州|国|街道|社区|小区|村|镇|乡|县|市|区|路|街|巷|花园|公司|学校|小学|中学|大学|医院|新城|组|湾|工业|集团|办事处|单位"
)
"""What stands behind the name of a place: 温泉 is none of a person in 温泉街道."""
_PARTICLES = frozenset("的了是在我你他她不这那也都就上去说")
"""With which no given name ends."""
_WINDOW = 8
_UNNAMED = "某"
_OUTRIGHT = (":", "叫")
_NO_SURNAME = frozenset("p d c v u ul uj r f m t ad vn l i".split())
"""Classes of a first word that is not the beginning of a name: 于去年, 常换, 高度."""


_FUNCTION = frozenset("p d c u uj ul r v".split())
"""Those of them that no whole clause of two or three letters begins with that is a name."""
_NO_GIVEN = frozenset("p d c v vn ad f u".split())
"""Classes of a second word that is no given name behind a mere word for a person: 连 + 相关."""


class NameFinder:
    """Finds names. Holds no state of any text; safe for threads."""

    def __init__(self, rules: NameRules, tag: Callable[[str], Sequence[Word]]) -> None:
        self._tag = tag
        self._single = frozenset(rules.surnames.replace("\n", ""))
        self._compound = frozenset(rules.compound)
        self._follow = re.compile(any_of(rules.follow))
        self._not_names = frozenset(rules.not_names)
        self._not_given = frozenset(rules.not_given)
        self._bodies = tuple(rules.bodies)
        form = any_of([*rules.form, *(" ".join(word) for word in rules.form if len(word) == 2)])
        self._form = re.compile(rf"(?:{form})(?:\([^()\n]{{0,8}}\))?(?: ?: ?| |(?=[一-鿿]))")
        self._said = re.compile(rf"(?:{any_of(rules.said)})(?:[: ]|(?=[一-鿿]))")
        self._person = re.compile(rf"(?:{any_of(rules.person)})[: ]?(?=[一-鿿])")
        self._persons = tuple(rules.person)
        self._title = re.compile(any_of(rules.titles))

    def find(self, text: str) -> Sequence[PrivateSpan]:
        """Return the names; one that was found once is found wherever it stands.

        One of two letters only where it was told outright: 安静 may be a name and mostly is none.
        """
        stretches = {*self._behind_cues(text), *self._before_titles(text)}
        names = {
            text[start:end]
            for start, end in stretches
            if end - start > 2 or text[start - 1 : start] in _OUTRIGHT
        }
        for name in sorted(names):
            stretches.update(_occurrences(text, name))
        return [
            PrivateSpan(start=start, end=end, type=PrivateType.NAME)
            for start, end in sorted(stretches)
        ]

    def _behind_cues(self, text: str) -> Iterator[tuple[int, int]]:
        for pattern, sure in ((self._form, False), (self._said, True), (self._person, False)):
            for cue in pattern.finditer(text):
                announced = sure or cue[0][-1] in ": "
                place = cue.end()
                while length := self._length(text, place, announced=announced, said=sure):
                    yield place, place + length
                    more = _MORE.match(text, place + length)
                    if not more:
                        break
                    place, announced = more.end(), False

    def _length(self, text: str, place: int, *, announced: bool, said: bool) -> int:
        """Return how long the name is that begins at a place; 0 where none does.

        Args:
            text: the whole text.
            place: behind the cue.
            announced: a colon or a verb says that a name follows.
            said: by a verb, behind which a sentence may go on as well.
        """
        if announced and (dotted := _DOTTED.match(text, place)):
            return len(dotted[0])
        called = text[place - 1 : place] in ("叫", ":") and said
        run = _HAN.match(text, place, place + _WINDOW)
        if run is None:
            return 0
        surname = self._surname(run[0])
        if announced and surname and (parted := _PARTED.match(text, place)):
            if len(parted[1]) == surname and self._is_given(parted[2], parted[1]):
                return len(parted[0])
        bounded = run.end() == len(text) or run.end() < place + _WINDOW
        if not surname:
            foreign = announced and bounded and 2 <= len(run[0]) <= 4 and called
            return len(run[0]) if foreign and self._is_unknown(run[0]) else 0
        return self._chinese(run[0], surname, bounded=bounded, announced=announced and not said)

    def _surname(self, run: str) -> int:
        """Return the length of the surname that a run begins with; 0 for none."""
        if run[:2] in self._compound:
            return 2
        return int(run[0] in self._single)

    def _chinese(self, run: str, surname: int, *, bounded: bool, announced: bool) -> int:
        words = self._tag(run)
        whole = bounded and len(run) <= surname + 2
        if not announced and self._is_common(words, surname, whole=whole):
            return 0
        length = self._by_follower(run, surname, bounded) or self._by_words(words, surname)
        length = length or (min(surname + 2, len(run)) if announced else 0)
        while length > surname and run[length - 1] in _PARTICLES:
            length -= 1
        given = run[surname:length]
        if _PLACE.match(run, length) or run[:length] in self._not_names:
            return 0
        if not self._is_given(given, run[:surname]) or run[:length].endswith(self._bodies):
            return 0
        return length

    def _by_follower(self, run: str, surname: int, bounded: bool) -> int:
        """Return the length at which the run ends, or a word stands at which names are over."""
        for length in (surname + 2, surname + 1):
            if (length == len(run) and bounded) or (
                length < len(run) and self._follow.match(run, length)
            ):
                return length
        return 0

    def _by_words(self, words: Sequence[Word], surname: int) -> int:
        """Return the length of the words that may be a name: 孙国栋, 张 + 大山."""
        first, tag = words[0]
        if tag.startswith("nr") and len(first) > surname:
            return min(len(first), surname + 2)
        if len(first) == surname and len(words) > 1 and len(words[1][0]) <= 2:
            return surname + len(words[1][0])
        return 0

    def _is_common(self, words: Sequence[Word], surname: int, *, whole: bool) -> bool:
        """Say whether a run begins with a word of every day rather than with a name."""
        first, tag = words[0]
        if len(first) > surname:
            return not tag.startswith(("nr", "ns", "nz"))
        if len(words) == 1:
            return tag in _NO_SURNAME
        given, kind = words[1]
        if kind.startswith("nr"):
            return False
        if whole:
            return tag in _FUNCTION
        return tag in _NO_SURNAME or (len(given) == 2 and kind in _NO_GIVEN)

    def _is_given(self, given: str, surname: str) -> bool:
        return (
            bool(given)
            and given not in self._not_given
            and _UNNAMED not in given
            and given[-1] not in _PARTICLES
        )

    def _is_unknown(self, run: str) -> bool:
        """Say whether a run is one word that may be a name of another people: 卓玛."""
        if run.endswith(self._bodies) or _UNNAMED in run:
            return False
        words = self._tag(run)
        return len(words) == 1 and words[0][1].startswith(("nr", "ns", "nz", "x", "n"))

    def _before_titles(self, text: str) -> Iterator[tuple[int, int]]:
        for title in self._title.finditer(text):
            window = _HAN.search(text[max(0, title.start() - _WINDOW) : title.start()][::-1])
            if window is None or window.start():
                continue
            run = window[0][::-1]
            length = self._ending(run)
            if length:
                yield title.start() - length, title.start()

    def _ending(self, run: str) -> int:
        """Return the length of the name that a run ends with; 0 where it does not."""
        for length in (4, 3, 2):
            name = run[-length:]
            surname = self._surname(name) if len(name) == length else 0
            if not surname or not surname < length <= surname + 2:
                continue
            if not self._is_given(name[surname:], name[:surname]):
                continue
            if name in self._not_names or name.startswith(self._persons):
                continue
            common = self._is_common(self._tag(name), surname, whole=True)
            if len(run) == length or (not common and self._starts_word(run, length)):
                return length
        return 0

    def _starts_word(self, run: str, length: int) -> bool:
        """Say whether a word begins so many letters before the end of a run."""
        end = len(run)
        for word, _ in reversed(self._tag(run)):
            end -= len(word)
            if len(run) - end >= length:
                return len(run) - end == length
        return False


def _occurrences(text: str, name: str) -> Iterator[tuple[int, int]]:
    place = text.find(name)
    while place >= 0:
        yield place, place + len(name)
        place = text.find(name, place + len(name))
