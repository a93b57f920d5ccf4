"""设置, what everybody may read: one's account and the taxonomy."""

import csv
import io
from collections.abc import Iterator, Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from nlp_service.api.deps import AssessorDep, CallerDep, StoreDep
from nlp_service.bundle import TAXONOMY as TAXONOMY_FOLDER
from nlp_service.domain.people import permissions_in_order
from nlp_service.domain.taxonomy import Label, Taxonomy
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.export.cells import make_safe
from nlp_service.settings import Settings
from nlp_service.web.settings_frame import SETTINGS, TAXONOMY, render_section

settings_router = APIRouter(include_in_schema=False)


@settings_router.get(SETTINGS)
def show_account(request: Request, caller: CallerDep, store: StoreDep) -> Response:
    """Show who one is here, and what one may do."""
    user = None
    if caller.user_key is not None:
        with store.reading() as office:
            user = office.users.get(caller.user_key)
    return render_section(
        request, "account.html", user=user, permissions=permissions_in_order(caller.permissions)
    )


@settings_router.get(TAXONOMY)
def show_taxonomy(request: Request, assessor: AssessorDep) -> Response:
    """Show the labels that are in force, and which of them are the installation's own."""
    settings: Settings = request.app.state.settings
    taxonomy = assessor.bundle.taxonomy
    given = read_taxonomy(request.app.state.bundle_folder / TAXONOMY_FOLDER)
    local = _changed(given, taxonomy) if settings.local_taxonomy else {}
    return render_section(
        request, "taxonomy.html", all=taxonomy, local=local, file=settings.local_taxonomy
    )


@settings_router.get(f"{TAXONOMY}.csv")
def download_taxonomy(assessor: AssessorDep) -> Response:
    """Send codes and names as a table."""
    text = io.StringIO()
    rows = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    rows.writerow(["种类", "代码", "名称", "上级", "说明"])
    rows.writerows(make_safe(row) for row in _rows_of(assessor.bundle.taxonomy))
    name = 'attachment; filename="taxonomy.csv"'
    content = f"\ufeff{text.getvalue()}".encode()
    headers = {"Content-Disposition": name}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _changed(given: Taxonomy, now: Taxonomy) -> dict[str, str]:
    """Return what the installation calls otherwise: code -> the name that it has elsewhere."""
    names = {label.code: label.name for label in _labels(given)}
    return {
        label.code: names.get(label.code, "")
        for label in _labels(now)
        if names.get(label.code) != label.name
    }


def _labels(taxonomy: Taxonomy) -> Sequence[Label]:
    return [*taxonomy.topics, *taxonomy.subtopics, *taxonomy.sectors, *taxonomy.units]


def _rows_of(taxonomy: Taxonomy) -> Iterator[Sequence[str]]:
    for topic in taxonomy.topics:
        yield "议题", topic.code, topic.name, topic.construction, ""
        for subtopic in topic.subtopic:
            yield "子议题", subtopic.code, subtopic.name, topic.code, "、".join(subtopic.lead_units)
    for sector in taxonomy.sectors:
        yield "界别", sector.code, sector.name, "", ""
    for unit in taxonomy.units:
        yield "单位", unit.code, unit.name, "", "、".join(unit.duties)
    for name, glossed in (("来件类型", taxonomy.kinds), ("诉求类型", taxonomy.requests)):
        for label in glossed:
            yield name, label.code, label.name, "", label.gloss
    for level in taxonomy.urgencies:
        yield "紧急程度", str(level.level), level.name, "", level.gloss
    for gate in taxonomy.gates:
        yield "审查提示", gate.code, gate.name, "", gate.rule
    for dimension in taxonomy.dimensions:
        yield "质量维度", dimension.code, dimension.name, "", dimension.question
