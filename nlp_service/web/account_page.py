"""设置, 我的账户: who one is here, and what one may do."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from nlp_service.api.deps import CallerDep, StoreDep
from nlp_service.domain.people import permissions_in_order
from nlp_service.web.settings_frame import SETTINGS, render_section

account_router = APIRouter(include_in_schema=False)


@account_router.get(SETTINGS)
def show_account(request: Request, caller: CallerDep, store: StoreDep) -> Response:
    """Show who one is here, and what one may do."""
    user = None
    if caller.user_key is not None:
        with store.reading() as office:
            user = office.users.get(caller.user_key)
    return render_section(
        request, "account.html", user=user, permissions=permissions_in_order(caller.permissions)
    )
