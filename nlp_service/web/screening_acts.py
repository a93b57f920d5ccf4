"""审查: what a person does on the screening page; each act can be taken back."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from nlp_service.api.deps import ActorDep, AssessorDep, StoreDep
from nlp_service.api.problems import RequestRefused
from nlp_service.assess import Assessor
from nlp_service.domain.adoption import PART_NAMES, AdoptedPart, Dial
from nlp_service.domain.quality import DISPOSITION_NAMES, Disposition
from nlp_service.domain.reviews import Findings, check_findings
from nlp_service.domain.screening import ProposalCase, SessionScope
from nlp_service.domain.submission import Kind
from nlp_service.store.opening import Office
from nlp_service.store.presence import lock_present
from nlp_service.web.forms import Form, SignedFormDep
from nlp_service.web.keys import AskedKeyOrNone, RecordKey
from nlp_service.web.rendering import by_htmx, trigger_of
from nlp_service.web.screening_pages import render_case
from nlp_service.web.screening_view import nearest_bound, view_dial

screening_acts_router = APIRouter(include_in_schema=False)


@screening_acts_router.post("/screening/sessions")
def add_session(form: SignedFormDep, store: StoreDep, actor: ActorDep) -> Response:
    """Name a session."""
    scope = _read_scope(form)
    with store.transaction(actor=actor) as office:
        key = office.term_sessions.add(scope).key
    return _back_to(key)


@screening_acts_router.post("/screening/{session}:change")
def change_session(
    session: RecordKey, form: SignedFormDep, store: StoreDep, actor: ActorDep
) -> Response:
    """Give a session another name, other days or another source."""
    scope = _read_scope(form)
    with store.transaction(actor=actor) as office:
        office.term_sessions.change(session, scope)
    return _back_to(session)


@screening_acts_router.post("/screening/{session}:remove")
def remove_session(
    session: RecordKey, form: SignedFormDep, store: StoreDep, actor: ActorDep
) -> Response:
    """Take a session's name away; what was decided stays."""
    with store.transaction(actor=actor) as office:
        office.term_sessions.remove(session)
    return RedirectResponse("/screening", 303)


@screening_acts_router.post("/screening/{session}/cases/{key}/decision")
def decide(
    request: Request,
    session: RecordKey,
    key: RecordKey,
    form: SignedFormDep,
    store: StoreDep,
    assessor: AssessorDep,
    actor: ActorDep,
) -> Response:
    """Keep what a person decided on a proposal."""
    disposition = _read_disposition(form.get("disposition", ""))
    with store.transaction(actor=actor) as office:
        case = _get(office, key, assessor)
        said = Findings(disposition=disposition)
        if disposition is Disposition.NOT_FILED:
            said = _refusing(case, form)
        review = office.reviews.add(
            key,
            check_findings(said, assessor.bundle.taxonomy),
            note=form.get("note", ""),
        )
        if not by_htmx(request):
            return _back_to(session, key)
        answer = render_case(request, office, office.term_sessions.get(session), key, assessor)
    told = f"{case.number}：{DISPOSITION_NAMES[disposition]}。"
    return _saying(answer, told, undo=_undo_address(session, key, review=review.key), decided=key)


@screening_acts_router.post("/screening/{session}/cases/{key}/merge")
def merge(
    request: Request,
    session: RecordKey,
    key: RecordKey,
    form: SignedFormDep,
    store: StoreDep,
    assessor: AssessorDep,
    actor: ActorDep,
) -> Response:
    """Merge a proposal with another one; the one that is not the lead case is decided by that."""
    with store.transaction(actor=actor) as office:
        other = _find_other(office, form.get("other", ""))
        _check_pair(_get(office, key, assessor), _get(office, other, assessor))
        lead, joined = (key, other) if form.get("lead") == "this" else (other, key)
        merged = office.merges.merge([key, other], lead=lead)
        review = office.reviews.add(joined, Findings(disposition=Disposition.MERGED))
        if not by_htmx(request):
            return _back_to(session, key)
        answer = render_case(request, office, office.term_sessions.get(session), key, assessor)
    undo = _undo_address(session, joined, review=review.key, merge=merged.key, beside=lead)
    told = f"已并案，主案 #{lead}，每位提案者仍分别答复。"
    return _saying(answer, told, undo=undo, decided=key, changed=[other])


@screening_acts_router.post("/screening/{session}/cases/{key}:undo")
def undo(
    request: Request,
    session: RecordKey,
    key: RecordKey,
    form: SignedFormDep,
    store: StoreDep,
    actor: ActorDep,
    review: AskedKeyOrNone = None,
    merge: AskedKeyOrNone = None,
    beside: AskedKeyOrNone = None,
) -> Response:
    """Take a decision back, and the merge that came with it."""
    with store.transaction(actor=actor) as office:
        if merge is not None:
            office.merges.unmerge(merge)
        if review is not None:
            office.reviews.undo(review)
    if not by_htmx(request):
        return _back_to(session, key)
    changed = [one for one in (key, beside) if one is not None]
    return _saying(Response(), "已撤回。", changed=changed)


@screening_acts_router.post("/screening/{session}/adoptions")
def adopt(
    session: RecordKey, form: SignedFormDep, store: StoreDep, assessor: AssessorDep, actor: ActorDep
) -> Response:
    """Take over at once what the dial showed, if that is still the same.

    Raises:
        RequestRefused: it is not, since somebody decided or something came in meanwhile.
    """
    part = _read_part(form.get("part", ""))
    bound = nearest_bound(_read_share(form.get("bound", "")))
    with store.transaction(actor=actor) as office:
        scope = office.term_sessions.get(session).scope
        taxonomy = assessor.bundle.taxonomy

        def seen() -> Dial:
            cases = office.screening.cases(scope, taxonomy)
            return view_dial(cases, assessor, part=part, bound=bound).dial

        dial = seen()
        lock_present(office.connection, [one.key for one in dial.adopted])
        dial = seen()  # as it is now that nobody else can change it
        if dial.digest != form.get("digest"):
            raise RequestRefused(
                "invalid_request", "名单在此期间有变化，没有采纳；请看一看新的名单，再点一次。"
            )
        office.adoptions.add(session, dial)
    return _back_to(session)


@screening_acts_router.post("/screening/{session}/adoptions/{adoption}:undo")
def undo_adoption(
    session: RecordKey, adoption: RecordKey, form: SignedFormDep, store: StoreDep, actor: ActorDep
) -> Response:
    """Take back all that was taken over at once, except what persons decided since then."""
    with store.transaction(actor=actor) as office:
        office.adoptions.undo(adoption)
    return _back_to(session)


def _refusing(case: ProposalCase, form: Form) -> Findings:
    """Return a refusal with the rule on which it rests.

    Raises:
        RequestRefused: neither a rule nor a reason of its own is given.
    """
    ground = form.get("ground", "")
    if not ground and not form.get("note", "").strip():
        raise RequestRefused(
            "invalid_request", "不予立案须注明依据：请选一条审查规定，或在备注中写明理由。"
        )
    held = [each.code for each in case.grounds]
    gates = list(dict.fromkeys([*held, ground])) if ground else held
    return Findings(disposition=Disposition.NOT_FILED, gates=gates)


def _check_pair(case: ProposalCase, other: ProposalCase) -> None:
    """Let pass two proposals that may become one case.

    Raises:
        RequestRefused: one is no proposal, or they are one case already.
    """
    if any(each.held.kind is not Kind.PROPOSAL for each in (case, other)):
        raise RequestRefused("invalid_request", "只有提案才并案；另一件不是提案，请核对编号。")
    if case.merge is not None and other.key in case.merge.members:
        raise RequestRefused(
            "invalid_request", f"两件已在并案 {case.merge.key} 中；要换主案，请到比对页。"
        )


def _get(office: Office, key: int, assessor: Assessor) -> ProposalCase:
    case = office.screening.case(key, assessor.bundle.taxonomy)
    if case is None:
        raise RequestRefused("record_unknown", f"没有编号为 {key} 的来件，或者它已被删除。")
    return case


def _find_other(office: Office, called: str) -> int:
    """Return the key of a submission by the store's number (#12) or the office's.

    Raises:
        RequestRefused: there is none, or several bear the office's number.
    """
    called = called.strip()
    if called.startswith("#") and called[1:].isdecimal():
        return int(called[1:])
    found = office.submissions.with_reference(called)
    if len(found) == 1:
        return found[0].key
    several = f"有 {len(found)} 件" if found else "没有"
    raise RequestRefused(
        "invalid_request", f"{several}编号为“{called}”的来件；请写 # 和库中编号，如 #118。"
    )


def _read_scope(form: Form) -> SessionScope:
    return SessionScope(
        name=form.get("name", "").strip(),
        dated_from=_read_day("开始日期", form.get("dated_from", "")),
        dated_until=_read_day("结束日期", form.get("dated_until", "")),
        source=form.get("source", "").strip(),
    )


def _read_day(what: str, written: str) -> date:
    try:
        return date.fromisoformat(written.strip())
    except ValueError:
        raise RequestRefused("invalid_request", f"请填写{what}，如 2026-01-05。") from None


def _read_disposition(written: str) -> Disposition:
    try:
        return Disposition(written)
    except ValueError:
        raise RequestRefused("invalid_request", "没有这种处理方式，请刷新页面。") from None


def _read_part(written: str) -> AdoptedPart:
    try:
        return AdoptedPart(written)
    except ValueError:
        known = "、".join(PART_NAMES.values())
        raise RequestRefused("invalid_request", f"只能采纳{known}，请刷新页面。") from None


def _read_share(written: str) -> float:
    try:
        return float(written)
    except ValueError:
        raise RequestRefused("invalid_request", "请选一个错误率上限。") from None


def _undo_address(
    session: int,
    key: int,
    *,
    review: int | None = None,
    merge: int | None = None,
    beside: int | None = None,
) -> str:
    given = {"review": review, "merge": merge, "beside": beside}
    query = "&".join(f"{name}={value}" for name, value in given.items() if value is not None)
    return f"/screening/{session}/cases/{key}:undo?{query}"


def _saying(
    response: Response,
    told: str,
    *,
    undo: str = "",
    decided: int | None = None,
    changed: Sequence[int] = (),
) -> Response:
    """Let the page say what was done, show anew what it changed, and go on to the next."""
    events: Mapping[str, Any] = json.loads(trigger_of(told, undo=undo))
    happened: Mapping[str, Any] = {f"case-{key}": {} for key in changed}
    response.headers["HX-Trigger"] = json.dumps({**events, **happened, "screened": {}})
    if decided is not None:
        response.headers["HX-Trigger-After-Settle"] = json.dumps({"decided": {"key": decided}})
    return response


def _back_to(session: int, key: int | None = None) -> RedirectResponse:
    place = "" if key is None else f"#case-{key}"
    return RedirectResponse(f"/screening?session={session}{place}", 303)
