"""Documents that seldom change: sent with an ETag, and not again to a client that has them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.responses import Response


def send_unless_known(request: Request, document: Mapping[str, Any], *, version: str) -> Response:
    """Return the document, or a 304 where ``If-None-Match`` names what it holds."""
    content = json.dumps(document, ensure_ascii=False).encode()
    etag = f'"{version}-{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if etag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)
