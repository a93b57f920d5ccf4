"""The addresses of the service. Routes that score are plain functions: a thread each runs them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Query
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import ValidationError
from starlette.responses import FileResponse, JSONResponse, Response

from nlp_service.api import documentation
from nlp_service.api.batch import assess_each
from nlp_service.api.deps import AssessorDep, JsonOnly, MetricsDep, VersionsDep
from nlp_service.api.problems import as_json, problem_of
from nlp_service.api.schemas import (
    AssessmentOut,
    BatchIn,
    BatchOut,
    HealthOut,
    ReadyOut,
    SubmissionIn,
)
from nlp_service.api.validation import explain_errors
from nlp_service.domain.assessment import Assessment
from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.submission import Submission
from nlp_service.domain.taxonomy import Taxonomy

PAGE = Path(__file__).parent / "index.html"

_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

router = APIRouter()

Explain = Annotated[bool, Query(description="是否给出每个标签所依据的词句（spans）。")]


@router.post(
    "/v1/assessments",
    summary="分拣一件来件",
    description="给出议题、子议题、界别、承办单位、诉求、紧急程度、审查提示和须由人查看的理由。",
    tags=["分拣"],
    dependencies=[JsonOnly],
    response_model=AssessmentOut,
    responses=documentation.ASSESSMENT_RESPONSES,
)
def create_assessment(
    submission: Annotated[SubmissionIn, Body(openapi_examples=documentation.SUBMISSION_EXAMPLES)],
    assessor: AssessorDep,
    metrics: MetricsDep,
    explain: Explain = True,
) -> dict[str, Any]:
    """Assess one submission."""
    assessment = assessor.assess(submission.to_submission(), explain=explain)
    metrics.count_assessments([assessment])
    return assessment.as_dict()


@router.post(
    "/v1/assessments:batch",
    summary="分拣一批来件",
    description="逐件校验、成批分拣，结果与请求同序；个别来件有误时只有它失败，整批仍为 200。",
    tags=["分拣"],
    dependencies=[JsonOnly],
    response_model=BatchOut,
    responses=documentation.BATCH_RESPONSES,
)
def create_assessments(
    batch: Annotated[BatchIn, Body(openapi_examples=documentation.BATCH_EXAMPLES)],
    assessor: AssessorDep,
    metrics: MetricsDep,
    explain: Explain = False,
) -> JSONResponse:
    """Assess many submissions, each for itself."""
    items = [_read_item(item, index) for index, item in enumerate(batch.items)]
    answers = assess_each(assessor, items, explain=explain)
    metrics.count_assessments(answer for answer in answers if isinstance(answer, Assessment))
    return JSONResponse(_batch_out(answers))


def _read_item(item: SubmissionIn | ValidationError, index: int) -> Submission | InvalidSubmission:
    if isinstance(item, ValidationError):
        errors = item.errors(include_url=False, include_input=False)
        return explain_errors(errors, inside=("body", "submissions", index))
    try:
        return item.to_submission()
    except InvalidSubmission as error:
        return error


def _batch_out(answers: Sequence[Assessment | InvalidSubmission]) -> dict[str, Any]:
    """Return the answers as JSON; ``BatchOut`` describes it and the tests hold it to that."""
    results = [
        {"index": index, "status": "ok", "assessment": answer.as_dict()}
        if isinstance(answer, Assessment)
        else {"index": index, "status": "error", "error": as_json(problem_of(answer))}
        for index, answer in enumerate(answers)
    ]
    failed = sum(result["status"] == "error" for result in results)
    return {"results": results, "count": len(results), "failed": failed}


@router.get(
    "/v1/taxonomy",
    summary="分类体系全文",
    description="返回当前模型包的分类体系（含本地名称）；带 If-None-Match 时，未变则答 304。",
    tags=["分类体系"],
    response_model=Taxonomy,
    responses=documentation.TAXONOMY_RESPONSES,
)
def read_taxonomy(assessor: AssessorDep, if_none_match: Annotated[str, Header()] = "") -> Response:
    """Send the taxonomy of the loaded bundle."""
    taxonomy = assessor.bundle.taxonomy
    content = json.dumps(asdict(taxonomy), ensure_ascii=False).encode()
    etag = f'"{taxonomy.version}-{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if etag in if_none_match or if_none_match.strip() == "*":
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="application/json", headers=headers)


@router.get(
    "/healthz",
    summary="进程是否存活",
    description="只要进程还在应答就是 200。",
    tags=["运行"],
    response_model=HealthOut,
)
async def check_health() -> dict[str, str]:
    """Say that the process lives."""
    return {"status": "ok"}


@router.get(
    "/readyz",
    summary="模型包是否已载入",
    description="载入后为 200 并给出各版本，否则为 503。",
    tags=["运行"],
    response_model=ReadyOut,
    responses=documentation.READY_RESPONSES,
)
async def check_readiness(versions: VersionsDep) -> dict[str, Any]:
    """Say whether the bundle is loaded."""
    return {"status": "ready", "versions": asdict(versions)}


@router.get(
    "/metrics",
    summary="运行指标（Prometheus）",
    description="返回请求数、耗时、各类来件的分拣数和待人工数。",
    tags=["运行"],
    response_class=Response,
    responses=documentation.METRICS_RESPONSES,
)
def read_metrics(metrics: MetricsDep) -> Response:
    """Send the counters."""
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)


@router.get("/", include_in_schema=False)
async def show_page() -> FileResponse:
    """Serve the page on which one submission can be tried; it loads nothing from elsewhere."""
    return FileResponse(PAGE, media_type="text/html; charset=utf-8", headers=_PAGE_HEADERS)
