"""How the audit is put for readers: what was done, with what, and what it was before and after."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nlp_service.domain.audit import Action, Export, Facts, RecordKind
from nlp_service.domain.retention import STATE_NAMES
from nlp_service.domain.submission import KIND_NAMES

ACTIONS: Mapping[Action, str] = {
    Action.STORED: "收件入库",
    Action.ASSESSED: "评定",
    Action.DELETED: "删除",
    Action.RESTRICTED: "设为限阅",
    Action.UNRESTRICTED: "解除限阅",
    Action.SESSION_NAMED: "设立届次",
    Action.SESSION_CHANGED: "更改届次",
    Action.SESSION_REMOVED: "删去届次",
    Action.ADOPTED: "批量采纳系统建议",
    Action.ADOPTION_UNDONE: "撤回批量采纳",
    Action.OUTCOME_RECORDED: "登记办理结果",
    Action.MERGED: "并案",
    Action.UNMERGED: "撤销并案",
    Action.LEAD_CHOSEN: "确定主案",
    Action.PAIR_DECIDED: "认定两件来件的关系",
    Action.PAIR_DECISION_WITHDRAWN: "撤回对两件来件关系的认定",
    Action.REVIEWED: "确认或更正",
    Action.REVIEW_UNDONE: "撤回确认或更正",
    Action.DISPLAYED: "查阅限阅来件的原文",
    Action.ORIGINAL_SHOWN: "查阅未遮盖的原文",
    Action.ERASED: "按保存期限清除全文",
    Action.IMPORT_BEGUN: "开始导入档案",
    Action.IMPORT_FINISHED: "导入完毕",
    Action.BATCH_SUBMITTED: "提交批量任务",
    Action.BATCH_FINISHED: "批量任务结束",
    Action.BATCH_CANCELLED: "取消批量任务",
    Action.EXPORTED: "导出",
    Action.RESTORED: "从备份恢复数据库",
    Action.MODEL_CHANGED: "换用模型包",
    Action.MODEL_CHOSEN: "选用模型包",
    Action.FILING_LINES_SET: "更改立案分数线",
    Action.NAMES_SET: "更改本地名称和单位",
    Action.RETENTION_SET: "更改保存期限",
    Action.SIGNED_IN: "登录",
    Action.SIGN_IN_FAILED: "登录失败",
    Action.SIGNED_OUT: "退出",
    Action.PASSWORD_CHANGED: "修改口令",
    Action.PASSWORD_RESET: "重置口令",
    Action.USER_ADDED: "添加用户",
    Action.ROLE_CHANGED: "更改角色",
    Action.USER_DISABLED: "停用用户",
    Action.USER_ENABLED: "启用用户",
    Action.VIEW_SAVED: "保存收件箱的视图",
    Action.VIEW_REMOVED: "删除收件箱的视图",
    Action.KEY_ADDED: "发放密钥",
    Action.KEY_REVOKED: "撤销密钥",
}
RECORD_KINDS: Mapping[RecordKind, str] = {
    RecordKind.SUBMISSION: "来件",
    RecordKind.MERGE: "并案",
    RecordKind.TERM_SESSION: "届次",
    RecordKind.IMPORT: "档案导入",
    RecordKind.BATCH: "批量任务",
    RecordKind.DATABASE: "数据库",
    RecordKind.MODEL: "模型包",
    RecordKind.FILING_LINES: "立案分数线",
    RecordKind.NAMES: "本地名称和单位",
    RecordKind.RETENTION: "保存期限",
    RecordKind.USER: "用户",
    RecordKind.KEY: "密钥",
    RecordKind.VIEW: "视图",
}
EXPORTS: Mapping[str, str] = {
    Export.RESULTS: "批量结果",
    Export.REFUSED_ROWS: "没有分拣的行",
    Export.PACKET: "审查情况",
    Export.RETURN_NOTE: "退回完善通知",
    Export.STATISTICS: "统计",
    Export.HOT_ISSUES: "热点",
    Export.CORRECTIONS: "确认和更正",
    Export.AUDIT: "审计",
}
FACTS: Mapping[str, str] = {
    "address": "地址",
    "bundle": "模型包",
    "convert_from": "转意见建议线",
    "count": "件数",
    "dated_from": "日期从",
    "dated_until": "日期到",
    "deleted": "已删除",
    "digest": "文件指纹",
    "disabled": "已停用",
    "disposition": "处理方式",
    "duties": "管什么",
    "expected_error": "预期错误率",
    "expires_at": "失效",
    "figure": "图表",
    "file_from": "立案线",
    "filing_number": "立案编号",
    "format": "格式",
    "handling_unit": "承办单位",
    "kinds": "来件类型",
    "lead": "主案",
    "lead_units": "默认主办单位",
    "lines": "行数",
    "members": "成员",
    "merge": "并案",
    "most_error": "错误率上限",
    "name": "名称",
    "other": "另一件",
    "part": "采纳的项",
    "prefix": "开头",
    "proposals": "提案数",
    "relation": "关系",
    "replied_on": "答复日期",
    "reply_class": "答复类别",
    "restricted": "限阅",
    "role": "角色",
    "rule": "规则",
    "scopes": "权限",
    "segmenter": "分词器",
    "service": "程序",
    "shared": "同事可见",
    "short": "简称",
    "source": "来源",
    "states": "管哪些来件",
    "taxonomy": "分类体系",
    "what": "内容",
    "years": "满几年",
}
"""Names of facts -> for readers; others are shown as they are."""

_NOTHING = "无"
_CODES: Mapping[str, Mapping[Any, str]] = {"kinds": KIND_NAMES, "states": STATE_NAMES}
"""Of facts within others whose values are codes: code -> for readers."""


def facts_in_words(before: Facts | None, after: Facts | None) -> Sequence[tuple[str, str]]:
    """Return what changed: the name of each fact, and its value, or the old and the new one.

    >>> facts_in_words({"role": "viewer", "name": "张三"}, {"role": "admin", "name": "张三"})
    [('角色', 'viewer → admin')]
    >>> facts_in_words(None, {"what": "results", "format": "csv"})
    [('内容', '批量结果'), ('格式', 'csv')]
    >>> facts_in_words({"旧件": {"states": ["filed"]}}, {"旧件": {"states": ["returned"]}})
    [('旧件', '管哪些来件 立案 → 退回完善')]
    """
    was, now = before or {}, after or {}
    names = [*was, *(name for name in now if name not in was)]
    told = {name: _told(was, now, name) for name in names if was.get(name) != now.get(name)}
    return [(FACTS.get(name, name), value) for name, value in told.items()]


def _told(was: Facts, now: Facts, name: str) -> str:
    if name == "what":
        return EXPORTS.get(now[name], now[name])
    codes = _CODES.get(name)
    if name not in was:
        return _value(now[name], codes)
    if isinstance(was[name], dict) and isinstance(now.get(name), dict):
        return _joined(facts_in_words(was[name], now[name]))
    return f"{_value(was[name], codes)} → {_value(now.get(name), codes)}"


def _joined(told: Iterable[tuple[str, str]]) -> str:
    return "，".join(f"{name} {value}" for name, value in told)


def _value(value: Any, codes: Mapping[Any, str] | None = None) -> str:
    match value:
        case None | "" | []:
            return _NOTHING
        case dict() if not value:
            return _NOTHING
        case bool():
            return "是" if value else "否"
        case list():
            return "、".join(_value(one, codes) for one in value)
        case dict():
            return _joined(
                (FACTS.get(name, name), _value(one, _CODES.get(name)))
                for name, one in value.items()
            )
        case _:
            return (codes or {}).get(value, str(value))
