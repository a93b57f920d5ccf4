"""The addresses of imports: an archive goes in as one body, its progress comes back line by line.

The file is put on the disk first (``api.receiving``); its hash says which import it is.
"""

import json
import logging
from collections.abc import Iterator
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParameter
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from nlp_service.api import record_documentation as documentation
from nlp_service.api.columns import ColumnsDep
from nlp_service.api.deps import ActorDep, AssessorDep, FoundRelatorDep, StoreDep
from nlp_service.api.failures import describe_failure
from nlp_service.api.import_schemas import (
    ImportLineOut,
    ImportListOut,
    ImportOut,
    import_of,
    progress_of,
)
from nlp_service.api.limits import IMPORT_PATH, MAX_IMPORT_BYTES
from nlp_service.api.problems import RequestRefused, as_json, make_problem, problem_of
from nlp_service.api.query import Way
from nlp_service.api.receiving import receive_file
from nlp_service.domain.errors import NlpServiceError
from nlp_service.domain.imports import Import
from nlp_service.intake.archive import open_archive
from nlp_service.intake.kinds import announced_kind
from nlp_service.store.importing import import_archive
from nlp_service.store.relating import relate_missing

log = logging.getLogger(__name__)

import_router = APIRouter(tags=["档案"])


class NdjsonResponse(StreamingResponse):
    """JSON Lines, sent as they come."""

    media_type = "application/x-ndjson"


@import_router.post(
    IMPORT_PATH,
    summary="导入档案",
    description=documentation.IMPORT_DESCRIPTION,
    response_class=NdjsonResponse,
    response_model=ImportLineOut,
    responses=documentation.IMPORT_RESPONSES,
    openapi_extra=documentation.IMPORT_BODY,
)
async def import_submissions(
    request: Request,
    assessor: AssessorDep,
    store: StoreDep,
    relator: FoundRelatorDep,
    actor: ActorDep,
    source: Annotated[
        str, Query(description="来源，如“往年提案”；行中自有 source 的以行为准。", min_length=1)
    ],
    columns: ColumnsDep,
    name: Annotated[
        str, Query(description="文件名，如“来信.xlsx”；类型说不清楚时按它的扩展名读。")
    ] = "",
    mode: Way = None,
) -> NdjsonResponse:
    """Take an archive into the store."""
    incoming = request.app.state.settings.data / "incoming"
    file = await receive_file(
        request, incoming, name=name, accept=_check_kind, most=MAX_IMPORT_BYTES
    )
    body = file.content

    def begin() -> Iterator[Import]:
        archive = open_archive(
            body, name=file.name, source=source, mapping=columns, media_type=file.media_type
        )
        steps = import_archive(store, assessor, archive, actor=actor, mode=mode, relator=relator)
        return _with_first(next(steps), steps)  # what is refused at once has a status of its own

    try:
        steps = await run_in_threadpool(begin)
    except BaseException:
        body.close()
        raise
    looking_up = BackgroundTask(relate_missing, store, relator) if relator else None
    return NdjsonResponse(_lines(steps, body), background=looking_up)


@import_router.get(
    "/v1/imports/{key}",
    summary="一次导入",
    description="进度、件数和未存入的行。",
    responses=documentation.IMPORT_RECORD_RESPONSES,
)
def get_import(
    key: Annotated[int, PathParameter(description="导入的编号。", ge=1, le=2**63 - 1)],
    store: StoreDep,
) -> ImportOut:
    """Show an import."""
    with store.reading() as office:
        return import_of(office.imports.get(key))


@import_router.get(
    "/v1/imports",
    summary="导入列表",
    description="最近开始的在前。",
    responses=documentation.IMPORT_LIST_RESPONSES,
)
def list_imports(
    store: StoreDep,
    before: Annotated[
        int | None, Query(description="上一页的 next_before。", ge=1, le=2**63 - 1)
    ] = None,
    limit: Annotated[int, Query(description="一页的次数。", ge=1, le=500)] = 50,
) -> ImportListOut:
    """List imports."""
    with store.reading() as office:
        found = office.imports.list(before=before, limit=limit + 1)
    more = len(found) > limit
    return ImportListOut(
        items=[import_of(one) for one in found[:limit]],
        next_before=found[limit - 1].key if more else None,
    )


def _check_kind(name: str, media_type: str) -> str:
    """Return the file's name, if that or the media type tells of a kind that is read."""
    if announced_kind(name, media_type) is None:
        raise RequestRefused(
            "unsupported_media_type",
            "请写明文件的类型：Content-Type 用 application/x-ndjson（每行一件）、text/csv 等，"
            "或以 name=来信.xlsx 给出文件名，或以表单（multipart/form-data）发送带名称的文件。",
        )
    return name


def _with_first(first: Import, rest: Iterator[Import]) -> Iterator[Import]:
    yield first
    yield from rest


def _lines(steps: Iterator[Import], body: BinaryIO) -> Iterator[str]:
    """Yield the lines of the answer; what fails now can only be told in the last one."""
    with body:
        try:
            now = None
            for now in steps:
                yield _line(progress=progress_of(now).model_dump(mode="json"))
            if now is not None:
                yield _line(summary=import_of(now).model_dump(mode="json"))
        except NlpServiceError as error:
            yield _line(error=as_json(problem_of(error)))
        except Exception as error:
            problem = make_problem("internal_error")
            log.error("%s\n%s", problem.instance, describe_failure(error))
            yield _line(error=as_json(problem))


def _line(**line: object) -> str:
    return json.dumps(line, ensure_ascii=False) + "\n"
