"""The addresses of the workbench."""

from fastapi import APIRouter

from nlp_service.web.assets import static_router
from nlp_service.web.batch_pages import batch_page_router
from nlp_service.web.held_file_pages import held_file_router
from nlp_service.web.home import home_router
from nlp_service.web.login_pages import login_router
from nlp_service.web.try_page import try_router

page_router = APIRouter()
page_router.include_router(static_router)
page_router.include_router(login_router)
page_router.include_router(home_router)
page_router.include_router(try_router)
page_router.include_router(held_file_router)
page_router.include_router(batch_page_router)
