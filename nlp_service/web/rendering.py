"""Pages from templates. Everything put into one is escaped; no page has script or style in it."""

import json
from collections.abc import Mapping
from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from nlp_service.api.cookies import read_session_cookie
from nlp_service.domain.people import Caller
from nlp_service.people.tokens import csrf_token_of
from nlp_service.web.assets import asset_url
from nlp_service.web.naming import name_code
from nlp_service.web.navigation import entries_for
from nlp_service.web.samples import count_shown_samples
from nlp_service.web.wording import FILTERS

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load and run: files of this service, nothing that stands in the page."""


def render(
    request: Request, template: str, *, status: int = 200, said: str = "", **values: Any
) -> HTMLResponse:
    """Return a page or a part of one.

    Args:
        request: what asked.
        template: a file of ``templates``.
        status: of the answer.
        said: a sentence to be shown, and read out, when the answer arrives by htmx.
        values: what the template names, beside ``caller``, ``csrf_token``, ``request``,
            ``navigation``, ``taxonomy`` and ``count_samples``.
    """
    content = _environment().get_template(template).render(**_given(request), **values)
    headers = {"Content-Security-Policy": POLICY}
    if said:
        headers["HX-Trigger"] = trigger_of(said)
    return HTMLResponse(content, status_code=status, headers=headers)


def by_htmx(request: Request) -> bool:
    """Say whether htmx asks, which wants the part that changed and not a page or a redirect."""
    return "HX-Request" in request.headers


def trigger_of(said: str, *, undo: str = "") -> str:
    """Return the ``HX-Trigger`` that lets a page say a sentence.

    Args:
        said: the sentence.
        undo: address to post to where the reader takes back what was done.
    """
    return json.dumps({"said": {"text": said, "undo": undo}})


def _given(request: Request) -> Mapping[str, Any]:
    """Return what every template may name."""
    caller: Caller | None = getattr(request.state, "caller", None)
    cookie = read_session_cookie(request)
    assessor = getattr(request.app.state, "assessor", None)
    return {
        "request": request,
        "caller": caller,
        "csrf_token": csrf_token_of(cookie) if cookie else "",
        "navigation": entries_for(caller, request.scope["path"]),
        "taxonomy": assessor.bundle.taxonomy if assessor else None,
        "count_samples": partial(count_shown_samples, request),  # asked only by whole pages
    }


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("nlp_service.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS, name_code=name_code)
    environment.globals["asset"] = asset_url
    return environment
