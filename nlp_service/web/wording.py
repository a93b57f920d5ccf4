"""How pages put things: names for codes, days, shares, and probabilities in words."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from math import ceil
from typing import Any

from nlp_service.api.related_schemas import RELATION_NAMES, outcome_in_words
from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.batches import BatchState
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.people import Permission, UserRole
from nlp_service.domain.privacy import PrivateType
from nlp_service.domain.quality import DISPOSITION_NAMES, Disposition
from nlp_service.domain.queue import ListOrder, Stage
from nlp_service.domain.records import CHINA, ReplyClass
from nlp_service.domain.retention import STATE_NAMES, State
from nlp_service.domain.submission import KIND_NAMES, Kind, Mode
from nlp_service.export.flat import VERDICTS
from nlp_service.intake.encodings import encoding_name
from nlp_service.intake.kinds import FileKind
from nlp_service.web.audit_wording import ACTIONS, RECORD_KINDS, facts_in_words
from nlp_service.web.highlights import places_of, shared_points

KINDS: Mapping[Kind, str] = KIND_NAMES
STAGES: Mapping[Stage, str] = {
    Stage.WAITING: "待处理",
    Stage.REVIEWED: "已审",
    Stage.MERGED: "已并案",
    Stage.DECIDED: "已定处置",
}
ORDERS: Mapping[ListOrder, str] = {
    ListOrder.LATEST: "最近收到的在前",
    ListOrder.URGENT: "紧急的在前",
    ListOrder.DOUBTFUL: "最拿不准的在前",
    ListOrder.BEST: "质量高的在前",
    ListOrder.WORST: "质量低的在前",
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
PERMISSIONS: Mapping[Permission, str] = {
    Permission.ASSESS: "评定、自查，不存入",
    Permission.READ: "查阅来件、并案、热点和导入",
    Permission.FILE: "存入来件、导入档案",
    Permission.HANDLE: "并案、认定关系、限阅、更正",
    Permission.DECIDE: "登记办理结果",
    Permission.DELETE: "删除来件",
    Permission.READ_ORIGINAL: "查阅限阅来件和未遮盖的原文",
    Permission.EXPORT: "导出",
    Permission.METRICS: "读运行指标",
    Permission.READ_AUDIT: "读审计",
    Permission.MANAGE: "管理用户、密钥和各项设置",
    Permission.ACT_FOR_OTHERS: "代他人操作",
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


BATCH_STATES: Mapping[BatchState, str] = {
    BatchState.WAITING: "等待处理",
    BatchState.RUNNING: "处理中",
    BatchState.DONE: "已完成",
    BatchState.FAILED: "无法继续",
    BatchState.CANCELLED: "已取消",
}
MODES: Mapping[Mode | None, str] = {
    None: "自动",
    Mode.AUTO: "自动",
    Mode.FAST: "快速",
    Mode.ACCURATE: "精细",
}
FILE_KINDS: Mapping[str, str] = {
    FileKind.CSV: "CSV 表格",
    FileKind.JSONL: "JSON 行",
    FileKind.XLSX: "Excel 工作簿",
    FileKind.DOCX: "Word 文档",
    FileKind.PDF: "PDF 文档",
    FileKind.TXT: "纯文本",
    FileKind.ZIP: "压缩包",
    "": "类型不明",
}


def file_size(size: int) -> str:
    """Return a number of bytes to one digit behind the point.

    >>> file_size(700), file_size(1843200), file_size(3 * 2**30)
    ('1 KB', '1.8 MB', '3.0 GB')
    """
    if size < 2**20:
        return f"{max(1, round(size / 2**10))} KB"
    return f"{size / 2**20:.1f} MB" if size < 2**30 else f"{size / 2**30:.1f} GB"


def duration(seconds: float) -> str:
    """Return how long something takes, as one says it.

    >>> duration(3.2), duration(95), duration(7300)
    ('4 秒', '2 分钟', '2 小时 2 分钟')
    """
    if seconds < 60:
        return f"{ceil(seconds)} 秒"
    minutes = ceil(seconds / 60)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} 分钟"
    return f"{hours} 小时 {rest} 分钟" if rest else f"{hours} 小时"


def count(number: int) -> str:
    """Return a number with its thousands parted: 12,345."""
    return f"{number:,}"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "kind_name": lambda kind: KINDS[Kind(kind)],
    "disposition_name": lambda one: DISPOSITION_NAMES[Disposition(one)],
    "order_name": lambda order: ORDERS[ListOrder(order)],
    "stage_name": lambda stage: STAGES[Stage(stage)],
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
    "batch_state": lambda state: BATCH_STATES[BatchState(state)],
    "mode_name": lambda mode: MODES[mode and Mode(mode)],
    "permission_name": lambda one: PERMISSIONS[Permission(one)],
    "retention_state": lambda state: STATE_NAMES[State(state)],
    "action_name": lambda action: ACTIONS[Action(action)],
    "record_kind_name": lambda kind: RECORD_KINDS[RecordKind(kind)],
    "changes": lambda entry: facts_in_words(entry.before, entry.after),
    "head_name": lambda head: PARTS.get(head, head),
    "file_kind": lambda kind: FILE_KINDS[kind or ""],
    "encoding_name": encoding_name,
    "file_size": file_size,
    "duration": duration,
    "count": count,
}
