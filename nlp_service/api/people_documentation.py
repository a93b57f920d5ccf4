"""What /openapi.json shows of signing in, users, keys and the audit."""

from typing import Any

from nlp_service.api.documentation import (
    ALWAYS,
    BODY_PROBLEMS,
    STORE_PROBLEMS,
    Answers,
    Responses,
    describe_problems,
)

_SESSION: dict[str, Any] = {
    "kind": "user",
    "name": "张三",
    "role": "secretary",
    "permissions": [
        "assess",
        "read",
        "file",
        "handle",
        "decide",
        "delete",
        "read_original",
        "export",
    ],
    "must_change_password": False,
    "expires_at": "2026-02-01T21:00:00+08:00",
    "csrf_token": "3f0c1d6a8e5b7294",
}
_USER: dict[str, Any] = {
    "key": 2,
    "name": "张三",
    "role": "secretary",
    "one_time_until": "2026-02-08T09:00:00+08:00",
    "disabled_at": None,
    "created_at": "2026-02-01T09:00:00+08:00",
    "created_by": "admin",
    "signed_in_at": None,
}
_ONE_TIME: dict[str, Any] = {"user": _USER, "one_time_password": "k7fp-2mxw-9dqe-vb4t"}
_KEY: dict[str, Any] = {
    "key": 1,
    "prefix": "nlp_k7fp2mxw",
    "name": "热线平台",
    "scopes": ["assess", "file"],
    "created_at": "2026-02-01T09:00:00+08:00",
    "created_by": "admin",
    "expires_at": "2027-02-01T09:00:00+08:00",
    "revoked_at": None,
    "revoked_by": "",
    "used_at": None,
}
_AUDIT_LINE: dict[str, Any] = {
    "key": 1187,
    "at": "2026-02-01T10:00:00+08:00",
    "actor": "张三",
    "action": "outcome_recorded",
    "record_kind": "submission",
    "record_key": 118,
    "before": None,
    "after": {"disposition": "filed", "filing_number": "2023年第118号"},
}

_STORE = (*STORE_PROBLEMS, *ALWAYS)
_ACT = ("invalid_request", "invalid_name", "record_unknown", *_STORE)
_BODY = (*BODY_PROBLEMS, "invalid_name", *_STORE)


def _answer(status: int, description: str, example: object) -> Responses:
    content = {"application/json": {"example": example}}
    return {status: {"description": description, "content": content}}


SIGN_IN_RESPONSES: Responses = {
    **_answer(200, "已登录", _SESSION),
    **describe_problems(*BODY_PROBLEMS, "sign_in_failed", "sign_in_paused", *_STORE),
}
SESSION_RESPONSES: Responses = _answer(200, "当前的用户或密钥", _SESSION)
SIGN_OUT_RESPONSES: Responses = {204: {"description": "已退出"}, **describe_problems(*_STORE)}
PASSWORD_RESPONSES: Responses = {
    **_answer(200, "已修改，会话已更新", _SESSION),
    **describe_problems(*BODY_PROBLEMS, "password_refused", "sign_in_paused", *_STORE),
}
USER_LIST_RESPONSES: Responses = {
    **_answer(200, "全部用户", {"items": [_USER]}),
    **describe_problems(*_STORE),
}
NEW_USER_RESPONSES: Responses = {
    **_answer(201, "新用户和一次性口令", _ONE_TIME),
    **describe_problems("account_refused", *_BODY),
}
ROLE_RESPONSES: Responses = {
    **_answer(200, "改后的用户", _USER),
    **describe_problems("account_refused", "record_unknown", *_BODY),
}
USER_RESPONSES: Responses = {
    **_answer(200, "改后的用户", _USER),
    **describe_problems("account_refused", *_ACT),
}
RESET_RESPONSES: Responses = {
    **_answer(200, "用户和新的一次性口令", _ONE_TIME),
    **describe_problems(*_ACT),
}
KEY_LIST_RESPONSES: Responses = {
    **_answer(200, "全部密钥", {"items": [_KEY]}),
    **describe_problems(*_STORE),
}
NEW_KEY_RESPONSES: Responses = {
    **_answer(
        201, "新的密钥", {"key": _KEY, "token": "nlp_k7fp2mxw_w5Pq0vK3cYp1mF7sJr2dZt8xHn4bLg6eAu9"}
    ),
    **describe_problems("account_refused", *_BODY),
}
KEY_RESPONSES: Responses = {
    **_answer(200, "撤销的密钥", {**_KEY, "revoked_at": "2026-03-01T09:00:00+08:00"}),
    **describe_problems(*_ACT),
}
AUDIT_RESPONSES: Responses = {
    **_answer(200, "一页审计", {"items": [_AUDIT_LINE], "next_before": 1187}),
    **describe_problems("invalid_request", *_STORE),
}

ANSWERS: Answers = (
    ("get", "/v1/users", USER_LIST_RESPONSES),
    ("post", "/v1/users", NEW_USER_RESPONSES),
    ("put", "/v1/users/{key}/role", ROLE_RESPONSES),
    ("post", "/v1/users/{key}:disable", USER_RESPONSES),
    ("post", "/v1/users/{key}:enable", USER_RESPONSES),
    ("post", "/v1/users/{key}:reset-password", RESET_RESPONSES),
    ("get", "/v1/keys", KEY_LIST_RESPONSES),
    ("post", "/v1/keys", NEW_KEY_RESPONSES),
    ("post", "/v1/keys/{key}:revoke", KEY_RESPONSES),
    ("get", "/v1/audit", AUDIT_RESPONSES),
)
