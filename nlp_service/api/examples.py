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

OPINION_REPORT: dict[str, Any] = {
    "id": "社情民意2026-07",
    "title": "关于老旧小区加装电梯后续维护无人负责的反映",
    "body": (
        "近两年老旧小区加装电梯进度较快，但电梯投用后谁来维护、维保费怎么分摊，多数小区没有约定。"
        "城东三个小区走访下来，已有两部电梯因欠缴维保费停用，楼上的老人又下不了楼。\n"
        "建议由住建部门会同市场监管部门明确加装电梯的使用管理单位，把维保费分摊写进加装协议，"
        "并允许按规定使用住宅专项维修资金。"
    ),
}

ASSESSMENT: dict[str, Any] = {
    "id": "2026-0131",
    "kind": "public_message",
    "kind_source": "predicted",
    "kind_probability": 0.9919,
    "topic": {
        "code": "T08",
        "name": "城市管理",
        "probability": 0.9974,
        "spans": [{"start": 5, "end": 7, "quote": "路灯"}],
        "path": "combined",
    },
    "other_topics": [],
    "subtopic": {
        "code": "T0805",
        "name": "园林路灯公园",
        "probability": 0.9949,
        "spans": [{"start": 5, "end": 7, "quote": "路灯"}],
        "path": "combined",
    },
    "sectors": [
        {
            "code": "S10",
            "name": "经济界",
            "probability": 0.967,
            "spans": [
                {"start": 0, "end": 4, "quote": "小区门口"},
                {"start": 19, "end": 21, "quote": "安全"},
                {"start": 25, "end": 27, "quote": "维修"},
            ],
            "path": "combined",
        }
    ],
    "units": [
        {
            "code": "D10",
            "name": "城市管理执法局",
            "probability": 0.9723,
            "spans": [{"start": 5, "end": 7, "quote": "路灯"}],
            "path": "combined",
            "role": "lead",
        },
        {
            "code": "D09",
            "name": "住房和城乡建设局",
            "probability": 0.4299,
            "spans": [
                {"start": 0, "end": 2, "quote": "小区"},
                {"start": 5, "end": 7, "quote": "路灯"},
                {"start": 23, "end": 27, "quote": "尽快维修"},
            ],
            "path": "combined",
            "role": "assist",
        },
        {
            "code": "D42",
            "name": "县(市、区)政府、乡镇街道",
            "probability": 0.3445,
            "spans": [
                {"start": 0, "end": 4, "quote": "小区门口"},
                {"start": 5, "end": 7, "quote": "路灯"},
                {"start": 13, "end": 15, "quote": "晚上"},
            ],
            "path": "combined",
            "role": "assist",
        },
    ],
    "request": {
        "code": "complain",
        "name": "投诉",
        "probability": 0.9868,
        "spans": [
            {"start": 0, "end": 4, "quote": "小区门口"},
            {"start": 5, "end": 11, "quote": "路灯坏了半个"},
            {"start": 13, "end": 15, "quote": "晚上"},
        ],
        "path": "combined",
    },
    "urgency": {"level": 1, "name": "一般", "probability": 0.7029, "spans": [], "path": "combined"},
    "gates": [],
    "restricted": False,
    "quality": {
        "scale": "message",
        "score": None,
        "band": "",
        "low": 0.0,
        "answers": [],
        "levels": [],
        "marks": [],
        "items": [
            {"code": "who", "name": "谁", "seen": []},
            {"code": "where", "name": "哪里", "seen": []},
            {
                "code": "when",
                "name": "何时",
                "seen": [
                    {
                        "start": 13,
                        "end": 15,
                        "quote": "晚上",
                        "type": "when",
                        "name": "什么时段",
                        "suggested": False,
                    }
                ],
            },
            {
                "code": "what",
                "name": "什么事",
                "seen": [
                    {
                        "start": 7,
                        "end": 12,
                        "quote": "坏了半个月",
                        "type": "what",
                        "name": "情况",
                        "suggested": False,
                    }
                ],
            },
            {
                "code": "ask",
                "name": "诉求",
                "seen": [
                    {
                        "start": 22,
                        "end": 27,
                        "quote": "请尽快维修",
                        "type": "ask",
                        "name": "请求",
                        "suggested": False,
                    }
                ],
            },
        ],
        "notes": [],
        "doubts": [],
        "evidence": [],
        "sentences": [],
        "note": "",
    },
    "disposition": None,
    "needs_review": False,
    "reasons": [],
    "text": "小区门口的路灯坏了半个月,晚上出门很不安全,请尽快维修。",
    "privacy": [],
    "versions": {
        "service": "0.1.0",
        "bundle": "encoder-5",
        "taxonomy": "1.0.0",
        "segmenter": "rjieba-0.2.2",
    },
    "notice": "辅助建议，由人审定",
}
"""The answer to ``PUBLIC_MESSAGE``."""
