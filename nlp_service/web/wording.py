"""How pages put things: names for codes, days, shares, and probabilities in words."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from nlp_service.domain.duplicates import Relation
from nlp_service.domain.people import UserRole
from nlp_service.domain.quality import DISPOSITION_NAMES, Disposition, Verdict
from nlp_service.domain.records import CHINA
from nlp_service.domain.submission import Kind

KINDS: Mapping[Kind, str] = {
    Kind.PROPOSAL: "提案",
    Kind.OPINION_REPORT: "社情民意",
    Kind.PUBLIC_MESSAGE: "群众来信",
    Kind.UNKNOWN: "类型不明",
}
DISPOSITIONS = DISPOSITION_NAMES
ROLES: Mapping[UserRole, str] = {
    UserRole.VIEWER: "只读",
    UserRole.SECRETARY: "秘书处",
    UserRole.COMMITTEE: "提案委员会",
    UserRole.ADMIN: "管理员",
}

SURE_FROM, FAIRLY_SURE_FROM = 0.9, 0.7
"""Calibrated probabilities from which a tag is called 有把握 and 较有把握."""


def sureness(probability: float, *, uncertain: bool = False) -> str:
    """Return a calibrated probability in words.

    Args:
        probability: 0–1.
        uncertain: below the threshold of its head, so that a person is asked whatever it says.
    """
    if uncertain or probability < FAIRLY_SURE_FROM:
        return "请人工"
    return "有把握" if probability >= SURE_FROM else "较有把握"


def day(value: date | datetime | None) -> str:
    """Return a day as the office writes it: 2026-03-05; of a moment, the day in China."""
    if isinstance(value, datetime):
        value = value.astimezone(CHINA).date()
    return value.isoformat() if value else ""


def moment(value: datetime | None) -> str:
    """Return a moment in China to the minute."""
    return value.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") if value else ""


def percent(share: float, digits: int = 0) -> str:
    """Return a share of 0–1 as per cent."""
    return f"{100 * share:.{digits}f} %"


RELATIONS: Mapping[Relation, str] = {
    Relation.COPY: "文本重复",
    Relation.SAME: "同一事项",
    Relation.RELATED: "同类议题",
    Relation.NONE: "无关",
}
VERDICTS: Mapping[Verdict, str] = {Verdict.YES: "是", Verdict.NO: "否", Verdict.DOUBTFUL: "存疑"}

FILTERS: Mapping[str, Callable[..., Any]] = {
    "kind_name": lambda kind: KINDS[Kind(kind)],
    "disposition_name": lambda one: DISPOSITIONS[Disposition(one)],
    "role_name": lambda role: ROLES[UserRole(role)],
    "relation_name": lambda one: RELATIONS[Relation(one)],
    "verdict_name": lambda one: VERDICTS[Verdict(one)],
    "sureness": sureness,
    "day": day,
    "moment": moment,
    "percent": percent,
}
