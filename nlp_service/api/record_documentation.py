"""What /openapi.json shows of stored records: requests that may be tried, answers, problems."""

from typing import Any

from fastapi.openapi.models import Example

from nlp_service.api.documentation import (
    ALWAYS,
    BODY_PROBLEMS,
    FILE_FORM,
    STORE_PROBLEMS,
    Answers,
    Responses,
    answer,
    describe_problems,
)
from nlp_service.api.examples import ASSESSMENT, PUBLIC_MESSAGE
from nlp_service.api.review_documentation import REVIEW
from nlp_service.intake.kinds import MEDIA_TYPES, FileKind

IMPORT_DESCRIPTION = (
    "请求体是整份文件，或是只含一个文件的表单（`multipart/form-data`）；类型由 Content-Type 或"
    "文件名（`name`）的扩展名说明：`.csv`、`.xlsx`、`.jsonl`（每行"
    "一个 JSON 对象）、`.docx`、`.pdf`（有文字层的）、`.txt`，以及它们的 `.zip`；文本可为 UTF-8、"
    "GB18030、UTF-16。表格的列名行自动寻找；Word 提案表（案由、提案人、情况分析、具体建议）作一件。"
    "列：`reference`、`kind`、`title`、`body`（必有）、`submitted_at`、`received_at`、"
    "`submitter`、`district`、`source`，以及已知的结果 `disposition`、`handling_unit`、"
    "`filing_number`（如 2023年第118号）、`reply_class`（A–D）、`replied_on`；也可用中文列名："
    "编号、类型、标题（案由、题目）、正文（内容、留言详情）、情况分析、具体建议、提交日期、收到日期、"
    "提案人、地区、来源、处理方式、承办单位、立案编号、答复类别、答复日期；认不出的用"
    " `columns` 指明。\n\n"
    "答复是 NDJSON：每写入一批给一行 `progress`，最后一行是 `summary`；中途失败时最后一行是"
    " `error`。已告知的 `mark` 之前都已入库。中断后再发同一文件、同一来源，就从 `mark` 之后接着"
    "导入；早已导完的，直接给 `summary`。有误的行不影响其余，位置和原因列在 `refusals`。"
)

_LISTED: dict[str, Any] = {
    "key": 118,
    "reference": "2026-0131",
    "kind": "public_message",
    "title": "",
    "submitter": "王五",
    "district": "城东区",
    "source": "热线",
    "received_at": "2026-01-31T09:30:00+08:00",
    "dated_on": "2026-01-31",
    "restricted": False,
    "merge_key": 12,
    "topic": "T08",
    "subtopic": "T0805",
    "lead_unit": "D10",
    "assist_units": ["D11"],
    "sectors": ["S02"],
    "urgency": 1,
    "look_first": False,
    "score": None,
    "band": "",
    "score_corrected": False,
    "doubt": 0.8312,
    "needs_review": False,
    "reviewed_at": None,
    "disposition": None,
    "outcome": None,
    "stage": "merged",
}
_COUNTS: dict[str, Any] = {
    "total": 12,
    "by": {
        "kind": {"proposal": 2, "public_message": 10},
        "topic": {"T07": 3, "T08": 9},
        "band": {"": 10, "良好": 1, "一般": 1},
        "urgency": {"1": 9, "2": 2, "4": 1},
        "stage": {"waiting": 12, "reviewed": 31, "merged": 4},
    },
}
_OUTCOME: dict[str, Any] = {
    "disposition": "filed",
    "handling_unit": "D10",
    "filing_number": "2023年第118号",
    "reply_class": "B",
    "replied_on": "2023-09-15",
}
_RECORDED_OUTCOME: dict[str, Any] = {
    "key": 7,
    "submission_key": 118,
    **_OUTCOME,
    "recorded_at": "2026-02-01T10:00:00+08:00",
    "recorded_by": "张三",
}
_MERGE: dict[str, Any] = {
    "key": 12,
    "lead": 118,
    "members": [118, 131],
    "submissions": [
        _LISTED,
        {**_LISTED, "key": 131, "reference": "2026-0140", "submitter": "赵六"},
    ],
    "leads": [
        {"submission_key": 118, "chosen_at": "2026-02-01T09:00:00+08:00", "chosen_by": "张三"}
    ],
    "merged_at": "2026-02-01T09:00:00+08:00",
    "merged_by": "张三",
    "undone_at": None,
    "undone_by": "",
}
_SUBMISSION: dict[str, Any] = {
    "key": 118,
    "reference": "2026-0131",
    "stated_kind": "unknown",
    "listed": _LISTED,
    "title": "",
    "body": ASSESSMENT["text"],
    "submitted_at": None,
    "submitter": "王五",
    "restricted": False,
    "withheld": False,
    "assessment": {
        "key": 204,
        "assessed_at": "2026-01-31T09:30:00+08:00",
        "bundle": "encoder-5",
        "taxonomy": "1.0.0",
        "answer": {"id": "2026-0131", "kind": "public_message"},
    },
    "merge": _MERGE,
    "reviews": [REVIEW],
    "outcomes": [_RECORDED_OUTCOME],
    "audit": [
        {
            "at": "2026-01-31T09:30:00+08:00",
            "actor": "张三",
            "action": "stored",
            "before": None,
            "after": None,
        }
    ],
}
_IMPORT: dict[str, Any] = {
    "key": 3,
    "state": "done",
    "lines": 1201,
    "mark": 1201,
    "read": 1200,
    "stored": 1187,
    "known": 12,
    "refused": 1,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "name": "2023年提案.csv",
    "source": "往年提案",
    "problem": "",
    "refusals": [
        {
            "line": 640,
            "code": "empty_text",
            "message": "清理后没有可读的文字，请填写标题或正文。",
            "where": "第 640 行",
        }
    ],
    "started_at": "2026-02-01T10:00:00+08:00",
    "started_by": "张三",
    "changed_at": "2026-02-01T10:00:09+08:00",
    "finished_at": "2026-02-01T10:00:09+08:00",
}

OUTCOME_EXAMPLES: dict[str, Example] = {
    "立案": {"summary": "立案，已办复 B 类", "value": _OUTCOME},
    "不予立案": {"summary": "不予立案", "value": {"disposition": "not_filed"}},
}
MERGE_EXAMPLES: dict[str, Example] = {
    "两件": {"summary": "两件并案，前一件作主案", "value": {"submissions": [118, 131], "lead": 118}}
}
LEAD_EXAMPLES: dict[str, Example] = {"换主案": {"summary": "换主案", "value": {"lead": 131}}}

IMPORT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-ndjson": {
                "schema": {"type": "string", "description": "每行一件来件，一个 JSON 对象。"},
                "example": '{"reference": "118", "kind": "提案", "title": "关于加装电梯的建议",'
                ' "body": "建议允许使用专项维修资金。", "submitted_at": "2023-01-10",'
                ' "filing_number": "2023年第118号", "reply_class": "B"}\n',
            },
            "text/csv": {
                "schema": {"type": "string", "description": "首行为列名的 CSV。"},
                "example": "编号,类型,标题,正文,立案编号\n"
                "118,提案,关于加装电梯的建议,建议允许使用专项维修资金。,2023年第118号\n",
            },
            **{
                media_type: {"schema": {"type": "string", "format": "binary"}}
                for media_type in sorted(MEDIA_TYPES)
                if MEDIA_TYPES[media_type] not in (FileKind.CSV, FileKind.JSONL)
            },
            "application/octet-stream": {
                "schema": {
                    "type": "string",
                    "format": "binary",
                    "description": "由 name 说明类型。",
                }
            },
            "multipart/form-data": FILE_FORM,
        },
    }
}

_RECORD = ("invalid_request", "record_unknown", *STORE_PROBLEMS, *ALWAYS)
_ACT = ("invalid_name", *_RECORD)
_BODY = (*BODY_PROBLEMS, "invalid_name", "record_unknown", *STORE_PROBLEMS, *ALWAYS)

LIST_RESPONSES: Responses = answer(
    "一页来件", {"items": [_LISTED], "next_cursor": "WyIyMDI2LTAxLTMxVDA5OjMwOjAw"}
) | describe_problems("invalid_request", "invalid_cursor", *STORE_PROBLEMS, *ALWAYS)
COUNT_RESPONSES: Responses = answer("件数", _COUNTS) | describe_problems(
    "invalid_request", *STORE_PROBLEMS, *ALWAYS
)
SUBMISSION_RESPONSES: Responses = answer("来件和全部记录", _SUBMISSION) | describe_problems(*_ACT)
ORIGINAL_RESPONSES: Responses = answer(
    "原文", {"key": 118, "title": "", "body": PUBLIC_MESSAGE["body"]}
) | describe_problems(*_ACT)
DELETE_RESPONSES: Responses = {
    204: {"description": "已删除"},
    **describe_problems("merge_refused", *_ACT),
}
RESTRICTION_RESPONSES: Responses = answer(
    "现在是否限阅", {"key": 118, "restricted": True}
) | describe_problems(*_ACT)
OUTCOME_RESPONSES: Responses = answer("登记的办理结果", _RECORDED_OUTCOME) | describe_problems(
    *_BODY
)
MERGE_RESPONSES: Responses = answer("并案", _MERGE) | describe_problems("merge_refused", *_BODY)
MERGE_RESPONSES_WITHOUT_BODY: Responses = answer("并案", _MERGE) | describe_problems(
    "merge_refused", *_ACT
)
IMPORT_RESPONSES: Responses = {
    200: {
        "description": "逐行的进度，最后一行是总结",
        "content": {
            "application/x-ndjson": {
                "schema": {"$ref": "#/components/schemas/ImportLineOut"},
                "example": {"summary": _IMPORT},
            }
        },
    },
    **describe_problems(
        "unsupported_media_type",
        "request_too_large",
        "invalid_request",
        "invalid_name",
        "unreadable_archive",
        "mode_unavailable",
        *STORE_PROBLEMS,
        *ALWAYS,
    ),
}
IMPORT_RECORD_RESPONSES: Responses = answer("导入", _IMPORT) | describe_problems(*_RECORD)
IMPORT_LIST_RESPONSES: Responses = answer(
    "一页导入", {"items": [_IMPORT], "next_before": None}
) | describe_problems("invalid_request", *STORE_PROBLEMS, *ALWAYS)

ANSWERS: Answers = (
    ("get", "/v1/submissions", LIST_RESPONSES),
    ("get", "/v1/submissions:count", COUNT_RESPONSES),
    ("get", "/v1/submissions/{key}", SUBMISSION_RESPONSES),
    ("post", "/v1/merges", MERGE_RESPONSES),
    ("get", "/v1/merges/{key}", MERGE_RESPONSES),
    ("post", "/v1/merges/{key}:undo", MERGE_RESPONSES),
    ("put", "/v1/merges/{key}/lead", MERGE_RESPONSES),
    ("post", "/v1/submissions:import", IMPORT_RESPONSES),
    ("get", "/v1/imports", IMPORT_LIST_RESPONSES),
)
