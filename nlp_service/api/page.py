"""The pages: one file each, which loads nothing from elsewhere.

Their scripts and styles are allowed by their hashes, so nothing else can run in them.
"""

import base64
import hashlib
import html
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Template

from starlette.responses import HTMLResponse

FOLDER = Path(__file__).parent
PAGE = FOLDER / "index.html"


def page_response() -> HTMLResponse:
    """Return the page on which a person tries one submission."""
    page = _read_page()
    policy = (
        f"default-src 'none'; script-src {_hash_of('script', page)}; "
        f"style-src {_hash_of('style', page)}; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def render_page(name: str, values: Mapping[str, str], *, message: str, status: int) -> HTMLResponse:
    """Return a page of a form, with values put in as text, never as HTML."""
    said = f'<p class="note" role="alert">{html.escape(message)}</p>' if message else ""
    escaped = {key: html.escape(value) for key, value in values.items()}
    template, style = _read_template(name)
    page = template.substitute(escaped, style=style, message=said)
    policy = (
        f"default-src 'none'; style-src {_hash_of('style', page)}; img-src data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    headers = {"Content-Security-Policy": policy}
    return HTMLResponse(page, status_code=status, headers=headers)


@cache
def _read_page() -> str:
    return PAGE.read_text(encoding="utf-8")


@cache
def _read_template(name: str) -> tuple[Template, str]:
    template = Template((FOLDER / name).read_text(encoding="utf-8"))
    return template, (FOLDER / "entry.css").read_text(encoding="utf-8")


def _hash_of(element: str, page: str) -> str:
    """Return the source expression that allows the one inline element of that name."""
    (content,) = re.findall(f"<{element}>(.*?)</{element}>", page, re.DOTALL)
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
