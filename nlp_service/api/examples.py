"""Requests that may be tried as they stand, and what the default bundle answered to the first.

``OpenAPI``, the printed curl command and the tests use the same ones.
"""

from typing import Any

PUBLIC_MESSAGE: dict[str, Any] = {
    "id": "2026-0131",
    "body": "小区门口的路灯坏了半个月，晚上出门很不安全，请尽快维修。",
}
PROPOSAL: dict[str, Any] = {
    "id": "提案第12号",
    "kind": "proposal",
    "title": "关于高速公路沿线散埋坟迁移安置的几点建议",
    "body": (
        "澜石高速通车后，两侧裸露的散埋坟格外显眼，清明前后烧纸还引起过山火。"
        "我问过柿树湾的几位老人，他们不是不愿迁，一是公墓远，离村二十三里；"
        "二是公益性公墓一穴收3,800元，贵；三是怕迁了又要再迁。\n"
        "建议在沿线三个乡镇各选一块荒坡，建小型公益墓地，穴位按成本收费，"
        "公示不超过1,000元，低保户免费；由民政局发给安葬证，写明三十年内不再动迁。"
    ),
    "submitted_at": "2025-11-12",
}

ASSESSMENT: dict[str, Any] = {
    "id": "2026-0131",
    "kind": "public_message",
    "kind_source": "predicted",
    "kind_probability": 0.9965,
    "topic": {
        "code": "T08",
        "name": "城市管理",
        "probability": 0.9981,
        "spans": [{"start": 0, "end": 9, "quote": "小区门口的路灯坏了"}],
    },
    "other_topics": [],
    "subtopic": {
        "code": "T0805",
        "name": "园林路灯公园",
        "probability": 0.9929,
        "spans": [{"start": 5, "end": 12, "quote": "路灯坏了半个月"}],
    },
    "sectors": [
        {
            "code": "S10",
            "name": "经济界",
            "probability": 0.9723,
            "spans": [{"start": 0, "end": 4, "quote": "小区门口"}],
        }
    ],
    "units": [
        {
            "code": "D10",
            "name": "城市管理执法局",
            "probability": 0.9877,
            "spans": [{"start": 0, "end": 8, "quote": "小区门口的路灯坏"}],
            "role": "lead",
        },
        {
            "code": "D42",
            "name": "县(市、区)政府、乡镇街道",
            "probability": 0.6165,
            "spans": [
                {"start": 0, "end": 4, "quote": "小区门口"},
                {"start": 5, "end": 9, "quote": "路灯坏了"},
            ],
            "role": "assist",
        },
        {
            "code": "D09",
            "name": "住房和城乡建设局",
            "probability": 0.348,
            "spans": [
                {"start": 0, "end": 2, "quote": "小区"},
                {"start": 4, "end": 8, "quote": "的路灯坏"},
            ],
            "role": "assist",
        },
    ],
    "request": {
        "code": "complain",
        "name": "投诉",
        "probability": 0.9938,
        "spans": [{"start": 0, "end": 12, "quote": "小区门口的路灯坏了半个月"}],
    },
    "urgency": {"level": 1, "name": "一般", "probability": 0.8126, "spans": []},
    "gates": [],
    "needs_review": True,
    "reasons": [{"code": "uncertain_urgency", "message": "紧急程度把握 0.81，低于 0.85，待人工。"}],
    "text": "小区门口的路灯坏了半个月,晚上出门很不安全,请尽快维修。",
    "versions": {
        "service": "0.1.0",
        "bundle": "linear-1",
        "taxonomy": "1.0.0",
        "segmenter": "rjieba-0.2.2",
    },
    "notice": "辅助建议，由人审定",
}
"""The answer to ``PUBLIC_MESSAGE``; probabilities are rounded here."""

BATCH: dict[str, Any] = {
    "results": [
        {"index": 0, "status": "ok", "assessment": ASSESSMENT},
        {
            "index": 1,
            "status": "error",
            "error": {
                "type": "urn:nlp-service:problem:empty_text",
                "title": "没有可读的文字",
                "status": 422,
                "detail": "清理后没有可读的文字，请填写标题或正文。",
                "code": "empty_text",
                "instance": "urn:uuid:0b0f3f6e-5f0e-4d43-9d0c-6a4c1f9b8f11",
            },
        },
    ],
    "count": 2,
    "failed": 1,
}

PROBLEM_DETAILS: dict[str, str] = {
    "invalid_json": "body 第 17 个字符附近：不是有效的 JSON。",
    "invalid_encoding": "请求体不是 UTF-8 编码（可能是 GBK），请转换后再发。",
    "request_too_large": "请求体超过上限 2 MiB，请分批提交。",
    "unsupported_media_type": "请以 Content-Type: application/json 发送 UTF-8 的 JSON。",
    "invalid_request": "body.urgency：没有这个字段，请删去或检查拼写。",
    "invalid_unicode": "body.body：含有不成对的代理字符，不是有效文本，请检查编码。",
    "empty_text": "清理后没有可读的文字，请填写标题或正文。",
    "text_too_long": "文本共 20001 字，超过上限 20000 字，请分件提交。",
    "batch_too_large": "body.submissions：一批至多 256 件，请分批提交。",
    "internal_error": "服务内部出错，已记入日志；报修时请附上 instance 编号。",
    "not_ready": "模型包尚未载入，请稍后再试。",
}
"""Code -> a detail as it is answered."""
