"""What /openapi.json shows of batch jobs: how to hand one in, its answers, its problems."""

from typing import Any

from nlp_service.api.documentation import (
    ALWAYS,
    FILE_FORM,
    STORE_PROBLEMS,
    Answers,
    Responses,
    answer,
    describe_problems,
)
from nlp_service.api.examples import ASSESSMENT
from nlp_service.export import csv, xlsx

SUBMIT_DESCRIPTION = (
    "请求体是整个文件，文件名写在 `name`，按它认出种类；或是表单（`multipart/form-data`），里面只有"
    "一个带名称的文件，任何栏名都可；或以 `application/x-ndjson` 边产生边发送，每行一个 JSON 对象。"
    "选项一律写在查询参数里。收妥即答 202，随后由工作进程分拣；服务、工作进程、数据库重启都不会丢失"
    "或重复任何一行。\n\n"
    "带 `Idempotency-Key` 时，同一键、同一文件、同样选项再发，得到同一任务（200）；键相同而内容"
    "不同，答 422。等待的太多时答 429，`Retry-After` 给出秒数。\n\n"
    "`webhook` 的主机须由管理员列入 NLP_WEBHOOK_HOSTS。任务结束时向它 POST 一份 JSON（只有件数），"
    "请求头 `Nlp-Signature: t=秒,v1=十六进制` 是以共享密钥对 `秒.请求体` 算的 HMAC-SHA256；"
    "没有得到 2xx 时，在约四小时内再试 7 次，不跟随重定向。"
)
RESULTS_DESCRIPTION = (
    "与文件同序，每行一个结果。任务进行中也可以取：给到第一个还没有结果的行之前，响应头 "
    "`Nlp-Next-Row` 是下次的 `from`；`follow=true` 则等到任务结束。`xlsx` 不能 follow。\n\n"
    "CSV 带 UTF-8 BOM，Excel 可直接打开；CSV 和 Excel 里以 = + - @ 等开头的文字前加了单引号，"
    "不会当作公式运行。\n\n"
    "csv 和 xlsx 是导出：须有 export 权限，没有的答 403；每取一次，审计记一条。ndjson 供其他系统"
    "反复读取，有 read 即可，同一调用方读同一任务只记一条。\n\n"
    "限阅的行只给提交任务者和有权查阅原文（read_original）的人，其余的人得到 `withheld`。"
)
EVENTS_DESCRIPTION = (
    "服务器推送事件（SSE）：`progress` 是进度，`end` 是结束时的整个任务，之后连接结束。断开后带 "
    "`Last-Event-ID` 重连，只在有新变化时推送；空闲时有注释行保持连接。"
)

_PROGRESS: dict[str, Any] = {
    "key": 12,
    "state": "running",
    "version": 23,
    "read": 10000,
    "read_whole": True,
    "finished": 4096,
    "done": 4090,
    "refused": 5,
    "quarantined": 1,
    "rows_per_second": 512.0,
    "seconds_left": 11.5,
}
_BATCH: dict[str, Any] = {
    **_PROGRESS,
    "name": "一月来信.xlsx",
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "size": 1843200,
    "kind": "xlsx",
    "columns": {"标题": "title", "留言详情": "body", "留言编号": "id", "点赞数": ""},
    "options": {
        "mode": "fast",
        "store": False,
        "explain": False,
        "quality": True,
        "kind": "public_message",
        "source": "热线",
        "mapping": {},
        "webhook": "",
    },
    "problems": [
        {
            "row": 640,
            "where": "工作表“一月”第 641 行",
            "code": "empty_text",
            "message": "清理后没有可读的文字，请填写标题或正文。",
        }
    ],
    "problem": "",
    "retries": 0,
    "notify_state": "none",
    "notify_problem": "",
    "submitted_at": "2026-02-01T10:00:00+08:00",
    "submitted_by": "张三",
    "started_at": "2026-02-01T10:00:01+08:00",
    "changed_at": "2026-02-01T10:00:09+08:00",
    "finished_at": None,
    "results_deleted_at": None,
}
_LINE: dict[str, Any] = {
    "row": 1,
    "where": "第 2 行",
    "status": "ok",
    "assessment": {**ASSESSMENT, "stored": None, "duplicates": None},
}

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": FILE_FORM,
            "application/octet-stream": {
                "schema": {
                    "type": "string",
                    "format": "binary",
                    "description": "整个文件；名称写在查询参数 name。",
                }
            },
            "application/x-ndjson": {
                "schema": {"type": "string", "description": "每行一件来件，一个 JSON 对象。"},
                "example": '{"id": "118", "title": "路灯不亮", "body": "东门口的路灯坏了。"}\n',
            },
        },
    }
}

_RECORD = ("invalid_request", "record_unknown", *STORE_PROBLEMS, *ALWAYS)
_SUBMIT_PROBLEMS = describe_problems(
    "unsupported_media_type",
    "request_too_large",
    "invalid_request",
    "invalid_name",
    "unreadable_archive",
    "mode_unavailable",
    "idempotency_mismatch",
    "webhook_refused",
    "queue_full",
    *STORE_PROBLEMS,
    *ALWAYS,
)
_SUBMIT_PROBLEMS[429]["headers"] = {
    "Retry-After": {"description": "几秒后再试。", "schema": {"type": "integer"}}
}
_WAITING = {**_BATCH, "state": "waiting", "version": 1}
_EARLIER = {"schema": {"$ref": "#/components/schemas/BatchJobOut"}, "example": _BATCH}
SUBMIT_RESPONSES: Responses = {
    200: {
        "description": "早先以同一 Idempotency-Key 提交的任务",
        "content": {"application/json": _EARLIER},
    },
    202: answer("收妥的任务", _WAITING)[200],
    **_SUBMIT_PROBLEMS,
}
BATCH_RESPONSES: Responses = answer("任务", _BATCH) | describe_problems(*_RECORD)
LIST_RESPONSES: Responses = answer(
    "一页任务", {"items": [_BATCH], "next_before": None}
) | describe_problems("invalid_request", *STORE_PROBLEMS, *ALWAYS)
CANCEL_RESPONSES: Responses = answer(
    "任务，已取消或早已结束", {**_BATCH, "state": "cancelled"}
) | describe_problems("invalid_name", *_RECORD)
EVENTS_RESPONSES: Responses = {
    200: {"description": "事件流", "content": {"text/event-stream": {}}},
    **describe_problems(*_RECORD),
}
_BINARY = {"schema": {"type": "string", "format": "binary"}}
RESULTS_RESPONSES: Responses = {
    200: {
        "description": "各行的结果",
        "headers": {
            "Nlp-Next-Row": {
                "description": "开始答复时第一个还没有结果的行；全部已有结果时为总行数加 1。",
                "schema": {"type": "integer"},
            }
        },
        "content": {
            "application/x-ndjson": {
                "schema": {"$ref": "#/components/schemas/BatchLineOut"},
                "example": _LINE,
            },
            csv.MEDIA_TYPE.partition(";")[0]: {"schema": {"type": "string"}},
            xlsx.MEDIA_TYPE: _BINARY,
        },
    },
    **describe_problems("results_gone", *_RECORD),
}

ANSWERS: Answers = (
    ("get", "/v1/batches", LIST_RESPONSES),
    ("get", "/v1/batches/{key}", BATCH_RESPONSES),
    ("delete", "/v1/batches/{key}", CANCEL_RESPONSES),
    ("get", "/v1/batches/{key}/results", RESULTS_RESPONSES),
    ("post", "/v1/batches", SUBMIT_RESPONSES),
)
