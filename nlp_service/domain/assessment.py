"""What the service says of one submission: tags with probabilities, and the words behind them.

Everything here is advice (辅助建议); a person decides. ``Assessment.as_dict`` is the one JSON
shape that the API, the command line and exports share.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from nlp_service.domain.privacy import PrivateSpan
from nlp_service.domain.quality import DispositionAdvice, Quality
from nlp_service.domain.span import Span
from nlp_service.domain.submission import Kind

NOTICE = "辅助建议，由人审定"

LOOK_FIRST = frozenset(("urgent_words", "urgent"))
"""Codes of the reasons for which a person should look before all else."""


class Role(enum.StrEnum):
    """What a handling unit would do."""

    LEAD = "lead"
    """主办"""
    ASSIST = "assist"
    """会办、协办"""


class KindSource(enum.StrEnum):
    """Where the kind of a submission comes from."""

    STATED = "stated"
    """The sender said so; it is taken as it is."""
    PREDICTED = "predicted"
    """The model suggests it."""


class ScorePath(enum.StrEnum):
    """Which models a probability comes from."""

    LINEAR = "linear"
    """The linear model alone."""
    COMBINED = "combined"
    """The linear model and the encoder together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """One label with its calibrated probability (0–1)."""

    code: str
    name: str
    probability: float
    spans: Sequence[Span] = ()
    """The words that carried it, in text order; empty unless reasons were asked for."""
    path: ScorePath = ScorePath.LINEAR

    def as_unit(self, role: Role) -> "UnitTag":
        """Return the same as a unit in that role."""
        return UnitTag(
            code=self.code,
            name=self.name,
            probability=self.probability,
            spans=self.spans,
            path=self.path,
            role=role,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GateTag(Tag):
    """A ground for review: a suggestion to a person, with the rule's own wording."""

    rule: str
    restricted: bool
    """It stops indexing and open display."""
    found_by: Sequence[str]
    """``rule``, ``model`` or both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTag(Tag):
    """A handling unit and what it would do."""

    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgencyTag:
    """Urgency 1–4 and the probability of that level."""

    level: int
    name: str
    probability: float
    spans: Sequence[Span] = ()
    path: ScorePath = ScorePath.LINEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewReason:
    """Why a person should look: a stable code and a sentence in Chinese."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What a tag depends on, so that an old assessment can be explained."""

    service: str
    bundle: str
    taxonomy: str
    segmenter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the service says of one submission."""

    id: str
    kind: Kind
    kind_source: KindSource
    kind_probability: float
    """1 where it was stated."""
    topic: Tag
    other_topics: Sequence[Tag]
    subtopic: Tag
    sectors: Sequence[Tag]
    units: Sequence[UnitTag]
    """Ranked: the lead unit first, then the assisting ones."""
    request: Tag
    urgency: UrgencyTag
    gates: Sequence[GateTag]
    restricted: bool
    """A ground for review was seen that stops indexing and open display."""
    quality: Quality | None
    """None where it was not asked for, or where the bundle does not judge it."""
    disposition: DispositionAdvice | None
    """Of proposals whose quality was judged."""
    needs_review: bool
    reasons: Sequence[ReviewReason]
    text: str
    """The normalised text that every span counts in: title, line break, body. Its personal data
    are covered, sign for sign, and so they are in every quote."""
    privacy: Sequence[PrivateSpan] = ()
    """Where the covered personal data stand in ``text``, in text order."""
    versions: Versions
    notice: str = field(default=NOTICE)

    @property
    def doubt(self) -> float:
        """How many of the main tags a person would be expected to correct, 0–6, four digits.

        What is learnt from a person's word is the more, the less the machine could foresee it.
        """
        tags = (self.topic, self.subtopic, self.request, self.urgency)
        leads = [unit.probability for unit in self.units if unit.role is Role.LEAD]
        sure = [self.kind_probability, *(tag.probability for tag in tags), *leads[:1]]
        return round(sum(1 - probability for probability in sure), 4)

    @property
    def look_first(self) -> bool:
        """Whether somebody may be in danger: a person should look before all else."""
        return any(reason.code in LOOK_FIRST for reason in self.reasons)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON shape: plain dicts, lists, strings and numbers."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; several times as fast as ``dataclasses.asdict``."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return type(value)(_plain(part) for part in value)
    return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
