"""The addresses of stored submissions: lists, one with its history, restriction, outcomes."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from starlette.responses import Response

from nlp_service.api import record_documentation as documentation
from nlp_service.api.deps import ActorDep, AssessorDep, JsonOnly, StoreDep
from nlp_service.api.limits import MAX_KEY
from nlp_service.api.list_query import WantedDep
from nlp_service.api.merge_routes import describe_merge
from nlp_service.api.record_schemas import (
    OriginalOut,
    OutcomeIn,
    OutcomeOut,
    RestrictionOut,
    SubmissionCountsOut,
    SubmissionListOut,
    SubmissionOut,
    counts_of,
    list_of,
    outcome_of,
    submission_of,
)
from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.queue import ListOrder
from nlp_service.store.listing import LONGEST_PAGE
from nlp_service.store.opening import Office

submission_router = APIRouter(tags=["来件"])

SubmissionKey = Annotated[
    int, Path(description="库中编号，见 stored.key。", ge=1, le=MAX_KEY, examples=[118])
]


@submission_router.get(
    "/v1/submissions",
    summary="来件列表",
    description="按条件筛选，按 order 排列（不写时最近收到的在前），用 next_cursor 取下一页，"
    "其间新到的不会使已有的重复或遗漏。限阅来件不给标题和提交者。",
    responses=documentation.LIST_RESPONSES,
)
def list_submissions(
    store: StoreDep,
    wanted: WantedDep,
    order: Annotated[
        ListOrder,
        Query(
            description="latest 最近收到的在前；urgent 须先看的、紧急的在前；doubtful 机器最拿不准"
            "的在前（最值得人看，也最能教会模型）；best、worst 质量高的或低的在前。"
        ),
    ] = ListOrder.LATEST,
    cursor: Annotated[
        str | None, Query(description="上一页的 next_cursor；筛选条件和排序须与上一页相同。")
    ] = None,
    limit: Annotated[int, Query(description="一页的件数。", ge=1, le=LONGEST_PAGE)] = 50,
) -> SubmissionListOut:
    """List stored submissions."""
    with store.reading() as office:
        return list_of(
            office.submissions.list(wanted, order=order, cursor=cursor or None, limit=limit)
        )


@submission_router.get(
    "/v1/submissions:count",
    summary="来件计数",
    description="筛选条件同来件列表。total 是符合全部条件的件数；by 按类型、议题、质量档、"
    "紧急程度、办理阶段分列，每一列不计这一项自己的条件，可见换一个取值会有多少件。",
    responses=documentation.COUNT_RESPONSES,
)
def count_submissions(store: StoreDep, wanted: WantedDep) -> SubmissionCountsOut:
    """Count stored submissions."""
    with store.reading() as office:
        return counts_of(office.submissions.count(wanted))


@submission_router.get(
    "/v1/submissions/{key}",
    summary="一件来件和它的全部记录",
    description="文本（个人信息已遮盖）、当前评定、所属并案、历次办理结果和审计。限阅来件不给文本和评定全文，"
    "show_restricted=true 时才给，并在审计中记下谁查阅过。",
    responses=documentation.SUBMISSION_RESPONSES,
)
def get_submission(
    key: SubmissionKey,
    store: StoreDep,
    actor: ActorDep,
    show_restricted: Annotated[bool, Query(description="查阅限阅来件的文本；记入审计。")] = False,
) -> SubmissionOut:
    """Show a stored submission; a restricted one only to who says that they want to see it."""
    with store.reading() as office:
        if not (show_restricted and office.submissions.get(key).submission.restricted):
            return _describe(office, key, show_restricted=False)
    with store.transaction(actor=actor) as office:
        office.audit.note(Action.DISPLAYED, RecordKind.SUBMISSION, key)
        return _describe(office, key, show_restricted=True)


@submission_router.get(
    "/v1/submissions/{key}/original",
    summary="一件来件的原文",
    description="一字未改、没有遮盖的标题和正文，限阅来件也在内。每次查阅都在审计中记下是谁。",
    responses=documentation.ORIGINAL_RESPONSES,
)
def get_original(
    key: SubmissionKey, store: StoreDep, actor: ActorDep, response: Response
) -> OriginalOut:
    """Show what came in; that it was shown is written first."""
    response.headers["Cache-Control"] = "no-store"
    with store.transaction(actor=actor) as office:
        found = office.originals.show(key)
    return OriginalOut(key=key, title=found.title, body=found.body)


@submission_router.delete(
    "/v1/submissions/{key}",
    summary="删除一件来件",
    description="从所有列表和索引中去掉，记录和原文仍保留，直到保存期限届满。属于并案的不能删除，须先撤销并案。",
    status_code=204,
    responses=documentation.DELETE_RESPONSES,
)
def delete_submission(key: SubmissionKey, store: StoreDep, actor: ActorDep) -> Response:
    """Take a submission out of sight."""
    with store.transaction(actor=actor) as office:
        office.submissions.delete(key)
    return Response(status_code=204)


@submission_router.post(
    "/v1/submissions/{key}:restrict",
    summary="设为限阅",
    description="此后列表不给标题，文本须专门查阅，词句检索不到，也不参与查重。",
    responses=documentation.RESTRICTION_RESPONSES,
)
def restrict_submission(key: SubmissionKey, store: StoreDep, actor: ActorDep) -> RestrictionOut:
    """Restrict a submission."""
    with store.transaction(actor=actor) as office:
        office.submissions.restrict(key, restricted=True)
    return RestrictionOut(key=key, restricted=True)


@submission_router.post(
    "/v1/submissions/{key}:unrestrict",
    summary="解除限阅",
    description="只有人能解除；重新评定不会。",
    responses=documentation.RESTRICTION_RESPONSES,
)
def unrestrict_submission(key: SubmissionKey, store: StoreDep, actor: ActorDep) -> RestrictionOut:
    """Lift a restriction."""
    with store.transaction(actor=actor) as office:
        office.submissions.restrict(key, restricted=False)
    return RestrictionOut(key=key, restricted=False)


@submission_router.post(
    "/v1/submissions/{key}/outcomes",
    summary="登记办理结果",
    description="登记处理方式、承办单位、立案编号、答复类别和日期；与现有结果相同时不重复登记。",
    dependencies=[JsonOnly],
    responses=documentation.OUTCOME_RESPONSES,
)
def record_outcome(
    key: SubmissionKey,
    outcome: Annotated[OutcomeIn, Body(openapi_examples=documentation.OUTCOME_EXAMPLES)],
    assessor: AssessorDep,
    store: StoreDep,
    actor: ActorDep,
) -> OutcomeOut:
    """Record what the office decided."""
    unit = assessor.bundle.taxonomy.unit_code(outcome.handling_unit)
    with store.transaction(actor=actor) as office:
        return outcome_of(office.outcomes.record(key, outcome.to_outcome(unit)))


def _describe(office: Office, key: int, *, show_restricted: bool) -> SubmissionOut:
    found = office.submissions.get(key)
    (listed,) = office.submissions.among([key])
    merge = office.merges.of(key)
    return submission_of(
        found,
        listed,
        withheld=found.submission.restricted and not show_restricted,
        merge=None if merge is None else describe_merge(office, merge),
        reviews=office.reviews.history(key),
        outcomes=office.outcomes.history(key),
        audit=office.audit.of(RecordKind.SUBMISSION, key),
    )
