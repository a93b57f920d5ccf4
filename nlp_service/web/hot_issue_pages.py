"""热点: what many wrote about in a stretch of days, with its course and its members."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from nlp_service.api.batch_results import Format
from nlp_service.api.deps import ActorDep, AssessorDep, PlaceNamesDep, StoreDep
from nlp_service.api.hot_issue_routes import USUAL_DAYS, check_topic, unfit
from nlp_service.api.problems import RequestRefused
from nlp_service.domain.audit import Export
from nlp_service.domain.records import ListedSubmission
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.duplicates.hot_issues import HotIssue, HotIssues, Order, Window
from nlp_service.export.tables import Column, Table
from nlp_service.store.hot_issues import NamePlaces
from nlp_service.store.opening import Office, Store
from nlp_service.web.figures import Drawing, Figure, send_tables
from nlp_service.web.keys import RecordKey
from nlp_service.web.naming import name_code
from nlp_service.web.periods import offers, query_of, read_window, whole_window
from nlp_service.web.rendering import render

MOST_ISSUES = 20
SHOWN_MEMBERS = 10
MOST_LEAST = 1000
ORDERS = {
    Order.HEAT: "热度",
    Order.TEXTS: "件数",
    Order.GROWTH: "增长",
    Order.SUBMITTERS: "人数",
}
_FIGURE = "issues"

hot_issue_page_router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the form asks for."""

    window: Window
    topic: str
    least: int
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Some members of an issue, as a page lists them."""

    items: Sequence[ListedSubmission]
    first: int
    """Key of the member that the others are compared with."""
    after: int | None
    """Behind which the next ones are; None where these are the last."""


def read_asked(request: Request, assessor: AssessorDep) -> _Asked:
    """Return what the form asks for; what is left empty is as usual.

    Raises:
        InvalidItem: there are no such days, no such topic or order, or no such number.
    """
    asked = request.query_params
    topic, least, order = (asked.get(name, "") for name in ("topic", "least", "order"))
    check_topic(topic, assessor.bundle.taxonomy)
    if least and not (least.isascii() and least.isdecimal() and 2 <= int(least) <= MOST_LEAST):
        raise unfit("least", f"应为 2–{MOST_LEAST} 的整数。")
    if order and order not in set(Order):
        raise unfit("order", f"不能这样排，可用：{'、'.join(Order)}。")
    return _Asked(
        window=read_window(asked.get("from", ""), asked.get("until", ""), usual_days=USUAL_DAYS),
        topic=topic,
        least=int(least or 2),
        order=Order(order or Order.HEAT),
    )


AskedDep = Annotated[_Asked, Depends(read_asked)]


@hot_issue_page_router.get("/hot-issues")
def show_hot_issues(
    request: Request,
    asked: AskedDep,
    store: StoreDep,
    assessor: AssessorDep,
    place_names: PlaceNamesDep,
) -> Response:
    """Show the page."""
    with store.reading() as office:
        found = _find(office, asked, place_names)
        members = {
            issue.tally.group: _members_of(office, issue.members, issue.tally.texts)
            for issue in found.issues
        }
        span = office.statistics.span()
    return render(
        request,
        "hot_issues.html",
        asked=asked,
        found=found,
        members=members,
        figure=_figure(found, assessor.bundle.taxonomy),
        orders=ORDERS,
        span=span,
        offers=offers(whole_window(span.first, span.last) if span else None),
        query=_query(asked.window, asked),
        query_of=lambda window: _query(window, asked),
        days_of=query_of,
        title_of=lambda issue: title_of(issue, assessor.bundle.taxonomy),
        name_of=lambda code: name_code(code, assessor.bundle.taxonomy),
    )


@hot_issue_page_router.get("/hot-issues/{group}/members")
def show_members(
    request: Request,
    group: RecordKey,
    asked: AskedDep,
    store: StoreDep,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
) -> Response:
    """Show further members of an issue: a part of the page."""
    with store.reading() as office:
        first, *_ = office.hot_issues.members(group, asked.window, limit=1) or [0]
        keys = office.hot_issues.members(group, asked.window, behind=after, limit=SHOWN_MEMBERS + 1)
        shown = keys[:SHOWN_MEMBERS]
        members = Members(
            items=office.submissions.among(shown),
            first=first,
            after=shown[-1] if len(keys) > len(shown) else None,
        )
    return render(
        request,
        "hot_issue_members.html",
        group=group,
        members=members,
        days=query_of(asked.window),
    )


@hot_issue_page_router.get("/hot-issues/{figure}.{format}")
def send_hot_issues(
    figure: str,
    format: str,
    asked: AskedDep,
    store: StoreDep,
    assessor: AssessorDep,
    place_names: PlaceNamesDep,
    actor: ActorDep,
) -> Response:
    """Send the issues as a table; the audit notes it.

    Raises:
        RequestRefused: there is no such table.
    """
    if figure != _FIGURE or format not in ("csv", "xlsx"):
        raise RequestRefused("not_found")
    with store.reading() as office:
        found = _find(office, asked, place_names)
    _note_export(store, asked, format, actor)
    table = _whole_table(found, assessor.bundle.taxonomy)
    name = f"热点-{asked.window.first}至{asked.window.last}"
    return send_tables([table], Format(format), name=name)


def title_of(issue: HotIssue, taxonomy: Taxonomy) -> str:
    """Return how an issue is called: by its title, else by its places and subtopic."""
    if issue.title:
        return issue.title
    return "、".join([*issue.places[:1], name_code(issue.subtopic or issue.topic, taxonomy)])


def _find(office: Office, asked: _Asked, place_names: NamePlaces) -> HotIssues:
    return office.hot_issues.find(
        asked.window,
        topic=asked.topic,
        least_texts=asked.least,
        limit=MOST_ISSUES,
        order=asked.order,
        places_of=place_names,
    )


def _members_of(office: Office, keys: Sequence[int], texts: int) -> Members:
    shown = keys[:SHOWN_MEMBERS]
    return Members(
        items=office.submissions.among(shown),
        first=shown[0],
        after=shown[-1] if texts > len(shown) else None,
    )


def _query(window: Window, asked: _Asked) -> str:
    return query_of(window, topic=asked.topic, least=str(asked.least), order=asked.order)


def _figure(found: HotIssues, taxonomy: Taxonomy) -> Figure:
    """Return the chart: this stretch beside the one before."""
    return Figure(
        code=_FIGURE,
        drawing=Drawing.PAIRS,
        empty="",
        table=Table(
            name="热点排行",
            columns=[
                Column(name=name)
                for name in ("热点", "件数", "之前同样长的时段", "人数", "增长", "热度")
            ],
            rows=[
                [
                    title_of(issue, taxonomy),
                    issue.tally.texts,
                    issue.tally.texts_before,
                    issue.tally.submitters,
                    round(issue.tally.growth, 2),
                    round(issue.tally.heat, 1),
                ]
                for issue in found.issues
            ],
            note="增长是至少增长到的倍数（20 次里有 19 次不低于它）；热度由件数、人数和增长合成。",
        ),
    )


def _whole_table(found: HotIssues, taxonomy: Taxonomy) -> Table:
    """Return the table to be taken along, with all that is known of each issue."""
    shown = _figure(found, taxonomy).table
    names = ("议题", "子议题", "地点", "地区", "最早", "最近", "限阅件数", "来件编号")
    rows = [
        [
            *row,
            name_code(issue.topic, taxonomy),
            name_code(issue.subtopic, taxonomy),
            "、".join(issue.places),
            "、".join(issue.districts),
            issue.first_on.isoformat(),
            issue.last_on.isoformat(),
            issue.restricted,
            "、".join(map(str, issue.members)),
        ]
        for row, issue in zip(shown.rows, found.issues, strict=True)
    ]
    columns = [*shown.columns, *(Column(name=name) for name in names)]
    return Table(name=shown.name, columns=columns, rows=rows, note=shown.note)


def _note_export(store: Store, asked: _Asked, format: str, actor: str) -> None:
    told = {
        "format": format,
        "first": str(asked.window.first),
        "last": str(asked.window.last),
        "topic": asked.topic,
    }
    with store.transaction(actor=actor) as office:
        office.audit.note_export(Export.HOT_ISSUES, told)
