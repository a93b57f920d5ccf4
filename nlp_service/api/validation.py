"""Say in Chinese what pydantic found wrong, without a word of what was sent."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from nlp_service.domain.errors import InvalidSubmission

MOST_ERRORS = 20
"""Wrong places that one answer lists."""

_CODES: Mapping[str, str] = {
    "json_invalid": "invalid_json",
    "string_unicode": "invalid_unicode",
    "batch_too_large": "batch_too_large",
}
"""Types of error, pydantic's and ours, that have a code of their own."""

_MESSAGES: Mapping[str, str] = {
    "json_invalid": "不是有效的 JSON。",
    "string_unicode": "含有不成对的代理字符，不是有效文本，请检查编码。",
    "missing": "缺少这一项。",
    "extra_forbidden": "没有这个字段，请删去或检查拼写。",
    "string_type": "应为字符串。",
    "enum": "不是允许的取值，可用：{expected}。",
    "int_parsing": "应为整数。",
    "int_type": "应为整数。",
    "int_from_float": "应为整数。",
    "int_parsing_size": "应为整数，且不能这样大。",
    "float_parsing": "应为数。",
    "float_type": "应为数。",
    "finite_number": "应为数。",
    "greater_than_equal": "应不小于 {ge}。",
    "less_than_equal": "应不大于 {le}。",
    "string_too_long": "至多 {max_length} 字。",
    "bool_type": "应为 true 或 false。",
    "bool_parsing": "应为 true 或 false。",
    "list_type": "应为数组。",
    "too_short": "至少要有 {min_length} 项。",
    "too_long": "至多 {max_length} 项。",
    "batch_too_large": "一批至多 {most} 件，请分批提交。",
    "model_attributes_type": "应为 JSON 对象。",
    "date_type": "应为日期，如 2026-01-31。",
    "date_parsing": "应为日期，如 2026-01-31。",
    "date_from_datetime_parsing": "应为日期，如 2026-01-31。",
    "date_from_datetime_inexact": "应为日期，如 2026-01-31，不带时间。",
}
"""Type of error -> message; names in braces come from the rule, never from the value."""

_PLACES: Mapping[str, str] = {"query": "查询参数", "path": "地址中的", "header": "请求头"}
"""Part of a request, but its body, -> what it is called."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")


def described(description: str) -> ConfigDict:
    """Return the settings of our schemas: no further keys, and a description for the client."""
    return ConfigDict(extra="forbid", json_schema_extra={"description": description})


def require_day(value: object) -> object:
    """Let only days pass that are written as such; pydantic takes numbers for seconds since 1970.

    Raises:
        PydanticCustomError: it is something else.
    """
    if value is None or type(value) is date or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    timed = isinstance(value, str) and _DAY.match(value)
    raise PydanticCustomError("date_from_datetime_inexact" if timed else "date_type", "not a day")


def require_number(value: object) -> object:
    """Let only numbers pass in JSON, where pydantic takes "5" and true for them, too.

    Raises:
        PydanticCustomError: it is something else.
    """
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise PydanticCustomError("int_type", "not a number")


class InvalidValue(BaseModel):
    """One place of a request that does not fit."""

    model_config = described("一处不合要求的内容。")

    where: str = Field(description="在请求中的位置。", examples=["submissions[3].kind"])
    message: str = Field(examples=["缺少这一项。"])


class InvalidItem(InvalidSubmission):
    """A request, or one item of a batch, that does not fit its schema."""

    def __init__(self, code: str, message: str, errors: Sequence[InvalidValue]) -> None:
        super().__init__(code, message)
        self.errors = errors


def explain_errors(
    errors: Sequence[Mapping[str, Any]], *, inside: Sequence[str | int] = ()
) -> InvalidItem:
    """Return pydantic's errors as one of ours; ``inside`` is where the checked value stands."""
    types = {error["type"] for error in errors}
    code = _CODES.get(types.pop(), "invalid_request") if len(types) == 1 else "invalid_request"
    listed = [
        InvalidValue(where=_where([*inside, *error["loc"]], error), message=_message(error))
        for error in errors[:MOST_ERRORS]
    ]
    detail = f"{listed[0].where}：{listed[0].message}"
    if others := len(errors) - 1:
        detail += f"另有 {others} 处不合要求，见 errors。"
    return InvalidItem(code, detail, listed)


def _where(location: Sequence[str | int], error: Mapping[str, Any]) -> str:
    """Name the place, in a body by its path alone."""
    if error["type"] == "json_invalid":
        return f"请求体第 {location[-1]} 个字符附近"
    part, *steps = location
    path = "".join(map(_step, steps)).removeprefix(".")
    return (path or "请求体") if part == "body" else f"{_PLACES[str(part)]} {path}"


def _step(step: str | int) -> str:
    """Write one step; a field that the sender made up may hold anything, so it is not repeated."""
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _FIELD.fullmatch(step) else ".（未知字段）"


def _message(error: Mapping[str, Any]) -> str:
    template = _MESSAGES.get(error["type"], "不符合要求。")
    limits: dict[str, Any] = {
        name: int(limit) if isinstance(limit, float) and limit.is_integer() else limit
        for name, limit in error.get("ctx", {}).items()
    }
    if error["type"] == "enum":  # pydantic joins the values with commas and an "or"
        limits["expected"] = "、".join(re.findall(r"'([^']*)'", limits["expected"]))
    return template.format_map(limits)
