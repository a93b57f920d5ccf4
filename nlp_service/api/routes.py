"""The addresses of the service. Routes that work are plain functions: a thread each runs them."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from nlp_service.api import documentation
from nlp_service.api.assessment_routes import assessment_router
from nlp_service.api.batch_routes import batch_router
from nlp_service.api.caching import send_unless_known
from nlp_service.api.deps import AssessorDep, FoundStoreDep, MetricsDep
from nlp_service.api.hot_issue_routes import hot_issue_router
from nlp_service.api.import_routes import import_router
from nlp_service.api.merge_routes import merge_router
from nlp_service.api.people_routes import people_router
from nlp_service.api.quality_routes import quality_router
from nlp_service.api.related_routes import related_router
from nlp_service.api.review_routes import review_router
from nlp_service.api.schemas import HealthOut, ReadyOut
from nlp_service.api.session_routes import session_router
from nlp_service.api.submission_routes import submission_router
from nlp_service.domain.batches import QueueState
from nlp_service.domain.errors import StoreError
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.store.opening import Store

router = APIRouter()
router.include_router(assessment_router)
router.include_router(import_router)
router.include_router(batch_router)
router.include_router(submission_router)
router.include_router(merge_router)
router.include_router(review_router)
router.include_router(quality_router)
router.include_router(hot_issue_router)
router.include_router(related_router)
router.include_router(session_router)
router.include_router(people_router)


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
    summary="能否开始工作",
    description="模型包已载入、数据库能应答时为 200，给出各版本和等待的任务，否则为 503。",
    tags=["运行"],
    response_model=ReadyOut,
    responses=documentation.READY_RESPONSES,
)
def check_readiness(assessor: AssessorDep, store: FoundStoreDep) -> dict[str, Any]:
    """Say whether the bundle is loaded and the database answers, and how much work waits."""
    queue = None if store is None else _read_queue(store)
    return {
        "status": "ready",
        "versions": asdict(assessor.versions),
        "store": "off" if store is None else "ready",
        "queue": queue
        and {
            "waiting_jobs": queue.waiting_jobs,
            "waiting_rows": queue.waiting_rows,
            "workers": queue.workers,
        },
    }


@router.get(
    "/metrics",
    summary="运行指标（Prometheus）",
    description="请求数、各阶段耗时、分拣数、待人工的缘由、标签和漂移、批量任务的队列。",
    tags=["运行"],
    response_class=Response,
    responses=documentation.METRICS_RESPONSES,
)
def read_metrics(metrics: MetricsDep, store: FoundStoreDep) -> Response:
    """Send the counters; where the database does not answer, those of the queue are NaN."""
    try:
        metrics.show_queue(None if store is None else _read_queue(store))
    except StoreError:
        metrics.show_queue(None)
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _read_queue(store: Store) -> QueueState:
    with store.reading() as office:
        return office.batches.queue()
