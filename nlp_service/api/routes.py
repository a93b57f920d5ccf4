"""The addresses of the service. Routes that score are plain functions: a thread each runs them."""

from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from nlp_service.api import documentation
from nlp_service.api.caching import send_unless_known
from nlp_service.api.deps import AssessorDep, JsonOnly, MetricsDep
from nlp_service.api.hot_issue_routes import hot_issue_router
from nlp_service.api.page import page_response
from nlp_service.api.problems import as_json, problem_of
from nlp_service.api.quality_routes import quality_router
from nlp_service.api.query import Explain, Way, WithQuality
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

router = APIRouter()
router.include_router(quality_router)
router.include_router(hot_issue_router)


# Both routes write JSON themselves: a response model checked on the way out would cost a second
# walk through a thread. The models document the answers, and the tests hold the answers to them.


@router.post(
    "/v1/assessments",
    summary="分拣一件来件",
    description="给出议题、子议题、界别、承办单位、诉求、紧急程度、审查提示和须由人查看的理由；"
    "并评质量：提案答三问、评六个方面并建议处理方式，社情民意信息评五项，群众来信查要素。",
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
    mode: Way = None,
    quality: WithQuality = True,
) -> JSONResponse:
    """Assess one submission."""
    assessment = assessor.assess(
        submission.to_submission(), explain=explain, mode=mode, quality=quality
    )
    metrics.count_assessments([assessment])
    return JSONResponse(_document(assessment, explain=explain))


@router.post(
    "/v1/assessments:batch",
    summary="分拣一批来件",
    description="逐件校验、成批分拣，结果与请求同序；个别来件有误时只有它失败，整批仍为 200。"
    "质量与单件一样评，便于成批初筛；sentences 和 evidence 两项较长，explain=true 时才给。",
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
    mode: Way = None,
    quality: WithQuality = True,
) -> JSONResponse:
    """Assess many submissions, each for itself."""
    items = [_read_item(item, index) for index, item in enumerate(batch.items)]
    answers = assessor.assess_each(items, explain=explain, mode=mode, quality=quality)
    assessments = [answer for answer in answers if isinstance(answer, Assessment)]
    metrics.count_assessments(assessments)
    results = [_result(answer, index, explain=explain) for index, answer in enumerate(answers)]
    failed = len(answers) - len(assessments)
    return JSONResponse({"results": results, "count": len(results), "failed": failed})


def _read_item(item: SubmissionIn | ValidationError, index: int) -> Submission | InvalidSubmission:
    if isinstance(item, ValidationError):
        errors = item.errors(include_url=False, include_input=False)
        return explain_errors(errors, inside=("body", "submissions", index))
    try:
        return item.to_submission()
    except InvalidSubmission as error:
        return error


def _result(answer: Assessment | InvalidSubmission, index: int, *, explain: bool) -> dict[str, Any]:
    if isinstance(answer, Assessment):
        assessment = _document(answer, explain=explain)
        return {"index": index, "status": "ok", "assessment": assessment}
    return {"index": index, "status": "error", "error": as_json(problem_of(answer))}


def _document(assessment: Assessment, *, explain: bool) -> dict[str, Any]:
    """Return what is sent; the two lists as long as the text itself only with the reasons."""
    if assessment.quality and not explain:
        quality = replace(assessment.quality, evidence=(), sentences=())
        assessment = replace(assessment, quality=quality)
    return assessment.as_dict()


@router.get(
    "/v1/taxonomy",
    summary="分类体系全文",
    description="返回当前模型包的分类体系（含本地名称）；带 If-None-Match 时，未变则答 304。",
    tags=["分类体系"],
    response_model=Taxonomy,
    responses=documentation.TAXONOMY_RESPONSES,
)
def read_taxonomy(request: Request, assessor: AssessorDep) -> Response:
    """Send the taxonomy of the loaded bundle."""
    taxonomy = assessor.bundle.taxonomy
    return send_unless_known(request, asdict(taxonomy), version=taxonomy.version)


@router.get(
    "/healthz",
    summary="进程是否存活",
    description="只要进程还在应答就是 200。",
    tags=["运行"],
    response_model=HealthOut,
    responses=documentation.HEALTH_RESPONSES,
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
async def check_readiness(assessor: AssessorDep) -> dict[str, Any]:
    """Say whether the bundle is loaded."""
    return {"status": "ready", "versions": asdict(assessor.versions)}


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
async def show_page() -> Response:
    """Serve the page on which one submission can be tried."""
    return page_response()
