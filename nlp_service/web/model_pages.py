"""设置, 模型: which bundle answers, how good it is, and another one put in its place, or back."""

from dataclasses import asdict
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from nlp_service.api.answering import Answering
from nlp_service.api.deps import ActorDep, AssessorDep, StoreDep
from nlp_service.api.problems import RequestRefused
from nlp_service.assess import Assessor
from nlp_service.domain.audit import RecordKind
from nlp_service.domain.errors import BundleError, InvalidTaxonomy
from nlp_service.settings import Settings
from nlp_service.store.model_choices import folder_of
from nlp_service.store.opening import Store
from nlp_service.store.workers import list_workers
from nlp_service.web.bundles import describe_bundles
from nlp_service.web.forms import SignedFormDep
from nlp_service.web.model_card import read_card
from nlp_service.web.rendering import by_htmx
from nlp_service.web.settings_frame import MODELS, render_section

model_router = APIRouter(include_in_schema=False)


@model_router.get(MODELS)
def show_models(request: Request, assessor: AssessorDep, store: StoreDep) -> Response:
    """Show the bundle that answers, its card, its neighbours, and which answered before."""
    return _show(request, assessor, store)


@model_router.post(MODELS)
def switch_model(
    request: Request,
    form: SignedFormDep,
    assessor: AssessorDep,
    store: StoreDep,
    actor: ActorDep,
) -> Response:
    """Put another bundle in force: here at once, in other processes within seconds."""
    label, answering = form.get("label", ""), request.app.state.answering
    if label != assessor.versions.bundle:
        before, folder = assessor.versions.bundle, _find(request.app.state.settings, label)
        assessor = _load(answering, folder)
        with store.transaction(actor=actor) as office:
            office.model_choices.choose(label, before=before)
        answering.install(assessor)
    if by_htmx(request):
        return _show(request, assessor, store, said=f"已换用 {label}，工作进程几秒内跟上。")
    return RedirectResponse(MODELS, 303)


def _find(settings: Settings, label: str) -> Path:
    folder = folder_of(settings, label)
    if folder is None:
        raise RequestRefused("invalid_request", "没有这个模型包，请刷新页面后再选。")
    return folder


def _load(answering: Answering, folder: Path) -> Assessor:
    """Load a bundle.

    Raises:
        RequestRefused: it does not load; nothing has changed.
    """
    try:
        return answering.load(folder)
    except (BundleError, InvalidTaxonomy) as error:
        raise RequestRefused("invalid_request", f"没有换用：{error}") from None


def _show(request: Request, assessor: Assessor, store: Store, *, said: str = "") -> Response:
    settings, folder = request.app.state.settings, request.app.state.answering.folder
    with store.reading() as office:
        changes = office.audit.of(RecordKind.MODEL, 0)
        choices = office.model_choices.history(limit=1)
        workers = list_workers(office.connection)
    return render_section(
        request,
        "models.html",
        bundle=assessor.bundle,
        versions=asdict(assessor.versions),
        folder=folder,
        bundles=describe_bundles(settings.bundle.parent),
        card=read_card(folder),
        changes=list(reversed(changes)),
        chosen=choices[0] if choices else None,
        workers=workers,
        said=said,
    )
