"""The gate before every address: who asks, may they, and does the request come from our page.

It stands before the routes and reads no body, so that a stranger learns nothing and costs little.
"""

from collections.abc import Mapping, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from nlp_service.api.callers import Callers
from nlp_service.api.cookies import address_of, read_session_cookie
from nlp_service.api.permissions import Access, Line, PermissionTable
from nlp_service.api.problems import RequestRefused, respond_to
from nlp_service.api.rate import OF_KEYS, OF_SESSIONS, RateLimiter
from nlp_service.domain.errors import NlpServiceError
from nlp_service.domain.people import Caller
from nlp_service.people.tokens import csrf_token_of, same

CSRF_HEADER = "X-CSRF-Token"
LOGIN, PASSWORD = "/login", "/password"

_SAFE = frozenset({"GET", "HEAD"})


class GateMiddleware:
    """Lets a request through to its route, with its caller, or answers in the route's place."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._limiter = RateLimiter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "websocket":  # there are none
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] == "http":
            refusal = await self._examine(Request(scope))
            if refusal is not None:
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _examine(self, request: Request) -> Response | None:
        """Return what to answer in the route's place; None where the request may pass."""
        table: PermissionTable = request.app.state.permissions
        lines_by_method = table.at(request.scope["path"])
        lines = lines_by_method.get(request.method, ())
        if lines:
            request.scope["route"] = lines[0]  # so that refusals are counted under their address
        try:
            caller, by_cookie = await self._identify(request, lines)
            if not lines:
                return _answer_unknown(lines_by_method)
            if _is_unsafe(request):
                _check_origin(request, form=lines[0].form, by_cookie=by_cookie)
            if caller is not None:
                _check_permissions(request, lines, caller)
        except NlpServiceError as error:
            return _refuse(error, page=bool(lines) and lines[0].page)
        request.scope.setdefault("state", {})["caller"] = caller
        return None

    async def _identify(
        self, request: Request, lines: Sequence[Line]
    ) -> tuple[Caller | None, bool]:
        """Return who asks, and whether a cookie says so; nobody, where nobody need be.

        Raises:
            RequestRefused: nobody says who asks, what says so is worth nothing, or it is too often.
            StoreError: the database does not answer.
        """
        if lines and all(line.needs is Access.OPEN for line in lines):
            return None, False
        callers: Callers | None = getattr(request.app.state, "callers", None)
        if callers is None:
            raise RequestRefused("not_ready")
        key, cookie = _read_key(request), read_session_cookie(request)
        by_cookie = key is None
        token = cookie if key is None else key
        if token is None:
            raise RequestRefused("not_signed_in")
        find = callers.with_session if by_cookie else callers.with_key
        caller = await run_in_threadpool(find, token, address=address_of(request))
        if caller is None:
            raise RequestRefused("not_signed_in")
        rate = OF_SESSIONS if by_cookie else OF_KEYS
        if wait_s := self._limiter.take(caller.identity, rate):
            raise RequestRefused("too_many_requests", retry_after_s=wait_s)
        return caller, by_cookie


def _read_key(request: Request) -> str | None:
    """Return the key that a request brings; None where it brings none.

    Raises:
        RequestRefused: it brings several, or something else in its place.
    """
    brought = request.headers.getlist("Authorization")
    if not brought:
        return None
    scheme, _, token = brought[0].partition(" ")
    if len(brought) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise RequestRefused("not_signed_in")
    return token.strip()


def _is_unsafe(request: Request) -> bool:
    return request.method not in _SAFE


def _check_origin(request: Request, *, form: bool, by_cookie: bool) -> None:
    """Refuse what another site makes a browser send.

    Browsers say so themselves where the connection is safe; the token holds everywhere. Only a
    form's is left to its route, since it stands in the body.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site not in ("same-origin", "none"):
        raise RequestRefused("csrf_refused")
    cookie = read_session_cookie(request)
    if not by_cookie or form or cookie is None:
        return
    if not same(request.headers.get(CSRF_HEADER, ""), csrf_token_of(cookie)):
        raise RequestRefused("csrf_refused")


def _check_permissions(request: Request, lines: Sequence[Line], caller: Caller) -> None:
    needed = [one for line in lines for one in line.permissions_for(request.query_params)]
    if needed and caller.must_change_password:
        raise RequestRefused("password_change_required")
    if missing := [one for one in needed if not caller.may(one)]:
        raise RequestRefused("not_allowed", f"需要权限 {missing[0]}，{caller.actor} 没有。")


def _answer_unknown(lines_by_method: Mapping[str, Sequence[Line]]) -> Response:
    """Answer who may ask, but for something that there is not."""
    if not lines_by_method:
        return respond_to(RequestRefused("not_found"))
    response = respond_to(RequestRefused("method_not_allowed"))
    response.headers["Allow"] = ", ".join(one for one in lines_by_method if one != "HEAD")
    return response


def _refuse(error: NlpServiceError, *, page: bool) -> Response:
    """Answer a refusal: a browser that asks for a page is shown where to go first."""
    code = getattr(error, "code", "")
    if page and code == "not_signed_in":
        return RedirectResponse(LOGIN, 303)
    if page and code == "password_change_required":
        return RedirectResponse(PASSWORD, 303)
    return respond_to(error)
