"""Hot issues (热点): which groups of submissions stand out in a stretch of days, and why.

Pure: ``store`` counts, this ranks. Every figure that bears on the rank is shown beside it.
"""

import enum
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scipy.special import betaincinv

LONGEST_IN_DAYS = 31
LONGEST_IN_WEEKS = 26 * 7
"""Windows of up to so many days are counted by days and by weeks, longer ones by months."""

MOST_PLACES = 5


class Order(enum.StrEnum):
    """By what groups are ranked, the greatest first."""

    HEAT = "heat"
    """热度：件数、人数和增长合起来"""
    TEXTS = "texts"
    """件数"""
    GROWTH = "growth"
    """增长"""
    SUBMITTERS = "submitters"
    """提交者"""


_CAUTION = 0.05
_PRIOR = 0.5
_LEAST_GROWTH, _MOST_GROWTH = 0.25, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Days, both ends included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """Refuse what is no stretch of days."""
        if self.first > self.last:
            raise ValueError(f"a window from {self.first} until {self.last}")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Window":
        """The window of equal length that ends the day before.

        Raises:
            OverflowError: it would begin before the year 1.
        """
        return Window(
            first=self.first - timedelta(days=self.days), last=self.first - timedelta(days=1)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What is counted of a group in a window."""

    group: int
    texts: int
    texts_before: int
    """In the window of equal length before it."""
    submitters: int
    """Different ones; who is not known is one each."""

    @property
    def growth(self) -> float:
        """See ``growth_at_least``."""
        return growth_at_least(self.texts, self.texts_before)

    @property
    def heat(self) -> float:
        """What groups are ranked by: √(texts · submitters · growth).

        The growth is held within ¼ and 4, so that what is new outranks what is twice as large, but
        three texts from nowhere do not outrank a hundred. One person who writes 20 times counts
        like four or five persons who write once.
        """
        growth = min(max(self.growth, _LEAST_GROWTH), _MOST_GROWTH)
        return float((self.texts * self.submitters * growth) ** 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a window and how many texts are dated in it."""

    first: date
    last: date
    texts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HotIssue:
    """A group that stands out in a window."""

    tally: Tally
    title: str
    """Of the most central text of the window that may be shown and has one; else empty."""
    places: Sequence[str]
    """That most of its texts name, at most ``MOST_PLACES``."""
    topic: str
    subtopic: str
    """Codes: what most of the group's texts are about."""
    first_on: date
    last_on: date
    """Days of the group's first text ever, and of its last until the window ends."""
    districts: Sequence[str]
    """Where the window's texts came from, the most frequent first; the unknown left out."""
    restricted: int
    """How many of the window's texts may not be shown."""
    series: Sequence[Stretch]
    members: Sequence[int]
    """Keys of the window's texts, ascending: the first page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotIssues:
    """The hot issues of a window, the hottest first."""

    window: Window
    submissions: int
    """All in the window, and in the one before it; those of the topic where one is wanted."""
    submissions_before: int
    issues: Sequence[HotIssue]


def growth_at_least(texts: int, before: int) -> float:
    """Return by what factor texts have become more frequent, at the least (95 of 100 times).

    Both counts are taken for Poisson with a Gamma prior of its rate (Jeffreys: shape ½). Then
    rate ÷ (rate + rate before) is Beta(texts + ½, before + ½), and the factor is what its 5 %
    quantile q makes: q ÷ (1 − q). The lower end of a shrunken ratio, as in DuMouchel, *Bayesian
    data mining in large frequency tables*, The American Statistician 53 (1999), keeps three texts
    after none from passing for more than sixty after twenty. Above 0.

    >>> round(growth_at_least(3, 0), 1), round(growth_at_least(60, 20), 1)
    (1.3, 2.0)
    """
    low = float(betaincinv(texts + _PRIOR, before + _PRIOR, _CAUTION))
    return low / (1 - low)


def rank(
    tallies: Iterable[Tally], *, least_texts: int = 2, order: Order = Order.HEAT
) -> Sequence[Tally]:
    """Return the groups of so many texts or more, the first in the order first.

    Ties go by heat, then by size, then by key.
    """
    large = [tally for tally in tallies if tally.texts >= least_texts]
    return sorted(
        large,
        key=lambda tally: (-getattr(tally, order), -tally.heat, -tally.texts, tally.group),
    )


def majority(counts: Mapping[tuple[str, str], int]) -> tuple[str, str]:
    """Return the topic that most texts have and, of these, the subtopic; ties by code.

    Args:
        counts: (topic, subtopic) -> texts; not empty.
    """
    topics: Counter[str] = Counter()
    for (topic, _), texts in counts.items():
        topics[topic] += texts
    first = min(topics, key=lambda topic: (-topics[topic], topic))
    subtopics = {pair: texts for pair, texts in counts.items() if pair[0] == first}
    return min(subtopics, key=lambda pair: (-subtopics[pair], pair))


def count_by_stretch(window: Window, days: Iterable[date]) -> Sequence[Stretch]:
    """Return how many of the days fall into each stretch of the window, zeros included.

    Stretches are days, seven days from the window's first on, or months of the calendar; the last
    one, and the first month, may be cut short by the window.
    """
    found: Counter[date] = Counter(days)
    return [
        Stretch(
            first=stretch.first,
            last=stretch.last,
            texts=sum(n for day, n in found.items() if stretch.first <= day <= stretch.last),
        )
        for stretch in part_window(window)
    ]


def part_window(window: Window) -> Sequence[Window]:
    """Return the stretches of a window, as ``count_by_stretch`` counts."""
    return list(_stretches(window))


def name_places(names_of_texts: Iterable[Iterable[str]]) -> Sequence[str]:
    """Return the places that most texts name; one with more words in front is the same.

    >>> name_places([["解放路"], ["整条解放路", "解放路"], ["人民路小学"]])
    ['解放路', '人民路小学']
    """
    texts = [set(filter(None, names)) for names in names_of_texts]
    names = sorted(set().union(*texts), key=lambda name: (len(name), name))
    shortest = {name: next(short for short in names if name.endswith(short)) for name in names}
    counts = Counter(place for found in texts for place in {shortest[name] for name in found})
    return sorted(counts, key=lambda name: (-counts[name], name))[:MOST_PLACES]


def _stretches(window: Window) -> Iterable[Window]:
    first = window.first
    while True:
        if window.days <= LONGEST_IN_DAYS:
            last = first
        elif window.days <= LONGEST_IN_WEEKS:
            last = first + timedelta(days=6)
        else:
            last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        yield Window(first=first, last=min(last, window.last))
        if last >= window.last:
            return
        first = last + timedelta(days=1)
