"""Every answer that is not the one asked for: RFC 9457 problem documents, in Chinese.

The one table from an error to its status and title is ``PROBLEMS``. No document repeats what
was sent: neither a text nor a single value of it.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from nlp_service.api.limits import MAX_BODY_BYTES
from nlp_service.api.validation import InvalidItem, InvalidValue, described, explain_errors
from nlp_service.domain.errors import InvalidSubmission, NlpServiceError

MEDIA_TYPE = "application/problem+json"


class ProblemKind(NamedTuple):
    """What is the same in all problems of one code."""

    status: int
    title: str


PROBLEMS: Mapping[str, ProblemKind] = {
    "invalid_json": ProblemKind(400, "请求体不是有效的 JSON"),
    "invalid_encoding": ProblemKind(400, "请求体不是 UTF-8 编码"),
    "not_found": ProblemKind(404, "没有这个地址"),
    "method_not_allowed": ProblemKind(405, "这个地址不支持该请求方法"),
    "request_too_large": ProblemKind(413, "请求体过大"),
    "unsupported_media_type": ProblemKind(415, "请求体的类型不受支持"),
    "invalid_request": ProblemKind(422, "请求内容不合要求"),
    "invalid_unicode": ProblemKind(422, "含有无效的 Unicode 字符"),
    "empty_text": ProblemKind(422, "没有可读的文字"),
    "text_too_long": ProblemKind(422, "文本过长"),
    "batch_too_large": ProblemKind(422, "一批来件过多"),
    "internal_error": ProblemKind(500, "服务内部出错"),
    "not_ready": ProblemKind(503, "服务尚未就绪"),
}
"""Code -> status and title."""

_DETAILS: Mapping[int, tuple[str, str]] = {
    400: ("invalid_json", "请求体无法读取，请检查 JSON 的写法。"),
    404: ("not_found", "没有这个地址，接口列表见 /openapi.json。"),
    405: ("method_not_allowed", "允许的方法见响应头 Allow。"),
    413: (
        "request_too_large",
        f"请求体超过上限 {MAX_BODY_BYTES // 2**20} MiB，请分批提交。",
    ),
}
"""Status of an HTTPException that the framework raises -> code and detail."""


class Problem(BaseModel):
    """One problem document."""

    model_config = described("问题说明（RFC 9457），不含来件内容。")

    type: str = Field(examples=["urn:nlp-service:problem:empty_text"])
    title: str = Field(description="同一代码的问题标题相同。", examples=["没有可读的文字"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["清理后没有可读的文字，请填写标题或正文。"])
    code: str = Field(description="稳定的代码，供程序判断。", examples=["empty_text"])
    instance: str = Field(
        description="这一次问题的编号，与服务日志中的编号一致。",
        examples=["urn:uuid:0b0f3f6e-5f0e-4d43-9d0c-6a4c1f9b8f11"],
    )
    errors: Sequence[InvalidValue] | None = Field(
        default=None, description="逐处的错误；只有内容校验失败时才有。"
    )


class RequestRefused(NlpServiceError):
    """A request that is refused for its form; ``code`` is one of ``PROBLEMS``."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def make_problem(
    code: str, detail: str, *, errors: Sequence[InvalidValue] | None = None
) -> Problem:
    """Return the problem of that code with a number of its own."""
    status, title = PROBLEMS[code]
    return Problem(
        type=f"urn:nlp-service:problem:{code}",
        title=title,
        status=status,
        detail=detail,
        code=code,
        instance=uuid.uuid4().urn,
        errors=errors,
    )


def problem_of(error: NlpServiceError) -> Problem:
    """Return the problem that an error is answered with."""
    detail = str(error)
    match error:
        case InvalidItem(code=code, errors=errors):
            return make_problem(code, detail, errors=errors)
        case RequestRefused(code=code):
            return make_problem(code, detail)
        case InvalidSubmission(code=code):
            return make_problem(code if code in PROBLEMS else "invalid_request", detail)
        case _:
            return internal_error()


def internal_error() -> Problem:
    """Return the problem that tells nothing of its cause."""
    return make_problem("internal_error", "服务内部出错，已记入日志；报修时请附上 instance 编号。")


def as_json(problem: Problem) -> dict[str, object]:
    """Return the document; ``errors`` only where there are any."""
    return problem.model_dump(mode="json", exclude_none=True)


def respond(problem: Problem, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the response that carries the problem."""
    return JSONResponse(
        as_json(problem), status_code=problem.status, headers=headers, media_type=MEDIA_TYPE
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Make the app answer every expected error with a problem."""
    app.exception_handler(NlpServiceError)(_answer_our_error)
    app.exception_handler(RequestValidationError)(_answer_invalid_request)
    app.exception_handler(HTTPException)(_answer_http_exception)


async def _answer_our_error(request: Request, error: NlpServiceError) -> JSONResponse:
    return respond(problem_of(error))


async def _answer_invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
    return respond(problem_of(explain_errors(error.errors())))


async def _answer_http_exception(request: Request, error: HTTPException) -> JSONResponse:
    """Answer what the framework refuses; a body that cannot be decoded arrives as a bare 400."""
    if isinstance(error.__cause__, UnicodeDecodeError):
        detail = "请求体不是 UTF-8 编码（可能是 GBK），请转换后再发。"
        return respond(make_problem("invalid_encoding", detail))
    if error.status_code not in _DETAILS:
        return respond(internal_error())
    return respond(make_problem(*_DETAILS[error.status_code]), headers=error.headers)
