"""The views of the inbox that a user saves and removes."""

from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from nlp_service.api.deps import ActorDep, CallerDep, StoreDep
from nlp_service.api.problems import RequestRefused
from nlp_service.domain.people import Caller
from nlp_service.domain.views import View
from nlp_service.web.forms import SignedFormDep
from nlp_service.web.inbox_query import INBOX, read_query
from nlp_service.web.keys import RecordKey

inbox_view_router = APIRouter(include_in_schema=False)


@inbox_view_router.post(f"{INBOX}/views")
def save_view(form: SignedFormDep, store: StoreDep, caller: CallerDep, actor: ActorDep) -> Response:
    """Save the list as it is under a name, and show it."""
    query = read_query(dict(parse_qsl(form.get("query", ""))))
    view = View(name=form.get("name", ""), wanted=query.wanted, order=query.order)
    with store.transaction(actor=actor) as office:
        office.views.save(view, user_key=_user_key(caller), shared="shared" in form)
    return RedirectResponse(query.address, 303)


@inbox_view_router.post(f"{INBOX}/views/{{key}}:remove")
def remove_view(
    key: RecordKey,
    form: SignedFormDep,
    store: StoreDep,
    caller: CallerDep,
    actor: ActorDep,
) -> Response:
    """Remove a view of the user's own."""
    with store.transaction(actor=actor) as office:
        office.views.remove(key, user_key=_user_key(caller))
    return RedirectResponse(INBOX, 303)


def _user_key(caller: Caller) -> int:
    if caller.user_key is None:
        raise RequestRefused("invalid_request", "视图属于用户，密钥没有视图；请登录后保存。")
    return caller.user_key
