"""The query parameters by which lists of submissions are filtered and counted."""

from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from nlp_service.api.limits import MAX_KEY
from nlp_service.api.problems import RequestRefused
from nlp_service.api.schemas import Day
from nlp_service.domain.queue import MOST_DAYS, Stage
from nlp_service.domain.records import LONGEST_NAME, ListFilter
from nlp_service.domain.submission import Kind

LONGEST_WORDS = 200


class ListQuery(BaseModel):
    """Which submissions are wanted; what is left out does not count."""

    kind: Kind | None = Field(default=None, description="来件类型，含模型建议的。")
    topic: str = Field(default="", description="主议题的代码。", examples=["T08"])
    subtopic: str = Field(default="", description="子议题的代码。")
    sector: str = Field(default="", description="界别的代码。", examples=["S02"])
    lead_unit: str = Field(default="", description="主办单位的代码。")
    unit: str = Field(default="", description="主办或会办单位的代码。", examples=["D10"])
    least_urgency: int | None = Field(default=None, description="紧急程度不低于，1–4。", ge=1, le=4)
    urgent: bool | None = Field(
        default=None, description="是否须先看（可能有险情），或紧急程度为 3、4。"
    )
    least_score: float | None = Field(
        default=None, description="质量总分不低于，0–100。", ge=0, le=100
    )
    band: str = Field(
        default="", description="提案质量档的名称。", examples=["良好"], max_length=LONGEST_NAME
    )
    dated_from: Day | None = Field(default=None, description="日期从，含当天。")
    dated_until: Day | None = Field(default=None, description="日期到，含当天。")
    received_from: Day | None = Field(default=None, description="收到日期从（北京时间）。")
    received_until: Day | None = Field(default=None, description="收到日期到，含当天。")
    received_days: int | None = Field(
        default=None, description="近几天收到的，今天算一天。", ge=1, le=MOST_DAYS
    )
    stage: Stage | None = Field(
        default=None,
        description="办到哪一步：waiting 待处理，reviewed 已审，merged 已并案，decided 已定处置。",
    )
    needs_review: bool | None = Field(default=None, description="是否待人工。")
    reviewed: bool | None = Field(default=None, description="是否已由人确认或更正。")
    restricted: bool | None = Field(default=None, description="是否限阅。")
    example: bool | None = Field(default=None, description="是否随程序提供的示例。")
    batch: int | None = Field(
        default=None,
        description="由哪一个批量任务收进（任务的编号）；结果已满保存期的，查不到。",
        ge=1,
        le=MAX_KEY,
    )
    words: str = Field(
        default="",
        description="标题、正文、编号或提交者中须有的词句，空格分开的都要有，不分大小写和全半角；"
        "不查限阅来件。",
        max_length=LONGEST_WORDS,
    )


async def read_filter(given: Annotated[ListQuery, Query()]) -> ListFilter:
    """Return the filter; words are never looked for in restricted submissions.

    Raises:
        RequestRefused: words are looked for among restricted submissions alone.
    """
    if given.words and given.restricted:
        raise RequestRefused("invalid_request", "限阅来件不能按词句检索，请去掉 words。")
    return ListFilter(**given.model_dump())


WantedDep = Annotated[ListFilter, Depends(read_filter)]
