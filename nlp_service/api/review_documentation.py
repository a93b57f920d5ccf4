"""What /openapi.json shows of reviews: requests that may be tried, answers, problems."""

from typing import Any

from fastapi.openapi.models import Example

from nlp_service.api.documentation import (
    ALWAYS,
    BODY_PROBLEMS,
    STORE_PROBLEMS,
    Answers,
    Responses,
    answer,
    describe_problems,
)
from nlp_service.api.review_schemas import FindingsShape


def _findings(**said: Any) -> dict[str, Any]:
    """Return the whole shape of findings, null where nothing is said."""
    return FindingsShape(**said).model_dump(mode="json")


REVIEW: dict[str, Any] = {
    "key": 31,
    "submission_key": 118,
    "assessment_key": 204,
    "person": _findings(topic="T08", subtopic="T0805", urgency=2),
    "machine": _findings(topic="T08", subtopic="T0801", urgency=2),
    "corrected": ["subtopic"],
    "note": "是路灯，不是道路。",
    "reviewed_at": "2026-02-01T09:12:00+08:00",
    "reviewed_by": "张三",
    "undone_at": None,
    "undone_by": "",
}

REVIEW_EXAMPLES: dict[str, Example] = {
    "更正": {
        "summary": "更正子议题，其余确认",
        "value": {
            "confirm": True,
            "findings": {"subtopic": "T0805"},
            "note": "是路灯，不是道路。",
        },
    },
    "确认": {"summary": "全部确认", "value": {"confirm": True}},
}
CONFIRMATION_EXAMPLES: dict[str, Example] = {
    "两件": {"summary": "两件一并确认", "value": {"submissions": [118, 131]}}
}

_ACT = ("invalid_request", "invalid_name", "record_unknown", *STORE_PROBLEMS, *ALWAYS)
_BODY = (*BODY_PROBLEMS, "invalid_name", "record_unknown", *STORE_PROBLEMS, *ALWAYS)

REVIEW_RESPONSES: Responses = answer("记下的审核", REVIEW) | describe_problems(
    "invalid_review", *_BODY
)
CONFIRMATION_RESPONSES: Responses = answer("记下的审核", {"items": [REVIEW]}) | describe_problems(
    *_BODY
)
UNDO_RESPONSES: Responses = answer(
    "撤回的审核",
    {**REVIEW, "undone_at": "2026-02-01T09:13:00+08:00", "undone_by": "张三"},
) | describe_problems("review_refused", *_ACT)

ANSWERS: Answers = (
    ("post", "/v1/submissions/{key}/reviews", REVIEW_RESPONSES),
    ("post", "/v1/reviews:confirm", CONFIRMATION_RESPONSES),
    ("post", "/v1/reviews/{key}:undo", UNDO_RESPONSES),
)
