"""What a browser is shown where a program would get a problem document.

A person who follows a link or sends a form gets a page; htmx gets the document, whose sentence the
page says, and is led to sign in where the session is over.
"""

import json
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nlp_service.api.gate import LOGIN
from nlp_service.api.problems import MEDIA_TYPE
from nlp_service.web.rendering import by_htmx, render


class ProblemPagesMiddleware:
    """Turns problems into pages for whoever asks for a page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; look at its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif by_htmx(request := Request(scope)):
            await self._app(scope, receive, _leading_to_sign_in(send))
        elif "text/html" in request.headers.get("Accept", ""):
            await _ProblemAsPage(request, receive, send).answer(self._app)
        else:
            await self._app(scope, receive, send)


def _leading_to_sign_in(send: Send) -> Send:
    """Let the whole page go where a redirect to signing in would only fill a part of it."""

    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if headers.get("Location") == LOGIN:
                message["status"] = 200
                del headers["Location"]
                headers["HX-Redirect"] = LOGIN
        await send(message)

    return send_on


class _ProblemAsPage:
    """One answer: held back only where it is a problem."""

    def __init__(self, request: Request, receive: Receive, send: Send) -> None:
        self._request, self._receive, self._send = request, receive, send
        self._start: Message | None = None
        self._body = b""

    async def answer(self, app: ASGIApp) -> None:
        await app(self._request.scope, self._receive, self._take)

    async def _take(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_problem(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._show(json.loads(self._body), self._start)

    async def _show(self, problem: Mapping[str, Any], start: Message) -> None:
        page = render(self._request, "problem.html", status=start["status"], problem=problem)
        told = MutableHeaders(scope=start)
        if "Retry-After" in told:
            page.headers["Retry-After"] = told["Retry-After"]
        await page(self._request.scope, self._receive, self._send)


def _is_problem(message: Message) -> bool:
    media_type: str = MutableHeaders(scope=message).get("Content-Type", "")
    return media_type.startswith(MEDIA_TYPE)
