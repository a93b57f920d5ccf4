"""比对: two submissions side by side, and what a person decides of the pair."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from nlp_service.api.deps import ActorDep, AssessorDep, RelatorDep, StoreDep
from nlp_service.api.related_schemas import RELATION_NAMES
from nlp_service.api.submission_routes import SubmissionKey
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.errors import MergeRefused
from nlp_service.domain.records import ListFilter
from nlp_service.store.neighbours import read_neighbours
from nlp_service.store.opening import Store
from nlp_service.store.relating import Relator
from nlp_service.web.compare_view import read_pair_view
from nlp_service.web.forms import SignedFormDep
from nlp_service.web.keys import AskedKey, AskedKeyOrNone
from nlp_service.web.rendering import by_htmx, render, trigger_of

compare_router = APIRouter(include_in_schema=False)

MOST_FOUND = 20
"""Submissions that a search for something to compare with lists."""


@compare_router.get("/compare")
def show_comparison(
    request: Request,
    store: StoreDep,
    assessor: AssessorDep,
    relator: RelatorDep,
    left: AskedKey,
    right: AskedKeyOrNone = None,
    words: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Show two submissions side by side; with one alone, what it may be compared with."""
    if right is None or right == left:
        return _choice(request, store, relator, left, words)
    with store.reading() as office:
        pair = read_pair_view(office, relator, left, right, assessor.bundle.taxonomy)
    return render(request, "compare.html", pair=pair)


@compare_router.post("/compare/{left}/{right}/relation")
def decide_relation(
    request: Request,
    left: SubmissionKey,
    right: SubmissionKey,
    form: SignedFormDep,
    store: StoreDep,
    actor: ActorDep,
    relator: RelatorDep,
    relation: Annotated[Relation | None, Query()] = None,
) -> Response:
    """Record what a person holds of the pair; without a relation, what they held is taken back."""
    with store.transaction(actor=actor) as office:
        before = office.groups.decision(left, right)
        if relation is None:
            office.groups.withdraw(left, right)
        else:
            office.groups.decide(left, right, relation)
    said = f"已认定为{RELATION_NAMES[relation]}。" if relation else "已撤回认定，又以机器所见为准。"
    former = before.relation if before else None
    undo = _address(left, right, "relation") + (f"?relation={former}" if former else "")
    return _answer(request, store, relator, left, right, said, "" if former == relation else undo)


@compare_router.post("/compare/{left}/{right}/merge")
def merge_pair(
    request: Request,
    left: SubmissionKey,
    right: SubmissionKey,
    form: SignedFormDep,
    store: StoreDep,
    actor: ActorDep,
    relator: RelatorDep,
    lead: AskedKey,
) -> Response:
    """Make one case of the pair, or another of both its lead case."""
    with store.transaction(actor=actor) as office:
        was = office.merges.of(left)
        merge = office.merges.merge([left, right], lead=lead)
    if was is not None and was.key == merge.key:
        said = f"已把来件 {lead} 定为并案 {merge.key} 的主案。"
        undo = _address(left, right, "merge") + f"?lead={was.lead}" if was.lead != lead else ""
    else:
        said = f"已并案（并案 {merge.key}，{len(merge.members)} 件），主案是来件 {lead}。"
        undo = _address(left, right, "unmerge") + f"?merge={merge.key}"
    return _answer(request, store, relator, left, right, said, undo)


@compare_router.post("/compare/{left}/{right}/unmerge")
def unmerge_pair(
    request: Request,
    left: SubmissionKey,
    right: SubmissionKey,
    form: SignedFormDep,
    store: StoreDep,
    actor: ActorDep,
    relator: RelatorDep,
    merge: AskedKey,
) -> Response:
    """Undo the merge that both are in."""
    with store.transaction(actor=actor) as office:
        if left not in office.merges.get(merge).members:
            raise MergeRefused(f"来件 {left} 不在并案 {merge} 里，请刷新页面。")
        office.merges.unmerge(merge)
    said = f"已撤销并案 {merge}，每件来件回到并案之前的样子。"
    return _answer(request, store, relator, left, right, said, "")


def _choice(request: Request, store: Store, relator: Relator, left: int, words: str) -> Response:
    """Show what a submission may be compared with: what stands beside it, what a search finds."""
    with store.reading() as office:
        office.submissions.get(left)  # raises where it is not there
        (shown,) = office.submissions.among([left])
        neighbours = read_neighbours(office, relator, left, limit=MOST_FOUND)
        found = (
            office.submissions.list(
                ListFilter(words=words, restricted=False), limit=MOST_FOUND + 1
            ).items
            if words.strip()
            else ()
        )
    others = [one for one in found if one.key != left][:MOST_FOUND]
    return render(
        request,
        "compare_choice.html",
        shown=shown,
        neighbours=neighbours,
        others=others,
        words=words,
    )


def _answer(
    request: Request,
    store: Store,
    relator: Relator,
    left: int,
    right: int,
    said: str,
    undo: str,
) -> Response:
    if not by_htmx(request):
        return RedirectResponse(f"/compare?left={left}&right={right}", 303)
    taxonomy = request.app.state.assessor.bundle.taxonomy
    with store.reading() as office:
        pair = read_pair_view(office, relator, left, right, taxonomy)
    response = render(request, "compare/held.html", pair=pair, swapped=True)
    response.headers["HX-Trigger"] = trigger_of(said, undo=undo)
    return response


def _address(left: int, right: int, act: str) -> str:
    return f"/compare/{left}/{right}/{act}"
