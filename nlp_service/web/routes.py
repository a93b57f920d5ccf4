"""The addresses of the workbench."""

from fastapi import APIRouter

from nlp_service.web.account_page import account_router
from nlp_service.web.assets import static_router
from nlp_service.web.audit_pages import audit_router
from nlp_service.web.batch_pages import batch_page_router
from nlp_service.web.compare_pages import compare_router
from nlp_service.web.filing_pages import filing_router
from nlp_service.web.held_file_pages import held_file_router
from nlp_service.web.home import home_router
from nlp_service.web.hot_issue_pages import hot_issue_page_router
from nlp_service.web.inbox_pages import inbox_router
from nlp_service.web.inbox_views import inbox_view_router
from nlp_service.web.login_pages import login_router
from nlp_service.web.model_pages import model_router
from nlp_service.web.people_pages import people_page_router
from nlp_service.web.retention_pages import retention_router
from nlp_service.web.return_note_page import return_note_router
from nlp_service.web.samples import samples_router
from nlp_service.web.screening_acts import screening_acts_router
from nlp_service.web.screening_pages import screening_router
from nlp_service.web.statistics_pages import statistics_page_router
from nlp_service.web.submission_acts import submission_act_router
from nlp_service.web.submission_pages import submission_page_router
from nlp_service.web.taxonomy_pages import taxonomy_page_router
from nlp_service.web.try_page import try_router

page_router = APIRouter()
page_router.include_router(static_router)
page_router.include_router(login_router)
page_router.include_router(home_router)
page_router.include_router(try_router)
page_router.include_router(hot_issue_page_router)
page_router.include_router(statistics_page_router)
page_router.include_router(samples_router)
page_router.include_router(screening_router)
page_router.include_router(screening_acts_router)
page_router.include_router(submission_page_router)
page_router.include_router(submission_act_router)
page_router.include_router(return_note_router)
page_router.include_router(compare_router)
page_router.include_router(held_file_router)
page_router.include_router(batch_page_router)
page_router.include_router(account_router)
page_router.include_router(taxonomy_page_router)
page_router.include_router(people_page_router)
page_router.include_router(filing_router)
page_router.include_router(retention_router)
page_router.include_router(model_router)
page_router.include_router(audit_router)
page_router.include_router(inbox_router)
page_router.include_router(inbox_view_router)
