"""The audit: who did what with which record, what it was before and after; never any of a text.

The entries are chained: each one's hash covers its contents and the hash of the one before it.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Facts = Mapping[str, Any]
"""What can be told of a record, as JSON: codes, keys, counts, states; no text, nothing secret."""


class Action(enum.StrEnum):
    """What was done, as the audit tells it."""

    STORED = "stored"
    """收件入库"""
    ASSESSED = "assessed"
    """评定"""
    DELETED = "deleted"
    """删除"""
    RESTRICTED = "restricted"
    """设为限阅"""
    UNRESTRICTED = "unrestricted"
    """解除限阅"""
    SESSION_NAMED = "session_named"
    """设立届次"""
    SESSION_CHANGED = "session_changed"
    """更改届次"""
    SESSION_REMOVED = "session_removed"
    """删去届次"""
    ADOPTED = "adopted"
    """批量采纳系统建议"""
    ADOPTION_UNDONE = "adoption_undone"
    """撤回批量采纳"""
    OUTCOME_RECORDED = "outcome_recorded"
    """登记办理结果"""
    MERGED = "merged"
    """并案"""
    UNMERGED = "unmerged"
    """撤销并案"""
    LEAD_CHOSEN = "lead_chosen"
    """确定主案"""
    PAIR_DECIDED = "pair_decided"
    """认定两件来件的关系"""
    PAIR_DECISION_WITHDRAWN = "pair_decision_withdrawn"
    """撤回对两件来件关系的认定"""
    REVIEWED = "reviewed"
    """确认或更正"""
    REVIEW_UNDONE = "review_undone"
    """撤回确认或更正"""
    DISPLAYED = "displayed"
    """查阅限阅来件的原文"""
    ORIGINAL_SHOWN = "original_shown"
    """查阅未遮盖的原文"""
    ERASED = "erased"
    """按保存期限清除全文"""
    IMPORT_BEGUN = "import_begun"
    """开始导入档案"""
    IMPORT_FINISHED = "import_finished"
    """导入完毕"""
    BATCH_SUBMITTED = "batch_submitted"
    """提交批量任务"""
    BATCH_FINISHED = "batch_finished"
    """批量任务结束"""
    BATCH_CANCELLED = "batch_cancelled"
    """取消批量任务"""
    EXPORTED = "exported"
    """导出"""
    RESTORED = "restored"
    """从备份恢复数据库"""
    MODEL_CHANGED = "model_changed"
    """换用模型包"""
    MODEL_CHOSEN = "model_chosen"
    """选用模型包"""
    FILING_LINES_SET = "filing_lines_set"
    """更改立案分数线"""
    NAMES_SET = "names_set"
    """更改本地名称和单位"""
    RETENTION_SET = "retention_set"
    """更改保存期限"""
    SIGNED_IN = "signed_in"
    """登录"""
    SIGN_IN_FAILED = "sign_in_failed"
    """登录失败"""
    SIGNED_OUT = "signed_out"
    """退出"""
    PASSWORD_CHANGED = "password_changed"
    """修改口令"""
    PASSWORD_RESET = "password_reset"
    """重置口令"""
    USER_ADDED = "user_added"
    """添加用户"""
    ROLE_CHANGED = "role_changed"
    """更改角色"""
    USER_DISABLED = "user_disabled"
    """停用用户"""
    USER_ENABLED = "user_enabled"
    """启用用户"""
    VIEW_SAVED = "view_saved"
    """保存视图"""
    VIEW_REMOVED = "view_removed"
    """删除视图"""
    KEY_ADDED = "key_added"
    """发放密钥"""
    KEY_REVOKED = "key_revoked"
    """撤销密钥"""


class Export(enum.StrEnum):
    """What was taken out of the service, as the fact ``what`` of an entry tells it."""

    RESULTS = "results"
    """一项批量任务的结果"""
    REFUSED_ROWS = "refused_rows"
    """一项批量任务中没有分拣的行"""
    PACKET = "packet"
    """一个届次的审查情况"""
    RETURN_NOTE = "return_note"
    """退回完善通知"""
    STATISTICS = "statistics"
    """统计"""
    HOT_ISSUES = "hot_issues"
    """热点"""
    CORRECTIONS = "corrections"
    """人工确认和更正过的来件"""
    AUDIT = "audit"
    """审计"""


class RecordKind(enum.StrEnum):
    """What an audit entry is about."""

    SUBMISSION = "submission"
    """来件"""
    MERGE = "merge"
    """并案"""
    TERM_SESSION = "term_session"
    """届次"""
    IMPORT = "import"
    """档案导入"""
    BATCH = "batch"
    """批量任务"""
    DATABASE = "database"
    """数据库"""
    MODEL = "model"
    """模型包"""
    FILING_LINES = "filing_lines"
    """立案分数线"""
    NAMES = "names"
    """本地名称和单位"""
    RETENTION = "retention"
    """保存期限"""
    USER = "user"
    """用户"""
    KEY = "key"
    """密钥"""
    VIEW = "view"
    """收件箱的视图"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an act made of a record; None where there was, or is, nothing to tell."""

    before: Facts | None = None
    after: Facts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what with which record, and when."""

    key: int
    """Entries are numbered as they were written; 0 until its transaction has ended."""
    at: datetime
    actor: str
    action: Action
    record_kind: RecordKind
    record_key: int
    before: Facts | None
    after: Facts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries are wanted; what is empty or None does not matter."""

    actor: str = ""
    """The whole name, as the entries have it."""
    action: Action | None = None
    since: datetime | None = None
    until: datetime | None = None
    """Entries before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """The newest entry. Noted elsewhere, it proves later that nothing behind it was cut off."""

    key: int
    """0 where the audit is empty."""
    hash: bytes

    def __str__(self) -> str:
        """Return it as it is noted: ``1187:9f86d081…``."""
        return f"{self.key}:{self.hash.hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCheck:
    """What was found when the whole chain was gone through."""

    entries: int
    head: ChainHead
    findings: Sequence[str]
    """What was changed, removed or put in, in Chinese, in order; empty where all is well."""
