"""How much one request may hold; bodies stay small, whatever their sender says of their length."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 2 * 2**20
"""Largest request body: a batch of 256 ordinary submissions."""

MAX_BATCH = 256
"""Submissions of one batch."""

MAX_IMPORT_BYTES = 4 * 2**30
"""Largest archive in one request; its route counts, and keeps it on the disk."""

MAX_FILE_BYTES = 256 * 2**20
"""Largest file of a batch job; it is kept in the database until it was read."""

MAX_KEY = 2**53 - 1
"""Largest number of a record: whoever reads JSON holds such numbers exactly (RFC 7493)."""

IMPORT_PATH = "/v1/submissions:import"
BATCHES_PATH = "/v1/batches"
BATCHES_PAGE = "/batches"

_LARGE = (IMPORT_PATH, BATCHES_PATH, BATCHES_PAGE)


class BodyLimitMiddleware:
    """Refuses, with a 413, a body that is announced too large or turns out to be.

    Archives and files have limits of their own. The refusal is raised where the body is read, so
    the app's own handler answers it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a ``receive`` that counts."""
        if scope["type"] != "http" or scope["path"] in _LARGE:
            await self._app(scope, receive, send)
            return
        announced = _announced_length(scope)
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            if announced > MAX_BODY_BYTES:
                raise HTTPException(413)
            message = await receive()
            received += len(message.get("body", b""))
            if received > MAX_BODY_BYTES:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_within_limit, send)


def _announced_length(scope: Scope) -> int:
    """Return the Content-Length; 0 where there is none to be trusted."""
    value = dict(scope["headers"]).get(b"content-length", b"")
    return int(value) if value.isdigit() else 0
