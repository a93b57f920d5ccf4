"""One result as one row of a table: Chinese column names, labels by their names and codes.

A result is a line of a job (``jobs.lines``): ``row``, ``where``, ``status``, then ``assessment`` or
``error``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nlp_service.domain.submission import Kind

Cell = str | int | float | bool | None
Line = Mapping[str, Any]
"""A result as JSON has it."""

KINDS: Mapping[str, str] = {
    Kind.PROPOSAL: "提案",
    Kind.OPINION_REPORT: "社情民意信息",
    Kind.PUBLIC_MESSAGE: "群众来信来电",
    Kind.UNKNOWN: "类型不明",
}
STATUSES: Mapping[str, str] = {
    "ok": "已分拣",
    "refused": "未分拣",
    "quarantined": "已隔离",
    "erased": "已清除",
    "withheld": "限阅",
}
VERDICTS: Mapping[str, str] = {"yes": "是", "no": "否", "doubtful": "存疑"}

BETWEEN = "；"
"""Stands between several values of one cell."""


def column_names() -> Sequence[str]:
    """Return the names of the columns, in order."""
    return [*_OF_ROW, *_OF_ASSESSMENT]


def flatten(line: Line) -> Sequence[Cell]:
    """Return the cells of a result, in the order of the columns; not yet safe to open."""
    own = [read(line) for read in _OF_ROW.values()]
    assessment = line.get("assessment")
    if assessment is None:
        return [*own, *([None] * len(_OF_ASSESSMENT))]
    return [*own, *(read(assessment) for read in _OF_ASSESSMENT.values())]


def _id(line: Line) -> Cell:
    return str((line.get("assessment") or line).get("id", ""))


def _problem(line: Line) -> Cell:
    return str(line["error"]["message"]) if "error" in line else ""


_OF_ROW: Mapping[str, Callable[[Line], Cell]] = {
    "序号": lambda line: int(line["row"]),
    "文件中的位置": lambda line: str(line["where"]),
    "编号": _id,
    "状态": lambda line: STATUSES[line["status"]],
    "未分拣的原因": _problem,
}


def _name(tag: Mapping[str, Any] | None) -> str:
    return f"{tag['name']}（{tag['code']}）" if tag else ""


def _names(tags: Sequence[Mapping[str, Any]]) -> str:
    return BETWEEN.join(map(_name, tags))


def _probability(tag: Mapping[str, Any]) -> float:
    return round(float(tag["probability"]), 3)


def _units(role: str) -> Callable[[Line], Cell]:
    return lambda told: _names([unit for unit in told["units"] if unit["role"] == role])


def _of_quality(name: str) -> Callable[[Line], Cell]:
    def read(told: Line) -> Cell:
        value: Cell = told["quality"][name] if told["quality"] else None
        return value

    return read


def _answer(code: str) -> Callable[[Line], Cell]:
    def read(told: Line) -> Cell:
        answers = told["quality"]["answers"] if told["quality"] else ()
        return next((VERDICTS[one["verdict"]] for one in answers if one["code"] == code), "")

    return read


def _disposition(told: Line) -> Cell:
    return str(told["disposition"]["name"]) if told["disposition"] else ""


def _reasons(told: Line) -> Cell:
    return BETWEEN.join(reason["message"].rstrip("。") for reason in told["reasons"])


def _stored(told: Line) -> Cell:
    stored = told.get("stored")
    return int(stored["key"]) if stored else None


def _yes(value: object) -> str:
    return "是" if value else "否"


_OF_ASSESSMENT: Mapping[str, Callable[[Line], Cell]] = {
    "类型": lambda told: KINDS[told["kind"]],
    "议题": lambda told: _name(told["topic"]),
    "议题把握": lambda told: _probability(told["topic"]),
    "子议题": lambda told: _name(told["subtopic"]),
    "子议题把握": lambda told: _probability(told["subtopic"]),
    "其他议题": lambda told: _names(told["other_topics"]),
    "界别": lambda told: _names(told["sectors"]),
    "主办单位": _units("lead"),
    "会办单位": _units("assist"),
    "诉求": lambda told: _name(told["request"]),
    "紧急程度": lambda told: f"{told['urgency']['level']} {told['urgency']['name']}",
    "审查提示": lambda told: _names(told["gates"]),
    "限阅": lambda told: _yes(told["restricted"]),
    "质量总分": _of_quality("score"),
    "质量等次": _of_quality("band"),
    "该不该提": _answer("necessary"),
    "有没有调研": _answer("researched"),
    "具体可行否": _answer("concrete"),
    "处理建议": _disposition,
    "须人工查看": lambda told: _yes(told["needs_review"]),
    "查看的理由": _reasons,
    "退回完善建议": _of_quality("note"),
    "入库编号": _stored,
    "全文": lambda told: str(told["text"]),
    "模型": lambda told: str(told["versions"]["bundle"]),
    "说明": lambda told: str(told["notice"]),
}
