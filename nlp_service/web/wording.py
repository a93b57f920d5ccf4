"""How pages put things: names for codes, days, shares, and probabilities in words."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from nlp_service.api.related_schemas import RELATION_NAMES, outcome_in_words
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.people import UserRole
from nlp_service.domain.privacy import PrivateType
from nlp_service.domain.quality import DISPOSITION_NAMES, Disposition
from nlp_service.domain.records import CHINA, ReplyClass
from nlp_service.domain.submission import Kind
from nlp_service.export.flat import VERDICTS
from nlp_service.web.highlights import places_of, shared_points

KINDS: Mapping[Kind, str] = {
    Kind.PROPOSAL: "提案",
    Kind.OPINION_REPORT: "社情民意",
    Kind.PUBLIC_MESSAGE: "群众来信",
    Kind.UNKNOWN: "类型不明",
}
ROLES: Mapping[UserRole, str] = {
    UserRole.VIEWER: "只读",
    UserRole.SECRETARY: "秘书处",
    UserRole.COMMITTEE: "提案委员会",
    UserRole.ADMIN: "管理员",
}

PARTS: Mapping[str, str] = {
    "kind": "来件类型",
    "topic": "议题",
    "subtopic": "子议题",
    "other_topics": "其他议题",
    "sectors": "界别",
    "lead_unit": "主办单位",
    "assist_units": "会办单位",
    "request": "诉求",
    "urgency": "紧急程度",
    "gates": "审查提示",
    "levels": "质量等级",
    "disposition": "处理意见",
}
"""The parts of ``Findings``, in their order."""
REPLIES: Mapping[ReplyClass, str] = {
    ReplyClass.A: "A 已解决",
    ReplyClass.B: "B 正在解决",
    ReplyClass.C: "C 列入规划",
    ReplyClass.D: "D 暂不能解决",
}
PRIVATE_TYPES: Mapping[PrivateType, str] = {
    PrivateType.PHONE: "电话",
    PrivateType.IDENTITY: "身份证号",
    PrivateType.BANK_CARD: "银行卡号",
    PrivateType.PLATE: "车牌号",
    PrivateType.EMAIL: "电子邮箱",
    PrivateType.ACCOUNT: "微信、QQ 等账号",
    PrivateType.PASSPORT: "证件号",
    PrivateType.INSURANCE: "社保、医保编号",
    PrivateType.NAME: "私人姓名",
    PrivateType.ADDRESS: "住址",
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


def chance(probability: float) -> str:
    """Return a probability with two digits; what is not certain never reads as 1.00."""
    return f"{probability if probability == 1 else min(probability, 0.99):.2f}"


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


FILTERS: Mapping[str, Callable[..., Any]] = {
    "kind_name": lambda kind: KINDS[Kind(kind)],
    "disposition_name": lambda one: DISPOSITION_NAMES[Disposition(one)],
    "role_name": lambda role: ROLES[UserRole(role)],
    "relation_name": lambda relation: RELATION_NAMES[Relation(relation)],
    "private_name": lambda one: PRIVATE_TYPES[PrivateType(one)],
    "verdict_name": lambda verdict: VERDICTS[verdict],
    "outcome_words": outcome_in_words,
    "places_of": places_of,
    "shared_points": shared_points,
    "sureness": sureness,
    "chance": chance,
    "day": day,
    "moment": moment,
    "percent": percent,
}
