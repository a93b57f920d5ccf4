"""Requests that are sent again where that is safe: the service was gone for a moment, or full."""

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any
from urllib.parse import urlencode

_BROKEN = (ConnectionError, TimeoutError, http.client.HTTPException, urllib.error.URLError)
_LATER = (429, 503)


class ServiceError(Exception):
    """The service refused; ``code`` is stable, the message is for a person."""

    def __init__(
        self, status: int, code: str, message: str, *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.retry_after_s = status, code, retry_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends requests to one service."""

    url: str
    headers: Mapping[str, str]
    timeout_s: float
    patience_s: float
    """How long a request is repeated before its failure is told."""

    def open(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        body: Callable[[], tuple[IO[bytes], int]] | None = None,
    ) -> http.client.HTTPResponse:
        """Send a request; return its answer, open.

        Args:
            method: of HTTP.
            path: below the service's address.
            query: its parameters; a list stands for several of one name.
            headers: besides those of all requests.
            body: gives the body and its length anew each time it is sent.

        Raises:
            ServiceError: the service refused.
            OSError: it was not reached as long as patience lasted.
        """
        until = time.monotonic() + self.patience_s
        wait_s = 0.5
        while True:
            try:
                return self._send(method, path, query or {}, headers or {}, body)
            except ServiceError as error:
                later_s = error.retry_after_s or wait_s
                if error.status not in _LATER or time.monotonic() + later_s > until:
                    raise
            except _BROKEN as error:
                later_s = wait_s
                if time.monotonic() + later_s > until:
                    raise ConnectionError(f"{self.url} cannot be reached") from error
            time.sleep(later_s)
            wait_s = min(2 * wait_s, 10.0)

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        headers: Mapping[str, str],
        body: Callable[[], tuple[IO[bytes], int]] | None,
    ) -> http.client.HTTPResponse:
        content, length = body() if body else (BytesIO(), 0)
        told = {**self.headers, **headers}
        if body:
            told["Content-Length"] = str(length)
        address = f"{self.url}{path}?{urlencode(query, doseq=True)}" if query else self.url + path
        with content:
            request = urllib.request.Request(
                address, data=content if body else None, headers=told, method=method
            )
            try:
                answer: http.client.HTTPResponse = urllib.request.urlopen(
                    request, timeout=self.timeout_s
                )
            except urllib.error.HTTPError as error:
                raise _refusal(error) from None
        return answer


def _refusal(error: urllib.error.HTTPError) -> ServiceError:
    """Return what the service said of its refusal."""
    with error:
        said = error.read(2**16)
    after = error.headers.get("Retry-After", "")
    retry_after_s = float(after) if after.isdecimal() else None
    try:
        problem = json.loads(said)
        code, message = str(problem["code"]), str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        code, message = "", f"the service answered {error.code}"
    return ServiceError(error.code, code, message, retry_after_s=retry_after_s)
