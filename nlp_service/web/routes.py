"""The addresses of the workbench."""

from fastapi import APIRouter

from nlp_service.web.assets import static_router
from nlp_service.web.home import home_router
from nlp_service.web.inbox_pages import inbox_router
from nlp_service.web.inbox_views import inbox_view_router
from nlp_service.web.login_pages import login_router
from nlp_service.web.try_page import try_router

page_router = APIRouter()
page_router.include_router(static_router)
page_router.include_router(login_router)
page_router.include_router(home_router)
page_router.include_router(try_router)
page_router.include_router(inbox_router)
page_router.include_router(inbox_view_router)
