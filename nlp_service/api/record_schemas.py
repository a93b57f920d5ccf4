"""The shapes of what is stored: lists, single submissions, outcomes, merges, the audit.

Each ``…_of`` makes a shape of a record, and withholds what a restricted submission must not show.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from nlp_service.api.review_schemas import ReviewOut, review_of
from nlp_service.api.schemas import ONE_LINE, Day, Key
from nlp_service.api.validation import described
from nlp_service.domain.audit import Action, AuditEntry
from nlp_service.domain.quality import Disposition
from nlp_service.domain.queue import ListCounts, Stage
from nlp_service.domain.records import (
    LONGEST_NAME,
    AssessedSubmission,
    ListedSubmission,
    ListPage,
    Merge,
    Outcome,
    RecordedOutcome,
    ReplyClass,
)
from nlp_service.domain.reviews import Review
from nlp_service.domain.submission import Kind

MOST_MERGED = 1000
"""Submissions that one request may merge."""

Withheld = "限阅来件为 null。"


class ListedOut(BaseModel):
    """What a list shows."""

    model_config = described("列表中的一件来件；限阅的不给标题和提交者。")

    key: int = Field(description="库中编号。")
    reference: str = Field(description="来件自己的编号；没有时为空。")
    kind: Kind = Field(description="来件类型；来件没有写明时为模型的建议。")
    title: str | None = Field(description=f"标题，个人信息已遮盖；{Withheld}")
    submitter: str | None = Field(description=f"提交者；{Withheld}")
    district: str
    source: str
    received_at: datetime = Field(description="收到的时刻。")
    dated_on: date = Field(description="计入的日期：提交日期，不知道时为收到日期（北京时间）。")
    restricted: bool = Field(description="限阅：涉密或指名举报，不得索引和公开展示。")
    merge_key: int | None = Field(description="现属的并案；没有时为 null。")
    topic: str = Field(description="主议题的代码，名称见 /v1/taxonomy。", examples=["T08"])
    subtopic: str = Field(examples=["T0805"])
    lead_unit: str = Field(description="建议的主办单位的代码。", examples=["D10"])
    assist_units: Sequence[str] = Field(description="建议的会办单位的代码。")
    sectors: Sequence[str] = Field(description="界别的代码，最相关的在前。", examples=[["S02"]])
    urgency: int = Field(description="紧急程度 1–4。")
    look_first: bool = Field(description="机器认为可能有险情、须先看，而且还没有人认定过紧急程度。")
    score: float | None = Field(description="质量总分 0–100；没有评分时为 null。")
    band: str = Field(description="提案的质量档；没有时为空。", examples=["良好"])
    score_corrected: bool = Field(
        description="人更正过质量等级，score 和 band 由现行等级算出；否则是机器的。"
    )
    doubt: float = Field(
        description="机器有多拿不准：类型、议题、子议题、主办单位、诉求、紧急程度这六项中，预计人要改几项，0–6。"
    )
    needs_review: bool = Field(description="机器认为待人工。")
    reviewed_at: datetime | None = Field(
        description="人最近一次确认或更正的时刻，此后以上各项以人的认定为准；没有时为 null。"
    )
    disposition: Disposition | None = Field(description="人认定的处理意见；没有时为 null。")
    outcome: Disposition | None = Field(description="最近登记的处理方式；没有时为 null。")
    stage: Stage = Field(
        description="办到哪一步：waiting 待处理，reviewed 已审，merged 已并案，decided 已定处置。"
    )


class SubmissionCountsOut(BaseModel):
    """How many submissions there are, and of what."""

    model_config = described("来件的件数，总计和分列。")

    total: int = Field(description="符合全部条件的件数。")
    by: dict[str, dict[str, int]] = Field(
        description="按 kind、topic、band、urgency、stage 分列：取值和件数，没有的取值不列；"
        "每一列不计这一项自己的条件。"
    )


class SubmissionListOut(BaseModel):
    """A page of a list."""

    model_config = described("一页来件。")

    items: Sequence[ListedOut]
    next_cursor: str | None = Field(description="下一页的 cursor；最后一页为 null。")


class StoredAssessmentOut(BaseModel):
    """A stored assessment."""

    model_config = described("入库的评定；当前的一份。")

    key: int = Field(description="评定的编号，见 assessment_key。")
    assessed_at: datetime
    bundle: str
    taxonomy: str
    answer: dict[str, Any] | None = Field(
        description=f"全文，同评定时 /v1/assessments 的答复；{Withheld}"
    )


class OutcomeIn(BaseModel):
    """What the office decided."""

    model_config = described("办理结果；每次登记都保留，最新的一条为准。")

    disposition: Disposition
    handling_unit: str = Field(
        default="",
        description="承办单位的代码或名称；分类体系中有的名称记作代码。",
        max_length=LONGEST_NAME,
        json_schema_extra=ONE_LINE,
    )
    filing_number: str = Field(
        default="",
        description="立案编号。",
        examples=["2023年第118号"],
        max_length=LONGEST_NAME,
        json_schema_extra=ONE_LINE,
    )
    reply_class: ReplyClass | None = Field(
        default=None, description="答复类别：A 已解决，B 正在解决，C 列入规划，D 暂不能解决。"
    )
    replied_on: Day | None = Field(default=None, description="答复日期。")

    def to_outcome(self, handling_unit: str) -> Outcome:
        """Return the domain's outcome, with the unit by its code.

        Raises:
            InvalidSubmission: the unit or the number is no name.
        """
        return Outcome(
            disposition=self.disposition,
            handling_unit=handling_unit,
            filing_number=self.filing_number,
            reply_class=self.reply_class,
            replied_on=self.replied_on,
        )


class OutcomeOut(BaseModel):
    """A recorded outcome."""

    model_config = described("登记的办理结果。")

    key: int
    submission_key: int
    disposition: Disposition
    handling_unit: str
    filing_number: str
    reply_class: ReplyClass | None
    replied_on: date | None
    recorded_at: datetime
    recorded_by: str


class LeadChoiceOut(BaseModel):
    """A choice of a lead case."""

    model_config = described("确定主案的一次记录。")

    submission_key: int
    chosen_at: datetime
    chosen_by: str


class MergeIn(BaseModel):
    """What is to be merged."""

    model_config = described("要并案的来件；它们已属的并案整个并入。")

    submissions: list[Key] = Field(
        description="库中编号，至少两件。", min_length=1, max_length=MOST_MERGED
    )
    lead: Key = Field(description="主案，须是其中一件。")


class LeadIn(BaseModel):
    """Which member is to lead."""

    model_config = described("新的主案。")

    lead: Key = Field(description="主案的库中编号，须属于这个并案。")


class MergeOut(BaseModel):
    """A merge with its history."""

    model_config = described("并案：每件来件和提交者都保留，可以撤销。")

    key: int
    lead: int = Field(description="主案。")
    members: Sequence[int] = Field(description="全部来件的库中编号，由小到大。")
    submissions: Sequence[ListedOut] = Field(description="其中未删除的来件。")
    leads: Sequence[LeadChoiceOut] = Field(description="历次确定主案，最后一次为准。")
    merged_at: datetime
    merged_by: str
    undone_at: datetime | None = Field(description="撤销的时刻；现行的并案为 null。")
    undone_by: str


class AuditEntryOut(BaseModel):
    """An entry of the audit."""

    model_config = described("审计记录：谁在何时做了什么，不含来件内容。")

    at: datetime
    actor: str
    action: Action
    before: dict[str, Any] | None = Field(description="此前怎样；没有可说的为 null。")
    after: dict[str, Any] | None = Field(description="此后怎样；没有可说的为 null。")


class SubmissionOut(BaseModel):
    """A stored submission with all that was done with it."""

    model_config = described("一件入库的来件、当前评定、并案、历次办理结果和审计。")

    key: int
    reference: str
    stated_kind: Kind = Field(description="来件写明的类型；没有写明时为 unknown。")
    listed: ListedOut = Field(description="列表中的样子。")
    title: str | None = Field(description=f"规范化后的标题，个人信息已遮盖；{Withheld}")
    body: str | None = Field(description=f"规范化后的正文，个人信息已遮盖；{Withheld}")
    submitted_at: date | None
    submitter: str | None = Field(description=f"提交者；{Withheld}")
    restricted: bool
    withheld: bool = Field(
        description="限阅而未给出文本；确需查阅时用 show_restricted=true，会记入审计。"
    )
    assessment: StoredAssessmentOut
    merge: MergeOut | None
    reviews: Sequence[ReviewOut] = Field(
        description="历次人工审核，同一项以最近的有效一次为准；限阅而未给出原文时不给备注。"
    )
    outcomes: Sequence[OutcomeOut] = Field(description="历次办理结果，最后一条为准。")
    audit: Sequence[AuditEntryOut] = Field(description="审计记录，先后为序。")


class OriginalOut(BaseModel):
    """A submission as it came in."""

    model_config = described("来件的原文，一字未改，没有遮盖。")

    key: int
    title: str
    body: str


class RestrictionOut(BaseModel):
    """Whether a submission is restricted now."""

    model_config = described("来件现在是否限阅。")

    key: int
    restricted: bool


def list_of(page: ListPage) -> SubmissionListOut:
    """Return the shape of a page."""
    return SubmissionListOut(
        items=[listed_of(item) for item in page.items], next_cursor=page.next_cursor
    )


def listed_of(item: ListedSubmission) -> ListedOut:
    """Return the shape of a list's item."""
    return ListedOut(
        key=item.key,
        reference=item.reference,
        kind=item.kind,
        title=None if item.restricted else item.title,
        submitter=None if item.restricted else item.origin.submitter,
        district=item.origin.district,
        source=item.origin.source,
        received_at=item.received_at,
        dated_on=item.dated_on,
        restricted=item.restricted,
        merge_key=item.merge_key,
        topic=item.topic,
        subtopic=item.subtopic,
        lead_unit=item.lead_unit,
        assist_units=item.assist_units,
        sectors=item.sectors,
        urgency=item.urgency,
        look_first=item.look_first,
        score=item.score,
        band=item.band,
        score_corrected=item.score_corrected,
        doubt=item.doubt,
        needs_review=item.needs_review,
        reviewed_at=item.reviewed_at,
        disposition=item.disposition,
        outcome=item.outcome,
        stage=item.stage,
    )


def counts_of(counts: ListCounts) -> SubmissionCountsOut:
    """Return the shape of counts."""
    return SubmissionCountsOut(
        total=counts.total, by={str(facet): dict(of) for facet, of in counts.of.items()}
    )


def outcome_of(recorded: RecordedOutcome) -> OutcomeOut:
    """Return the shape of an outcome."""
    outcome = recorded.outcome
    return OutcomeOut(
        key=recorded.key,
        submission_key=recorded.submission_key,
        disposition=outcome.disposition,
        handling_unit=outcome.handling_unit,
        filing_number=outcome.filing_number,
        reply_class=outcome.reply_class,
        replied_on=outcome.replied_on,
        recorded_at=recorded.recorded_at,
        recorded_by=recorded.recorded_by,
    )


def merge_of(merge: Merge, members: Sequence[ListedSubmission]) -> MergeOut:
    """Return the shape of a merge and of its members that are there."""
    return MergeOut(
        key=merge.key,
        lead=merge.lead,
        members=merge.members,
        submissions=[listed_of(member) for member in members],
        leads=[
            LeadChoiceOut(
                submission_key=choice.submission_key,
                chosen_at=choice.chosen_at,
                chosen_by=choice.chosen_by,
            )
            for choice in merge.leads
        ],
        merged_at=merge.merged_at,
        merged_by=merge.merged_by,
        undone_at=merge.undone_at,
        undone_by=merge.undone_by,
    )


def submission_of(
    found: AssessedSubmission,
    listed: ListedSubmission,
    *,
    withheld: bool,
    merge: MergeOut | None,
    reviews: Sequence[Review],
    outcomes: Sequence[RecordedOutcome],
    audit: Sequence[AuditEntry],
) -> SubmissionOut:
    """Return the shape of a submission; what is withheld is null."""
    submission, assessment = found.submission, found.assessment
    return SubmissionOut(
        key=submission.key,
        reference=submission.reference,
        stated_kind=submission.kind,
        listed=listed_of(listed),
        title=None if withheld else submission.title,
        body=None if withheld else submission.body,
        submitted_at=submission.submitted_at,
        submitter=None if withheld else submission.origin.submitter,
        restricted=submission.restricted,
        withheld=withheld,
        assessment=StoredAssessmentOut(
            key=assessment.key,
            assessed_at=assessment.assessed_at,
            bundle=assessment.bundle,
            taxonomy=assessment.taxonomy,
            answer=None if withheld else dict(assessment.answer),
        ),
        merge=merge,
        reviews=[review_of(one, withheld=withheld) for one in reviews],
        outcomes=[outcome_of(one) for one in outcomes],
        audit=[_audit_entry_of(one) for one in audit],
    )


def _audit_entry_of(entry: AuditEntry) -> AuditEntryOut:
    return AuditEntryOut(**{name: getattr(entry, name) for name in AuditEntryOut.model_fields})
