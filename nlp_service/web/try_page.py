"""试评: the page on which a person tries one submission that is not kept."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from nlp_service.web.rendering import render

try_router = APIRouter(include_in_schema=False)


@try_router.get("/try")
async def show_try(request: Request) -> Response:
    """Show the page."""
    return render(request, "try.html")
