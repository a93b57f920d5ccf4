"""The shapes of what an answer says of quality: the dataclasses of ``domain.quality`` described."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from nlp_service.api.tag_schemas import SpanOut
from nlp_service.api.validation import described
from nlp_service.domain.quality import Disposition, Scale, SentenceRole, Verdict

Missing = Annotated[
    Sequence[str],
    Field(description="找过而未见的，最有帮助的在前。未见不等于没有，只是文中没有写。"),
]


class SentenceOut(SpanOut):
    """A sentence and what it does."""

    model_config = described("文中的一句和它的作用。")

    role: SentenceRole


class QuoteOut(SpanOut):
    """A stretch of the text and what it shows."""

    model_config = described("文中所见的一处；只说见到，不说属实。")

    type: str = Field(description="种类的代码，见 /v1/rubric 的 evidence。", examples=["survey"])
    name: str = Field(description="种类的名称。", examples=["走访调研"])
    suggested: bool = Field(description="是否出现在建议部分。")


Seen = Annotated[Sequence[QuoteOut], Field(description="文中所见，按文中次序。")]


class LevelOut(BaseModel):
    """One dimension of the rubric."""

    model_config = described("量表的一个方面。")

    code: str = Field(examples=["Q2"])
    name: str = Field(examples=["调研证据"])
    weight: int = Field(description="权重，六个方面合计 100。")
    level: float = Field(
        description="等级 0–4，取一位小数：人工评阅的平均等级会是多少。",
        json_schema_extra={"minimum": 0, "maximum": 4},
    )
    meaning: str = Field(description="量表对最接近的整级的说明。")
    probability: float = Field(
        description="人工评阅也给这一整级的概率，0–1。",
        json_schema_extra={"minimum": 0, "maximum": 1},
    )
    seen: Seen
    against: Sequence[QuoteOut] = Field(description="不利的所见：口号、传闻、含糊说法。")
    missing: Missing


class AnswerOut(BaseModel):
    """The answer to one of the three questions."""

    model_config = described("三问之一的答案。")

    code: str = Field(description="necessary、researched 或 concrete。", examples=["researched"])
    question: str = Field(
        description="问题，含提案审查的原话；答“是”为好。",
        examples=["是否经过深入调研（没经过深入调研的不提）"],
    )
    verdict: Verdict
    probability: float = Field(
        description="人工评阅会答“是”的概率，0–1。",
        json_schema_extra={"minimum": 0, "maximum": 1},
    )
    seen: Seen
    missing: Missing


class MarkOut(BaseModel):
    """One of the marks of an opinion report."""

    model_config = described("社情民意信息的一项得分。")

    code: str
    name: str
    weight: int = Field(description="这一项的满分。")
    points: float = Field(description="得分，0 至 weight。")
    seen: Seen


class ItemOut(BaseModel):
    """Something that a message needs."""

    model_config = described("群众来信要能办理所须写明的一项：何人、何地、何时、何事。")

    code: str
    name: str
    seen: Sequence[QuoteOut] = Field(description="文中写到之处；空表示未见。")


class QualityOut(BaseModel):
    """The quality of one submission, on the scale of its kind."""

    model_config = described(
        "来件的质量，按类型各用各的尺度：提案看三问、六个方面和总分，社情民意信息看五项得分，"
        "群众来信只看要素是否齐全，不打分。提交者的身份不参与评定。"
    )

    scale: Scale
    score: float | None = Field(
        description="总分 0–100，取一位小数；群众来信为 null。",
        json_schema_extra={"minimum": 0, "maximum": 100},
    )
    band: str = Field(description="提案所在的档次，其余类型为空。", examples=["良好"])
    low: float = Field(
        description="提案：人工评阅的总分落在最低档的概率，0–1；其余类型为 0。",
        json_schema_extra={"minimum": 0, "maximum": 1},
    )
    answers: Sequence[AnswerOut] = Field(description="提案：三问的答案；其余类型为空。")
    levels: Sequence[LevelOut] = Field(description="提案：Q1–Q6 六个方面；其余类型为空。")
    marks: Sequence[MarkOut] = Field(description="社情民意信息：五项得分；其余类型为空。")
    items: Sequence[ItemOut] = Field(description="群众来信：各项要素；其余类型为空。")
    notes: Sequence[str] = Field(description="看分数前须知：所触及的封顶。")
    doubts: Sequence[str] = Field(description="须由人判断的缘由：文本过短或有损坏。")
    evidence: Sequence[QuoteOut] = Field(
        description="全部所见，按文中次序；/v1/assessments 在 explain=false 时为空。"
    )
    sentences: Sequence[SentenceOut] = Field(
        description="逐句的作用，群众来信为空；/v1/assessments 在 explain=false 时为空。"
    )
    note: str = Field(description="给提交者的退回完善建议（草稿）；无须完善时为空。")


class DispositionOut(BaseModel):
    """What may be done with a proposal."""

    model_config = described("对提案处理方式的建议，由人决定。")

    disposition: Disposition
    name: str = Field(examples=["退回完善"])
    reasons: Sequence[str] = Field(description="理由，最要紧的在前。")
