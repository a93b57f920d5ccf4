"""收件箱: the list of submissions, and what is done with them from it: confirm, correct, take back.

What is done answers htmx with the rows anew and with every count that the page shows: of the list,
the views, the filters' choices. Without a script it leads back to the list.
"""

import json
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import RedirectResponse, Response

from nlp_service.api.deps import ActorDep, AssessorDep, CallerDep, StoreDep
from nlp_service.api.problems import RequestRefused
from nlp_service.api.review_schemas import MOST_CONFIRMED
from nlp_service.api.submission_routes import SubmissionKey
from nlp_service.assess import Assessor
from nlp_service.domain.errors import RecordUnknown, ReviewRefused
from nlp_service.domain.people import Caller
from nlp_service.domain.queue import ListCounts
from nlp_service.domain.records import ListFilter, ListPage
from nlp_service.domain.reviews import Findings, check_findings
from nlp_service.store.earlier_texts import part_document
from nlp_service.store.opening import Office
from nlp_service.web import inbox_filters as filters
from nlp_service.web.forms import Form, SignedFormDep
from nlp_service.web.inbox_options import PARTS, Part, as_findings, offer_corrections
from nlp_service.web.inbox_query import INBOX, read_query
from nlp_service.web.inbox_query import Query as InboxQuery
from nlp_service.web.inbox_rows import make_rows
from nlp_service.web.rendering import by_htmx, render, trigger_of

inbox_router = APIRouter(include_in_schema=False)

PAGE = 50

Key = Annotated[int, Field(ge=1, le=2**63 - 1)]
Keys = Annotated[list[Key], Query(max_length=MOST_CONFIRMED)]
KeysOrNone = Annotated[list[Key], Query(max_length=MOST_CONFIRMED, default_factory=list)]


@inbox_router.get(INBOX)
def show_inbox(
    request: Request,
    store: StoreDep,
    assessor: AssessorDep,
    caller: CallerDep,
    deleted: Annotated[Key | None, Query()] = None,
) -> Response:
    """Show the list; to htmx a further page, or all that the filters change.

    Whoever has ``deleted`` a submission is led here, and told so.
    """
    query, cursor = read_query(request.query_params), request.query_params.get("cursor")
    by_script = by_htmx(request)
    with store.reading() as office:
        if by_script and cursor:
            page = _page_behind(office, query, cursor)
            values = _list_values(office, page, query, assessor)
            return render(request, "inbox/items.html", **values, first=False)
        page, counts = office.submissions.list_and_count(
            query.wanted, order=query.order, limit=PAGE
        )
        page = _page_behind(office, query, cursor) if cursor else page
        values = _list_values(office, page, query, assessor)
        values |= _frame_values(office, counts, query, caller, assessor)
        values["deleted"] = deleted if deleted and _is_deleted(office, deleted) else None
    template = "inbox/body.html" if by_script else "inbox.html"
    response = render(request, template, **values, first=cursor is None)
    if by_script:
        response.headers["HX-Push-Url"] = query.address
    return response


@inbox_router.get(f"{INBOX}/rows")
def show_rows(
    request: Request,
    store: StoreDep,
    assessor: AssessorDep,
    caller: CallerDep,
    key: KeysOrNone,
) -> Response:
    """Show some rows as they are now, with the counts, to be put in the place of the page's."""
    with store.reading() as office:
        return _rows_anew(request, office, key, caller, assessor)


@inbox_router.get(f"{INBOX}/{{key}}/options/{{part}}")
def show_options(
    request: Request, key: SubmissionKey, part: Part, store: StoreDep, assessor: AssessorDep
) -> Response:
    """Show what a part of a submission may be corrected to."""
    with store.reading() as office:
        submission = office.submissions.get(key).submission
        (item,) = office.submissions.among([key])
    document = part_document(submission.title, submission.text)
    corrections = offer_corrections(part, item, document, assessor)
    values: dict[str, Any] = {
        "key": key,
        "part": part,
        "called": PARTS[part],
        "corrections": corrections,
    }
    return render(request, "inbox/options.html", **values)


@inbox_router.post(f"{INBOX}/{{key}}/correct")
def correct(
    request: Request,
    key: SubmissionKey,
    form: SignedFormDep,
    store: StoreDep,
    assessor: AssessorDep,
    caller: CallerDep,
    actor: ActorDep,
) -> Response:
    """Correct a part of a submission to what was chosen."""
    part, value = form.get("part", ""), form.get("value") or form.get("other", "")
    if part not in [*Part] or not value:
        raise RequestRefused("invalid_request", "没有选定要改成什么，请选一项。")
    taxonomy = assessor.bundle.taxonomy
    with store.transaction(actor=actor) as office:
        items = office.submissions.among([key])
        if not items:
            raise RecordUnknown(f"没有编号为 {key} 的来件，或者它已被删除。")
        said = check_findings(as_findings(Part(part), value, items[0], taxonomy), taxonomy)
        review = office.reviews.add(key, said)
        if not by_htmx(request):
            return _back(form)
        response = _rows_anew(request, office, [key], caller, assessor)
    response.headers["HX-Trigger"] = trigger_of(
        f"{PARTS[Part(part)]}已更正。", undo=_undo_address([review.key])
    )
    return response


@inbox_router.post(f"{INBOX}/confirm")
def confirm(
    request: Request,
    form: SignedFormDep,
    store: StoreDep,
    assessor: AssessorDep,
    caller: CallerDep,
    actor: ActorDep,
) -> Response:
    """Confirm what is shown of one or several submissions."""
    keys = _chosen_keys(form)
    with store.transaction(actor=actor) as office:
        reviews = [office.reviews.add(key, Findings(), confirm=True).key for key in keys]
        if not by_htmx(request):
            return _back(form)
        response = _rows_anew(request, office, keys, caller, assessor)
    response.headers["HX-Trigger"] = trigger_of(
        f"已确认 {len(keys)} 件。", undo=_undo_address(reviews)
    )
    response.headers["HX-Trigger-After-Settle"] = json.dumps({"confirmed": {"keys": keys}})
    return response


@inbox_router.post(f"{INBOX}/undo")
def undo(
    request: Request, form: SignedFormDep, store: StoreDep, actor: ActorDep, review: Keys
) -> Response:
    """Take back reviews; those that somebody has taken back already stay so."""
    keys, undone = [], 0
    with store.transaction(actor=actor) as office:
        for key in sorted(set(review), reverse=True):
            try:
                keys.append(office.reviews.undo(key).submission_key)
                undone += 1
            except ReviewRefused:
                continue
    if not by_htmx(request):
        return _back(form)
    said = f"已撤销 {undone} 件。" if undone else "早已撤销。"
    told = {**json.loads(trigger_of(said)), "undone": {"keys": sorted(set(keys))}}
    return Response(status_code=204, headers={"HX-Trigger": json.dumps(told)})


def _is_deleted(office: Office, key: int) -> bool:
    try:
        return office.submissions.get(key, even_deleted=True).submission.deleted_at is not None
    except RecordUnknown:
        return False


def _page_behind(office: Office, query: InboxQuery, cursor: str) -> ListPage:
    return office.submissions.list(query.wanted, order=query.order, cursor=cursor, limit=PAGE)


def _list_values(
    office: Office, page: ListPage, query: InboxQuery, assessor: Assessor
) -> dict[str, Any]:
    taxonomy = assessor.bundle.taxonomy
    return {
        "rows": make_rows(office, page.items, taxonomy, words=query.wanted.words),
        "next_page": page.next_cursor and query.next_page(page.next_cursor),
        "parts": PARTS,
        "query": query,
    }


def _frame_values(
    office: Office, counts: ListCounts, query: InboxQuery, caller: Caller, assessor: Assessor
) -> dict[str, Any]:
    """Return what stands around the list."""
    taxonomy = assessor.bundle.taxonomy
    tabs = filters.make_tabs(office, query, caller.user_key)
    return {
        "total": counts.total,
        "is_empty": not counts.total and not office.submissions.count_each([ListFilter()])[0],
        "tabs": tabs,
        "own_view": filters.own_view(tabs, caller.user_key),
        "choices": filters.main_choices(query, counts, taxonomy),
        "further": filters.further_choices(query, taxonomy),
        "asks_beyond": filters.asks_beyond(query.wanted),
        "orders": filters.order_options(query),
        "chips": filters.make_chips(query, taxonomy),
    }


def _rows_anew(
    request: Request, office: Office, keys: Sequence[int], caller: Caller, assessor: Assessor
) -> Response:
    """Return rows and counts, each to take the place of the one of its id."""
    query = _query_of_page(request)
    items = office.submissions.among(keys)
    rows = make_rows(office, items, assessor.bundle.taxonomy, words=query.wanted.words)
    counts = office.submissions.count(query.wanted)
    return render(
        request,
        "inbox/anew.html",
        rows=rows,
        parts=PARTS,
        query=query,
        tabs=filters.make_tabs(office, query, caller.user_key),
        total=counts.total,
        choices=filters.main_choices(query, counts, assessor.bundle.taxonomy),
    )


def _query_of_page(request: Request) -> InboxQuery:
    """Return what the page from which htmx asks shows."""
    address = urlsplit(request.headers.get("HX-Current-URL", ""))
    try:
        return read_query(dict(parse_qsl(address.query)))
    except RequestRefused:
        return InboxQuery()


def _chosen_keys(form: Form) -> Sequence[int]:
    chosen = {int(key) for key in form.getlist("key") if key.isdecimal() and len(key) < 19}
    if not chosen:
        raise RequestRefused("invalid_request", "没有选中来件，请先勾选要确认的。")
    if len(chosen) > MOST_CONFIRMED:
        raise RequestRefused("invalid_request", f"一次至多确认 {MOST_CONFIRMED} 件，请分几次。")
    return sorted(chosen)


def _undo_address(reviews: Sequence[int]) -> str:
    return f"{INBOX}/undo?" + "&".join(f"review={key}" for key in reviews)


def _back(form: Form) -> Response:
    """Lead back to the list that the form was on."""
    return RedirectResponse(read_query(dict(parse_qsl(form.get("back", "")))).address, 303)
