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

from nlp_service.api.limits import MAX_BATCH, MAX_BODY_BYTES
from nlp_service.api.validation import InvalidItem, InvalidValue, described, explain_errors
from nlp_service.domain.errors import InvalidSubmission, ModeUnavailable, NlpServiceError
from nlp_service.domain.submission import MAX_CHARACTERS

MEDIA_TYPE = "application/problem+json"


class ProblemKind(NamedTuple):
    """What is the same in all problems of one code."""

    status: int
    title: str
    detail: str
    """Answered where the error says no more itself; in the documentation, the example."""


PROBLEMS: Mapping[str, ProblemKind] = {
    "invalid_json": ProblemKind(
        400, "请求体不是有效的 JSON", "请求体无法读取，请检查 JSON 的写法。"
    ),
    "invalid_encoding": ProblemKind(
        400, "请求体不是 UTF-8 编码", "请求体不是 UTF-8 编码（可能是 GBK），请转换后再发。"
    ),
    "not_found": ProblemKind(404, "没有这个地址", "没有这个地址，接口列表见 /openapi.json。"),
    "method_not_allowed": ProblemKind(
        405, "这个地址不支持该请求方法", "这个地址不支持该请求方法，可用的见响应头 Allow。"
    ),
    "mode_unavailable": ProblemKind(
        409, "当前模型包没有编码器", "当前模型包没有编码器，请改用 mode=fast。"
    ),
    "request_too_large": ProblemKind(
        413, "请求体过大", f"请求体超过上限 {MAX_BODY_BYTES // 2**20} MiB，请分批提交。"
    ),
    "unsupported_media_type": ProblemKind(
        415, "请求体的类型不受支持", "请以 Content-Type: application/json 发送 UTF-8 的 JSON。"
    ),
    "invalid_request": ProblemKind(
        422, "请求内容不合要求", "urgency：没有这个字段，请删去或检查拼写。"
    ),
    "invalid_unicode": ProblemKind(
        422, "含有无效的 Unicode 字符", "正文含有不成对的代理字符，不是有效文本，请检查编码。"
    ),
    "empty_text": ProblemKind(422, "没有可读的文字", "清理后没有可读的文字，请填写标题或正文。"),
    "text_too_long": ProblemKind(
        422,
        "文本过长",
        f"文本共 {MAX_CHARACTERS + 1} 字，超过上限 {MAX_CHARACTERS} 字，请分件提交。",
    ),
    "batch_too_large": ProblemKind(
        422, "一批来件过多", f"submissions：一批至多 {MAX_BATCH} 件，请分批提交。"
    ),
    "internal_error": ProblemKind(
        500, "服务内部出错", "服务内部出错，已记入日志；报修时请附上 instance 编号。"
    ),
    "not_ready": ProblemKind(503, "服务尚未就绪", "模型包尚未载入，请稍后再试。"),
}
"""Every code that the service answers. The tests provoke each one and compare."""

_CODES: Mapping[int, str] = {
    400: "invalid_json",
    404: "not_found",
    405: "method_not_allowed",
    413: "request_too_large",
}
"""Status of an HTTPException that the framework raises -> code."""


class Problem(BaseModel):
    """One problem document."""

    model_config = described("问题说明（RFC 9457），不含来件内容。")

    type: str = Field(examples=["urn:nlp-service:problem:empty_text"])
    title: str = Field(description="同一代码的问题标题相同。", examples=["没有可读的文字"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["清理后没有可读的文字，请填写标题或正文。"])
    code: str = Field(
        description="稳定的代码，供程序判断。",
        examples=["empty_text"],
        json_schema_extra={"enum": [*PROBLEMS]},
    )
    instance: str = Field(
        description="这一次问题的编号，与服务日志中的编号一致。",
        examples=["urn:uuid:0b0f3f6e-5f0e-4d43-9d0c-6a4c1f9b8f11"],
    )
    errors: Sequence[InvalidValue] | None = Field(
        default=None, description="逐处的错误；只有内容校验失败时才有。"
    )


class RequestRefused(NlpServiceError):
    """A request that is refused for its form; ``code`` is one of ``PROBLEMS``."""

    def __init__(self, code: str) -> None:
        super().__init__(PROBLEMS[code].detail)
        self.code = code


def make_problem(
    code: str, detail: str = "", *, errors: Sequence[InvalidValue] | None = None
) -> Problem:
    """Return the problem of that code with a number of its own."""
    kind = PROBLEMS[code]
    return Problem(
        type=f"urn:nlp-service:problem:{code}",
        title=kind.title,
        status=kind.status,
        detail=detail or kind.detail,
        code=code,
        instance=uuid.uuid4().urn,
        errors=errors,
    )


def problem_of(error: InvalidSubmission | RequestRefused | ModeUnavailable) -> Problem:
    """Return the problem that an error is answered with."""
    errors = error.errors if isinstance(error, InvalidItem) else None
    return make_problem(error.code, str(error), errors=errors)


def as_json(problem: Problem) -> dict[str, object]:
    """Return the document; ``errors`` only where there are any."""
    return problem.model_dump(mode="json", exclude_none=True)


def respond(problem: Problem, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the response that carries the problem."""
    return JSONResponse(
        as_json(problem), status_code=problem.status, headers=headers, media_type=MEDIA_TYPE
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Make the app answer every expected error with a problem; the others are failures."""
    app.exception_handler(InvalidSubmission)(_answer_our_error)
    app.exception_handler(RequestRefused)(_answer_our_error)
    app.exception_handler(ModeUnavailable)(_answer_our_error)
    app.exception_handler(RequestValidationError)(_answer_invalid_request)
    app.exception_handler(HTTPException)(_answer_http_exception)


async def _answer_our_error(
    request: Request, error: InvalidSubmission | RequestRefused | ModeUnavailable
) -> JSONResponse:
    return respond(problem_of(error))


async def _answer_invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
    return respond(problem_of(explain_errors(error.errors())))


async def _answer_http_exception(request: Request, error: HTTPException) -> JSONResponse:
    """Answer what the framework refuses; a body that cannot be decoded arrives as a bare 400."""
    if isinstance(error.__cause__, UnicodeDecodeError):
        return respond(make_problem("invalid_encoding"))
    if error.status_code not in _CODES:
        raise error
    return respond(make_problem(_CODES[error.status_code]), headers=error.headers)
