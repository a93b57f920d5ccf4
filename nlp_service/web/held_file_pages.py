"""批量, the way in: a file is dropped, looked over, its columns are named, and it is started."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from nlp_service.api.deps import ActorDep, AssessorDep, CallerDep, QueueDep, StoreDep
from nlp_service.api.limits import BATCHES_PAGE, MAX_FILE_BYTES
from nlp_service.api.problems import RequestRefused
from nlp_service.api.receiving import receive_file
from nlp_service.domain.batches import BatchOptions, HeldFile
from nlp_service.domain.people import Caller, Permission
from nlp_service.domain.submission import Kind, Mode
from nlp_service.intake.columns import TEXT_FIELDS, Field, tidy
from nlp_service.intake.kinds import READ, announced_kind, kind_by_name
from nlp_service.jobs.holding import (
    MOST_CHECKED,
    check_again,
    hold,
    mapping_of,
    reports_of,
    start,
)
from nlp_service.store.opening import Store
from nlp_service.web.forms import TOKEN_FIELD, Form, SignedFormDep, check_signed
from nlp_service.web.keys import RecordKey
from nlp_service.web.rendering import by_htmx, render

held_file_router = APIRouter(include_in_schema=False)

_FILES = f"{BATCHES_PAGE}/files"

_USES = [*Field]
"""What a column may be said to be."""


@held_file_router.post(BATCHES_PAGE)
async def take_file(
    request: Request, caller: CallerDep, store: StoreDep, actor: ActorDep
) -> Response:
    """Take a file in, check it, and lead to what was found."""
    fields: dict[str, str] = {}

    def accept(name: str, media_type: str) -> str:
        check_signed(request, fields.get(TOKEN_FIELD, ""))
        return _name_with_ending(name, media_type)

    folder = request.app.state.settings.data / "incoming"
    file = await receive_file(
        request, folder, name="", accept=accept, most=MAX_FILE_BYTES, fields=fields
    )
    with file.content as content:
        held = await run_in_threadpool(
            hold, store, content, name=file.name, holder=actor, keep=_may_store(caller)
        )
    return _lead_to(request, f"{_FILES}/{held.key}")


@held_file_router.get(f"{_FILES}/{{key}}")
def show_file(request: Request, key: RecordKey, store: StoreDep, actor: ActorDep) -> Response:
    """Show what was found in a file, and how it may be started."""
    with store.reading() as office:
        held = office.held_files.get(key, holder=actor)
    return _show(request, store, held)


@held_file_router.post(f"{_FILES}/{{key}}:check")
def name_columns(
    request: Request,
    form: SignedFormDep,
    key: RecordKey,
    caller: CallerDep,
    store: StoreDep,
    actor: ActorDep,
) -> Response:
    """Check a file again, with what a person says of its columns."""
    with store.reading() as office:
        held = office.held_files.get(key, holder=actor)
    held = check_again(
        store,
        key,
        mapping=_read_mapping(form, held),
        holder=actor,
        keep=_may_store(caller),
        folder=request.app.state.settings.data / "incoming",
    )
    if by_htmx(request):
        return _show(request, store, held)
    return RedirectResponse(f"{_FILES}/{key}", 303)


@held_file_router.post(f"{_FILES}/{{key}}:start")
def start_file(
    request: Request,
    form: SignedFormDep,
    key: RecordKey,
    caller: CallerDep,
    assessor: AssessorDep,
    store: StoreDep,
    queue: QueueDep,
    actor: ActorDep,
) -> Response:
    """Start a file; lead to its job."""
    options = _read_options(form, caller)
    assessor.assess_each([], mode=options.mode)  # refuses a mode that is not there
    job = start(
        store,
        queue,
        key,
        options=options,
        settings=request.app.state.settings,
        actor=actor,
    )
    return _lead_to(request, f"{BATCHES_PAGE}/{job.key}")


@held_file_router.post(f"{_FILES}/{{key}}:drop")
def drop_file(form: SignedFormDep, key: RecordKey, store: StoreDep, actor: ActorDep) -> Response:
    """Forget a file."""
    with store.transaction(actor=actor) as office:
        office.held_files.forget(key, holder=actor)
    return RedirectResponse(BATCHES_PAGE, 303)


def _show(request: Request, store: Store, held: HeldFile) -> Response:
    reports = reports_of(held)
    with store.reading() as office:
        before = office.batches.with_digest(held.file.digest)
    columns: dict[str, Field | None] = {}
    for report in reports:
        for name, meant in [
            *report.columns.items(),
            *dict.fromkeys(report.unknown_columns).items(),
        ]:
            columns[name] = columns.get(name) or meant
    return render(
        request,
        "held_file.html",
        held=held,
        reports=reports,
        read=sum(report.rows_read for report in reports),
        refused=sum(report.rows_refused for report in reports),
        cut=any(report.cut for report in reports),
        most_checked=MOST_CHECKED,
        columns=columns,
        lacks_text=bool(columns) and not set(TEXT_FIELDS) & set(columns.values()),
        uses=_USES,
        before=before,
    )


def _read_mapping(form: Form, held: HeldFile) -> dict[str, Field]:
    """Return what a person says of columns: what was said before, and what differs from the page.

    Raises:
        RequestRefused: a column is to be something that there is not.
    """
    mapping = mapping_of(held)
    shown = zip(form.getlist("column"), form.getlist("shown"), form.getlist("use"), strict=False)
    for column, before, use in shown:
        if use != before and tidy(column):
            mapping[tidy(column)] = _read_use(use)
    return mapping


def _read_use(use: str) -> Field:
    try:
        return Field(use or Field.UNUSED)
    except ValueError:
        raise RequestRefused("invalid_request", "列的用途不在表里，请刷新页面后再选。") from None


def _read_options(form: Form, caller: Caller) -> BatchOptions:
    """Return what is to be done with the rows.

    Raises:
        RequestRefused: they are to be stored and the caller may not, or a choice is none.
    """
    keep = form.get("keep") == "yes"
    if keep and not _may_store(caller):
        raise RequestRefused("not_allowed", "您的角色不能把来件存入，请选择只分拣。")
    mode, kind = form.get("mode"), form.get("kind", Kind.UNKNOWN)
    try:
        return BatchOptions(
            mode=Mode(mode) if mode else None,
            keep=keep,
            kind=Kind(kind),
            source=form.get("source", "").strip(),
        )
    except ValueError:
        raise RequestRefused("invalid_request", "方式或类型不在表里，请刷新页面后再选。") from None


def _may_store(caller: Caller) -> bool:
    return caller.may(Permission.FILE)


def _lead_to(request: Request, address: str) -> Response:
    """Lead a browser on, also one that asks by htmx."""
    if by_htmx(request):
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


def _name_with_ending(name: str, media_type: str) -> str:
    """Return a file's name, with an ending that tells its kind.

    Raises:
        RequestRefused: it is of no kind that is read.
    """
    kind = announced_kind(name, media_type)
    if kind is None:
        raise RequestRefused(
            "unsupported_media_type", f"只读 {READ} 文件，请另存为其中一种再上传。"
        )
    return name if kind_by_name(name) is kind else f"{name or '文件'}.{kind}"
