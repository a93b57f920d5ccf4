"""Every answer that is not the one asked for: RFC 9457 problem documents, in Chinese.

The one table from an error to its status and title is ``PROBLEMS``. No document repeats what
was sent: neither a text nor a single value of it.
"""

import logging
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
from nlp_service.domain.errors import (
    AccountRefused,
    ContentUnfit,
    DatabaseFull,
    DecisionRefused,
    IdempotencyMismatch,
    InvalidCursor,
    InvalidSubmission,
    MergeRefused,
    ModeUnavailable,
    NlpServiceError,
    PasswordRefused,
    QueueFull,
    RecordUnknown,
    ReferenceTaken,
    ResultsGone,
    ReviewRefused,
    SignInFailed,
    SignInPaused,
    StoreError,
    UnreadableInput,
    WebhookRefused,
)
from nlp_service.domain.records import LONGEST_NAME
from nlp_service.domain.submission import MAX_CHARACTERS

log = logging.getLogger(__name__)

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
    "not_signed_in": ProblemKind(
        401,
        "没有登录，也没有有效的密钥",
        "请先登录（网页 /login，或 POST /v1/session），或以 Authorization: Bearer 密钥 发送。",
    ),
    "sign_in_failed": ProblemKind(
        401, "登录未成功", "用户名或口令不对。若口令已过期、用户已停用，请找管理员。"
    ),
    "not_allowed": ProblemKind(403, "没有这项权限", "需要权限 manage，张三 没有。"),
    "csrf_refused": ProblemKind(
        403,
        "请求不是从本服务的页面发出的",
        "请求缺少正确的 X-CSRF-Token（见 GET /v1/session），请刷新页面后再试。",
    ),
    "password_change_required": ProblemKind(
        403,
        "须先修改一次性口令",
        "现在用的是一次性口令，请先修改（网页 /password，或 PUT /v1/session/password）。",
    ),
    "not_found": ProblemKind(404, "没有这个地址", "没有这个地址，接口列表见 /openapi.json。"),
    "record_unknown": ProblemKind(404, "没有这条记录", "没有编号为 4711 的来件，或者它已被删除。"),
    "method_not_allowed": ProblemKind(
        405, "这个地址不支持该请求方法", "这个地址不支持该请求方法，可用的见响应头 Allow。"
    ),
    "mode_unavailable": ProblemKind(
        409, "当前模型包没有编码器", "当前模型包没有编码器，请改用 mode=fast。"
    ),
    "relations_unavailable": ProblemKind(
        409, "当前模型包不能判断重复", "当前模型包没有成对判断的模型，不能查重；请换一个模型包。"
    ),
    "decision_refused": ProblemKind(
        409, "不能这样认定两件来件的关系", "来件 4711 不能与它自己比较，请另选一件。"
    ),
    "store_disabled": ProblemKind(
        409, "这套服务不保存来件", "这套服务没有开启存储（NLP_STORE=false），只能评，不能存取。"
    ),
    "reference_taken": ProblemKind(
        409,
        "编号已用于另一件来件",
        "这个编号已是来件 4711，文字却不同；请核对编号，或换一个编号，或用 store=false 只评不存。",
    ),
    "merge_refused": ProblemKind(
        409, "不能这样并案、撤销或删除", "来件 4711 属于并案 12，不能删除，请先撤销并案。"
    ),
    "review_refused": ProblemKind(409, "不能撤回这次审核", "审核 4711 已由 张三 撤回。"),
    "account_refused": ProblemKind(
        409,
        "不能这样添加或改动用户、密钥",
        "张三 是最后一个管理员，不能停用或改作别的角色，请先让另一人做管理员。",
    ),
    "results_gone": ProblemKind(
        410, "结果已满保存期", "任务 4711 的结果已满保存期，于 2026-03-01 删除。"
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
    "invalid_name": ProblemKind(
        422,
        "名称或编号不可用",
        f"编号应是不超过 {LONGEST_NAME} 字的一行文字，现有 {LONGEST_NAME + 1} 字"
        "或含有换行、控制字符。",
    ),
    "invalid_review": ProblemKind(
        422, "审核内容不合要求", "议题的代码 T42 不在分类体系中，请核对。"
    ),
    "password_refused": ProblemKind(
        422,
        "这个口令不能用",
        "口令至少要 10 个字符，现有 8 个。可以用几个不相干的词连成一句，好记也难猜。",
    ),
    "invalid_cursor": ProblemKind(
        422, "cursor 不可用", "cursor 不是本列表给出的，请从第一页重新开始。"
    ),
    "unreadable_archive": ProblemKind(
        422,
        "档案无法读取",
        "文件 前 20 行里没有正文列（如 正文、内容、提案内容、提案正文）。请改列名，或指明哪一列是"
        "正文（命令行写 --column 正文=列名）。",
    ),
    "sign_in_paused": ProblemKind(
        429,
        "登录失败次数过多",
        "登录失败次数过多，请在 60 秒后再试，或找管理员重置口令。",
    ),
    "too_many_requests": ProblemKind(
        429, "请求过于频繁", "请求过于频繁，请按响应头 Retry-After 稍候；多件来件请成批发送。"
    ),
    "idempotency_mismatch": ProblemKind(
        422,
        "这个键已用于另一项任务",
        "这个 Idempotency-Key 已用于任务 4711，文件或选项却不同；请换一个键。",
    ),
    "webhook_refused": ProblemKind(
        422,
        "不能通知这个地址",
        "不能通知 example.com:443，它不在允许的主机之列；请让管理员把它加进 NLP_WEBHOOK_HOSTS。",
    ),
    "queue_full": ProblemKind(
        429,
        "等待的任务太多",
        "等待分拣的已有 1000000 行，暂不接受新任务，请约 600 秒后再试。",
    ),
    "internal_error": ProblemKind(
        500, "服务内部出错", "服务内部出错，已记入日志；报修时请附上 instance 编号。"
    ),
    "not_ready": ProblemKind(503, "服务尚未就绪", "模型包尚未载入，请稍后再试。"),
    "store_unavailable": ProblemKind(
        503, "数据库暂时不能用", "数据库暂时不能用，没有写入；缘由见服务日志，请稍后再试。"
    ),
    "store_full": ProblemKind(
        507, "磁盘已满", "数据库或接收文件的磁盘已满或只读，没有写入；请通知管理员。"
    ),
}
"""Every code that the service answers. The tests provoke each one and compare."""

_CODES: Mapping[int, str] = {
    400: "invalid_json",
    404: "not_found",
    405: "method_not_allowed",
    413: "request_too_large",
}
"""Status of an HTTPException that the framework raises -> code."""


_STORE_CODES: Mapping[type[NlpServiceError], str] = {
    RecordUnknown: "record_unknown",
    MergeRefused: "merge_refused",
    DecisionRefused: "decision_refused",
    ReviewRefused: "review_refused",
    AccountRefused: "account_refused",
    InvalidCursor: "invalid_cursor",
    UnreadableInput: "unreadable_archive",
    ContentUnfit: "invalid_request",
    DatabaseFull: "store_full",
    StoreError: "store_unavailable",
}
"""Errors that have no code themselves -> code; of a tree's, the closest first."""


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

    def __init__(self, code: str, detail: str = "", *, retry_after_s: int | None = None) -> None:
        super().__init__(detail or PROBLEMS[code].detail)
        self.code, self.retry_after_s = code, retry_after_s


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


def problem_of(error: NlpServiceError) -> Problem:
    """Return the problem that an expected error is answered with.

    What is wrong with the database itself is for who runs the service: it goes into the log.
    """
    code = getattr(error, "code", None) or next(
        code for kind, code in _STORE_CODES.items() if isinstance(error, kind)
    )
    if isinstance(error, ReferenceTaken):  # its own message repeats the number
        return make_problem(code, PROBLEMS[code].detail.replace("4711", str(error.key)))
    if isinstance(error, ContentUnfit):  # its own message names the database
        return make_problem(code, "含有不能保存的字符（如 U+0000），请去掉后再发。")
    if PROBLEMS[code].status >= 500 and isinstance(error, StoreError):
        problem = make_problem(code)
        log.error("%s\n%s", problem.instance, error)
        return problem
    errors = error.errors if isinstance(error, InvalidItem) else None
    return make_problem(code, str(error), errors=errors)


def as_json(problem: Problem) -> dict[str, object]:
    """Return the document; ``errors`` only where there are any."""
    return problem.model_dump(mode="json", exclude_none=True)


def respond(problem: Problem, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return the response that carries the problem."""
    return JSONResponse(
        as_json(problem), status_code=problem.status, headers=headers, media_type=MEDIA_TYPE
    )


def respond_to(error: NlpServiceError) -> JSONResponse:
    """Return the response to an expected error, with what a client needs to do better."""
    problem = problem_of(error)
    headers = {"WWW-Authenticate": "Bearer"} if problem.status == 401 else {}
    if retry_after_s := getattr(error, "retry_after_s", None):
        headers["Retry-After"] = str(retry_after_s)
    return respond(problem, headers=headers)


def add_problem_handlers(app: FastAPI) -> None:
    """Make the app answer every expected error with a problem; the others are failures."""
    app.exception_handler(InvalidSubmission)(_answer_our_error)
    app.exception_handler(RequestRefused)(_answer_our_error)
    app.exception_handler(ModeUnavailable)(_answer_our_error)
    app.exception_handler(UnreadableInput)(_answer_our_error)
    app.exception_handler(WebhookRefused)(_answer_our_error)
    app.exception_handler(IdempotencyMismatch)(_answer_our_error)
    app.exception_handler(ResultsGone)(_answer_our_error)
    app.exception_handler(QueueFull)(_answer_full_queue)
    app.exception_handler(StoreError)(_answer_our_error)
    app.exception_handler(PasswordRefused)(_answer_our_error)
    app.exception_handler(SignInFailed)(_answer_our_error)
    app.exception_handler(SignInPaused)(_answer_our_error)
    app.exception_handler(RequestValidationError)(_answer_invalid_request)
    app.exception_handler(HTTPException)(_answer_http_exception)


async def _answer_our_error(request: Request, error: NlpServiceError) -> JSONResponse:
    return respond_to(error)


async def _answer_full_queue(request: Request, error: QueueFull) -> JSONResponse:
    return respond(problem_of(error), headers={"Retry-After": str(error.retry_after_s)})


async def _answer_invalid_request(request: Request, error: RequestValidationError) -> JSONResponse:
    return respond(problem_of(explain_errors(error.errors())))


async def _answer_http_exception(request: Request, error: HTTPException) -> JSONResponse:
    """Answer what the framework refuses; a body that cannot be decoded arrives as a bare 400."""
    if isinstance(error.__cause__, UnicodeDecodeError):
        return respond(make_problem("invalid_encoding"))
    if error.status_code not in _CODES:
        raise error
    return respond(make_problem(_CODES[error.status_code]), headers=error.headers)
