"""All that the page of one submission shows, read in one transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from nlp_service.api.deps import find_relator, get_assessor
from nlp_service.domain.audit import AuditEntry, RecordKind
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import (
    AssessedSubmission,
    ListedSubmission,
    Merge,
    RecordedOutcome,
    StoredAssessment,
    StoredSubmission,
)
from nlp_service.domain.reviews import Findings, Review, machine_findings
from nlp_service.store.neighbours import Neighbour, read_neighbours
from nlp_service.store.opening import Office
from nlp_service.store.relating import Relator
from nlp_service.web.highlights import Highlight, Run, cut_runs, highlights_of, shared_places
from nlp_service.web.reasons import Reasons

LABELS, EVIDENCE, SHARED, COVERED = "labels", "evidence", "shared", "covered"
"""The layers of marks in a text: 标签依据, 调研与建议证据, 查重, 隐私遮盖."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionView:
    """One submission with all that was said and done of it."""

    submission: StoredSubmission
    listed: ListedSubmission
    assessment: StoredAssessment
    withheld: bool
    """Restricted, and not asked for: nothing of the text may be shown."""
    answer: Mapping[str, Any]
    """The assessment by its JSON (``Assessment.as_dict``), with the words behind its tags."""
    machine: Findings
    person: Findings
    """What persons hold now; without parts where nobody spoke."""
    reviews: Sequence[Review]
    """Oldest first, as all that follows."""
    outcomes: Sequence[RecordedOutcome]
    audit: Sequence[AuditEntry]
    merge: Merge | None
    companions: Sequence[ListedSubmission]
    """The members of the merge that are there, this one included."""
    neighbours: Sequence[Neighbour]

    @property
    def held(self) -> Findings:
        """What counts: a person's word and, where nobody spoke, the machine's."""
        return self.person.over(self.machine)

    @property
    def outcome(self) -> RecordedOutcome | None:
        """What the office decided last; None where nothing is recorded."""
        return self.outcomes[-1] if self.outcomes else None

    @property
    def suggested(self) -> Disposition | None:
        """What the machine would do; None where it suggests nothing."""
        return self.machine.disposition

    @property
    def uncertain(self) -> frozenset[str]:
        """The heads of which the machine itself asks a person."""
        codes = (reason["code"] for reason in self.answer["reasons"])
        return frozenset(code.removeprefix("uncertain_") for code in codes)

    def last_word(self, part: str) -> Review | None:
        """Return the newest review in force that speaks of a part."""
        speaking = [
            one for one in self.reviews if one.undone_at is None and part in one.person.parts
        ]
        return speaking[-1] if speaking else None

    def runs(self) -> Sequence[Run]:
        """Return the text, cut where marks of any layer begin or end."""
        return cut_runs(self.submission.text, self.highlights())

    def highlights(self) -> Iterator[Highlight]:
        """Yield the marks of all layers; what several tags quote is there several times."""
        answer = self.answer
        for tag in tags_of(answer):
            yield from highlights_of(LABELS, tag["spans"])
        if quality := answer["quality"]:
            for found in (quality["answers"], quality["levels"], quality["marks"]):
                for one in found:
                    yield from highlights_of(EVIDENCE, [*one["seen"], *one.get("against", ())])
            for item in quality["items"]:
                yield from highlights_of(EVIDENCE, item["seen"])
        for neighbour in self.neighbours:
            for start, end in shared_places(neighbour.shared):
                yield Highlight(start=start, end=end, layer=SHARED)
        yield from highlights_of(COVERED, answer["privacy"])


def tags_of(answer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return every tag of an assessment that may quote words."""
    single = [answer[name] for name in ("topic", "subtopic", "request", "urgency")]
    several = [
        tag for name in ("other_topics", "sectors", "units", "gates") for tag in answer[name]
    ]
    return [*single, *several]


def held_of(office: Office, key: int) -> Findings:
    """Return what counts of a submission now.

    Raises:
        RecordUnknown: there is none, or it was deleted.
    """
    machine = machine_findings(office.submissions.get(key).assessment.answer)
    return (office.reviews.findings(key) or Findings()).over(machine)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a view is made with, beside the store."""

    relator: Relator | None
    """Compares the wording with other submissions; None where the bundle cannot."""
    reasons: Reasons


async def find_sources(request: Request) -> Sources:
    """Return what views are made with; the words that were found live as long as the bundle.

    Raises:
        RequestRefused: the app has not loaded its bundle.
    """
    assessor = await get_assessor(request)
    reasons: Reasons | None = getattr(request.app.state, "reasons", None)
    if reasons is None or reasons.assessor is not assessor:
        reasons = request.app.state.reasons = Reasons(assessor)
    return Sources(relator=await find_relator(request), reasons=reasons)


SourcesDep = Annotated[Sources, Depends(find_sources)]


def read_view(
    office: Office, sources: Sources, key: int, *, show_restricted: bool
) -> SubmissionView:
    """Read a submission; what is restricted is withheld unless it is asked for.

    Raises:
        RecordUnknown: there is none, or it was deleted.
    """
    found = office.submissions.get(key)
    (listed,) = office.submissions.among([key])
    withheld = found.submission.restricted and not show_restricted
    merge = office.merges.of(key)
    return SubmissionView(
        submission=found.submission,
        listed=listed,
        assessment=found.assessment,
        withheld=withheld,
        answer=found.assessment.answer if withheld else _complete(office, sources, found),
        machine=machine_findings(found.assessment.answer),
        person=office.reviews.findings(key) or Findings(),
        reviews=office.reviews.history(key),
        outcomes=office.outcomes.history(key),
        audit=office.audit.of(RecordKind.SUBMISSION, key),
        merge=merge,
        companions=office.submissions.among(merge.members) if merge else (),
        neighbours=() if withheld else read_neighbours(office, sources.relator, key),
    )


def _complete(office: Office, sources: Sources, found: AssessedSubmission) -> Mapping[str, Any]:
    if not sources.reasons.are_missing(found.assessment):
        return found.assessment.answer
    original = office.originals.read(found.submission.key)
    return sources.reasons.complete(found.assessment, original, stated=found.submission.kind)
