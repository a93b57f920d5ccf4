"""What the proposal committee screens: the proposals of one session and what is known of each.

Pure data. ``store`` reads it; pages show it, the committee's packet prints it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from nlp_service.domain.duplicates import Relation
from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.quality import Disposition, Verdict
from nlp_service.domain.records import Merge, Origin, Outcome, check_name
from nlp_service.domain.reviews import Findings

LONGEST_SESSION_NAME = 60
"""Characters; it becomes the title of the packet."""

_BRACKETED = re.compile(r"（(.+?)的不提）")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionScope:
    """Which proposals belong to a session (届次): by their day and, where wanted, their source."""

    name: str
    """As the office calls it: 市政协六届三次会议."""
    dated_from: date
    dated_until: date
    """Both days included."""
    source: str = ""
    """Empty: from every source."""

    def __post_init__(self) -> None:
        """Refuse what is no session.

        Raises:
            InvalidSubmission: no name or one that is too long, or the days are not in order.
        """
        if not self.name.strip() or len(self.name) > LONGEST_SESSION_NAME:
            raise InvalidSubmission(
                "invalid_request", f"请给届次或会议一个名称，不超过 {LONGEST_SESSION_NAME} 字。"
            )
        check_name("名称", self.name)
        check_name("来源", self.source)
        if self.dated_from > self.dated_until:
            raise InvalidSubmission(
                "invalid_request",
                f"开始日期 {self.dated_from} 晚于结束日期 {self.dated_until}，请对调。",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class TermSession:
    """A session that the office named, in the store."""

    key: int
    scope: SessionScope
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAnswer:
    """The machine's answer to one of the committee's three questions."""

    question: str
    verdict: Verdict
    quotes: Sequence[str]
    """What was seen, in text order, personal data covered."""
    missing: Sequence[str]
    """未见, what would help most first."""

    @property
    def rule(self) -> str:
        """What is not to be proposed, in the committee's words: 没经过深入调研."""
        bracketed = _BRACKETED.search(self.question)
        return bracketed[1] if bracketed else self.question


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseGround:
    """A ground for review (审查提示) that counts for a proposal."""

    code: str
    name: str
    rule: str
    """The rule's own words."""
    quote: str
    """Where it was seen; empty where a person named it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestCase:
    """The stored submission that comes nearest to a proposal."""

    key: int
    reference: str
    title: str
    dated_on: date
    relation: Relation
    probability: float
    """Of the relation; 1 where a person decided it."""
    outcome: Outcome | None
    """What became of it, where the office recorded that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person held should be done with a proposal."""

    disposition: Disposition
    review_key: int
    """Undoing that review takes the decision back."""
    decided_at: datetime
    decided_by: str
    note: str
    """What the person wrote for colleagues."""
    adopted: bool
    """Taken over from the machine with many others, not looked at by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What the machine suggests to do with a proposal."""

    disposition: Disposition
    name: str
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalCase:
    """A proposal as the committee sees it: what the machine says, what persons decided."""

    key: int
    reference: str
    title: str
    origin: Origin
    dated_on: date
    restricted: bool
    """Title, submitter and reasons are not to be shown openly."""
    score: float | None
    """0–100; None where its quality was not judged."""
    band: str
    score_corrected: bool
    """Both follow from levels that a person corrected."""
    low: float
    """As ``Quality.low``, of what the machine said."""
    answers: Sequence[CaseAnswer]
    grounds: Sequence[CaseGround]
    doubts: Sequence[str]
    """Why the machine's judgement cannot be relied on."""
    held: Findings
    """What counts now: persons' word, else the machine's."""
    machine: Findings
    spoken: Sequence[str]
    """The parts of ``held`` that are a person's word."""
    adopted: Sequence[str]
    """Those among them that were taken over from the machine with many others."""
    certainty: Mapping[str, float]
    """Part (``topic``, ``lead_unit``) -> probability of the machine's tag."""
    suggestion: Suggestion | None
    note: str
    """Draft of the note to the author; empty where nothing needs mending."""
    decision: Decision | None
    merge: Merge | None
    nearest: NearestCase | None

    @property
    def decided(self) -> Disposition | None:
        """What persons decided: in their own words or, of a member of a merge, by merging it."""
        if self.decision is not None:
            return self.decision.disposition
        joined = self.merge is not None and self.merge.lead != self.key
        return Disposition.MERGED if joined else None

    @property
    def number(self) -> str:
        """The office's number, else the store's own."""
        return self.reference or f"#{self.key}"

    @property
    def reason_line(self) -> str:
        """The three questions in one line: which are answered no, then which are doubtful."""
        if not self.answers:
            return "未评质量，请人工审查。"
        by_weight = sorted(self.answers, key=lambda answer: answer.verdict is not Verdict.NO)
        told = [line for answer in by_weight if (line := _line(answer))]
        return "；".join(told) or "三问均答“是”。"


def read_answers(quality: Mapping[str, Any] | None) -> Sequence[CaseAnswer]:
    """Return the three answers of an assessment's quality, by its JSON."""
    return [
        CaseAnswer(
            question=answer["question"],
            verdict=Verdict(answer["verdict"]),
            quotes=[seen["quote"] for seen in answer["seen"]],
            missing=answer["missing"],
        )
        for answer in (quality["answers"] if quality else ())
    ]


def _line(answer: CaseAnswer) -> str:
    if answer.verdict is Verdict.YES:
        return ""
    missing = f"（未见{answer.missing[0]}）" if answer.missing else ""
    doubtful = "存疑：" if answer.verdict is Verdict.DOUBTFUL else ""
    return f"{doubtful}{answer.rule}{missing}"
