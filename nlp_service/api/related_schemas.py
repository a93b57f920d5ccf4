"""The shapes of what is said of two texts: what they share, and what they are to each other."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from nlp_service.api.tag_schemas import Probability, SpanOut
from nlp_service.api.validation import described
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Outcome, ReplyClass
from nlp_service.domain.submission import Kind
from nlp_service.duplicates.pairs import Judgement
from nlp_service.duplicates.shared_wording import Passage, SharedWording
from nlp_service.duplicates.wording import Section
from nlp_service.store.relating import Earlier

RELATION_NAMES = {
    Relation.COPY: "文本重复",
    Relation.SAME: "同一事项",
    Relation.RELATED: "同类议题",
    Relation.NONE: "无关",
}
_DISPOSITIONS = {
    Disposition.FILED: "立案",
    Disposition.MERGED: "并案",
    Disposition.CONVERTED: "转意见建议",
    Disposition.RETURNED: "退回完善",
    Disposition.NOT_FILED: "不予立案",
}
MOST_PASSAGES = 50
"""Passages that are shown; what is beyond counts in the shares."""


class RunOut(BaseModel):
    """Where two texts are equal letter for letter."""

    model_config = described("一段逐字相同的文字在两边的位置。")

    here: SpanOut = Field(description="在本件中。")
    there: SpanOut = Field(description="在对方中。")


class PassageOut(BaseModel):
    """Runs that follow one another in both texts."""

    model_config = described("相同的一段，其间可有少量改动。")

    letters: int = Field(description="相同的字数，不计标点和空白。")
    own_letters: int = Field(description="其中不是套话的字数；为 0 的不计入查重率。")
    section: Section = Field(
        description="多在本件的哪一部分：title 标题，problem 情况，suggestion 建议。"
    )
    section_there: Section
    runs: Sequence[RunOut]


class RelationOut(BaseModel):
    """What two texts are to each other."""

    model_config = described("两件来件的关系，由人审定。")

    relation: Relation
    relation_name: str = Field(examples=["同一事项"])
    probability: Probability
    one_case: float = Field(description="可并案（文本重复或同一事项）的概率。")
    share: float = Field(description="查重率：本件不是套话的文字中，对方也有的占多少，0–1。")
    share_there: float = Field(description="反过来：对方的文字中，本件也有的占多少，0–1。")
    passages: Sequence[PassageOut] = Field(
        description=f"相同的段落，按本件次序，至多 {MOST_PASSAGES} 段。"
    )


class OutcomeShown(BaseModel):
    """What became of an earlier submission."""

    model_config = described("办理结果。")

    text: str = Field(examples=["2023年第118号，立案，已办复 B 类"])
    disposition: Disposition
    handling_unit: str
    filing_number: str
    reply_class: ReplyClass | None
    replied_on: date | None


class EarlierOut(RelationOut):
    """An earlier submission."""

    model_config = described("一件可能重复的往年来件。")

    key: int = Field(description="库中编号。")
    reference: str
    kind: Kind
    title: str
    dated_on: date
    topic: str
    merge_key: int | None
    outcome: OutcomeShown | None = Field(description="当时怎样办的；没有登记时为 null。")


class DuplicatesOut(BaseModel):
    """What was found."""

    model_config = described("可能重复的往年来件，最可能重复的在前。")

    text: str = Field(description="规范化后的本件文本，here 按它计位。")
    duplicates: Sequence[EarlierOut]


class PairOut(RelationOut):
    """What they are to each other."""

    model_config = described("两件来件的关系；here 指第一件，there 指第二件。")

    texts: Sequence[str] = Field(description="规范化后的两份文本，spans 按它们计位。")


def relation_of(judgement: Judgement, shared: SharedWording) -> dict[str, Any]:
    """Return what ``RelationOut`` describes."""
    return {
        "relation": judgement.relation.value,
        "relation_name": RELATION_NAMES[judgement.relation],
        "probability": round(judgement.probability, 4),
        "one_case": round(judgement.mergeable, 4),
        "share": round(shared.query.own, 4),
        "share_there": round(shared.source.own, 4),
        "passages": [_passage(each) for each in shared.passages[:MOST_PASSAGES]],
    }


def earlier_of(earlier: Earlier) -> dict[str, Any]:
    """Return what ``EarlierOut`` describes."""
    listed = earlier.submission
    return {
        "key": listed.key,
        "reference": listed.reference,
        "kind": listed.kind.value,
        "title": listed.title,
        "dated_on": listed.dated_on.isoformat(),
        "topic": listed.topic,
        "merge_key": listed.merge_key,
        "outcome": earlier.outcome and _outcome(earlier.outcome),
        **relation_of(earlier.related.judgement, earlier.related.shared),
    }


def _passage(passage: Passage) -> dict[str, Any]:
    return {
        "letters": passage.letters,
        "own_letters": passage.own_letters,
        "section": passage.query_section.value,
        "section_there": passage.source_section.value,
        "runs": [{"here": asdict(run.query), "there": asdict(run.source)} for run in passage.runs],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "text": outcome_in_words(outcome),
        "disposition": outcome.disposition.value,
        "handling_unit": outcome.handling_unit,
        "filing_number": outcome.filing_number,
        "reply_class": outcome.reply_class and outcome.reply_class.value,
        "replied_on": outcome.replied_on and outcome.replied_on.isoformat(),
    }


def outcome_in_words(outcome: Outcome) -> str:
    """Return an outcome in one line: 2023年第118号，立案，已办复 B 类."""
    replied = f"已办复 {outcome.reply_class} 类" if outcome.reply_class else ""
    parts = [outcome.filing_number, _DISPOSITIONS[outcome.disposition], replied]
    return "，".join(part for part in parts if part)
