"""How the office goes through what came in: where each submission stands, in which order, how many.

Pure data; ``store.listing`` answers by it.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

EXAMPLE_SOURCE = "示例"
"""The source of the submissions that come with the program, to try it with."""


URGENT_FROM = 3
"""The urgency from which on nothing should wait."""

MOST_DAYS = 36_500
"""That a filter may reach back."""


class Stage(enum.StrEnum):
    """How far the office is with a submission; each has one, the first from below that applies."""

    WAITING = "waiting"
    """待处理: no person has spoken of it."""
    REVIEWED = "reviewed"
    """已审: a person confirmed or corrected what the machine said."""
    MERGED = "merged"
    """已并案: it is handled with others."""
    DECIDED = "decided"
    """已定处置: an outcome was recorded."""


class ListOrder(enum.StrEnum):
    """In which order a list stands; of equals the latest receipt comes first."""

    LATEST = "latest"
    """最近收到的在前"""
    URGENT = "urgent"
    """紧急的在前: what must be looked at first, then by urgency."""
    DOUBTFUL = "doubtful"
    """最拿不准的在前: by the corrections that a person would be expected to make."""
    BEST = "best"
    """质量高的在前; those without a score last."""
    WORST = "worst"
    """质量低的在前; those without a score last."""


class Facet(enum.StrEnum):
    """By what the submissions of a list are counted."""

    KIND = "kind"
    TOPIC = "topic"
    BAND = "band"
    """Empty: no proposal, or not judged."""
    URGENCY = "urgency"
    STAGE = "stage"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCounts:
    """How many submissions a list holds, and how many it would with another choice of a facet."""

    total: int
    of: Mapping[Facet, Mapping[str, int]]
    """Value as text -> submissions that fit all that is asked for but what is asked of the facet
    itself; values that none has are left out."""
