"""What is counted of assessments, so that somebody sees when other things come in than before."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nlp_service.domain.assessment import Assessment

ASSESSED, NEEDS_REVIEW, REASON = "assessed", "needs_review", "reason"
"""What is counted beside the heads: all, those that need a person, and why they do."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Counted:
    """One thing that is counted."""

    kind: str
    """Of the texts."""
    what: str
    """A head, or one of the names above."""
    label: str
    """Of the head; a reason's code; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCount:
    """How many texts were counted."""

    counted: Counted
    texts: int
    lately: int
    """Of these, the recent ones that the asked bundle assessed."""


def labels_of(assessment: Assessment) -> Mapping[str, str]:
    """Return one label a head; of units the leading one."""
    return {
        "topic": assessment.topic.code,
        "lead_unit": assessment.units[0].code,
        "request": assessment.request.code,
        "urgency": str(assessment.urgency.level),
    }


def count_labels(assessments: Iterable[Assessment]) -> Mapping[Counted, int]:
    """Count what assessments say."""
    counts: Counter[Counted] = Counter()
    for assessment in assessments:
        said = [(ASSESSED, ""), *labels_of(assessment).items()]
        said += [(REASON, reason.code) for reason in assessment.reasons]
        if assessment.needs_review:
            said.append((NEEDS_REVIEW, ""))
        counts.update(Counted(kind=assessment.kind, what=what, label=it) for what, it in said)
    return counts
