"""What the office's statistics count, and what they say of how far people and machine agree.

Pure data. ``store`` counts; of restricted submissions only numbers are ever told.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import sqrt

from nlp_service.domain.submission import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class StatisticsFilter:
    """Which submissions are counted; what is None does not count."""

    first: date
    last: date
    """Days by ``StoredSubmission.dated_on``, both included."""
    kind: Kind | None = None
    source: str | None = None
    """Empty: those whose source is not known."""


class Part(enum.StrEnum):
    """By what submissions are counted; a person's word counts before the machine's."""

    KIND = "kind"
    """类型"""
    TOPIC = "topic"
    """议题"""
    SECTORS = "sectors"
    """界别：一件可有几个"""
    LEAD_UNIT = "lead_unit"
    """主办单位"""
    URGENCY = "urgency"
    """紧急程度"""
    BAND = "band"
    """质量等次：只有提案有"""
    DECIDED = "decided"
    """处理：登记的办理结果，没有登记的以人的审定为准"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How many submissions fit a filter."""

    submissions: int
    restricted: int
    reviewed: int
    """On which persons have spoken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The first and the last day of all that is stored."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often persons left a part as the machine had it."""

    confirmed: int
    corrected: int

    @property
    def spoken(self) -> int:
        """On how many submissions persons spoke of the part."""
        return self.confirmed + self.corrected

    @property
    def share(self) -> float:
        """Confirmed ÷ spoken, 0–1; at least one was spoken of."""
        return self.confirmed / self.spoken

    @property
    def interval(self) -> tuple[float, float]:
        """See ``wilson_interval``."""
        return wilson_interval(self.confirmed, self.spoken)


Agreements = Mapping[str, Agreement]
"""Part of ``Findings`` -> how often persons left it."""

_NORMAL_95 = 1.959964
"""Of the standard normal distribution 95 % lie within ± this."""


def wilson_interval(hits: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927): honest also for few trials, within 0–1.

    >>> [round(end, 2) for end in wilson_interval(9, 10)]
    [0.6, 0.98]
    """
    if not trials:
        return 0.0, 1.0
    share, square = hits / trials, _NORMAL_95**2
    middle = share + square / (2 * trials)
    spread = _NORMAL_95 * sqrt((share * (1 - share) + square / (4 * trials)) / trials)
    whole = 1 + square / trials
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)
