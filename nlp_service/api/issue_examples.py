"""What /openapi.json shows of hot issues: an answer, and every problem."""

from typing import Any

from nlp_service.api.documentation import (
    STORE_PROBLEMS,
    Answers,
    Responses,
    answer,
    describe_problems,
)
from nlp_service.domain.assessment import NOTICE

HOT_ISSUES: dict[str, Any] = {
    "window": {"from": "2026-03-01", "until": "2026-03-05"},
    "before": {"from": "2026-02-24", "until": "2026-02-28"},
    "submissions": 86,
    "submissions_before": 64,
    "issues": [
        {
            "group": 118,
            "title": "滨河花园二期夜间停水无人管",
            "places": ["滨河花园", "清水路"],
            "topic": {"code": "T08", "name": "城市管理"},
            "subtopic": {"code": "T0801", "name": "市容环卫"},
            "first_on": "2026-02-26",
            "last_on": "2026-03-05",
            "count": 9,
            "count_before": 1,
            "submitters": 7,
            "districts": ["城东区", "高新区"],
            "restricted": 0,
            "growth": 2.03,
            "heat": 11.3,
            "series": [
                {"from": "2026-03-01", "until": "2026-03-01", "count": 1},
                {"from": "2026-03-02", "until": "2026-03-02", "count": 0},
                {"from": "2026-03-03", "until": "2026-03-03", "count": 2},
                {"from": "2026-03-04", "until": "2026-03-04", "count": 2},
                {"from": "2026-03-05", "until": "2026-03-05", "count": 4},
            ],
            "members": [121, 122, 126, 131, 133, 140, 141, 142, 147],
            "next_member": None,
        }
    ],
    "notice": NOTICE,
}
MEMBERS: dict[str, Any] = {"members": [151, 153], "next_member": None}

_PROBLEMS = describe_problems("invalid_request", *STORE_PROBLEMS, "internal_error", "not_ready")

HOT_ISSUE_RESPONSES: Responses = answer("热点，最热的在前", HOT_ISSUES) | _PROBLEMS
MEMBER_RESPONSES: Responses = answer("一页来件编号", MEMBERS) | _PROBLEMS

ANSWERS: Answers = (
    ("get", "/v1/hot-issues", HOT_ISSUE_RESPONSES),
    ("get", "/v1/hot-issues/{group}/members", MEMBER_RESPONSES),
)
