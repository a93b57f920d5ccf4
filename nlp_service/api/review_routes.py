"""The addresses of reviews: confirm or correct what the machine said, and take that back."""

from typing import Annotated

from fastapi import APIRouter, Body, Path

from nlp_service.api import review_documentation as documentation
from nlp_service.api.deps import ActorDep, AssessorDep, JsonOnly, StoreDep
from nlp_service.api.limits import MAX_KEY
from nlp_service.api.review_schemas import (
    ConfirmationIn,
    ReviewIn,
    ReviewListOut,
    ReviewOut,
    review_of,
)
from nlp_service.api.submission_routes import SubmissionKey
from nlp_service.domain.reviews import Findings, check_findings

review_router = APIRouter(tags=["人工审核"])

ReviewKey = Annotated[int, Path(description="审核的编号。", ge=1, le=MAX_KEY, examples=[31])]


@review_router.post(
    "/v1/submissions/{key}/reviews",
    summary="确认或更正一件来件的评定",
    description="人的认定和机器的认定都保留；列表和筛选以人的为准。每次只写谈到的项，"
    "同一项以最近一次为准。",
    dependencies=[JsonOnly],
    responses=documentation.REVIEW_RESPONSES,
)
def review_submission(
    key: SubmissionKey,
    review: Annotated[ReviewIn, Body(openapi_examples=documentation.REVIEW_EXAMPLES)],
    assessor: AssessorDep,
    store: StoreDep,
    actor: ActorDep,
) -> ReviewOut:
    """Keep what a person says of a submission."""
    said = check_findings(review.findings.to_findings(), assessor.bundle.taxonomy)
    with store.transaction(actor=actor) as office:
        return review_of(
            office.reviews.add(
                key,
                said,
                confirm=review.confirm,
                note=review.note,
                assessment_key=review.assessment_key,
            )
        )


@review_router.post(
    "/v1/reviews:confirm",
    summary="一并确认几件来件的评定",
    description="各项按现在显示的都确认；有一件不在，就一件也不记。",
    dependencies=[JsonOnly],
    responses=documentation.CONFIRMATION_RESPONSES,
)
def confirm_submissions(
    wanted: Annotated[ConfirmationIn, Body(openapi_examples=documentation.CONFIRMATION_EXAMPLES)],
    store: StoreDep,
    actor: ActorDep,
) -> ReviewListOut:
    """Confirm what is shown of several submissions."""
    with store.transaction(actor=actor) as office:
        return ReviewListOut(
            items=[
                review_of(office.reviews.add(key, Findings(), confirm=True))
                for key in sorted(set(wanted.submissions))
            ]
        )


@review_router.post(
    "/v1/reviews/{key}:undo",
    summary="撤回一次审核",
    description="此前的认定恢复有效；撤回的审核留在历史中。",
    responses=documentation.UNDO_RESPONSES,
)
def undo_review(key: ReviewKey, store: StoreDep, actor: ActorDep) -> ReviewOut:
    """Take back a review."""
    with store.transaction(actor=actor) as office:
        return review_of(office.reviews.undo(key))
