"""The cookies of signing in, and where a request comes from.

A connection is safe where its scheme is https, which a proxy that the settings trust may say
(``X-Forwarded-Proto``). There cookies are ``Secure``, and their names begin with ``__Host-``: a
browser then takes them from nobody but this very host.
"""

from starlette.requests import HTTPConnection
from starlette.responses import Response

_SESSION, _LOGIN = "nlp_session", "nlp_login"


def read_session_cookie(request: HTTPConnection) -> str | None:
    """Return the token of the session that a request belongs to; None where it has none."""
    return request.cookies.get(_name(_SESSION, request)) or None


def read_login_cookie(request: HTTPConnection) -> str | None:
    """Return what the sign-in page was sent with; None where it was not."""
    return request.cookies.get(_name(_LOGIN, request)) or None


def set_session_cookie(response: Response, request: HTTPConnection, token: str) -> None:
    """Let the browser keep a session's token until it is closed, out of reach of scripts."""
    _set(response, request, _SESSION, token)
    _delete(response, request, _LOGIN)


def set_login_cookie(response: Response, request: HTTPConnection, secret: str) -> None:
    """Let the browser keep what its sign-in form must agree with."""
    _set(response, request, _LOGIN, secret)


def delete_session_cookie(response: Response, request: HTTPConnection) -> None:
    """Let the browser forget the session."""
    _delete(response, request, _SESSION)


def address_of(request: HTTPConnection) -> str:
    """Return where a request comes from; behind a trusted proxy, where it came from there."""
    return request.client.host if request.client else ""


def _set(response: Response, request: HTTPConnection, name: str, value: str) -> None:
    # Lax: who follows a link from a message is signed in already; unsafe requests need the token.
    response.set_cookie(
        _name(name, request), value, httponly=True, samesite="lax", secure=_is_safe(request)
    )


def _delete(response: Response, request: HTTPConnection, name: str) -> None:
    response.delete_cookie(
        _name(name, request), httponly=True, samesite="lax", secure=_is_safe(request)
    )


def _name(name: str, request: HTTPConnection) -> str:
    return f"__Host-{name}" if _is_safe(request) else name


def _is_safe(request: HTTPConnection) -> bool:
    return request.url.scheme == "https"
