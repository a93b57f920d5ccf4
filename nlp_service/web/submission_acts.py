"""What a person does on the page of one submission: review, record, restrict, unmerge, delete."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from nlp_service.api.deps import ActorDep, AssessorDep, CallerDep, StoreDep
from nlp_service.api.review_routes import ReviewKey
from nlp_service.api.submission_routes import SubmissionKey
from nlp_service.domain.errors import MergeRefused, RecordUnknown
from nlp_service.domain.people import Permission
from nlp_service.domain.reviews import Findings, Review, check_findings
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.web.forms import SignedFormDep
from nlp_service.web.history import say_review
from nlp_service.web.inbox_query import INBOX
from nlp_service.web.review_forms import read_correction, read_key, read_outcome
from nlp_service.web.submission_pages import answer_act
from nlp_service.web.submission_view import SourcesDep, held_of

submission_act_router = APIRouter(include_in_schema=False)


@submission_act_router.post("/submissions/{key}/reviews")
def review_submission(
    request: Request,
    key: SubmissionKey,
    form: SignedFormDep,
    store: StoreDep,
    actor: ActorDep,
    assessor: AssessorDep,
    sources: SourcesDep,
) -> Response:
    """Confirm what is shown, correct one part of it, or leave a note."""
    taxonomy = assessor.bundle.taxonomy
    seen = read_key(form, "assessment_key")
    with store.transaction(actor=actor) as office:
        held = held_of(office, key)
        review = office.reviews.add(
            key,
            check_findings(read_correction(form, held), taxonomy),
            confirm=form.get("confirm") == "1",
            note=form.get("note", ""),
            assessment_key=seen,
        )
    said = _say(review, taxonomy, confirmed=form.get("confirm") == "1")
    return answer_act(request, store, sources, key, said=said, undo=_undo(review))


@submission_act_router.post("/submissions/{key}/reviews/{review}:undo")
def undo_review(
    request: Request,
    key: SubmissionKey,
    review: ReviewKey,
    form: SignedFormDep,
    store: StoreDep,
    actor: ActorDep,
    sources: SourcesDep,
) -> Response:
    """Take back a review of this submission."""
    with store.transaction(actor=actor) as office:
        if office.reviews.get(review).submission_key != key:
            raise RecordUnknown(f"来件 {key} 没有编号为 {review} 的审核。")
        office.reviews.undo(review)
    said = "已撤回，此前的认定恢复有效。"
    return answer_act(request, store, sources, key, said=said)


@submission_act_router.post("/submissions/{key}/outcomes")
def record_outcome(
    request: Request,
    key: SubmissionKey,
    form: SignedFormDep,
    store: StoreDep,
    actor: ActorDep,
    caller: CallerDep,
    assessor: AssessorDep,
    sources: SourcesDep,
) -> Response:
    """Record what the office decided; what persons hold should be done follows it."""
    outcome = read_outcome(form, assessor.bundle.taxonomy)
    with store.transaction(actor=actor) as office:
        office.outcomes.record(key, outcome)
        said = office.reviews.findings(key) or Findings()
        if said.disposition != outcome.disposition and caller.may(Permission.HANDLE):
            office.reviews.add(key, Findings(disposition=outcome.disposition))
    return answer_act(request, store, sources, key, said="已登记办理结果。")


@submission_act_router.post("/submissions/{key}:restrict")
def restrict_submission(
    request: Request,
    key: SubmissionKey,
    form: SignedFormDep,
    store: StoreDep,
    actor: ActorDep,
    sources: SourcesDep,
) -> Response:
    """Restrict a submission; from now on its text must be asked for."""
    with store.transaction(actor=actor) as office:
        office.submissions.restrict(key, restricted=True)
    return answer_act(request, store, sources, key, said="已设为限阅。", afresh=True)


@submission_act_router.post("/submissions/{key}:unrestrict")
def unrestrict_submission(
    request: Request,
    key: SubmissionKey,
    form: SignedFormDep,
    store: StoreDep,
    actor: ActorDep,
    sources: SourcesDep,
) -> Response:
    """Lift a restriction."""
    with store.transaction(actor=actor) as office:
        office.submissions.restrict(key, restricted=False)
    return answer_act(request, store, sources, key, said="已解除限阅。", afresh=True)


@submission_act_router.post("/submissions/{key}/unmerge")
def unmerge_submission(
    request: Request,
    key: SubmissionKey,
    form: SignedFormDep,
    store: StoreDep,
    actor: ActorDep,
    sources: SourcesDep,
) -> Response:
    """Undo the merge that the page showed the submission in."""
    merge = read_key(form, "merge")
    with store.transaction(actor=actor) as office:
        now = office.merges.of(key)
        if now is None or now.key != merge:
            raise MergeRefused("这件来件已不在这个并案里，请刷新页面。")
        office.merges.unmerge(now.key)
    said = f"已撤销并案 {merge}，每件来件回到并案之前的样子。"
    return answer_act(request, store, sources, key, said=said)


@submission_act_router.post("/submissions/{key}:delete")
def delete_submission(
    key: SubmissionKey, form: SignedFormDep, store: StoreDep, actor: ActorDep
) -> Response:
    """Take a submission out of sight; lead to the inbox, which says so."""
    with store.transaction(actor=actor) as office:
        office.submissions.delete(key)
    return RedirectResponse(f"{INBOX}?deleted={key}", 303)


def _say(review: Review, taxonomy: Taxonomy, *, confirmed: bool) -> str:
    if confirmed:
        return f"已确认 {len(review.person.parts)} 项。"
    if not review.person.parts:
        return "已记下备注。"
    return f"已{say_review(review, taxonomy)[0]}。"


def _undo(review: Review) -> str:
    return f"/submissions/{review.submission_key}/reviews/{review.key}:undo"
