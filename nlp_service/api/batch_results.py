"""Send a job's results: lines as they lie in the database, or tables made of them on the way."""

import asyncio
import enum
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response, StreamingResponse

from nlp_service.domain.audit import Export, RecordKind
from nlp_service.export import csv, xlsx
from nlp_service.export.flat import Line
from nlp_service.jobs.results import LOOKS_EVERY_S, Ready, read_results
from nlp_service.store.opening import Store

NEXT_ROW = "Nlp-Next-Row"
_UNASSESSED = (b'"status":"refused"', b'"status":"quarantined"')


class Format(enum.StrEnum):
    """As what results are sent."""

    NDJSON = "ndjson"
    """JSON lines."""
    CSV = "csv"
    """A table for spreadsheets."""
    XLSX = "xlsx"
    """An Excel workbook."""


MEDIA_TYPES = {
    Format.NDJSON: "application/x-ndjson",
    Format.CSV: csv.MEDIA_TYPE,
    Format.XLSX: xlsx.MEDIA_TYPE,
}


def note_export(store: Store, key: int, format: Format, *, actor: str, refused: bool) -> None:
    """Note that results of a job are taken out, before they are sent.

    A table is an entry each time. JSON lines are read again and again by other systems, also while
    a job runs: of these the first reading by each is one.
    """
    what = Export.REFUSED_ROWS if refused else Export.RESULTS
    told, kind = {"format": str(format)}, RecordKind.BATCH
    with store.transaction(actor=actor) as office:
        known = format is Format.NDJSON and office.audit.has_noted_export(
            what, told, kind=kind, key=key
        )
        if not known:
            office.audit.note_export(what, told, kind=kind, key=key)


async def answer_results(
    store: Store,
    ready: Ready,
    format: Format,
    *,
    from_row: int,
    follow: bool,
    refused: bool,
    folder: Path,
) -> Response:
    """Return the answer that sends results.

    Args:
        store: holds them.
        ready: the job, how far it is, and what of it is kept back.
        format: as what they are sent.
        from_row: the first that is wanted.
        follow: wait for further ones until the job ends.
        refused: only rows that have no assessment.
        folder: where a workbook is made before it is sent.
    """
    key = ready.batch.key
    headers = {
        NEXT_ROW: str(ready.until_row + 1),
        "Content-Disposition": _disposition(ready, format, refused=refused),
    }
    parts = read_results(
        store,
        key,
        from_row=from_row,
        follow=follow,
        withhold=ready.withholds,
        waits=lambda seconds: None,
    )
    parts = _only_refused(parts) if refused else parts
    if format is Format.XLSX:
        path = await run_in_threadpool(_make_workbook, folder, parts)
        removing = BackgroundTask(path.unlink)
        return FileResponse(path, media_type=xlsx.MEDIA_TYPE, headers=headers, background=removing)
    head, write = (csv.write_csv_head(), _as_csv) if format is Format.CSV else (b"", _as_ndjson)
    return StreamingResponse(
        _send(head, parts, write), media_type=MEDIA_TYPES[format], headers=headers
    )


def _only_refused(parts: Iterator[list[bytes]]) -> Iterator[list[bytes]]:
    """Leave out the lines of rows that were assessed, also where these are withheld or erased now.

    An empty part means waiting, and stays. Within a value quotation marks are escaped, so these
    words stand nowhere else.
    """
    for lines in parts:
        refused = [line for line in lines if any(status in line for status in _UNASSESSED)]
        if refused or not lines:
            yield refused


async def _send(
    head: bytes, parts: Iterator[list[bytes]], write: Callable[[Sequence[bytes]], bytes]
) -> AsyncIterator[bytes]:
    """Yield the body; nobody holds a thread while there is nothing to send."""
    yield head

    def next_part() -> bytes | None:
        lines = next(parts, None)
        return None if lines is None else write(lines) if lines else b""

    while (part := await run_in_threadpool(next_part)) is not None:
        yield part
        if not part:
            await asyncio.sleep(LOOKS_EVERY_S)


def _as_ndjson(lines: Sequence[bytes]) -> bytes:
    return b"\n".join(lines) + b"\n"


def _as_csv(lines: Sequence[bytes]) -> bytes:
    return csv.write_csv_rows(_read(lines))


def _read(lines: Sequence[bytes]) -> Iterator[Line]:
    return (json.loads(line) for line in lines)


def _make_workbook(folder: Path, parts: Iterator[list[bytes]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".xlsx", delete=False) as file:
        path = Path(file.name)
    try:
        xlsx.write_xlsx(path, (_read(lines) for lines in parts))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def _disposition(ready: Ready, format: Format, *, refused: bool) -> str:
    """Name the file after the one that was handed in; two ways to write it, for every browser."""
    what = "未分拣的行" if refused else "结果"
    name = f"{Path(ready.batch.file.name).stem}-{what}.{format}"
    plain = f"batch-{ready.batch.key}.{format}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
