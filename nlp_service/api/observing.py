"""See every request from its first byte to the end of its answer: number it, count it, log it.

Nothing that a sender may choose gets further than the sender: of the address only the template of
its route is kept, of a number that came with the request only its harmless characters.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nlp_service.stages import Listener, Stage, listening

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"
UNMATCHED = "unmatched"

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The number of the request that is being answered; empty outside of one."""

_NUMBER = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A request that was answered."""

    route: str
    """Template of the route; ``UNMATCHED`` where there is none."""
    method: str
    """``other`` where it is none of the usual ones."""
    status: int
    seconds: float


Observer = Callable[[Answered], None]


class Tracer(Protocol):
    """Follows requests through the systems that they pass."""

    def following(self, headers: Headers) -> AbstractContextManager[Observer]:
        """Begin a span; the observer is told how it ended."""

    def note_stage(self, stage: Stage, seconds: float) -> None:
        """Take in a stage that has just ended."""


class ObservingMiddleware:
    """Shows every request to observers, and every stage of the work to a listener."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        observers: Sequence[Observer],
        listener: Listener,
        tracer: Tracer | None = None,
    ) -> None:
        self._app, self._observers, self._listener = app, observers, listener
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and tell of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        number, status, begun = _number(headers.get(HEADER, "")), 500, time.perf_counter()

        async def send_numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = number
            await send(message)

        outer = request_id.set(number)
        tracing = self._tracer.following(headers) if self._tracer else nullcontext(_nobody)
        with tracing as trace, listening(self._told_of):
            try:
                await self._app(scope, receive, send_numbered)
            finally:
                answered = Answered(
                    route=getattr(scope.get("route"), "path", UNMATCHED),
                    method=scope["method"] if scope["method"] in _METHODS else "other",
                    status=status,
                    seconds=time.perf_counter() - begun,
                )
                for observe in (*self._observers, trace):
                    observe(answered)
                request_id.reset(outer)

    def _told_of(self, stage: Stage, seconds: float) -> None:
        self._listener(stage, seconds)
        if self._tracer:
            self._tracer.note_stage(stage, seconds)


def log_request(answered: Answered) -> None:
    """Write one line of a request."""
    log.info(
        "request",
        extra={
            "method": answered.method,
            "route": answered.route,
            "status": answered.status,
            "ms": round(1000 * answered.seconds, 1),
        },
    )


def _nobody(answered: Answered) -> None:
    """Observe nothing."""


def _number(given: str) -> str:
    """Return the number that came with a request where it is harmless, else a new one."""
    return given if _NUMBER.fullmatch(given) else uuid.uuid4().hex
