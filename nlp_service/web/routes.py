"""The addresses of the workbench."""

from fastapi import APIRouter

from nlp_service.web.assets import static_router
from nlp_service.web.compare_pages import compare_router
from nlp_service.web.home import home_router
from nlp_service.web.login_pages import login_router
from nlp_service.web.return_note_page import return_note_router
from nlp_service.web.screening_acts import screening_acts_router
from nlp_service.web.screening_pages import screening_router
from nlp_service.web.submission_acts import submission_act_router
from nlp_service.web.submission_pages import submission_page_router
from nlp_service.web.try_page import try_router

page_router = APIRouter()
page_router.include_router(static_router)
page_router.include_router(login_router)
page_router.include_router(home_router)
page_router.include_router(try_router)
page_router.include_router(submission_page_router)
page_router.include_router(submission_act_router)
page_router.include_router(return_note_router)
page_router.include_router(compare_router)
page_router.include_router(screening_router)
page_router.include_router(screening_acts_router)
