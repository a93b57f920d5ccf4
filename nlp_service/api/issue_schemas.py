"""The shapes of hot issues: ``duplicates.hot_issues`` described."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from nlp_service.api.validation import described

Members = Annotated[
    Sequence[int],
    Field(description="来件在库中的编号，由小到大，一页。", examples=[[118, 121, 140]]),
]
NextMember = Annotated[
    int | None,
    Field(description="还有下一页时为本页最后一个编号，取下一页时作 after；没有时为 null。"),
]


class WindowOut(BaseModel):
    """Days, both included."""

    model_config = described("一段日期，首尾都含。")

    first: date = Field(alias="from")
    last: date = Field(alias="until")


class StretchOut(WindowOut):
    """A part of the window."""

    model_config = described("时段中的一段和这一段的件数。")

    count: int


class CodeOut(BaseModel):
    """A topic or subtopic."""

    model_config = described("议题或子议题的代码和名称。")

    code: str = Field(examples=["T08"])
    name: str = Field(description="当前分类体系中的名称；已没有这个代码时为空。")


class HotIssueOut(BaseModel):
    """A group that stands out."""

    model_config = described("一个热点：时段内反映同一事项的来件。")

    group: int = Field(description="组的编号：组内最小的来件编号；组有变动时可能改变。")
    title: str = Field(
        description="组内最有代表性（与组内其他来件相同的概率之和最大）的来件的标题；"
        "限阅来件的不取，都没有标题时为空。"
    )
    places: Sequence[str] = Field(description="最常提到的地点，至多五个；不取自限阅来件。")
    topic: CodeOut = Field(description="组内多数来件的议题。")
    subtopic: CodeOut
    first_on: date = Field(description="组内最早一件的日期，可能早于时段。")
    last_on: date = Field(description="到时段末为止，组内最晚一件的日期。")
    count: int = Field(description="时段内的件数。")
    count_before: int = Field(description="之前同样长的一段时间内的件数。")
    submitters: int = Field(description="时段内不同提交者的人数；提交者不明的，一件算一人。")
    districts: Sequence[str] = Field(description="时段内来件的地区，件数多的在前；不明的不计。")
    restricted: int = Field(description="时段内来件中限阅的件数；限阅的只计数。")
    growth: float = Field(
        description="比之前一段至少增长到几倍：两段件数之比的 95% 置信下限，件数少时偏保守；"
        "大于 1 才说得上增长。"
    )
    heat: float = Field(description="热度：件数 × 人数 × 增长（限于 ¼ 至 4）的平方根，按它排序。")
    series: Sequence[StretchOut] = Field(
        description="按日（时段不超过 31 天）、按七天（不超过 182 天）或按月的件数，没有的为 0。"
    )
    members: Members
    next_member: NextMember


class HotIssuesOut(BaseModel):
    """The hot issues of a window."""

    model_config = described("一段时间的热点，最热的在前；辅助建议，由人审定。")

    window: WindowOut = Field(description="时段，按来件所属日期计。")
    before: WindowOut = Field(description="与之比较的、紧接在前的同样长的一段。")
    submissions: int = Field(description="时段内的来件总数；指定议题时为该议题的。")
    submissions_before: int = Field(description="之前一段的来件总数。")
    issues: Sequence[HotIssueOut]
    notice: str


class MembersOut(BaseModel):
    """A page of members."""

    model_config = described("一个热点在时段内的来件编号，一页。")

    members: Members
    next_member: NextMember
