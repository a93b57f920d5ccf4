"""Styles, scripts and the libraries in ``vendor``: each under an address that holds its hash.

So a browser keeps them for ever, and a new version of the service never meets old ones.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse

from nlp_service.api.problems import RequestRefused

FOLDER = Path(__file__).parent / "static"
STATIC_PATH = "/static/{digest}/{name:path}"

static_router = APIRouter(include_in_schema=False)


def asset_url(name: str) -> str:
    """Return the address of a file of ``static``.

    Raises:
        KeyError: there is no such file.
    """
    return f"/static/{_digests()[name]}/{name}"


@static_router.get(STATIC_PATH)
async def send_asset(digest: str, name: str) -> FileResponse:
    """Send a file; only by its own hash, so that what is kept for ever is what it says."""
    if _digests().get(name) != digest:
        raise RequestRefused("not_found")
    media_type = mimetypes.guess_type(name)[0] or "text/plain"
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return FileResponse(FOLDER / name, media_type=media_type, headers=headers)


@cache
def _digests() -> Mapping[str, str]:
    """Return the beginning of every file's SHA-256, by its name within the folder."""
    return {
        path.relative_to(FOLDER).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in FOLDER.rglob("*")
        if path.is_file()
    }
