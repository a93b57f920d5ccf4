"""The addresses of merges (并案): make one, see it, choose its lead case, undo it."""

from typing import Annotated

from fastapi import APIRouter, Body, Path

from nlp_service.api import record_documentation as documentation
from nlp_service.api.deps import ActorDep, JsonOnly, StoreDep
from nlp_service.api.limits import MAX_KEY
from nlp_service.api.record_schemas import LeadIn, MergeIn, MergeOut, merge_of
from nlp_service.domain.records import Merge
from nlp_service.store.opening import Office

merge_router = APIRouter(tags=["并案"])

MergeKey = Annotated[int, Path(description="并案的编号。", ge=1, le=MAX_KEY, examples=[12])]


@merge_router.post(
    "/v1/merges",
    summary="并案",
    description="把几件来件作为一案办理：每件和它的提交者都保留。它们已属的并案整个并入；"
    "已经在同一并案中的，只改主案。",
    dependencies=[JsonOnly],
    responses=documentation.MERGE_RESPONSES,
)
def merge_submissions(
    wanted: Annotated[MergeIn, Body(openapi_examples=documentation.MERGE_EXAMPLES)],
    store: StoreDep,
    actor: ActorDep,
) -> MergeOut:
    """Merge submissions."""
    with store.transaction(actor=actor) as office:
        return describe_merge(office, office.merges.merge(wanted.submissions, lead=wanted.lead))


@merge_router.get(
    "/v1/merges/{key}",
    summary="一个并案和它的历史",
    description="全部来件、历次主案；撤销过的也查得到。",
    responses=documentation.MERGE_RESPONSES_WITHOUT_BODY,
)
def get_merge(key: MergeKey, store: StoreDep) -> MergeOut:
    """Show a merge, in force or not."""
    with store.reading() as office:
        return describe_merge(office, office.merges.get(key))


@merge_router.post(
    "/v1/merges/{key}:undo",
    summary="撤销并案",
    description="每件来件回到并案之前的样子。已并入另一并案的，须先撤销后者。",
    responses=documentation.MERGE_RESPONSES_WITHOUT_BODY,
)
def undo_merge(key: MergeKey, store: StoreDep, actor: ActorDep) -> MergeOut:
    """Undo a merge."""
    with store.transaction(actor=actor) as office:
        return describe_merge(office, office.merges.unmerge(key))


@merge_router.put(
    "/v1/merges/{key}/lead",
    summary="确定主案",
    description="换一件来件作主案；以前的主案留在历史中。",
    dependencies=[JsonOnly],
    responses=documentation.MERGE_RESPONSES,
)
def choose_lead(
    key: MergeKey,
    wanted: Annotated[LeadIn, Body(openapi_examples=documentation.LEAD_EXAMPLES)],
    store: StoreDep,
    actor: ActorDep,
) -> MergeOut:
    """Make another member the lead case."""
    with store.transaction(actor=actor) as office:
        return describe_merge(office, office.merges.choose_lead(key, wanted.lead))


def describe_merge(office: Office, merge: Merge) -> MergeOut:
    """Return the shape of a merge and of its members."""
    return merge_of(merge, office.submissions.among(merge.members))
