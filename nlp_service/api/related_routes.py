"""The addresses of duplicates: what is like a text in the store, and what two texts share."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body, Query
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from nlp_service.api.deps import ActorDep, JsonOnly, MaskerDep, RelatorDep, StoreDep
from nlp_service.api.documentation import ALWAYS, BODY_PROBLEMS, STORE_PROBLEMS, describe_problems
from nlp_service.api.query import MOST_SHOWN
from nlp_service.api.related_schemas import (
    DuplicatesOut,
    PairOut,
    earlier_of,
    relation_of,
)
from nlp_service.api.schemas import TextIn
from nlp_service.api.submission_routes import SubmissionKey
from nlp_service.api.validation import described
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.submission import Kind
from nlp_service.duplicates.related import Among
from nlp_service.store.relating import describe_earlier
from nlp_service.text.normalise import clean

related_router = APIRouter(tags=["查重"])


class PairIn(BaseModel):
    """Two texts."""

    model_config = described("要比较的两件来件，不入库。")

    first: TextIn
    second: TextIn


_TEXT = (*BODY_PROBLEMS, "empty_text", "text_too_long", "relations_unavailable")
_DECISION = ("invalid_request", "invalid_name", "record_unknown", *STORE_PROBLEMS, *ALWAYS)
_PROBLEMS = describe_problems(*_TEXT, *STORE_PROBLEMS, *ALWAYS)


@related_router.post(
    "/v1/duplicates",
    summary="查重",
    description="在已入库的来件中找与本件文字相同或事项相同的，本件不入库。给出关系、查重率、相同的"
    "段落在两边的位置，和当时的办理结果。限阅的来件不参与。",
    dependencies=[JsonOnly],
    response_model=DuplicatesOut,
    responses={200: {"description": "可能重复的往年来件"}, **_PROBLEMS},
)
def find_duplicates(
    submission: Annotated[TextIn, Body()],
    store: StoreDep,
    relator: RelatorDep,
    masker: MaskerDep,
    kind: Annotated[
        Kind | None, Query(description="只在这一类来件中找同一事项；文字相同的不限类型。")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_SHOWN, description="至多给几件。")] = 10,
) -> JSONResponse:
    """Find what is stored already."""
    document = masker.mask(clean(submission.to_submission())).document
    (embedding,) = relator.embed([document])
    with store.reading() as office:
        query = relator.read(office, document, embedding=embedding)
        found = relator.find(office, query, among=Among(kind=kind))
        earlier = describe_earlier(office, found, limit=limit)
    return JSONResponse(
        {"text": document.text, "duplicates": [earlier_of(each) for each in earlier]}
    )


@related_router.post(
    "/v1/pairs",
    summary="比较两件来件",
    description="两份文本是重复、同一事项、同类议题还是无关，共有哪些文字；都不入库。",
    dependencies=[JsonOnly],
    response_model=PairOut,
    responses={200: {"description": "两件来件的关系"}, **_PROBLEMS},
)
def compare_pair(
    pair: Annotated[PairIn, Body()], store: StoreDep, relator: RelatorDep, masker: MaskerDep
) -> JSONResponse:
    """Say what two texts are to each other."""
    first, second = (
        masker.mask(clean(one.to_submission())).document for one in (pair.first, pair.second)
    )
    with store.reading() as office:
        found = relator.judge(office, first, second)
    return JSONResponse(
        {"texts": [first.text, second.text], **relation_of(found.judgement, found.shared)}
    )


class DecisionIn(BaseModel):
    """What a person says of two submissions."""

    model_config = described("由人认定的关系；此后不论模型怎样看，都以它为准。")

    relation: Relation


class DecisionOut(BaseModel):
    """What a person said."""

    model_config = described("对两件来件关系的认定。")

    first: int
    second: int
    relation: Relation
    decided_at: datetime
    decided_by: str


@related_router.put(
    "/v1/submissions/{key}/relations/{other}",
    summary="认定两件来件的关系",
    description="认定是同一事项，或者不是；归组和热点随之改变。每次认定都保留，最新的为准。"
    "同在一个并案里的，须先撤销并案才能认定为不同事项。",
    dependencies=[JsonOnly],
    responses={
        200: {"description": "记下的认定"},
        **describe_problems(*_DECISION, *BODY_PROBLEMS, "decision_refused"),
    },
)
def decide_relation(
    key: SubmissionKey,
    other: SubmissionKey,
    decision: Annotated[DecisionIn, Body()],
    store: StoreDep,
    actor: ActorDep,
) -> DecisionOut:
    """Record what a person says of two submissions."""
    with store.transaction(actor=actor) as office:
        made = office.groups.decide(key, other, decision.relation)
    return DecisionOut(
        first=made.first,
        second=made.second,
        relation=decision.relation,
        decided_at=made.decided_at,
        decided_by=made.decided_by,
    )


@related_router.delete(
    "/v1/submissions/{key}/relations/{other}",
    summary="撤回对两件来件关系的认定",
    description="撤回之后，又以模型所见为准；没有认定过的，也是 204。",
    status_code=204,
    responses={
        204: {"description": "已撤回"},
        **describe_problems(*_DECISION, "decision_refused"),
    },
)
def withdraw_relation(
    key: SubmissionKey, other: SubmissionKey, store: StoreDep, actor: ActorDep
) -> Response:
    """Take back what a person said of two submissions."""
    with store.transaction(actor=actor) as office:
        office.groups.withdraw(key, other)
    return Response(status_code=204)
