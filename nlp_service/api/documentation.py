"""What /openapi.json shows beside the schemas: examples, and every problem a route may answer."""

from typing import Any

from fastapi.openapi.models import Example

from nlp_service.api.examples import ASSESSMENT, BATCH, PROBLEM_DETAILS, PROPOSAL, PUBLIC_MESSAGE
from nlp_service.api.problems import MEDIA_TYPE, PROBLEMS, as_json, make_problem

Responses = dict[int | str, dict[str, Any]]

TITLE = "来件分拣服务"
DESCRIPTION = """为提案、社情民意信息和群众来信给出辅助建议：议题、界别、承办单位、诉求、紧急程度、
审查提示，以及须由人查看的理由。只作辅助，由人审定；离线运行，不保存来件。

所有错误都按 RFC 9457 以 `application/problem+json` 返回，`code` 稳定，不含来件内容。"""
TAGS = [
    {"name": "分拣", "description": "一件或一批来件。"},
    {"name": "分类体系", "description": "议题、单位、界别等标签。"},
    {"name": "运行", "description": "供监控和部署使用。"},
]

SUBMISSION_EXAMPLES: dict[str, Example] = {
    "群众来信": {"summary": "一封群众来信", "value": PUBLIC_MESSAGE},
    "提案": {"summary": "一件写明类型的提案", "value": PROPOSAL},
}
BATCH_EXAMPLES: dict[str, Example] = {
    "两件": {"summary": "一封来信、一件提案", "value": {"submissions": [PUBLIC_MESSAGE, PROPOSAL]}}
}


def problem_responses(*codes: str) -> Responses:
    """Return the documentation of these problems, by status, with an example of each."""
    responses: Responses = {}
    for code in codes:
        status, title = PROBLEMS[code]
        content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": {}}
        response = responses.setdefault(
            status, {"description": title, "content": {MEDIA_TYPE: content}}
        )
        if title not in response["description"]:
            response["description"] += f"；{title}"
        response["content"][MEDIA_TYPE]["examples"][code] = {"value": _example(code)}
    return responses


def _example(code: str) -> dict[str, object]:
    problem = make_problem(code, PROBLEM_DETAILS[code])
    return as_json(problem) | {"instance": "urn:uuid:0b0f3f6e-5f0e-4d43-9d0c-6a4c1f9b8f11"}


def _json_response(description: str, example: object) -> Responses:
    content = {"application/json": {"example": example}}
    return {200: {"description": description, "content": content}}


_BODY_PROBLEMS = (
    "invalid_json",
    "invalid_encoding",
    "request_too_large",
    "unsupported_media_type",
    "invalid_request",
    "invalid_unicode",
)
ASSESSMENT_RESPONSES: Responses = _json_response("辅助建议", ASSESSMENT) | problem_responses(
    *_BODY_PROBLEMS, "empty_text", "text_too_long", "internal_error", "not_ready"
)
BATCH_RESPONSES: Responses = _json_response("与请求同序的结果", BATCH) | problem_responses(
    *_BODY_PROBLEMS, "batch_too_large", "internal_error", "not_ready"
)
TAXONOMY_RESPONSES: Responses = {
    200: {"description": "分类体系", "headers": {"ETag": {"schema": {"type": "string"}}}},
    304: {"description": "未变"},
    **problem_responses("internal_error", "not_ready"),
}
READY_RESPONSES: Responses = problem_responses("not_ready")
METRICS_RESPONSES: Responses = {
    200: {"description": "Prometheus 文本格式", "content": {"text/plain": {}}}
}
