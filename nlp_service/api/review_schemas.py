"""The shapes of reviews: what a person says of a submission beside the machine."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from nlp_service.api.schemas import Key
from nlp_service.api.validation import described, require_number
from nlp_service.domain.quality import Disposition
from nlp_service.domain.reviews import LONGEST_NOTE, Findings, Review
from nlp_service.domain.submission import Kind

MOST_CONFIRMED = 200
"""Submissions that one request may confirm."""

Code = Annotated[str, Field(max_length=20)]
Level = Annotated[int, BeforeValidator(require_number)]
Codes = Annotated[list[Code], Field(max_length=60)]


class FindingsShape(BaseModel):
    """What a person or the machine holds of a submission."""

    model_config = described("各项的认定，用分类体系的代码；没有谈到的项为 null，可以不写。")

    kind: Kind | None = Field(default=None, description="来件类型。")
    topic: Code | None = Field(default=None, description="主议题。", examples=["T08"])
    subtopic: Code | None = Field(default=None, description="子议题；它决定主议题。")
    other_topics: Codes | None = Field(default=None, description="其他议题。")
    sectors: Codes | None = Field(default=None, description="界别，最相关的在前。")
    lead_unit: Code | None = Field(default=None, description="主办单位；空串表示没有。")
    assist_units: Codes | None = Field(default=None, description="会办单位。")
    request: Code | None = Field(default=None, description="诉求。", examples=["fix"])
    urgency: Level | None = Field(default=None, description="紧急程度 1–4。")
    gates: Codes | None = Field(
        default=None, description="成立的审查提示，须写全；空数组表示都不成立。"
    )
    levels: dict[Code, Level] | None = Field(
        default=None, description="质量各项的等级 0–4；可以只写其中几项。", examples=[{"Q3": 2}]
    )
    disposition: Disposition | None = Field(default=None, description="处理意见。")

    def to_findings(self) -> Findings:
        """Return the domain's findings, unchecked."""
        return Findings(**{name: getattr(self, name) for name in type(self).model_fields})


class ReviewIn(BaseModel):
    """A person's word on a submission."""

    model_config = described("确认、更正或备注；至少一样。")

    confirm: bool = Field(
        default=False,
        strict=True,
        description="除更正的以外，其余各项按现在显示的（此前人的认定，没有时为机器的）都确认。",
    )
    findings: FindingsShape = Field(default_factory=FindingsShape)
    note: str = Field(default="", description="给同事看的备注。", max_length=LONGEST_NOTE)
    assessment_key: Key | None = Field(
        default=None, description="审核时看到的是哪一份评定；不写时为当前的一份。"
    )


class ConfirmationIn(BaseModel):
    """Submissions that are confirmed at once."""

    model_config = described("要一并确认的来件：各项按现在显示的都确认。")

    submissions: list[Key] = Field(
        description="库中编号。", min_length=1, max_length=MOST_CONFIRMED
    )


class ReviewOut(BaseModel):
    """A review."""

    model_config = described("一次审核：人的认定和机器当时的认定都保留。")

    key: int
    submission_key: int
    assessment_key: int = Field(description="审核的是哪一份评定。")
    person: FindingsShape = Field(description="人的认定。")
    machine: FindingsShape = Field(description="机器对同样各项的认定。")
    corrected: Sequence[str] = Field(description="两者不同的项。", examples=[["topic"]])
    note: str
    reviewed_at: datetime
    reviewed_by: str
    undone_at: datetime | None = Field(description="撤回的时刻；有效的为 null。")
    undone_by: str


class ReviewListOut(BaseModel):
    """Several reviews."""

    model_config = described("几次审核。")

    items: Sequence[ReviewOut]


def review_of(review: Review, *, withheld: bool = False) -> ReviewOut:
    """Return the shape of a review; without its note where the text is withheld."""
    return ReviewOut(
        key=review.key,
        submission_key=review.submission_key,
        assessment_key=review.assessment_key,
        person=findings_of(review.person),
        machine=findings_of(review.machine),
        corrected=review.corrected,
        note="" if withheld else review.note,
        reviewed_at=review.reviewed_at,
        reviewed_by=review.reviewed_by,
        undone_at=review.undone_at,
        undone_by=review.undone_by,
    )


def findings_of(held: Findings) -> FindingsShape:
    """Return the shape of what is held."""
    return FindingsShape.model_validate(held.as_dict())
