"""设置, what everybody may read: one's account, how long texts are kept."""

from datetime import datetime

from fastapi import APIRouter, Request
from starlette.responses import Response

from nlp_service.api.deps import CallerDep, StoreDep
from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.people import permissions_in_order
from nlp_service.domain.records import CHINA
from nlp_service.domain.retention import RetentionRule, read_retention_rules
from nlp_service.settings import Settings
from nlp_service.store.retention import count_due
from nlp_service.web.settings_frame import RETENTION, SETTINGS, render_section

settings_router = APIRouter(include_in_schema=False)


@settings_router.get(SETTINGS)
def show_account(request: Request, caller: CallerDep, store: StoreDep) -> Response:
    """Show who one is here, and what one may do."""
    user = None
    if caller.user_key is not None:
        with store.reading() as office:
            user = office.users.get(caller.user_key)
    return render_section(
        request, "account.html", user=user, permissions=permissions_in_order(caller.permissions)
    )


@settings_router.get(RETENTION)
def show_retention(request: Request, store: StoreDep) -> Response:
    """Show the rules, and how many submissions each would erase today."""
    settings: Settings = request.app.state.settings
    problem, rules = "", list[RetentionRule]()
    if settings.retention is not None:
        try:
            rules = list(read_retention_rules(settings.retention))
        except InvalidTaxonomy as error:
            problem = f"键 {error.key}：{error.reason}"
    due = count_due(store, rules, today=datetime.now(CHINA).date())
    return render_section(
        request, "retention.html", due=due, problem=problem, file=settings.retention
    )
