"""设置, 分类体系: what labels and units are called here, which an admin changes.

Codes stay as the bundle has them, so nothing that is stored changes its meaning.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from nlp_service.api.deps import ActorDep, AssessorDep, StoreDep
from nlp_service.api.problems import RequestRefused
from nlp_service.assess import Assessor
from nlp_service.bundle import TAXONOMY as TAXONOMY_FOLDER
from nlp_service.bundle import Bundle
from nlp_service.domain.audit import RecordKind
from nlp_service.domain.errors import BundleError, InvalidTaxonomy
from nlp_service.domain.in_force import Subject
from nlp_service.domain.local_names import LocalNames
from nlp_service.domain.taxonomy import Label, Taxonomy
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.export.cells import make_safe
from nlp_service.store.local_names import (
    codes_ever_told,
    count_with_unit,
    names_in_force,
    names_to_change,
    next_unit_code,
)
from nlp_service.store.opening import Office, Store
from nlp_service.web.forms import SignedFormDep
from nlp_service.web.rendering import by_htmx
from nlp_service.web.settings_frame import TAXONOMY, render_section
from nlp_service.web.taxonomy_forms import (
    MOST_LEADS,
    UNIT,
    change_of,
    find_label,
    only_changed,
    read_wanted,
    refuse_names_taken,
    refuse_where_default,
)

taxonomy_page_router = APIRouter(include_in_schema=False)

LABELS, UNITS = f"{TAXONOMY}/labels", f"{TAXONOMY}/units"
_CHANGES_SHOWN = 50


@taxonomy_page_router.get(TAXONOMY)
def show_taxonomy(request: Request, assessor: AssessorDep, store: StoreDep) -> Response:
    """Show the labels that are in force, and which of them are the installation's own."""
    return _show(request, assessor, store)


@taxonomy_page_router.get(f"{TAXONOMY}.csv")
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


@taxonomy_page_router.get(f"{LABELS}/{{code}}")
def show_label(request: Request, code: str, assessor: AssessorDep) -> Response:
    """Show the form by which a label is called otherwise."""
    section, label = find_label(assessor.bundle.taxonomy, code)
    is_local = bool(assessor.bundle.local_names.of(section, code))
    given = _given(assessor).get(code)
    return _show_form(request, section=section, label=label, given=given, is_local=is_local)


@taxonomy_page_router.post(f"{LABELS}/{{code}}:rename")
def rename_label(
    request: Request,
    code: str,
    form: SignedFormDep,
    assessor: AssessorDep,
    store: StoreDep,
    actor: ActorDep,
) -> Response:
    """Call a label otherwise: here at once, in other processes within seconds."""
    section, _ = find_label(assessor.bundle.taxonomy, code)
    wanted = read_wanted(form, section, assessor.bundle.taxonomy)
    given = _given(assessor).get(code)
    with store.transaction(actor=actor) as office:
        before = _names_to_change(office, assessor)
        table = only_changed({**before.of(section, code), **wanted}, given)
        called = _put(office, assessor, before, section, code, table)
    return _after(request, assessor, store, called, f"{code} 改为“{wanted['name']}”，已生效。")


@taxonomy_page_router.post(f"{LABELS}/{{code}}:reset")
def reset_label(
    request: Request,
    code: str,
    form: SignedFormDep,
    assessor: AssessorDep,
    store: StoreDep,
    actor: ActorDep,
) -> Response:
    """Call a label as it was given again; a unit of one's own is removed."""
    section, label = find_label(assessor.bundle.taxonomy, code)
    own = code not in _given(assessor)
    with store.transaction(actor=actor) as office:
        if own and (count := count_with_unit(office, code)):
            raise RequestRefused(
                "invalid_request",
                f"还有 {count} 件来件归{label.name}主办、会办或承办，或有审核这样认定过；"
                "先改到别的单位，并撤回那些审核，才能删去。",
            )
        if own:
            refuse_where_default(assessor.bundle.taxonomy, code)
        before = _names_to_change(office, assessor)
        called = _put(office, assessor, before, section, code, {})
    said = f"已删去 {code} {label.name}。" if own else f"{code} 已恢复原来的名称。"
    return _after(request, assessor, store, called, said)


@taxonomy_page_router.get(UNITS)
def show_new_unit(request: Request) -> Response:
    """Show the form by which a unit is added."""
    return _show_form(request, section=UNIT)


@taxonomy_page_router.post(UNITS)
def add_unit(
    request: Request, form: SignedFormDep, assessor: AssessorDep, store: StoreDep, actor: ActorDep
) -> Response:
    """Add a unit of the installation's own."""
    wanted = read_wanted(form, UNIT, assessor.bundle.taxonomy)
    table = {"name_en": wanted["name"], **wanted}
    with store.transaction(actor=actor) as office:
        before = _names_to_change(office, assessor)
        taken = {*_given(assessor), *before.tables.get(UNIT, {}), *codes_ever_told(office)}
        code = next_unit_code(taken)  # old records and saved views go on meaning what they meant
        called = _put(office, assessor, before, UNIT, code, table)
    return _after(request, assessor, store, called, f"已添加 {code} {wanted['name']}。")


def _names_to_change(office: Office, assessor: Assessor) -> LocalNames:
    """Return the names from which a change starts: without those of labels the bundle has lost."""
    return names_to_change(office, assessor.bundle.local_names).only(_given(assessor))


def _put(
    office: Office,
    assessor: Assessor,
    before: LocalNames,
    section: str,
    code: str,
    table: Mapping[str, Any],
) -> Bundle:
    """Put a label's table in force; return the bundle by those names.

    Raises:
        RequestRefused: names would not fit, or two labels would have one name; nothing has changed.
    """
    after = before.having(section, code, table)
    try:
        was = read_taxonomy(assessor.bundle.folder / TAXONOMY_FOLDER, local=before)
        called = assessor.bundle.called(after)
    except (BundleError, InvalidTaxonomy) as error:
        raise RequestRefused("invalid_request", f"没有更改：{error}") from None
    change = change_of(was, called.taxonomy, code)
    if change.after is not None:
        refuse_names_taken(called.taxonomy, section, code)
    if after != before:
        office.rulings.set(Subject.NAMES, after.tables, change=change)
    return called


def _given(assessor: Assessor) -> Mapping[str, Label]:
    """Return the labels as the bundle has them, by code."""
    taxonomy = read_taxonomy(assessor.bundle.folder / TAXONOMY_FOLDER)
    labels = [*taxonomy.topics, *taxonomy.subtopics, *taxonomy.sectors, *taxonomy.units]
    return {label.code: label for label in labels}


def _after(
    request: Request, assessor: Assessor, store: Store, called: Bundle, said: str
) -> Response:
    assessor.take(called)
    request.app.state.answering.follow()  # somebody may have set others meanwhile
    if by_htmx(request):
        shown = _show(request, assessor, store, said=said)
        shown.headers["HX-Push-Url"] = TAXONOMY
        return shown
    return RedirectResponse(TAXONOMY, 303)


def _show(request: Request, assessor: Assessor, store: Store, *, said: str = "") -> Response:
    bundle, given = assessor.bundle, _given(assessor)
    with store.reading() as office:
        changes = office.audit.of(RecordKind.NAMES, 0)
        set_by_admin = names_in_force(office)
    return render_section(
        request,
        "taxonomy.html",
        all=bundle.taxonomy,
        local={
            code: given[code].name if code in given else ""
            for labels in bundle.local_names.tables.values()
            for code in labels
        },
        file=request.app.state.settings.local_taxonomy,
        fits=set_by_admin in (None, bundle.local_names),
        changes=[*reversed(changes)][:_CHANGES_SHOWN],
        said=said,
    )


def _show_form(
    request: Request,
    *,
    section: str,
    label: Label | None = None,
    given: Label | None = None,
    is_local: bool = False,
) -> Response:
    return render_section(
        request,
        "taxonomy_label.html",
        section=section,
        label=label,
        given=given,
        is_local=is_local,
        most_leads=MOST_LEADS,
    )


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
