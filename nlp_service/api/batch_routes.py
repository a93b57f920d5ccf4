"""The addresses of batch jobs: hand in, look at, follow, read the results, cancel."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi import Path as PathParameter
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from nlp_service.api import batch_documentation as documentation
from nlp_service.api.batch_results import Format, answer_results, note_export
from nlp_service.api.batch_schemas import (
    BatchJobListOut,
    BatchJobOut,
    BatchLineOut,
    batch_of,
    progress_of,
)
from nlp_service.api.columns import ColumnsDep
from nlp_service.api.deps import ActorDep, AssessorDep, CallerDep, QueueDep, StoreDep
from nlp_service.api.import_routes import NdjsonResponse
from nlp_service.api.limits import BATCHES_PATH, MAX_FILE_BYTES, MAX_KEY
from nlp_service.api.problems import RequestRefused
from nlp_service.api.query import Way, WithQuality
from nlp_service.api.receiving import receive_file
from nlp_service.domain.batches import Batch, BatchOptions
from nlp_service.domain.submission import Kind
from nlp_service.intake.kinds import announced_kind, kind_by_name
from nlp_service.jobs.ending import cancel
from nlp_service.jobs.results import look_at
from nlp_service.jobs.submitting import submit
from nlp_service.store.opening import Store

LOOKS_EVERY_S = 1.0
"""For changes of a job that somebody follows."""

batch_router = APIRouter(tags=["批量"])

Key = Annotated[int, PathParameter(description="任务的编号。", ge=1, le=MAX_KEY)]


async def read_options(
    columns: ColumnsDep,
    source: Annotated[str, Query(description="来源，如“热线”；编号在同一来源内不重复。")] = "",
    kind: Annotated[
        Kind, Query(description="没有写明类型的行按什么类型；不写时由模型建议。")
    ] = Kind.UNKNOWN,
    mode: Way = None,
    store: Annotated[
        bool, Query(description="各行是否作为来件入库，供列表、查重和并案；试评用 false。")
    ] = True,
    explain: Annotated[bool, Query(description="是否给出依据的词句，同单件。")] = False,
    quality: WithQuality = True,
    webhook: Annotated[str, Query(description="结束时通知的地址；须在允许之列。")] = "",
) -> BatchOptions:
    """Return the options of a job."""
    return BatchOptions(
        mode=mode,
        keep=store,
        explain=explain,
        quality=quality,
        kind=kind,
        source=source.strip(),
        mapping={name: str(it) for name, it in columns.fields.items()},
        webhook=webhook,
    )


@batch_router.post(
    BATCHES_PATH,
    summary="提交批量任务",
    description=documentation.SUBMIT_DESCRIPTION,
    status_code=202,
    response_model=BatchJobOut,
    responses=documentation.SUBMIT_RESPONSES,
    openapi_extra=documentation.BODY,
)
async def submit_batch(
    request: Request,
    options: Annotated[BatchOptions, Depends(read_options)],
    assessor: AssessorDep,
    store: StoreDep,
    queue: QueueDep,
    caller: CallerDep,
    actor: ActorDep,
    name: Annotated[
        str, Query(description="文件名；按它的结尾认出种类。表单里的文件自带名称。")
    ] = "",
    idempotency_key: Annotated[
        str, Header(description="由调用方选定的键；同一键只有一项任务，便于放心重发。")
    ] = "",
) -> JSONResponse:
    """Take a file in as a job."""
    assessor.assess_each([], mode=options.mode)  # refuses a mode that is not there
    settings = request.app.state.settings
    file = await receive_file(
        request,
        settings.data / "incoming",
        name=name.strip(),
        accept=_name_with_ending,
        most=MAX_FILE_BYTES,
    )
    with file.content:
        submitted = await run_in_threadpool(
            submit,
            store,
            queue,
            file.content,
            name=file.name,
            options=options,
            settings=settings,
            actor=actor,
            idempotency_key=idempotency_key,
        )
    return JSONResponse(
        batch_of(submitted.batch, caller=caller).model_dump(mode="json"),
        status_code=202 if submitted.created else 200,
        headers={"Location": f"{BATCHES_PATH}/{submitted.batch.key}"},
    )


@batch_router.get(
    BATCHES_PATH,
    summary="任务列表",
    description="最近提交的在前。",
    responses=documentation.LIST_RESPONSES,
)
def list_batches(
    store: StoreDep,
    caller: CallerDep,
    before: Annotated[
        int | None, Query(description="上一页的 next_before。", ge=1, le=MAX_KEY)
    ] = None,
    limit: Annotated[int, Query(description="一页的任务数。", ge=1, le=500)] = 50,
) -> BatchJobListOut:
    """List jobs."""
    with store.reading() as office:
        found = office.batches.list(before=before, limit=limit + 1)
    more = len(found) > limit
    return BatchJobListOut(
        items=[batch_of(one, caller=caller) for one in found[:limit]],
        next_before=found[limit - 1].key if more else None,
    )


@batch_router.get(
    f"{BATCHES_PATH}/{{key}}",
    summary="一项任务",
    description="进度、件数、速度、预计剩余时间，文件的列和有误的行。",
    responses=documentation.BATCH_RESPONSES,
)
def get_batch(key: Key, store: StoreDep, caller: CallerDep) -> BatchJobOut:
    """Show a job."""
    return batch_of(_read(store, key), caller=caller)


async def find_batch(key: Key, store: StoreDep) -> Batch:
    """Return a job; what is not there is refused before an answer begins."""
    return await run_in_threadpool(_read, store, key)


@batch_router.get(
    f"{BATCHES_PATH}/{{key}}/events",
    summary="跟踪任务的进度",
    description=documentation.EVENTS_DESCRIPTION,
    response_class=EventSourceResponse,
    responses=documentation.EVENTS_RESPONSES,
)
async def follow_batch(
    batch: Annotated[Batch, Depends(find_batch)],
    store: StoreDep,
    caller: CallerDep,
    last_event_id: Annotated[str, Header(description="最后收到的事件的 id。")] = "",
) -> AsyncIterator[ServerSentEvent]:
    """Tell each change of a job until it ends."""
    told = last_event_id
    while not batch.state.final:
        if str(batch.version) != told:
            told = str(batch.version)
            yield ServerSentEvent(event="progress", id=told, data=progress_of(batch))
        await asyncio.sleep(LOOKS_EVERY_S)
        batch = await run_in_threadpool(_read, store, batch.key)
    ended = batch_of(batch, caller=caller)
    yield ServerSentEvent(event="end", id=str(batch.version), data=ended)


@batch_router.get(
    f"{BATCHES_PATH}/{{key}}/results",
    summary="任务的结果",
    description=documentation.RESULTS_DESCRIPTION,
    response_class=NdjsonResponse,
    response_model=BatchLineOut,
    responses=documentation.RESULTS_RESPONSES,
)
async def read_batch_results(
    request: Request,
    key: Key,
    store: StoreDep,
    caller: CallerDep,
    actor: ActorDep,
    format: Annotated[
        Format, Query(description="ndjson 每行一个 JSON；csv、xlsx 为中文列名的表格。")
    ] = Format.NDJSON,
    from_row: Annotated[
        int, Query(alias="from", description="从第几件起，1 为第一件。", ge=1, le=MAX_KEY)
    ] = 1,
    follow: Annotated[bool, Query(description="是否等到任务结束；否则给完已有的就结束。")] = False,
    refused: Annotated[bool, Query(description="只给没有分拣结果的行和原因。")] = False,
) -> Response:
    """Send the results of a job."""
    if follow and format is Format.XLSX:
        raise RequestRefused(
            "invalid_request", "xlsx 要等任务结束再取，不能 follow；请用 ndjson 或 csv。"
        )
    ready = await run_in_threadpool(look_at, store, key, caller=caller)
    await run_in_threadpool(note_export, store, key, format, actor=actor, refused=refused)
    folder = request.app.state.settings.data / "incoming"
    return await answer_results(
        store,
        ready,
        format,
        from_row=from_row,
        follow=follow,
        refused=refused,
        folder=folder,
    )


@batch_router.delete(
    f"{BATCHES_PATH}/{{key}}",
    summary="取消任务",
    description="不再分拣余下的行；已有的结果和已入库的来件仍在。早已结束的任务不变。",
    responses=documentation.CANCEL_RESPONSES,
)
def cancel_batch(
    key: Key, store: StoreDep, queue: QueueDep, caller: CallerDep, actor: ActorDep
) -> BatchJobOut:
    """Cancel a job."""
    queue.prepare()
    return batch_of(cancel(store, queue, key, actor=actor), caller=caller)


def _read(store: Store, key: int) -> Batch:
    with store.reading() as office:
        return office.batches.get(key)


def _name_with_ending(name: str, media_type: str) -> str:
    """Return the file's name, with an ending that tells its kind.

    Raises:
        RequestRefused: neither the name nor the media type tells of a kind that can be read.
    """
    kind = announced_kind(name, media_type)
    if kind is None:
        raise RequestRefused(
            "unsupported_media_type",
            "请用查询参数 name 给出文件名（如 name=来信.xlsx），或以表单（multipart/form-data）发送"
            "带名称的文件，或以 Content-Type: application/x-ndjson 发送每行一件的 JSON。",
        )
    return name if kind_by_name(name) is kind else f"{name or 'batch'}.{kind}"
