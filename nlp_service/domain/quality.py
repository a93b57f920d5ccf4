"""What the service says of a submission's quality: three answers first, then the rubric.

Presence of evidence is told as 已见 or 未见, never as true. The author's person has no part in it.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nlp_service.domain.span import Span


class Scale(enum.StrEnum):
    """By what a submission is measured."""

    PROPOSAL = "proposal"
    """提案: the six dimensions, a total of 0–100 with caps, a band."""
    OPINION_REPORT = "opinion_report"
    """社情民意信息: five marks of its own, for ranking; no band."""
    MESSAGE = "message"
    """群众来信: is everything there that one needs to act on it? No score."""


class Verdict(enum.StrEnum):
    """The answer to one of the committee's questions."""

    YES = "yes"
    """是"""
    NO = "no"
    """否"""
    DOUBTFUL = "doubtful"
    """存疑"""


class SentenceRole(enum.StrEnum):
    """What a sentence does in a submission."""

    BACKGROUND = "background"
    """背景"""
    PROBLEM = "problem"
    """问题"""
    CAUSE = "cause"
    """原因"""
    EVIDENCE = "evidence"
    """依据"""
    SUGGESTION = "suggestion"
    """建议"""
    SLOGAN = "slogan"
    """口号"""
    PERSONAL = "personal"
    """个人事项"""
    OTHER = "other"
    """其他"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence(Span):
    """A sentence of the normalised text and what it does."""

    role: SentenceRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote(Span):
    """A stretch of the normalised text and what it shows."""

    type: str
    """Code of the kind of evidence (``figure``, ``survey`` … ``slogan``)."""
    name: str
    """Its name for users."""
    suggested: bool
    """It stands where the text suggests something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One dimension of the rubric."""

    code: str
    name: str
    weight: int
    level: float
    """0–4, two decimals: what readers would give on average."""
    meaning: str
    """The rubric's words for the nearest whole level."""
    probability: float
    """That readers would give this whole level, 0–1."""
    seen: Sequence[Quote]
    """What speaks for it, in text order."""
    against: Sequence[Quote]
    """Slogans, hearsay, vagueness that speak against it."""
    missing: Sequence[str]
    """What was looked for and not seen (未见), in Chinese, what would help most first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to one of the committee's three questions, in the committee's own words."""

    code: str
    """``necessary``, ``researched`` or ``concrete``."""
    question: str
    verdict: Verdict
    probability: float
    """That readers would say yes, 0–1."""
    seen: Sequence[Quote]
    missing: Sequence[str]
    """As of a level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One of the marks of an opinion report."""

    code: str
    name: str
    weight: int
    points: float
    """0 to ``weight``."""
    seen: Sequence[Quote]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something that a message needs so that one can act on it (who, where, when, what)."""

    code: str
    name: str
    seen: Sequence[Quote]
    """Empty: 未见."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """The quality of one submission, on the scale of its kind."""

    scale: Scale
    score: float | None
    """0–100, one decimal; None for a message."""
    band: str
    """Name of the band of a proposal; empty on the other scales."""
    low: float
    """Probability that readers' total is below the lowest band's upper limit, 0–1; 0 elsewhere."""
    answers: Sequence[Answer]
    """Of a proposal: the three questions, in the order in which they are asked."""
    levels: Sequence[Level]
    """Of a proposal: Q1–Q6."""
    marks: Sequence[Mark]
    """Of an opinion report."""
    items: Sequence[Item]
    """Of a message."""
    notes: Sequence[str]
    """What a reader must know of the score: which caps held."""
    doubts: Sequence[str]
    """Why it cannot be relied on without a person: text too short, or damaged."""
    evidence: Sequence[Quote]
    """Everything that was seen, in text order."""
    sentences: Sequence[Sentence]
    """The whole text, sentence by sentence; empty for a message."""
    note: str
    """Draft of the note to the author (退回完善建议); empty where nothing needs mending."""


class Disposition(enum.StrEnum):
    """What may be done with a proposal."""

    FILED = "filed"
    """立案"""
    MERGED = "merged"
    """并案"""
    CONVERTED = "converted"
    """转意见建议（社情民意）"""
    RETURNED = "returned"
    """退回完善"""
    NOT_FILED = "not_filed"
    """不予立案"""


DISPOSITION_NAMES: Mapping[Disposition, str] = {
    Disposition.FILED: "立案",
    Disposition.MERGED: "并案",
    Disposition.RETURNED: "退回完善",
    Disposition.CONVERTED: "转意见建议",
    Disposition.NOT_FILED: "不予立案",
}
"""As pages and packets call them, in the order in which they tell them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionAdvice:
    """A suggestion of what to do with a proposal; a person decides."""

    disposition: Disposition
    name: str
    reasons: Sequence[str]
    """In Chinese, the weightiest first."""
