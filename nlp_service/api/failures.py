"""Answer what nobody expected, and log where it happened but not what was being read.

An exception's message may quote a submission, so only its type and frames are written down.
"""

import logging
import traceback
from collections.abc import Iterator

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nlp_service.api.problems import make_problem, respond

log = logging.getLogger(__name__)


class FailureMiddleware:
    """Turns any exception into a 500 problem; the log carries the problem's number."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer in the app's place if it fails."""
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except Exception as error:
            if scope["type"] != "http":
                raise
            problem = make_problem("internal_error")
            log.error("%s\n%s", problem.instance, describe_failure(error))
            if not started:
                await respond(problem)(scope, receive, send)


def describe_failure(error: BaseException) -> str:
    """Return the types and frames of an exception and its causes, without their messages."""
    return "".join(
        f"{type(link).__name__}\n{''.join(traceback.format_tb(link.__traceback__))}"
        for link in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
