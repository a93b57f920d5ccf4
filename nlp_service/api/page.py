"""The page on which a person tries one submission: one file that loads nothing from elsewhere.

Its script and its style are allowed by their hashes, so nothing else can run in it.
"""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from starlette.responses import HTMLResponse

PAGE = Path(__file__).parent / "index.html"


def page_response() -> HTMLResponse:
    """Return the page with its headers."""
    html, policy = _read_page()
    headers = {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
    return HTMLResponse(html, headers=headers)


@cache
def _read_page() -> tuple[str, str]:
    """Return the page and its Content-Security-Policy."""
    html = PAGE.read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src {_hash_of('script', html)}; "
        f"style-src {_hash_of('style', html)}; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return html, policy


def _hash_of(element: str, html: str) -> str:
    """Return the source expression that allows the one inline element of that name."""
    (content,) = re.findall(f"<{element}>(.*?)</{element}>", html, re.DOTALL)
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
