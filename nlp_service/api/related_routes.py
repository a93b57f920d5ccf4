"""The addresses of duplicates: what is like a text in the store, and what two texts share."""

from typing import Annotated

from fastapi import APIRouter, Body, Query
from starlette.responses import JSONResponse

from nlp_service.api.deps import JsonOnly, RelatorDep, StoreDep
from nlp_service.api.documentation import ALWAYS, BODY_PROBLEMS, STORE_PROBLEMS, describe_problems
from nlp_service.api.related_schemas import (
    DuplicatesOut,
    PairIn,
    PairOut,
    earlier_of,
    relation_of,
)
from nlp_service.api.schemas import TextIn
from nlp_service.domain.submission import Kind
from nlp_service.duplicates.related import Among
from nlp_service.store.relating import describe_earlier
from nlp_service.text.normalise import clean

related_router = APIRouter(tags=["查重"])

MOST_SHOWN = 50
_TEXT = (*BODY_PROBLEMS, "empty_text", "text_too_long", "relations_unavailable")
_PROBLEMS = describe_problems(*_TEXT, *STORE_PROBLEMS, *ALWAYS)


@related_router.post(
    "/v1/duplicates",
    summary="查重",
    description="在已入库的来件中找与本件文字相同或事项相同的，本件不入库。给出关系、查重率、相同的"
    "段落在两边的位置，和当时的办理结果。限阅的来件不参与。",
    dependencies=[JsonOnly],
    response_model=DuplicatesOut,
    responses=_PROBLEMS,
)
def find_duplicates(
    submission: Annotated[TextIn, Body()],
    store: StoreDep,
    relator: RelatorDep,
    kind: Annotated[
        Kind | None, Query(description="只在这一类来件中找同一事项；文字相同的不限类型。")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_SHOWN, description="至多给几件。")] = 10,
) -> JSONResponse:
    """Find what is stored already."""
    document = clean(submission.to_submission())
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
    responses=_PROBLEMS,
)
def compare_pair(
    pair: Annotated[PairIn, Body()], store: StoreDep, relator: RelatorDep
) -> JSONResponse:
    """Say what two texts are to each other."""
    first, second = (clean(one.to_submission()) for one in (pair.first, pair.second))
    with store.reading() as office:
        found = relator.judge(office, first, second)
    return JSONResponse(
        {"texts": [first.text, second.text], **relation_of(found.judgement, found.shared)}
    )
