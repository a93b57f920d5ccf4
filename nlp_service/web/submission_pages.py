"""详情: the page of one submission, and its original."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from nlp_service.api.deps import ActorDep, AssessorDep, StoreDep
from nlp_service.api.submission_routes import SubmissionKey
from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.people import Permission
from nlp_service.store.opening import Store
from nlp_service.web.rendering import by_htmx, render, trigger_of
from nlp_service.web.submission_values import page_values
from nlp_service.web.submission_view import Sources, SourcesDep, SubmissionView, read_view

submission_page_router = APIRouter(include_in_schema=False)


@submission_page_router.get("/submissions/{key}")
def show_submission(
    request: Request,
    key: SubmissionKey,
    store: StoreDep,
    actor: ActorDep,
    assessor: AssessorDep,
    sources: SourcesDep,
    show_restricted: Annotated[bool, Query()] = False,
) -> Response:
    """Show a submission; a restricted one only to who says that they want to see it."""
    view = _read(store, sources, key, actor, show_restricted=show_restricted)
    return render(request, "submission.html", **page_values(view, assessor.bundle.taxonomy))


@submission_page_router.get("/submissions/{key}/original")
def show_original(
    request: Request, key: SubmissionKey, store: StoreDep, actor: ActorDep
) -> Response:
    """Show what came in; that it was shown is written first."""
    with store.transaction(actor=actor) as office:
        original = office.originals.show(key)
    return render(request, "original.html", key=key, original=original)


def answer_act(
    request: Request,
    store: Store,
    sources: Sources,
    key: int,
    *,
    said: str,
    undo: str = "",
    afresh: bool = False,
) -> Response:
    """Answer an act: with the parts that it may have changed or, without htmx, with the page.

    A restricted submission is shown anew as a whole, which is noted, as every showing of it.

    Args:
        request: of the act.
        store: where the act was done.
        sources: what the page is made with.
        key: of the submission.
        said: the sentence that tells what was done.
        undo: address to post to where it is to be taken back.
        afresh: the whole page is to be loaded, since other things are shown now.
    """
    with store.reading() as office:
        view = read_view(office, sources, key, show_restricted=False)
    address = f"/submissions/{key}"
    if view.withheld and not afresh and request.state.caller.may(Permission.READ_ORIGINAL):
        address += "?show_restricted=true"
    if not by_htmx(request):
        return RedirectResponse(address, 303)
    if view.withheld or afresh:
        return Response(headers={"HX-Redirect": address})
    taxonomy = request.app.state.assessor.bundle.taxonomy
    response = render(request, "submission/changed.html", **page_values(view, taxonomy))
    response.headers["HX-Trigger"] = trigger_of(said, undo=undo)
    return response


def _read(
    store: Store, sources: Sources, key: int, actor: str, *, show_restricted: bool
) -> SubmissionView:
    with store.reading() as office:
        if not (show_restricted and office.submissions.get(key).submission.restricted):
            return read_view(office, sources, key, show_restricted=False)
    with store.transaction(actor=actor) as office:
        office.audit.note(Action.DISPLAYED, RecordKind.SUBMISSION, key)
        return read_view(office, sources, key, show_restricted=True)
