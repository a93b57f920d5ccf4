"""The addresses of quality alone: an author's check of a text, and the rules that it is held to."""

from typing import Annotated

from fastapi import APIRouter, Body, Request
from starlette.responses import JSONResponse, Response

from nlp_service.api import documentation
from nlp_service.api.caching import send_unless_known
from nlp_service.api.deps import AssessorDep, JsonOnly
from nlp_service.api.query import Way
from nlp_service.api.rubric import RubricOut, rubric_of
from nlp_service.api.schemas import QualityIn, QualityReportOut

quality_router = APIRouter(tags=["质量"])


# A check is not counted among the assessed submissions: an author may ask ten times before the
# office receives anything. It is counted as a request, like all.


@quality_router.post(
    "/v1/quality",
    summary="提交前自查质量",
    description="供提交者在提交前自查：先答三问，再看六个方面、审查提示和退回完善建议；"
    "每条都引文中原句，未见的逐项列出。不给议题、单位等标签，也不计入分拣数。",
    dependencies=[JsonOnly],
    response_model=QualityReportOut,
    responses=documentation.QUALITY_RESPONSES,
)
def check_quality(
    submission: Annotated[QualityIn, Body(openapi_examples=documentation.QUALITY_EXAMPLES)],
    assessor: AssessorDep,
    mode: Way = None,
) -> JSONResponse:
    """Say what an author may want to mend."""
    assessment = assessor.assess(submission.to_submission(), explain=False, mode=mode).as_dict()
    return JSONResponse({name: assessment[name] for name in QualityReportOut.model_fields})


@quality_router.get(
    "/v1/rubric",
    summary="质量量表全文",
    description="返回三问、六个方面的各级含义和权重、封顶、档次、审查提示的规则原文，"
    "以及所见的种类；带 If-None-Match 时，未变则答 304。",
    response_model=RubricOut,
    responses=documentation.RUBRIC_RESPONSES,
)
def read_rubric(request: Request, assessor: AssessorDep) -> Response:
    """Send the rules of the loaded bundle."""
    taxonomy = assessor.bundle.taxonomy
    rubric = rubric_of(taxonomy, assessor.evidence_names, assessor.questions)
    return send_unless_known(request, rubric, version=taxonomy.version)
