"""Answer what nobody expected, and log where it happened but not what was being read.

An exception's message may quote a submission, so only its type and frames are written down.
"""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nlp_service.api.problems import make_problem, respond
from nlp_service.domain.failures import describe_failure

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
