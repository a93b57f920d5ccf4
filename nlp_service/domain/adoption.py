"""The dial: which of the machine's suggestions may be taken over at a bound on the error.

The expected error is the mean of (1 − probability) over those that are taken over, the most
certain first. It is as honest as the probabilities are: they were calibrated on readers who
followed the labelling guide, not on the committee's own decisions. So beside it stands how often
persons, deciding one by one, held with the machine.
"""

import enum
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from nlp_service.domain.duplicates import Relation
from nlp_service.domain.quality import Disposition
from nlp_service.domain.reviews import Findings
from nlp_service.domain.screening import ProposalCase

BOUNDS = (0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2)
"""Bounds on the error that a person may choose, ascending."""

_ROUNDING = 1e-9  # a bound that is met exactly is kept

Certainty = Callable[[Disposition, float], float | None]
"""A suggested disposition and ``Quality.low`` -> how sure it is; None where nothing tells."""


class AdoptedPart(enum.StrEnum):
    """What of a proposal is taken over."""

    DISPOSITION = "disposition"
    """处理建议"""
    LEAD_UNIT = "lead_unit"
    """主办单位"""
    TOPIC = "topic"
    """议题"""


PART_NAMES: Mapping[AdoptedPart, str] = {
    AdoptedPart.DISPOSITION: "处理建议",
    AdoptedPart.LEAD_UNIT: "主办单位",
    AdoptedPart.TOPIC: "议题",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A suggestion that may be taken over."""

    key: int
    said: Findings
    """What would be held of the proposal."""
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """What would be taken over at a bound."""

    part: AdoptedPart
    most_error: float
    """The bound, 0–1."""
    adopted: Sequence[Candidate]
    """The most certain first."""
    listed: int
    """All proposals of the session."""
    open: int
    """Those of whose part no person spoke yet."""
    left_out: Mapping[str, int]
    """Why a person must look at an open one, in Chinese -> how many."""
    compared: int
    """Proposals of which a person spoke by themselves."""
    agreed: int
    """Those among them in which the person held with the machine."""

    @property
    def share(self) -> float:
        """The share of all proposals that would be taken over, 0–1."""
        return len(self.adopted) / self.listed if self.listed else 0.0

    @property
    def expected_error(self) -> float:
        """The expected share of wrong ones among the adopted, 0–1."""
        return _mean_error(self.adopted)

    @property
    def expected_wrong(self) -> float:
        """How many of the adopted are expected to be wrong."""
        return self.expected_error * len(self.adopted)

    @property
    def digest(self) -> str:
        """What tells whether still the same would be taken over as somebody saw."""
        told = ";".join(f"{one.key}={one.said.as_dict()}" for one in self.adopted)
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """Suggestions that a person took over at once; each one is a review."""

    key: int
    term_session_key: int
    part: AdoptedPart
    most_error: float
    expected_error: float
    reviews: Sequence[int]
    """Keys."""
    adopted_at: datetime
    adopted_by: str
    undone_at: datetime | None
    undone_by: str
    """Empty where it is in force."""


def turn_dial(
    cases: Sequence[ProposalCase],
    *,
    part: AdoptedPart,
    most_error: float,
    certainty: Certainty,
) -> Dial:
    """Return what may be taken over of a session's proposals at a bound on the expected error."""
    opened = [case for case in cases if part not in case.spoken and not _is_decided(case, part)]
    why = {case.key: _why_not(case, part) for case in opened}
    candidates = [
        one
        for case in opened
        if not why[case.key] and (one := _candidate(case, part, certainty)) is not None
    ]
    compared = [case for case in cases if _is_compared(case, part)]
    return Dial(
        part=part,
        most_error=most_error,
        adopted=_within(candidates, most_error),
        listed=len(cases),
        open=len(opened),
        left_out=dict(Counter(filter(None, why.values())).most_common()),
        compared=len(compared),
        agreed=sum(_agrees(case, part) for case in compared),
    )


def _within(candidates: Sequence[Candidate], most_error: float) -> Sequence[Candidate]:
    """Return as many as the bound allows; with each further one the mean error only rises."""
    ranked = sorted(candidates, key=lambda one: (-one.probability, one.key))
    count, wrong = 0, 0.0
    for one in ranked:
        wrong += 1.0 - one.probability
        if wrong > most_error * (count + 1) + _ROUNDING:
            break
        count += 1
    return ranked[:count]


def _mean_error(adopted: Sequence[Candidate]) -> float:
    return sum(1.0 - one.probability for one in adopted) / len(adopted) if adopted else 0.0


def _candidate(case: ProposalCase, part: AdoptedPart, certainty: Certainty) -> Candidate | None:
    probability = _probability(case, part, certainty)
    if probability is None:
        return None
    return Candidate(key=case.key, said=case.machine.only([part]), probability=probability)


def _probability(case: ProposalCase, part: AdoptedPart, certainty: Certainty) -> float | None:
    if part is not AdoptedPart.DISPOSITION:
        return case.certainty.get(part)
    return certainty(case.suggestion.disposition, case.low) if case.suggestion else None


def _why_not(case: ProposalCase, part: AdoptedPart) -> str:
    """Say why a person must look at a proposal by itself; empty where none must."""
    if case.restricted:
        return "限阅"
    if case.doubts or case.score is None:
        return "文字太少、损坏或未评质量"
    if part is not AdoptedPart.DISPOSITION:
        return ""
    if case.score_corrected:  # the suggestion follows from levels that do not count any more
        return "质量等级已由人更正"
    if case.grounds:
        return "有审查提示"
    nearest = case.nearest
    if case.merge or (nearest and nearest.relation in (Relation.COPY, Relation.SAME)):
        return "疑似重复或已并案"
    return ""


def _is_decided(case: ProposalCase, part: AdoptedPart) -> bool:
    return part is AdoptedPart.DISPOSITION and case.decided is not None


def _is_compared(case: ProposalCase, part: AdoptedPart) -> bool:
    """Say whether a person spoke by themselves of what the machine could have known.

    Of merges it cannot: it suggests what to do with each proposal as if it were the only one.
    """
    merged = part is AdoptedPart.DISPOSITION and case.decided is Disposition.MERGED
    return part in case.spoken and part not in case.adopted and not merged


def _agrees(case: ProposalCase, part: AdoptedPart) -> bool:
    return not case.held.only([part]).differing(case.machine)
