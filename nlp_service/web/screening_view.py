"""What the screening page shows: the proposals of a session, ranked and filtered, and the dial."""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from nlp_service.assess import Assessor
from nlp_service.domain.adoption import BOUNDS, AdoptedPart, Certainty, Dial, turn_dial
from nlp_service.domain.quality import DISPOSITION_NAMES, Disposition
from nlp_service.domain.screening import ProposalCase, TermSession
from nlp_service.quality.certainty import lowest_limit, make_curve

A_PAGE = 30
"""Proposals that are shown at once."""

USUAL_BOUND = 0.05

_MEANING = (
    "预期错误率是所采纳各件“系统判错的概率”的平均数，从最有把握的采起；"
    "概率按评读员的判断校准，没有按贵会的决定校准，系统没有看出的情形也不在其内。"
)
_MOVED_LINE = (
    "其中界限不是 {limit:g} 分的（如退回），概率由 {limit:g} 分处的曲线平移得出，"
    "没有另行校准，更要留意。"
)


class Show(enum.StrEnum):
    """Which proposals of a session are shown."""

    OPEN = "open"
    """待审"""
    DECIDED = "decided"
    """已审"""
    ALL = "all"
    """全部"""


@dataclass(frozen=True, kw_only=True)
class ScreeningView:
    """The proposals of a session as the page shows them."""

    session: TermSession
    cases: Sequence[ProposalCase]
    """All of the session, the lowest total first."""
    show: Show = Show.OPEN
    after: int | None = None
    """Key of the proposal behind which the page begins."""

    @cached_property
    def decided(self) -> int:
        """How many a person has decided on."""
        return sum(case.decided is not None for case in self.cases)

    @property
    def counts(self) -> Mapping[Show, int]:
        """How many each filter shows."""
        listed = len(self.cases)
        return {
            Show.OPEN: listed - self.decided,
            Show.DECIDED: self.decided,
            Show.ALL: listed,
        }

    @property
    def tally(self) -> Mapping[Disposition, int]:
        """How often each thing was decided, where it was."""
        counts = {
            each: sum(case.decided is each for case in self.cases) for each in DISPOSITION_NAMES
        }
        return {each: count for each, count in counts.items() if count}

    @cached_property
    def _wanted(self) -> Sequence[ProposalCase]:
        places = {case.key: place for place, case in enumerate(self.cases)}
        behind = self.cases[places.get(self.after, -1) + 1 :] if self.after else self.cases
        return [case for case in behind if self._is_shown(case)]

    @property
    def page(self) -> Sequence[ProposalCase]:
        """The proposals that are shown."""
        return self._wanted[:A_PAGE]

    @property
    def left(self) -> int:
        """How many are behind the page."""
        return max(0, len(self._wanted) - A_PAGE)

    def _is_shown(self, case: ProposalCase) -> bool:
        is_decided = case.decided is not None
        return self.show is Show.ALL or is_decided == (self.show is Show.DECIDED)


@dataclass(frozen=True, kw_only=True)
class DialView:
    """The dial at the chosen bound, and how much each other bound would take over."""

    dial: Dial
    counts: Mapping[float, int]
    """Bound -> proposals that would be taken over."""
    cases: Mapping[int, ProposalCase]
    meaning: str
    """What the figure means, in one sentence."""

    @property
    def adopted(self) -> Sequence[tuple[ProposalCase, float]]:
        """The proposals that would be taken over, with the probability of each."""
        return [(self.cases[one.key], one.probability) for one in self.dial.adopted]


def certainty_of(assessor: Assessor) -> Certainty:
    """Return what tells how sure a suggested disposition is."""
    quality = assessor.bundle.quality
    if quality is None:
        return lambda disposition, low: None
    return make_curve(assessor.policy, quality.judge.model, assessor.bundle.taxonomy).certainty


def view_dial(
    cases: Sequence[ProposalCase], assessor: Assessor, *, part: AdoptedPart, bound: float
) -> DialView:
    """Return the dial of a session."""
    certainty = certainty_of(assessor)

    def turned(most_error: float) -> Dial:
        return turn_dial(cases, part=part, most_error=most_error, certainty=certainty)

    dial = turned(bound)
    return DialView(
        dial=dial,
        counts={each: len(turned(each).adopted) for each in BOUNDS},
        cases={case.key: case for case in cases},
        meaning=_meaning(dial, assessor),
    )


def nearest_bound(wanted: float) -> float:
    """Return the bound that is offered and comes nearest to what was asked for."""
    return min(BOUNDS, key=lambda bound: abs(bound - wanted))


def _meaning(dial: Dial, assessor: Assessor) -> str:
    if dial.part is not AdoptedPart.DISPOSITION:
        return _MEANING
    limit = lowest_limit(assessor.bundle.taxonomy)
    at_limit = assessor.policy.file_from == limit
    plain = at_limit and all(one.said.disposition is Disposition.FILED for one in dial.adopted)
    return _MEANING if plain else _MEANING + _MOVED_LINE.format(limit=limit)
