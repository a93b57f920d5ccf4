"""The addresses that assess, and store what they assess: one submission, or a batch."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Body
from pydantic import ValidationError
from starlette.responses import JSONResponse

from nlp_service.api import documentation
from nlp_service.api.deps import (
    ActorDep,
    AssessorDep,
    FoundRelatorDep,
    FoundStoreDep,
    JsonOnly,
    MemoryDep,
    MetricsDep,
)
from nlp_service.api.problems import as_json, problem_of
from nlp_service.api.query import Explain, ShownDuplicates, Way, WithQuality
from nlp_service.api.related_schemas import earlier_of
from nlp_service.api.schemas import AssessmentOut, BatchIn, BatchOut, SubmissionIn
from nlp_service.api.validation import explain_errors
from nlp_service.domain.assessment import Assessment
from nlp_service.domain.errors import InvalidSubmission, StoreError
from nlp_service.domain.records import Filing, Origin, StoredOnce
from nlp_service.domain.submission import Mode, Submission
from nlp_service.jobs.lines import document_of
from nlp_service.store.earlier_texts import shown_document
from nlp_service.store.filing import Refusal
from nlp_service.store.opening import Store
from nlp_service.store.relating import (
    Kept,
    Relator,
    describe_earlier,
    embed_filings,
    file_and_keep,
    file_and_look_up,
    relate_missing,
)
from nlp_service.text.normalise import Document

log = logging.getLogger(__name__)

assessment_router = APIRouter(tags=["分拣"], dependencies=[JsonOnly])

Item = tuple[Submission, Origin]


# Both routes write JSON themselves: a response model checked on the way out would cost a second
# walk through a thread. The models document the answers, and the tests hold the answers to them.


@assessment_router.post(
    "/v1/assessments",
    summary="分拣一件来件",
    description="给出议题、子议题、界别、承办单位、诉求、紧急程度、审查提示和须由人查看的理由；"
    "并评质量：提案答三问、评六个方面并建议处理方式，社情民意信息评五项，群众来信查要素。"
    "来件和结果存入数据库，store=false 时不存。",
    response_model=AssessmentOut,
    responses=documentation.ASSESSMENT_RESPONSES,
)
def create_assessment(
    submission: Annotated[SubmissionIn, Body(openapi_examples=documentation.SUBMISSION_EXAMPLES)],
    assessor: AssessorDep,
    metrics: MetricsDep,
    memory: MemoryDep,
    found: FoundStoreDep,
    relator: FoundRelatorDep,
    actor: ActorDep,
    explain: Explain = True,
    mode: Way = None,
    quality: WithQuality = True,
    duplicates: ShownDuplicates = 5,
) -> JSONResponse:
    """Assess one submission, store it unless told not to, and look it up among the stored."""
    text, origin = submission.to_submission(), submission.to_origin()
    assessment = assessor.assess(text, explain=explain, mode=mode, quality=quality)
    metrics.count_assessments([assessment])
    filing = Filing(submission=text, assessment=assessment, origin=origin)
    asked = _Asked(
        filing=filing,
        document=shown_document(text, assessment),
        shown=duplicates,
        fast=mode is Mode.FAST,
    )
    answer, earlier = (
        _file_one(memory, relator, asked, actor)
        if memory
        else (None, _look_up(found, relator, asked))
    )
    document = document_of(assessment, answer, explain=explain)
    return JSONResponse({**document, "duplicates": earlier})


@assessment_router.post(
    "/v1/assessments:batch",
    summary="分拣一批来件",
    description="逐件校验、成批分拣，结果与请求同序；个别来件有误时只有它失败，整批仍为 200。"
    "质量与单件一样评，便于成批初筛；sentences 和 evidence 两项较长，explain=true 时才给。"
    "来件和结果存入数据库，store=false 时不存；存不了的（如编号已用于另一件）也只有它失败。",
    response_model=BatchOut,
    responses=documentation.BATCH_RESPONSES,
)
def create_assessments(
    batch: Annotated[BatchIn, Body(openapi_examples=documentation.BATCH_EXAMPLES)],
    assessor: AssessorDep,
    metrics: MetricsDep,
    memory: MemoryDep,
    relator: FoundRelatorDep,
    actor: ActorDep,
    background: BackgroundTasks,
    explain: Explain = False,
    mode: Way = None,
    quality: WithQuality = True,
) -> JSONResponse:
    """Assess many submissions, each for itself, and store them unless told not to."""
    items = [_read_item(item, index) for index, item in enumerate(batch.items)]
    texts = [item if isinstance(item, InvalidSubmission) else item[0] for item in items]
    answers = assessor.assess_each(texts, explain=explain, mode=mode, quality=quality)
    metrics.count_assessments(answer for answer in answers if isinstance(answer, Assessment))
    stored = _file(memory, relator, _filings(items, answers), mode, actor)
    if memory and relator and stored:
        background.add_task(relate_missing, memory, relator)
    results = [
        _result(index, answer, stored.get(index), explain=explain)
        for index, answer in enumerate(answers)
    ]
    failed = sum(result["status"] == "error" for result in results)
    answer = {"results": results, "count": len(results), "failed": failed}
    return JSONResponse(answer, background=background)


def _read_item(item: SubmissionIn | ValidationError, index: int) -> Item | InvalidSubmission:
    if isinstance(item, ValidationError):
        errors = item.errors(include_url=False, include_input=False)
        return explain_errors(errors, inside=("body", "submissions", index))
    try:
        return item.to_submission(), item.to_origin()
    except InvalidSubmission as error:
        return error


def _filings(
    items: Sequence[Item | InvalidSubmission], answers: Sequence[Assessment | InvalidSubmission]
) -> Mapping[int, Filing]:
    """Return what may be stored, by its place in the batch."""
    return {
        place: Filing(submission=item[0], assessment=answer, origin=item[1])
        for place, (item, answer) in enumerate(zip(items, answers, strict=True))
        if isinstance(item, tuple) and isinstance(answer, Assessment)
    }


def _file(
    memory: Store | None,
    relator: Relator | None,
    filings: Mapping[int, Filing],
    mode: Mode | None,
    actor: str,
) -> Mapping[int, StoredOnce | Refusal]:
    """Store what there is, where it is to be; return what became of each by its place."""
    if memory is None or not filings:
        return {}
    items = list(filings.values())
    vectors = embed_filings(relator, items, fast=mode is Mode.FAST)
    texts = [
        Kept(filing=filing, embedding=vector) for filing, vector in zip(items, vectors, strict=True)
    ]
    with memory.transaction(actor=actor) as office:
        results = file_and_keep(office, relator, texts)
    return dict(zip(filings, results, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is to be looked up."""

    filing: Filing
    document: Document
    shown: int
    fast: bool


def _file_one(
    memory: Store, relator: Relator | None, asked: _Asked, actor: str
) -> tuple[StoredOnce, Sequence[dict[str, Any]] | None]:
    """Store a text and look it up; return what became of it, and the earlier ones.

    Raises:
        Refusal: it cannot be stored.
    """
    (embedding,) = embed_filings(relator, [asked.filing], fast=asked.fast)
    with memory.transaction(actor=actor) as office:
        if relator and asked.shown:
            result, compared = file_and_look_up(
                office, relator, asked.filing, asked.document, embedding
            )
            earlier = describe_earlier(office, compared, limit=asked.shown)
        else:
            text = Kept(filing=asked.filing, embedding=embedding)
            (result,) = file_and_keep(office, relator, [text])
            earlier = None
    if isinstance(result, Refusal):
        raise result
    return result, None if earlier is None else [earlier_of(each) for each in earlier]


def _look_up(
    store: Store | None, relator: Relator | None, asked: _Asked
) -> Sequence[dict[str, Any]] | None:
    """Look a text up that is not to be stored; None where that cannot be done or is not wanted."""
    if store is None or relator is None or not asked.shown:
        return None
    (embedding,) = embed_filings(relator, [asked.filing], fast=asked.fast)
    try:
        with store.reading() as office:
            query = relator.read(office, asked.document, embedding=embedding)
            earlier = describe_earlier(office, relator.find(office, query), limit=asked.shown)
    except StoreError as error:  # what was assessed is still worth telling
        log.warning("查重没有做成：%s", error)
        return None
    return [earlier_of(each) for each in earlier]


def _result(
    index: int,
    answer: Assessment | InvalidSubmission,
    stored: StoredOnce | Refusal | None,
    *,
    explain: bool,
) -> dict[str, Any]:
    """Return an item's part of the answer; it fails if it was not assessed, or not stored."""
    if isinstance(answer, Assessment) and not isinstance(stored, Refusal):
        assessment = document_of(answer, stored, explain=explain)
        return {"index": index, "status": "ok", "assessment": assessment}
    error = stored if isinstance(stored, Refusal) else answer
    assert isinstance(error, Refusal)
    return {"index": index, "status": "error", "error": as_json(problem_of(error))}
