"""Assess many submissions of which some may not be assessable, and lose none of the others."""

from collections.abc import Sequence

from nlp_service.assess import Assessor
from nlp_service.domain.assessment import Assessment
from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.submission import Submission
from nlp_service.text.normalise import clean


def assess_each(
    assessor: Assessor, items: Sequence[Submission | InvalidSubmission], *, explain: bool = False
) -> Sequence[Assessment | InvalidSubmission]:
    """Return one answer an item, in order; what is invalid already stays as it is.

    All good ones go through ``assess_many`` together. Only when one of them turns out to be
    empty is each looked at by itself first.
    """
    submissions = [item for item in items if isinstance(item, Submission)]
    try:
        answers = iter(list(assessor.assess_many(submissions, explain=explain)))
    except InvalidSubmission:
        return assess_each(assessor, [_unless_empty(item) for item in items], explain=explain)
    return [next(answers) if isinstance(item, Submission) else item for item in items]


def _unless_empty(item: Submission | InvalidSubmission) -> Submission | InvalidSubmission:
    if isinstance(item, InvalidSubmission):
        return item
    try:
        clean(item)
    except InvalidSubmission as error:
        return error
    return item
