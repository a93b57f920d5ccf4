"""设置, 审计: who did what and when, looked through, proved, and taken away as a table."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response, StreamingResponse

from nlp_service.api.deps import ActorDep, StoreDep
from nlp_service.api.problems import RequestRefused
from nlp_service.domain.audit import Action, AuditEntry, AuditFilter, ChainHead, Export
from nlp_service.domain.records import begin_of
from nlp_service.export.cells import make_safe
from nlp_service.store.chaining import check_chain
from nlp_service.store.opening import Store
from nlp_service.web.audit_wording import ACTIONS, RECORD_KINDS, facts_in_words
from nlp_service.web.keys import AskedKeyOrNone
from nlp_service.web.settings_frame import AUDIT, render_section
from nlp_service.web.wording import moment

audit_router = APIRouter(include_in_schema=False)

_ON_A_PAGE = 50
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a page of the audit was asked for, as its form has it."""

    wanted: AuditFilter
    form: Mapping[str, str]

    @property
    def query(self) -> str:
        """The same as the query of an address."""
        return urlencode({name: value for name, value in self.form.items() if value})


def read_asked(
    actor: Annotated[str, Query(max_length=400)] = "",
    action: Annotated[str, Query(max_length=60)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
) -> Asked:
    """Read what entries are asked for.

    Raises:
        RequestRefused: there is no such action or day.
    """
    try:
        wanted = AuditFilter(
            actor=actor.strip(),
            action=Action(action) if action else None,
            since=begin_of(date.fromisoformat(since)) if since else None,
            until=begin_of(date.fromisoformat(until) + timedelta(days=1)) if until else None,
        )
    except (ValueError, OverflowError):
        raise RequestRefused("invalid_request", "没有这样的操作或日期，请重新选择。") from None
    form = {"actor": actor, "action": action, "since": since, "until": until}
    return Asked(wanted=wanted, form=form)


AskedDep = Annotated[Asked, Depends(read_asked)]


@audit_router.get(AUDIT)
def show_audit(
    request: Request,
    asked: AskedDep,
    store: StoreDep,
    before: AskedKeyOrNone = None,
) -> Response:
    """Show a page of the audit."""
    with store.reading() as office:
        found = office.audit.latest(before=before, limit=_ON_A_PAGE + 1, wanted=asked.wanted)
    return render_section(
        request,
        "audit.html",
        entries=found[:_ON_A_PAGE],
        next_before=found[_ON_A_PAGE - 1].key if len(found) > _ON_A_PAGE else None,
        before=before,
        asked=asked,
        actions=ACTIONS,
    )


@audit_router.get(f"{AUDIT}/check")
def prove_audit(
    request: Request, store: StoreDep, head: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """Go through the whole chain; say whether anybody touched it."""
    noted = _read_head(head) if head.strip() else None
    with store.reading() as office:
        checked = check_chain(office.connection, noted=noted)
    return render_section(request, "audit_check.html", checked=checked, noted=head.strip())


@audit_router.get(f"{AUDIT}.csv")
def download_audit(asked: AskedDep, store: StoreDep, actor: ActorDep) -> Response:
    """Send all entries that are asked for, the newest first, as a table."""
    with store.transaction(actor=actor) as office:
        told = {name: value for name, value in asked.form.items() if value}
        office.audit.note_export(Export.AUDIT, told)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    content = _as_csv(store, asked.wanted)
    return StreamingResponse(content, media_type="text/csv; charset=utf-8", headers=headers)


def _as_csv(store: Store, wanted: AuditFilter) -> Iterator[bytes]:
    yield "\ufeff".encode() + _csv_row(["序号", "时间", "谁", "做了什么", "对什么", "编号", "前后"])
    before: int | None = None
    while True:
        with store.reading() as office:
            found = office.audit.latest(before=before, limit=_AT_ONCE, wanted=wanted)
        yield b"".join(_csv_row(_cells(entry)) for entry in found)
        if len(found) < _AT_ONCE:
            return
        before = found[-1].key


def _cells(entry: AuditEntry) -> list[str | int]:
    facts = "；".join(f"{name}：{told}" for name, told in facts_in_words(entry.before, entry.after))
    what = RECORD_KINDS[entry.record_kind]
    return [
        entry.key,
        moment(entry.at),
        entry.actor,
        ACTIONS[entry.action],
        what,
        entry.record_key,
        facts,
    ]


def _csv_row(cells: list[str | int] | list[str]) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    rows.writerow(make_safe(cells))
    return text.getvalue().encode()


def _read_head(noted: str) -> ChainHead:
    key, _, digest = noted.strip().partition(":")
    try:
        return ChainHead(key=int(key), hash=bytes.fromhex(digest))
    except ValueError:
        raise RequestRefused(
            "invalid_request", "末条应照当时记下的样子填写，如 1187:9f86…。"
        ) from None
