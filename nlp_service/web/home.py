"""The front door: to the inbox or, where nothing is kept, to the page for trying."""

from fastapi import APIRouter
from starlette.responses import RedirectResponse

from nlp_service.api.deps import FoundStoreDep

home_router = APIRouter(include_in_schema=False)


@home_router.get("/")
async def go_home(store: FoundStoreDep) -> RedirectResponse:
    """Lead to where the day's work is."""
    return RedirectResponse("/try" if store is None else "/inbox", 303)
