"""What /openapi.json says of the gate: by what one is let in, and every way of being refused.

It follows from the table of permissions, so no route need say it itself.
"""

from typing import Any

from nlp_service.api.documentation import Responses, describe_problems
from nlp_service.api.permissions import LINES, Access, Also, Line
from nlp_service.domain.people import Permission

_SCHEMES = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "密钥：Authorization: Bearer nlp_…；由管理员发放（POST /v1/keys）。",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "nlp_session",
        "description": "登录后的 cookie；https 下名为 __Host-nlp_session。GET 以外的请求还要带 "
        "X-CSRF-Token。",
    },
}
_ANYBODY = ("csrf_refused",)
_CALLERS = (
    "not_signed_in",
    "not_allowed",
    "csrf_refused",
    "password_change_required",
    "too_many_requests",
    "not_ready",
    "store_unavailable",
)


def describe_gate(openapi: dict[str, Any]) -> None:
    """Add to every operation what the gate asks for and answers, in place."""
    openapi["components"]["securitySchemes"] = _SCHEMES
    for line in LINES:
        operation = openapi["paths"].get(line.path, {}).get(line.method.lower())
        if operation is not None:
            _describe(operation, line)


def _describe(operation: dict[str, Any], line: Line) -> None:
    if line.needs is not Access.OPEN:
        operation["security"] = [{"key": []}, {"session": []}]
        operation["description"] += _needs(line)
        _add(operation, describe_problems(*_CALLERS))
    elif line.method != "GET":
        _add(operation, describe_problems(*_ANYBODY))


def _needs(line: Line) -> str:
    """Say which permissions are needed, and for which parameter a further one."""
    said = f"\n\n需要权限 `{line.needs}`" if isinstance(line.needs, Permission) else "\n\n须已登录"
    for also in line.also:
        said += f"；{_condition(also)}，还需要 `{also.permission}`"
    return f"{said}。"


def _condition(also: Also) -> str:
    if also.unless:
        return f"若 `{also.parameter}` 不是 `{also.unless}`"
    return f"除非 `{also.parameter}=false`" if also.by_default else f"若 `{also.parameter}=true`"


def _add(operation: dict[str, Any], further: Responses) -> None:
    """Add problems to what a route says that it answers, beside those of the same status."""
    for status, response in further.items():
        present = operation["responses"].setdefault(str(status), response)
        if present is response:
            continue
        for media_type, content in response["content"].items():
            examples = present["content"].setdefault(media_type, content).setdefault("examples", {})
            examples.update(content["examples"])
        titles = [*present["description"].split("；"), *response["description"].split("；")]
        present["description"] = "；".join(dict.fromkeys(titles))
