"""设置, 立案分数线: from which total filing is suggested, and when a person is asked."""

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from nlp_service.api.deps import ActorDep, AssessorDep, StoreDep
from nlp_service.api.problems import RequestRefused
from nlp_service.assess import Assessor
from nlp_service.quality.disposition import FilingPolicy
from nlp_service.store.filing_lines import take_up_lines
from nlp_service.store.opening import Store
from nlp_service.web.forms import Form, SignedFormDep
from nlp_service.web.rendering import by_htmx
from nlp_service.web.settings_frame import FILING, render_section

filing_router = APIRouter(include_in_schema=False)

_RULE = "两条线都应是 0 到 100 的数，转意见建议线不高于立案线。"


@filing_router.get(FILING)
def show_lines(request: Request, assessor: AssessorDep, store: StoreDep) -> Response:
    """Show which lines and thresholds are in force."""
    return _show(request, assessor, store)


@filing_router.post(FILING)
def set_lines(
    request: Request,
    form: SignedFormDep,
    assessor: AssessorDep,
    store: StoreDep,
    actor: ActorDep,
) -> Response:
    """Put other lines in force: here at once, in other processes within seconds."""
    take_up_lines(store, assessor)
    before, policy = assessor.policy, _read_policy(form, assessor.policy)
    if policy != before:
        with store.transaction(actor=actor) as office:
            office.filing_lines.set(policy, before=before)
        assessor.policy = policy
    if by_htmx(request):
        return _show(request, assessor, store, said="新的分数线已生效，已有的评定不变。")
    return RedirectResponse(FILING, 303)


def _show(request: Request, assessor: Assessor, store: Store, *, said: str = "") -> Response:
    policy = assessor.policy
    with store.reading() as office:
        history = office.filing_lines.history()
        scored, reached = office.filing_lines.count_above(policy.file_from, policy.convert_from)
    return render_section(
        request,
        "filing.html",
        policy=policy,
        history=history,
        scored=scored,
        filed=reached[0],
        converted=reached[1] - reached[0],
        returned=scored - reached[1],
        thresholds=assessor.bundle.thresholds,
        gates=assessor.bundle.taxonomy.gates,
        said=said,
    )


def _read_policy(form: Form, policy: FilingPolicy) -> FilingPolicy:
    """Return the policy with the lines of a form.

    Raises:
        RequestRefused: they are no numbers, or contradict each other.
    """
    try:
        return replace(
            policy,
            file_from=float(form.get("file_from", "")),
            convert_from=float(form.get("convert_from", "")),
        )
    except ValueError:
        raise RequestRefused("invalid_request", _RULE) from None
