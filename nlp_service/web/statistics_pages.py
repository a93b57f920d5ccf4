"""统计: what came in and what became of it, as figures with their tables, to be taken along."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from nlp_service.api.batch_results import Format
from nlp_service.api.deps import ActorDep, AssessorDep, StoreDep
from nlp_service.api.hot_issue_routes import unfit
from nlp_service.api.problems import RequestRefused
from nlp_service.bundle import Bundle
from nlp_service.domain.audit import Export
from nlp_service.domain.statistics import StatisticsFilter
from nlp_service.domain.submission import Kind
from nlp_service.duplicates.hot_issues import Window
from nlp_service.store.opening import Store
from nlp_service.web.figures import Figure, send_tables
from nlp_service.web.periods import offers, query_of, read_window, whole_window
from nlp_service.web.rendering import render
from nlp_service.web.statistics_figures import Counts, make_figures, read_counts
from nlp_service.web.wording import KINDS

USUAL_DAYS = 365
UNKNOWN_SOURCE = "-"
"""Stands in addresses for: those of which no source is known."""
ALL = "all"

statistics_page_router = APIRouter(include_in_schema=False)


def read_statistics_filter(
    request: Request,
) -> StatisticsFilter:
    """Return what a form asks for; what is left empty does not count.

    Raises:
        InvalidItem: there are no such days, or there is no such kind.
    """
    asked = request.query_params
    kind, source = asked.get("kind", ""), asked.get("source", "")
    if kind and kind not in set(Kind):
        raise unfit("kind", f"没有这个类型，可用：{'、'.join(Kind)}。")
    window = read_window(asked.get("from", ""), asked.get("until", ""), usual_days=USUAL_DAYS)
    return StatisticsFilter(
        first=window.first,
        last=window.last,
        kind=Kind(kind) if kind else None,
        source=("" if source == UNKNOWN_SOURCE else source) if source else None,
    )


WantedDep = Annotated[StatisticsFilter, Depends(read_statistics_filter)]


@statistics_page_router.get("/statistics")
def show_statistics(
    request: Request, wanted: WantedDep, store: StoreDep, assessor: AssessorDep
) -> Response:
    """Show the page."""
    with store.reading() as office:
        counts = read_counts(office, wanted, assessor.bundle)
        sources, span = office.statistics.sources(), office.statistics.span()
    window = Window(first=wanted.first, last=wanted.last)
    return render(
        request,
        "statistics.html",
        counts=counts,
        figures=make_figures(counts, assessor.bundle),
        window=window,
        span=span,
        offers=offers(whole_window(span.first, span.last) if span else None),
        kinds=KINDS,
        sources=sources,
        unknown_source=UNKNOWN_SOURCE,
        query=_query(window, wanted),
        query_of=lambda other: _query(other, wanted),
    )


@statistics_page_router.get("/statistics/{figure}.{format}")
def send_statistics(
    figure: str,
    format: str,
    wanted: WantedDep,
    store: StoreDep,
    assessor: AssessorDep,
    actor: ActorDep,
) -> Response:
    """Send a figure's table, or all in one workbook; the audit notes it.

    Raises:
        RequestRefused: there is no such figure, or it is not to be had so.
    """
    counts = _read(store, wanted, assessor.bundle)
    chosen = [one for one in make_figures(counts, assessor.bundle) if figure in (ALL, one.code)]
    if not chosen or format not in (("xlsx",) if figure == ALL else ("csv", "xlsx")):
        raise RequestRefused("not_found")
    with store.transaction(actor=actor) as office:
        told = {"figure": figure, "format": format, **_facts(wanted)}
        office.audit.note_export(Export.STATISTICS, told)
    return send_tables(
        [one.table for one in chosen], Format(format), name=_file_name(figure, chosen, wanted)
    )


def _read(store: Store, wanted: StatisticsFilter, bundle: Bundle) -> Counts:
    with store.reading() as office:
        return read_counts(office, wanted, bundle)


def _query(window: Window, wanted: StatisticsFilter) -> str:
    source = UNKNOWN_SOURCE if wanted.source == "" else wanted.source
    return query_of(window, kind=wanted.kind, source=source)


def _facts(wanted: StatisticsFilter) -> dict[str, str | None]:
    return {name: None if value is None else str(value) for name, value in asdict(wanted).items()}


def _file_name(figure: str, chosen: list[Figure], wanted: StatisticsFilter) -> str:
    name = "统计" if figure == ALL else chosen[0].heading
    return f"{name}-{wanted.first}至{wanted.last}"
