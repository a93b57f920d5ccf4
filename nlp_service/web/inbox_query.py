"""The inbox's address is its state: filter and order are read from it and written into it.

A bare address stands for what waits; one with an order but no filter for everything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from urllib.parse import urlencode

from pydantic import TypeAdapter, ValidationError

from nlp_service.api.problems import RequestRefused
from nlp_service.domain.queue import MOST_DAYS, ListOrder, Stage
from nlp_service.domain.records import ListFilter
from nlp_service.domain.views import filter_as_dict
from nlp_service.text.normalise import normalise

INBOX = "/inbox"
LONGEST_VALUE = 200

NAMES: Mapping[str, str] = {
    "words": "检索词",
    "kind": "类型",
    "topic": "议题",
    "subtopic": "子议题",
    "stage": "办理阶段",
    "least_urgency": "紧急程度",
    "band": "质量档",
    "needs_review": "机器把握",
    "sector": "界别",
    "unit": "承办单位",
    "lead_unit": "主办单位",
    "urgent": "紧急或须先看",
    "least_score": "质量分不低于",
    "dated_from": "提交日期从",
    "dated_until": "提交日期到",
    "received_from": "收到日期从",
    "received_until": "收到日期到",
    "received_days": "近几天收到",
    "reviewed": "已由人审核",
    "restricted": "限阅",
    "example": "示例",
    "batch": "批量任务",
}
"""What readers call each part of a filter."""

WITHOUT_FIELD = ("lead_unit", "urgent", "least_score", "reviewed", "batch")
"""Parts that views and links ask for, but no field of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a list of the inbox is asked for."""

    wanted: ListFilter = field(default_factory=lambda: ListFilter(stage=Stage.WAITING))
    order: ListOrder = ListOrder.LATEST

    @property
    def text(self) -> str:
        """The query of its address."""
        asked = filter_as_dict(self.wanted)
        ordered = {name: asked[name] for name in NAMES if name in asked}
        return urlencode({**{k: _written(v) for k, v in ordered.items()}, "order": self.order})

    @property
    def address(self) -> str:
        """Where it is found."""
        return f"{INBOX}?{self.text}"

    @property
    def kept(self) -> Mapping[str, str]:
        """What stays asked for when the fields of the page are changed."""
        asked = filter_as_dict(self.wanted)
        return {name: _written(asked[name]) for name in WITHOUT_FIELD if name in asked}

    def without(self, name: str) -> "Query":
        """Return it with one part of the filter left out."""
        nothing = getattr(ListFilter(), name)
        return replace(self, wanted=replace(self.wanted, **{name: nothing}))

    def next_page(self, cursor: str) -> str:
        """Return the address of what follows."""
        return f"{self.address}&{urlencode({'cursor': cursor})}"


def read_query(given: Mapping[str, str]) -> Query:
    """Read an address's query; fields that were left empty do not count.

    Raises:
        RequestRefused: a value is none that its part may have; the message says which.
    """
    asked = {name: clean for name, value in given.items() if (clean := normalise(value))}
    parts = {name: value for name, value in asked.items() if name in NAMES}
    if not parts and "order" not in asked:
        return Query()
    for name, value in parts.items():
        if len(value) > LONGEST_VALUE:
            raise _refused(name)
    try:
        wanted = _filters().validate_python(parts)
        order = ListOrder(asked.get("order", ListOrder.LATEST))
    except ValidationError as error:
        raise _refused(str(error.errors()[0]["loc"][0])) from None
    except ValueError:
        raise RequestRefused("invalid_request", "排序不是可用的一种，请在列表上方重选。") from None
    return Query(wanted=_checked(wanted), order=order)


def _checked(wanted: ListFilter) -> ListFilter:
    bounds = {"least_urgency": (1, 4), "received_days": (1, MOST_DAYS), "least_score": (0, 100)}
    for name, (low, high) in bounds.items():
        value = getattr(wanted, name)
        if value is not None and not low <= value <= high:
            raise _refused(name)
    return wanted


def _refused(name: str) -> RequestRefused:
    told = f"筛选条件“{NAMES[name]}”的取值不对，请重新选择，或从收件箱首页重新开始。"
    return RequestRefused("invalid_request", told)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@cache
def _filters() -> "TypeAdapter[ListFilter]":
    return TypeAdapter(ListFilter)
