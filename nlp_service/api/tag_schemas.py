"""The shapes of tags in an answer: a label, its probability and the words behind it."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from nlp_service.api.validation import described
from nlp_service.domain.assessment import Role, ScorePath
from nlp_service.domain.privacy import PrivateType

Probability = Annotated[
    float, Field(description="校准后的概率，0–1。", json_schema_extra={"minimum": 0, "maximum": 1})
]


class SpanOut(BaseModel):
    """A stretch of the normalised text."""

    model_config = described(
        "规范化文本中的一段：text[start:end] == quote，按字符（Unicode 码点）计。"
    )

    start: int
    end: int
    quote: str


class PrivateOut(BaseModel):
    """Covered personal data."""

    model_config = described("一处已遮盖的个人信息，在 text 中的位置。")

    start: int
    end: int
    type: PrivateType


class TagOut(BaseModel):
    """One label."""

    model_config = described("一个标签和它的概率。")

    code: str
    name: str
    probability: Probability
    spans: Sequence[SpanOut] = Field(description="依据的词句，按文中次序；explain=false 时为空。")
    path: ScorePath


class UnitTagOut(TagOut):
    """A handling unit."""

    model_config = described("承办单位。")

    role: Role = Field(description="lead 主办，assist 会办。")


class GateTagOut(TagOut):
    """A ground for review."""

    model_config = described("一条审查提示和规则原文；只提示人工审查，从不自动退件。")

    spans: Sequence[SpanOut] = Field(description="应先看的句子；explain=false 时也有。")
    rule: str = Field(description="规则原文。", examples=["指名举报、控告的，不予立案。"])
    restricted: bool = Field(description="为 true 时（涉密、指名举报）应停止索引和公开展示。")
    found_by: Sequence[Literal["rule", "model"]] = Field(
        description="由谁提示：rule 成文规则，model 模型；可以两者都有。"
    )


class UrgencyTagOut(BaseModel):
    """How urgent it is."""

    model_config = described("紧急程度，1 一般至 4 紧急。")

    level: int = Field(json_schema_extra={"minimum": 1, "maximum": 4})
    name: str
    probability: Probability
    spans: Sequence[SpanOut]
    path: ScorePath
