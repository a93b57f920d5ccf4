"""What happened to a submission, as sentences: its reviews, and whatever else the audit tells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nlp_service.api.related_schemas import RELATION_NAMES, outcome_in_words
from nlp_service.domain.audit import Action, AuditEntry
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Outcome, ReplyClass
from nlp_service.domain.reviews import Review
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.web.audit_wording import ACTIONS
from nlp_service.web.naming import name_code, say_findings, say_part
from nlp_service.web.submission_view import SubmissionView

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that was done."""

    at: datetime
    actor: str
    sentences: Sequence[str]
    note: str
    """What a person left for colleagues; empty where nothing, or where it is withheld."""
    review: Review | None
    """The review that it is; None of other acts."""


def read_history(view: SubmissionView, taxonomy: Taxonomy) -> Sequence[Event]:
    """Return what happened, the newest first."""
    told = [
        Event(
            at=entry.at,
            actor=entry.actor,
            sentences=[_say_entry(entry, taxonomy)],
            note="",
            review=None,
        )
        for entry in view.audit
        if entry.action is not Action.REVIEWED
    ]
    reviewed = [
        Event(
            at=review.reviewed_at,
            actor=review.reviewed_by,
            sentences=say_review(review, taxonomy),
            note="" if view.withheld else review.note,
            review=review,
        )
        for review in view.reviews
    ]
    return sorted([*told, *reviewed], key=lambda event: event.at, reverse=True)


def say_review(review: Review, taxonomy: Taxonomy) -> Sequence[str]:
    """Return a review in sentences: what was corrected, then what was confirmed."""
    sentences = [_say_correction(review, part, taxonomy) for part in review.corrected]
    confirmed = [part for part in review.person.parts if part not in review.corrected]
    if confirmed:
        sentences.append(
            f"确认 {len(confirmed)} 项：{say_findings(review.person, confirmed, taxonomy)}"
        )
    return sentences or ["备注"]


def _say_correction(review: Review, part: str, taxonomy: Taxonomy) -> str:
    said = say_findings(review.person, [part], taxonomy)
    machine = getattr(review.machine, part)
    if machine is None:
        return f"认定{said}"
    return f"更正{said}（机器：{say_part(part, machine, taxonomy)}）"


def _say_entry(entry: AuditEntry, taxonomy: Taxonomy) -> str:
    say = _SENTENCES.get(entry.action)
    if say is None:
        return ACTIONS[entry.action]
    return say(entry.before or {}, entry.after or {}, taxonomy)


def _assessed(before: Facts, after: Facts, taxonomy: Taxonomy) -> str:
    again = "重新评定" if before else "评定"
    return f"{again}（模型包 {after.get('bundle', '')}）"


def _outcome(before: Facts, after: Facts, taxonomy: Taxonomy) -> str:
    outcome = Outcome(
        disposition=Disposition(after["disposition"]),
        filing_number=after["filing_number"],
        reply_class=ReplyClass(after["reply_class"]) if after["reply_class"] else None,
    )
    unit = name_code(after["handling_unit"], taxonomy)
    handled = f"，{unit}承办" if unit else ""
    return f"登记办理结果：{outcome_in_words(outcome)}{handled}"


def _merged(before: Facts, after: Facts, taxonomy: Taxonomy) -> str:
    return f"列入并案 {after.get('merge')}"


def _unmerged(before: Facts, after: Facts, taxonomy: Taxonomy) -> str:
    return f"撤销并案 {before.get('merge')}"


def _lead(before: Facts, after: Facts, taxonomy: Taxonomy) -> str:
    return f"定为并案 {after.get('merge')} 的主案"


def _decided(before: Facts, after: Facts, taxonomy: Taxonomy) -> str:
    return f"认定与来件 {after.get('other')}：{RELATION_NAMES[Relation(after['relation'])]}"


def _withdrawn(before: Facts, after: Facts, taxonomy: Taxonomy) -> str:
    return f"撤回对本件与来件 {after.get('other')} 关系的认定"


_SENTENCES: Mapping[Action, Callable[[Facts, Facts, Taxonomy], str]] = {
    Action.ASSESSED: _assessed,
    Action.OUTCOME_RECORDED: _outcome,
    Action.MERGED: _merged,
    Action.UNMERGED: _unmerged,
    Action.LEAD_CHOSEN: _lead,
    Action.PAIR_DECIDED: _decided,
    Action.PAIR_DECISION_WITHDRAWN: _withdrawn,
}
