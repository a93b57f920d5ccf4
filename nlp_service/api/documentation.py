"""What /openapi.json shows beside the schemas: examples, and every problem a route may answer."""

from collections.abc import Sequence
from typing import Any

from fastapi.openapi.models import Example

from nlp_service.api.examples import ASSESSMENT, OPINION_REPORT, PROPOSAL, PUBLIC_MESSAGE
from nlp_service.api.problems import MEDIA_TYPE, PROBLEMS, as_json, make_problem
from nlp_service.intake.kinds import MEDIA_TYPES

Responses = dict[int | str, dict[str, Any]]
Answers = Sequence[tuple[str, str, Responses]]
"""Method, path and documented responses of operations whose example answers hold nulls."""

TITLE = "来件分拣服务"
_ABOUT = """为提案、社情民意信息和群众来信给出辅助建议：议题、界别、承办单位、诉求、紧急程度、
审查提示，以及须由人查看的理由；并按成文规则评质量，每条都引文中原句，只说“已见”“未见”。
只作辅助，由人审定；离线运行，来件和结果只存在本单位的数据库里（store=false 时不存）。
入库的来件可以列出、并案、登记办理结果；往年档案可以整份导入。提交者的身份从不参与评定。
电话、证件号、姓名、门牌等个人信息在一切答复、列表和索引中都已遮盖；原文另存，查阅即记入审计。

所有错误都按 RFC 9457 以 `application/problem+json` 返回，不含来件内容；`code` 稳定：

| code | 状态码 | 含义 |
|---|---|---|
"""
DESCRIPTION = _ABOUT + "\n".join(
    f"| `{code}` | {kind.status} | {kind.title} |" for code, kind in PROBLEMS.items()
)
TAGS = [
    {"name": "分拣", "description": "一件或一批来件。"},
    {"name": "来件", "description": "入库的来件：列表、单件、限阅、办理结果。"},
    {"name": "人工审核", "description": "确认或更正机器的评定，可以撤回。"},
    {"name": "并案", "description": "几件来件作为一案办理，可以撤销。"},
    {"name": "档案", "description": "整份导入往年的来件。"},
    {"name": "批量", "description": "整个文件作为任务分拣：中断了也会接着做，每行恰有一个结果。"},
    {"name": "查重", "description": "往年有没有同样的文字、同一事项，当时怎样办的。"},
    {"name": "质量", "description": "提交前自查，和质量的成文规则。"},
    {"name": "热点", "description": "一段时间里许多来件反映的同一事项。"},
    {"name": "分类体系", "description": "议题、单位、界别等标签。"},
    {"name": "登录", "description": "登录、退出、修改口令；其他系统用密钥，不必登录。"},
    {"name": "用户和密钥", "description": "管理员管理用户和密钥，查看审计。"},
    {"name": "运行", "description": "供监控和部署使用。"},
]

SUBMISSION_EXAMPLES: dict[str, Example] = {
    "群众来信": {"summary": "一封群众来信", "value": PUBLIC_MESSAGE},
    "社情民意": {"summary": "一件社情民意信息", "value": OPINION_REPORT},
    "提案": {"summary": "一件写明类型的提案", "value": PROPOSAL},
}
QUALITY_EXAMPLES: dict[str, Example] = {
    "提案": {
        "summary": "一件提案草稿",
        "value": {key: PROPOSAL[key] for key in ("title", "body")},
    },
    "社情民意": {
        "summary": "一件社情民意信息，写明类型",
        "value": {**OPINION_REPORT, "kind": "opinion_report"},
    },
}
BATCH_EXAMPLES: dict[str, Example] = {
    "两件": {
        "summary": "两件，第二件没有可读的文字",
        "value": {"submissions": [PUBLIC_MESSAGE, {"id": "2026-0132", "body": "……"}]},
    }
}

_GLOSSES = {
    "ListOrder": "列表的排列次序。",
    "Stage": "办到哪一步：待处理、已审、已并案、已定处置。",
    "Kind": "来件类型：proposal 提案，opinion_report 社情民意信息，public_message 群众来信。",
    "KindSource": "来件类型的来源：stated 来件写明，predicted 模型建议。",
    "ScorePath": "概率的来路：linear 只有线性模型，combined 线性模型与编码器合判。",
    "PrivateType": "个人信息的种类：phone 电话，identity 身份证号，bank_card 银行卡，plate 车牌，"
    "email 邮箱，account 微信、QQ 等账号，passport 护照，insurance 社保、医保、病历等编号，"
    "name 姓名，address 门牌。",
    "Mode": "fast 只用线性模型，accurate 合判，auto 只让编码器看没把握的。",
    "Role": "lead 主办，assist 会办。",
    "Scale": "所用的尺度：proposal 提案，opinion_report 社情民意信息，message 群众来信。",
    "Verdict": "答案：yes 是，no 否，doubtful 存疑。",
    "SentenceRole": "一句的作用：background 背景，problem 问题，cause 原因，evidence 依据，"
    "suggestion 建议，slogan 口号，personal 个人事项，other 其他。",
    "Disposition": "处理方式：filed 立案，merged 并案，converted 转意见建议，returned 退回完善，"
    "not_filed 不予立案。",
    "Relation": "关系：copy 文本重复，same 同一事项，related 同类议题，none 无关。",
    "Section": "文本的部分：title 标题，problem 情况，suggestion 建议。",
    "ReplyClass": "答复类别：A 已解决或基本解决，B 正在解决或列入近期计划，C 列入以后规划，"
    "D 暂不能解决或留作参考。",
    "UserRole": "角色：viewer 只读，secretary 秘书处，committee 提案委员会，admin 管理员。",
    "Permission": "权限：assess 评定自查而不存，read 查阅，file 存入和导入，handle 并案、认定、"
    "限阅，decide 登记办理结果，delete 删除，read_original 查阅限阅和未遮盖的原文，export 导出，"
    "metrics 运行指标，read_audit 审计，manage 管理用户和密钥，act_for_others 代他人操作（只给"
    "密钥）。",
    "CallerKind": "凭什么进来：user 登录的用户，key 密钥。",
    "RecordKind": "对什么：submission 来件，merge 并案，import 导入，database 数据库，model "
    "模型包，user 用户，key 密钥，batch 批量任务。",
    "Action": "做了什么：stored 入库，assessed 评定，deleted 删除，restricted 设为限阅，"
    "unrestricted 解除限阅，displayed 查阅限阅来件，original_shown 查阅未遮盖的原文，"
    "erased 按保存期限清除全文，outcome_recorded 登记办理结果，merged 并案，"
    "unmerged 撤销并案，lead_chosen 确定主案，pair_decided 认定两件来件的关系，"
    "pair_decision_withdrawn 撤回认定，import_begun 开始导入，import_finished 导入完毕，"
    "exported 导出，restored 恢复数据库，model_changed 换用模型包，signed_in 登录，"
    "sign_in_failed 登录失败，signed_out 退出，password_changed 修改口令，password_reset 重置口令，"
    "user_added 添加用户，role_changed 更改角色，user_disabled 停用，user_enabled 启用，"
    "key_added 发放密钥，key_revoked 撤销密钥，"
    "batch_submitted 提交批量任务，batch_finished 批量任务结束，batch_cancelled 取消批量任务，"
    "reviewed 确认或更正，review_undone 撤回确认或更正。",
    "ImportState": "unfinished 未完成（正在导入，或中断了，再发同一文件即接着导入），"
    "done 已完成，failed 无法继续。",
    "BatchState": "waiting 等待处理，running 处理中，done 已完成（每行都有结果），"
    "failed 无法继续（已读的行仍有结果），cancelled 已取消（已完成的仍在）。",
    "Format": "结果的格式：ndjson 每行一个 JSON，csv 表格，xlsx Excel 工作簿。",
    "NotifyState": "none 未要求通知，waiting 尚未送达，delivered 已送达，failed 未能送达。",
    "Taxonomy": "一个版本的全部标签。",
    "Topic": "议题和它的子议题。",
    "Subtopic": "子议题和通常的承办单位、界别。",
    "Label": "代码和名称。",
    "Unit": "承办单位和职责。",
    "GlossedLabel": "代码、名称和一句说明。",
    "Urgency": "紧急程度的一级，4 最紧急。",
    "Gate": "审查提示：可能不予立案的情形，只作提示。",
    "Dimension": "质量的一个方面和各级（0–4）的含义。",
    "Cap": "某方面只到某级时总分的上限。",
    "Band": "总分的一个档次，从 from_score 起。",
}
"""Types of ``domain``, whose own descriptions are ours to read and not the client's."""


def describe_domain_types(openapi: dict[str, Any]) -> None:
    """Describe the types of ``domain`` in Chinese, in place."""
    for name, gloss in _GLOSSES.items():
        openapi["components"]["schemas"][name]["description"] = gloss


def restore_nulls(openapi: dict[str, Any], answers: Answers) -> None:
    """Put example answers back whole, in place: FastAPI leaves out what is null in them."""
    for method, path, responses in answers:
        operation = openapi["paths"][path][method]
        for status in (200, 201, 202):
            for media_type, written in responses.get(status, {}).get("content", {}).items():
                operation["responses"][str(status)]["content"][media_type].update(written)


FILE_FORM: dict[str, Any] = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {
                "type": "string",
                "format": "binary",
                "description": "一个文件，带文件名；选项不写在表单里，写在查询参数里。",
            }
        },
        "additionalProperties": False,
    },
    "encoding": {"file": {"contentType": ", ".join(sorted(MEDIA_TYPES))}},
}
"""A form with a file, as browsers send it."""


def _problem_example(code: str) -> dict[str, object]:
    instance = "urn:uuid:0b0f3f6e-5f0e-4d43-9d0c-6a4c1f9b8f11"
    return as_json(make_problem(code)) | {"instance": instance}


def describe_problems(*codes: str) -> Responses:
    """Return the documentation of these problems, by status, with an example of each."""
    responses: Responses = {}
    for status in dict.fromkeys(PROBLEMS[code].status for code in codes):
        same_status = [code for code in codes if PROBLEMS[code].status == status]
        content = {
            "schema": {"$ref": "#/components/schemas/Problem"},
            "examples": {code: {"value": _problem_example(code)} for code in same_status},
        }
        responses[status] = {
            "description": "；".join(PROBLEMS[code].title for code in same_status),
            "content": {MEDIA_TYPE: content},
        }
    return responses


def answer(description: str, example: object) -> Responses:
    """Return the documentation of the answer that is asked for."""
    content = {"application/json": {"example": example}}
    return {200: {"description": description, "content": content}}


def _seldom_changing(description: str) -> Responses:
    etag = {"description": "内容的标识", "schema": {"type": "string"}}
    return {
        200: {"description": description, "headers": {"ETag": etag}},
        304: {"description": "未变"},
        **describe_problems(*ALWAYS),
    }


_STORED = {"key": 118, "created": True}
_BATCH = {
    "results": [
        {
            "index": 0,
            "status": "ok",
            "assessment": {**ASSESSMENT, "stored": _STORED, "duplicates": None},
        },
        {"index": 1, "status": "error", "error": _problem_example("empty_text")},
    ],
    "count": 2,
    "failed": 1,
}
BODY_PROBLEMS = (
    "invalid_json",
    "invalid_encoding",
    "request_too_large",
    "unsupported_media_type",
    "invalid_request",
    "invalid_unicode",
)
ALWAYS = ("internal_error", "not_ready")
STORE_PROBLEMS = ("store_disabled", "store_unavailable", "store_full")

ASSESSMENT_RESPONSES: Responses = answer(
    "辅助建议", {**ASSESSMENT, "stored": _STORED, "duplicates": []}
) | describe_problems(
    *BODY_PROBLEMS,
    "invalid_name",
    "empty_text",
    "text_too_long",
    "mode_unavailable",
    "reference_taken",
    *STORE_PROBLEMS,
    *ALWAYS,
)
BATCH_RESPONSES: Responses = answer("与请求同序的结果", _BATCH) | describe_problems(
    *BODY_PROBLEMS,
    "invalid_name",
    "batch_too_large",
    "mode_unavailable",
    *STORE_PROBLEMS,
    *ALWAYS,
)
QUALITY_RESPONSES: Responses = {
    200: {"description": "质量和审查提示"},
    **describe_problems(*BODY_PROBLEMS, "empty_text", "text_too_long", "mode_unavailable", *ALWAYS),
}
RUBRIC_RESPONSES: Responses = _seldom_changing("质量量表")
TAXONOMY_RESPONSES: Responses = _seldom_changing("分类体系")
HEALTH_RESPONSES: Responses = {200: {"description": "进程存活"}}
READY_RESPONSES: Responses = {
    200: {"description": "可以开始工作"},
    **describe_problems("not_ready", "store_unavailable"),
}
METRICS_RESPONSES: Responses = {
    200: {"description": "Prometheus 文本格式", "content": {"text/plain": {}}}
}


ANSWERS: Answers = (
    ("post", "/v1/assessments", ASSESSMENT_RESPONSES),
    ("post", "/v1/assessments:batch", BATCH_RESPONSES),
)
