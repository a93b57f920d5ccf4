"""审查: the page on which the proposal committee screens a session, and the committee's packet."""

import enum
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from nlp_service.api.deps import ActorDep, AssessorDep, MaskerDep, StoreDep
from nlp_service.api.problems import RequestRefused
from nlp_service.assess import Assessor
from nlp_service.domain.adoption import PART_NAMES, AdoptedPart
from nlp_service.domain.screening import ProposalCase, TermSession
from nlp_service.export import official, xlsx
from nlp_service.export.packet import Packet
from nlp_service.export.packet_docx import write_packet_docx
from nlp_service.export.packet_xlsx import write_packet_xlsx
from nlp_service.store.opening import Office
from nlp_service.text.mask.covering import cover
from nlp_service.text.mask.masker import Masker
from nlp_service.text.normalise import normalise
from nlp_service.web.keys import AskedKeyOrNone, RecordKey
from nlp_service.web.rendering import by_htmx, render
from nlp_service.web.screening_view import (
    USUAL_BOUND,
    ScreeningView,
    Show,
    certainty_of,
    nearest_bound,
    view_dial,
)

screening_router = APIRouter(include_in_schema=False)


class PacketFormat(enum.StrEnum):
    """As what the packet is sent."""

    DOCX = "docx"
    XLSX = "xlsx"


@screening_router.get("/screening")
def show_screening(
    request: Request,
    store: StoreDep,
    assessor: AssessorDep,
    session: AskedKeyOrNone = None,
    show: Show = Show.OPEN,
    after: AskedKeyOrNone = None,
) -> Response:
    """Show a session, the latest unless told; without any, how to name one."""
    with store.reading() as office:
        sessions = office.term_sessions.list()
        if session is None and not sessions:
            return _show_beginning(request, office)
        chosen = office.term_sessions.get(session) if session else sessions[0]
        view = ScreeningView(
            session=chosen, cases=_cases(office, chosen, assessor), show=show, after=after
        )
        if after is not None and by_htmx(request):
            return render(
                request, "screening_rows.html", view=view, certainty=certainty_of(assessor)
            )
        dial = view_dial(view.cases, assessor, part=AdoptedPart.DISPOSITION, bound=USUAL_BOUND)
        return render(
            request,
            "screening.html",
            view=view,
            sessions=sessions,
            sources=office.term_sessions.sources(),
            adoptions=office.adoptions.of(chosen.key),
            dial=dial,
            parts=PART_NAMES,
            certainty=certainty_of(assessor),
        )


@screening_router.get("/screening/{session}/cases/{key}")
def show_case(
    request: Request, session: RecordKey, key: RecordKey, store: StoreDep, assessor: AssessorDep
) -> Response:
    """Show one proposal of the list anew."""
    with store.reading() as office:
        return render_case(request, office, office.term_sessions.get(session), key, assessor)


@screening_router.get("/screening/{session}/progress")
def show_progress(
    request: Request,
    session: RecordKey,
    store: StoreDep,
    assessor: AssessorDep,
    show: Show = Show.OPEN,
) -> Response:
    """Show how far the session is."""
    with store.reading() as office:
        chosen = office.term_sessions.get(session)
        view = ScreeningView(session=chosen, cases=_cases(office, chosen, assessor), show=show)
        return render(request, "screening_progress.html", view=view)


@screening_router.get("/screening/{session}/dial")
def show_dial(
    request: Request,
    session: RecordKey,
    store: StoreDep,
    assessor: AssessorDep,
    part: AdoptedPart = AdoptedPart.DISPOSITION,
    bound: Annotated[float, Query(ge=0, le=1)] = USUAL_BOUND,
) -> Response:
    """Turn the dial."""
    with store.reading() as office:
        chosen = office.term_sessions.get(session)
        cases = _cases(office, chosen, assessor)
        adoptions = office.adoptions.of(session)
    dial = view_dial(cases, assessor, part=part, bound=nearest_bound(bound))
    return render(
        request,
        "screening_dial.html",
        dial=dial,
        session=chosen,
        adoptions=adoptions,
        parts=PART_NAMES,
    )


@screening_router.get("/screening/{session}/packet.{format}")
def send_packet(
    session: RecordKey,
    format: PacketFormat,
    store: StoreDep,
    assessor: AssessorDep,
    masker: MaskerDep,
    actor: ActorDep,
) -> Response:
    """Send the committee's packet; that it was taken out is written first."""
    with store.transaction(actor=actor) as office:
        chosen = office.term_sessions.get(session)
        packet = Packet(
            scope=chosen.scope,
            made_at=datetime.now(UTC),
            made_by=actor,
            cases=_cases(office, chosen, assessor),
            taxonomy=assessor.bundle.taxonomy,
            adoptions=office.adoptions.of(session),
            cover=lambda note: cover_note(note, masker),
        )
        office.screening.note_export(chosen, format=format, proposals=len(packet.cases))
    write, media_type = {
        PacketFormat.DOCX: (write_packet_docx, official.MEDIA_TYPE),
        PacketFormat.XLSX: (write_packet_xlsx, xlsx.MEDIA_TYPE),
    }[format]
    name = quote(f"{packet.title}.{format}", safe="")
    disposition = f"attachment; filename=\"screening-{session}.{format}\"; filename*=UTF-8''{name}"
    return Response(
        write(packet), media_type=media_type, headers={"Content-Disposition": disposition}
    )


def render_case(
    request: Request, office: Office, session: TermSession, key: int, assessor: Assessor
) -> Response:
    """Return one proposal of the list.

    Raises:
        RequestRefused: it is not there any more.
    """
    case = office.screening.case(key, assessor.bundle.taxonomy)
    if case is None:
        raise RequestRefused("record_unknown", f"没有编号为 {key} 的来件，或者它已被删除。")
    return render(
        request, "screening_case.html", case=case, session=session, certainty=certainty_of(assessor)
    )


def cover_note(note: str, masker: Masker) -> str:
    """Return what a person noted without personal data."""
    text = normalise(note)
    return cover(text, masker.find(text))


def _show_beginning(request: Request, office: Office) -> Response:
    """Show how to name the first session, from the days of what is there."""
    return render(
        request,
        "screening_beginning.html",
        days=_recent(office.term_sessions.days_of_proposals()),
        sources=office.term_sessions.sources(),
    )


def _recent(days: tuple[date, date] | None) -> tuple[date, date] | None:
    """Return at most the last year of the days: an archive of years is no session."""
    return days and (max(days[0], days[1] - timedelta(days=365)), days[1])


def _cases(office: Office, session: TermSession, assessor: Assessor) -> Sequence[ProposalCase]:
    return office.screening.cases(session.scope, assessor.bundle.taxonomy)
