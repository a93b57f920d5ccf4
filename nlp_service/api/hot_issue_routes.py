"""The addresses of hot issues: what stands out in a stretch of days, and who is in it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import JSONResponse

from nlp_service.api import issue_examples
from nlp_service.api.deps import AssessorDep, PlaceNamesDep, StoreDep
from nlp_service.api.issue_schemas import HotIssuesOut, MembersOut
from nlp_service.api.limits import MAX_KEY
from nlp_service.api.schemas import Day
from nlp_service.api.validation import InvalidItem, InvalidValue
from nlp_service.domain.assessment import NOTICE
from nlp_service.domain.records import CHINA
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.duplicates.hot_issues import HotIssue, HotIssues, Stretch, Window
from nlp_service.store.hot_issues import FIRST_PAGE

USUAL_DAYS = 30
LONGEST_DAYS = 3660
"""Ten years."""
EARLIEST = date(1949, 1, 1)

hot_issue_router = APIRouter(tags=["热点"])


def read_days(
    first: Annotated[
        Day | None,
        Query(alias="from", description=f"第一天；不写时为 until 之前的 {USUAL_DAYS} 天。"),
    ] = None,
    until: Annotated[
        Day | None, Query(description="最后一天（含）；不写时为今天（北京时间）。")
    ] = None,
) -> Window:
    """Return the window between two days.

    Raises:
        InvalidItem: it ends before it begins, is longer than ten years, or begins before 1949.
    """
    last = until or datetime.now(CHINA).date()
    if last < EARLIEST:
        raise unfit("until", f"应不早于 {EARLIEST}。")
    first = first or max(EARLIEST, last - timedelta(days=USUAL_DAYS - 1))
    if first < EARLIEST:
        raise unfit("from", f"应不早于 {EARLIEST}。")
    if first > last:
        raise unfit("from", "晚于最后一天，请调换或改正。")
    if (last - first).days >= LONGEST_DAYS:
        raise unfit("from", f"时段超过 {LONGEST_DAYS} 天，请缩短。")
    return Window(first=first, last=last)


WindowDep = Annotated[Window, Depends(read_days)]


@hot_issue_router.get(
    "/v1/hot-issues",
    summary="一段时间的热点",
    description="把反映同一事项的来件归在一起，按件数、人数和比之前同样长的一段时间的增长排序。"
    "单独一件不成热点。限阅来件只计数，不取标题、不找地点。",
    response_model=HotIssuesOut,
    responses=issue_examples.HOT_ISSUE_RESPONSES,
)
def list_hot_issues(
    store: StoreDep,
    assessor: AssessorDep,
    place_names: PlaceNamesDep,
    window: WindowDep,
    topic: Annotated[
        str, Query(description="只要这个议题的（组内多数来件为准）；议题代码，如 T08。")
    ] = "",
    least: Annotated[int, Query(ge=2, le=1000, description="时段内至少几件才算，2 起。")] = 2,
    limit: Annotated[int, Query(ge=1, le=100, description="至多几个热点。")] = 20,
) -> JSONResponse:
    """List the hot issues of a window."""
    taxonomy = assessor.bundle.taxonomy
    check_topic(topic, taxonomy)
    with store.reading() as office:
        found = office.hot_issues.find(
            window, topic=topic, least_texts=least, limit=limit, places_of=place_names
        )
    return JSONResponse(_document(found, taxonomy))


@hot_issue_router.get(
    "/v1/hot-issues/{group}/members",
    summary="一个热点的来件",
    description="分页列出一个热点在时段内的来件编号；没有这样的组时为空。",
    response_model=MembersOut,
    responses=issue_examples.MEMBER_RESPONSES,
)
def list_members(
    store: StoreDep,
    assessor: AssessorDep,
    window: WindowDep,
    group: Annotated[int, Path(ge=1, le=MAX_KEY, description="热点的 group。")],
    after: Annotated[int, Query(ge=0, le=MAX_KEY, description="上一页的 next_member。")] = 0,
    limit: Annotated[int, Query(ge=1, le=500, description="一页至多几件。")] = FIRST_PAGE,
) -> JSONResponse:
    """List the members of a group that are dated within a window."""
    with store.reading() as office:
        keys = office.hot_issues.members(group, window, behind=after, limit=limit + 1)
    return JSONResponse(_page(keys[:limit], more=len(keys) > limit))


def check_topic(topic: str, taxonomy: Taxonomy) -> None:
    """Let pass a topic's code, or none.

    Raises:
        InvalidItem: there is no such topic.
    """
    codes = [one.code for one in taxonomy.topics]
    if topic and topic not in codes:
        raise unfit("topic", f"没有这个议题，可用：{'、'.join(codes)}。")


def _document(found: HotIssues, taxonomy: Taxonomy) -> dict[str, Any]:
    return {
        "window": _days(found.window),
        "before": _days(found.window.before),
        "submissions": found.submissions,
        "submissions_before": found.submissions_before,
        "issues": [_issue(issue, taxonomy) for issue in found.issues],
        "notice": NOTICE,
    }


def _issue(issue: HotIssue, taxonomy: Taxonomy) -> dict[str, Any]:
    tally = issue.tally
    return {
        "group": tally.group,
        "title": issue.title,
        "places": list(issue.places),
        "topic": _label(issue.topic, taxonomy),
        "subtopic": _label(issue.subtopic, taxonomy),
        "first_on": issue.first_on.isoformat(),
        "last_on": issue.last_on.isoformat(),
        "count": tally.texts,
        "count_before": tally.texts_before,
        "submitters": tally.submitters,
        "districts": list(issue.districts),
        "restricted": issue.restricted,
        "growth": round(tally.growth, 2),
        "heat": round(tally.heat, 2),
        "series": [{**_days(part), "count": part.texts} for part in issue.series],
        **_page(issue.members, more=tally.texts > len(issue.members)),
    }


def _label(code: str, taxonomy: Taxonomy) -> dict[str, str]:
    """Return a code with its name; a later taxonomy may no longer have it."""
    try:
        return {"code": code, "name": taxonomy.name(code)}
    except KeyError:
        return {"code": code, "name": ""}


def _days(part: Window | Stretch) -> dict[str, str]:
    return {"from": part.first.isoformat(), "until": part.last.isoformat()}


def _page(keys: Sequence[int], *, more: bool) -> dict[str, Any]:
    return {"members": list(keys), "next_member": keys[-1] if more else None}


def unfit(name: str, message: str) -> InvalidItem:
    """Return the refusal of a query parameter."""
    where = f"查询参数 {name}"
    wrong = [InvalidValue(where=where, message=message)]
    return InvalidItem("invalid_request", f"{where}：{message}", wrong)
