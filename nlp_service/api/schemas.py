"""The shapes of requests and answers; ``AssessmentOut`` is ``Assessment.as_dict`` described.

What a text may be is decided in ``domain``: here its limits are only told.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    JsonValue,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
)
from pydantic_core import PydanticCustomError

from nlp_service.api.limits import MAX_BATCH, MAX_KEY
from nlp_service.api.problems import Problem
from nlp_service.api.quality_schemas import DispositionOut, QualityOut
from nlp_service.api.related_schemas import EarlierOut
from nlp_service.api.tag_schemas import (
    GateTagOut,
    PrivateOut,
    Probability,
    TagOut,
    UnitTagOut,
    UrgencyTagOut,
)
from nlp_service.api.validation import described, require_day, require_number
from nlp_service.domain.assessment import KindSource
from nlp_service.domain.records import LONGEST_NAME, Origin
from nlp_service.domain.submission import MAX_CHARACTERS, Kind, Submission

ONE_LINE: dict[str, JsonValue] = {"pattern": r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"}
A_NAME: dict[str, JsonValue] = {"maxLength": LONGEST_NAME, **ONE_LINE}
"""As ``domain.records.check_name`` has it, which says more of an unfit one."""
_MAX_LENGTH: dict[str, JsonValue] = {"maxLength": MAX_CHARACTERS}

Key = Annotated[int, Field(ge=1, le=MAX_KEY), BeforeValidator(require_number)]
"""Of something in the store."""

Day = Annotated[date, BeforeValidator(require_day)]
"""Written as 2026-01-31."""


class TextIn(BaseModel):
    """What any text comes with."""

    model_config = described("一份文本。")

    body: str = Field(
        description=f"正文。标题与正文合计至多 {MAX_CHARACTERS} 字。", json_schema_extra=_MAX_LENGTH
    )
    title: str | None = Field(
        default=None, description="标题，可以没有。", json_schema_extra=_MAX_LENGTH
    )
    id: str | None = Field(default=None, description="来件自己的编号；没有时由文本生成，同文同号。")
    kind: Kind = Field(default=Kind.UNKNOWN, description="来件类型；unknown 时由模型建议。")
    submitted_at: Day | None = Field(default=None, description="提交日期，如 2026-01-31。")

    def to_submission(self) -> Submission:
        """Return the domain's submission.

        Raises:
            InvalidSubmission: too long.
        """
        return Submission(
            id=self.id or "",
            title=self.title or "",
            body=self.body,
            kind=self.kind,
            submitted_at=self.submitted_at,
        )


class SubmissionIn(TextIn):
    """One submission as a client sends it."""

    model_config = described("一件来件：提案、社情民意信息或群众来信。")

    submitter: str = Field(
        default="", description="提交者；只随来件存入，从不参与评定。", json_schema_extra=A_NAME
    )
    district: str = Field(
        default="", description="地区；同样不参与评定。", json_schema_extra=A_NAME
    )
    source: str = Field(
        default="",
        description="来源渠道，如平台、热线；同一来源、类型之内编号不重复。",
        json_schema_extra=A_NAME,
    )

    def to_origin(self) -> Origin:
        """Return where it came from, which nothing that scores ever sees.

        Raises:
            InvalidSubmission: one of the three is no name.
        """
        return Origin(submitter=self.submitter, district=self.district, source=self.source)


class QualityIn(TextIn):
    """A submission whose author looks at it before handing it in."""

    model_config = described("一件待自查的来件；不写类型时按提案看。")

    kind: Kind = Field(
        default=Kind.PROPOSAL, description="来件类型，不写为 proposal；unknown 时由模型建议。"
    )


def _keep_error(value: Any, validate: ValidatorFunctionWrapHandler) -> object:
    """Let an item fail alone: its error takes its place."""
    try:
        return validate(value)
    except ValidationError as error:
        return error


class BatchIn(BaseModel):
    """Submissions that are checked one by one."""

    model_config = described("一批来件；逐件校验，互不影响。")

    submissions: list[Annotated[SubmissionIn, WrapValidator(_keep_error)]] = Field(
        min_length=1,
        description=f"1 至 {MAX_BATCH} 件，编号可以重复。",
        json_schema_extra={"maxItems": MAX_BATCH},
    )

    @field_validator("submissions", mode="before")
    @classmethod
    def _refuse_too_many(cls, items: object) -> object:
        if isinstance(items, list) and len(items) > MAX_BATCH:
            raise PydanticCustomError("batch_too_large", "{most}", {"most": MAX_BATCH})
        return items

    @property
    def items(self) -> Sequence[SubmissionIn | ValidationError]:
        """The items in order, each valid or with its own error."""
        return cast("Sequence[SubmissionIn | ValidationError]", self.submissions)


class ReviewReasonOut(BaseModel):
    """Why a person should look."""

    model_config = described("须由人查看的一条理由。")

    code: str
    message: str


class VersionsOut(BaseModel):
    """What an answer depends on."""

    model_config = described("结果所依据的各版本。")

    service: str
    bundle: str
    taxonomy: str
    segmenter: str


class StoredOut(BaseModel):
    """What became of a text that was to be stored."""

    model_config = described("来件在数据库中的编号。")

    key: int = Field(description="库中编号，用于 /v1/submissions/{key}。", examples=[118])
    created: bool = Field(description="false：同一件来件早已入库，这次只更新评定。")


class AssessmentOut(BaseModel):
    """The shape of ``Assessment.as_dict``, and what became of it in the store."""

    model_config = described("对一件来件的辅助建议，由人审定。")

    id: str = Field(description="来件的编号，或由文本生成的 auto-…。")
    kind: Kind
    kind_source: KindSource = Field(description="stated 来件写明，predicted 模型建议。")
    kind_probability: Probability
    topic: TagOut = Field(description="主议题。")
    other_topics: Sequence[TagOut] = Field(description="其他议题，至多两个。")
    subtopic: TagOut = Field(description="主议题下的子议题。")
    sectors: Sequence[TagOut] = Field(description="相关界别，一至两个。")
    units: Sequence[UnitTagOut] = Field(description="承办单位：先主办，后会办。")
    request: TagOut = Field(description="诉求类型。")
    urgency: UrgencyTagOut = Field(description="紧急程度；只有群众来信才分级，其余为 1。")
    gates: Sequence[GateTagOut] = Field(
        description="审查提示：可能不予立案的情形；spans 为所据的句子。"
    )
    quality: QualityOut | None = Field(description="质量；只在 quality=false 时为 null。")
    disposition: DispositionOut | None = Field(
        description="处理方式的建议；只有提案才有，其余类型和 quality=false 时为 null。"
    )
    restricted: bool = Field(
        description="审查提示中有涉密或指名举报：应停止索引和公开展示，先交专人。"
    )
    needs_review: bool = Field(description="待人工：有至少一条理由须由人查看。")
    reasons: Sequence[ReviewReasonOut]
    text: str = Field(
        description="规范化后的文本（标题、换行、正文），spans 按它计位；其中的个人信息已逐字遮盖。"
    )
    privacy: Sequence[PrivateOut] = Field(description="遮盖了哪些个人信息，在 text 的哪里。")
    versions: VersionsOut
    notice: str
    stored: StoredOut | None = Field(
        default=None, description="存入的结果；store=false 或没有开启存储时为 null。"
    )
    duplicates: Sequence[EarlierOut] | None = Field(
        default=None,
        description="可能重复的往年来件，最可能的在前；没有查时（成批、duplicates=0、没有开启存储、"
        "模型包不能判断重复）为 null。",
    )


class QualityReportOut(BaseModel):
    """What an author is told of a text: an assessment's quality and gates, without its tags."""

    model_config = described("对一件来件质量的辅助建议，由人审定。")

    kind: Kind
    quality: QualityOut
    gates: Sequence[GateTagOut] = Field(description="审查提示：可能不予立案的情形。")
    disposition: DispositionOut | None = Field(description="处理方式的建议；只有提案才有。")
    restricted: bool = Field(description="审查提示中有涉密或指名举报：不宜公开，请先问经办人。")
    text: str = Field(
        description="规范化后的文本（标题、换行、正文），各处引文按它计位；其中的个人信息已遮盖。"
    )
    privacy: Sequence[PrivateOut] = Field(description="遮盖了哪些个人信息，在 text 的哪里。")
    versions: VersionsOut
    notice: str


class AssessedItem(BaseModel):
    """An item of a batch that could be assessed."""

    model_config = described("批中成功的一件。")

    index: int = Field(description="在请求中的位置，从 0 起。")
    status: Literal["ok"]
    assessment: AssessmentOut


class FailedItem(BaseModel):
    """An item of a batch that could not."""

    model_config = described("批中失败的一件。")

    index: int = Field(description="在请求中的位置，从 0 起。")
    status: Literal["error"]
    error: Problem


class BatchOut(BaseModel):
    """The answers to a batch, in its order."""

    model_config = described("与请求同序的结果；个别失败时状态码仍为 200。")

    results: Sequence[Annotated[AssessedItem | FailedItem, Field(discriminator="status")]]
    count: int = Field(description="件数。")
    failed: int = Field(description="其中失败的件数。")


class HealthOut(BaseModel):
    """The process lives."""

    model_config = described("进程存活。")

    status: Literal["ok"]


class WaitingOut(BaseModel):
    """How much batch work waits."""

    model_config = described("等待的批量任务。")

    waiting_jobs: int = Field(description="没有结束的任务。")
    waiting_rows: int = Field(description="已读出、还没有结果的行。")
    workers: int = Field(description="在运行的工作进程。")


class ReadyOut(BaseModel):
    """The bundle is loaded."""

    model_config = described("模型包已载入。")

    status: Literal["ready"]
    versions: VersionsOut
    store: Literal["ready", "off"] = Field(description="数据库：ready 能应答，off 没有开启存储。")
    queue: WaitingOut | None = Field(description="没有开启存储时为 null。")
