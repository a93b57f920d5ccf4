"""What a person may correct a part of a submission to: the likeliest first, so that a digit does.

The linear model ranks them anew when they are asked for, which takes a few milliseconds.
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp_service.assess import Assessor
from nlp_service.domain.records import ListedSubmission
from nlp_service.domain.reviews import Findings
from nlp_service.domain.submission import Kind
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.tagging.calibration import TagScores
from nlp_service.text.normalise import Document
from nlp_service.web.wording import KINDS

MOST_KEYS = 9


class Part(enum.StrEnum):
    """A part that is corrected in the list; the others are on the submission's own page."""

    TOPIC = "topic"
    """The subtopic, which brings its topic along."""
    LEAD_UNIT = "lead_unit"
    URGENCY = "urgency"
    KIND = "kind"
    REQUEST = "request"


PARTS: Mapping[Part, str] = {
    Part.TOPIC: "议题",
    Part.LEAD_UNIT: "主办单位",
    Part.URGENCY: "紧急程度",
    Part.KIND: "类型",
    Part.REQUEST: "诉求",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """One thing that a part may be corrected to."""

    value: str
    name: str
    now: bool
    """It holds now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """All that a part may be corrected to."""

    likely: Sequence[Correction]
    """Up to nine, each with a digit."""
    others: Sequence[tuple[str, Sequence[Correction]]]
    """All there are, in groups by name; empty where ``likely`` holds all."""


def offer_corrections(
    part: Part, item: ListedSubmission, document: Document, assessor: Assessor
) -> Corrections:
    """Return what a part of a submission may be corrected to."""
    taxonomy = assessor.bundle.taxonomy
    names = _names(part, taxonomy)
    if part in (Part.URGENCY, Part.KIND):
        return Corrections(likely=_corrections(names, names, _now(part, item)), others=[])
    scores = assessor.scores([document])
    ranked = [code for code in _ranked(part, scores, assessor) if code in names]
    others = _others(part, taxonomy, names) if len(names) > MOST_KEYS else []
    return Corrections(
        likely=_corrections(ranked[:MOST_KEYS], names, _now(part, item)), others=others
    )


def as_findings(part: Part, value: str, item: ListedSubmission, taxonomy: Taxonomy) -> Findings:
    """Return what is said by choosing a value; codes are checked by ``check_findings``."""
    say: Mapping[Part, Callable[[], Findings]] = {
        Part.TOPIC: lambda: _topic_findings(value, taxonomy),
        Part.LEAD_UNIT: lambda: Findings(
            lead_unit=value, assist_units=_without(item.assist_units, value)
        ),
        Part.URGENCY: lambda: Findings(urgency=int(value) if value.isdecimal() else 0),
        Part.KIND: lambda: Findings(kind=Kind(value) if value in [*Kind] else Kind.UNKNOWN),
        Part.REQUEST: lambda: Findings(request=value),
    }
    return say[part]()


def _topic_findings(value: str, taxonomy: Taxonomy) -> Findings:
    is_topic = any(topic.code == value for topic in taxonomy.topics)
    return Findings(topic=value) if is_topic else Findings(subtopic=value)


def _without(units: Sequence[str], lead: str) -> Sequence[str] | None:
    """Return the assisting units without the new lead unit; None where it is none of them."""
    return [unit for unit in units if unit != lead] if lead in units else None


def _names(part: Part, taxonomy: Taxonomy) -> Mapping[str, str]:
    names: Mapping[Part, Mapping[str, str]] = {
        Part.TOPIC: {
            one.code: f"{topic.name}：{one.name}"
            for topic in taxonomy.topics
            for one in topic.subtopic
        },
        Part.LEAD_UNIT: {unit.code: unit.name for unit in taxonomy.units},
        Part.URGENCY: {str(one.level): one.name for one in taxonomy.urgencies},
        Part.KIND: {str(kind): name for kind, name in KINDS.items() if kind is not Kind.UNKNOWN},
        Part.REQUEST: {one.code: one.name for one in taxonomy.requests},
    }
    return names[part]


def _now(part: Part, item: ListedSubmission) -> str:
    held = {
        Part.TOPIC: item.subtopic or item.topic,
        Part.LEAD_UNIT: item.lead_unit,
        Part.URGENCY: str(item.urgency),
        Part.KIND: str(item.kind),
    }
    return held.get(part, "")


def _ranked(part: Part, scores: TagScores, assessor: Assessor) -> Sequence[str]:
    head = {Part.TOPIC: "subtopic"}.get(part, str(part))
    codes = assessor.bundle.model.heads[head]
    return [codes[place] for place in np.argsort(-getattr(scores, head)[0], kind="stable").tolist()]


def _others(
    part: Part, taxonomy: Taxonomy, names: Mapping[str, str]
) -> Sequence[tuple[str, Sequence[Correction]]]:
    if part is not Part.TOPIC:
        return [(PARTS[part], _corrections(names, names, ""))]
    return [
        (
            topic.name,
            [
                Correction(value=topic.code, name="（只定主议题）", now=False),
                *(
                    Correction(value=one.code, name=one.name, now=False)
                    for one in topic.subtopic
                    if one.code != topic.code
                ),
            ],
        )
        for topic in taxonomy.topics
    ]


def _corrections(
    codes: "Sequence[str] | Mapping[str, str]", names: Mapping[str, str], now: str
) -> Sequence[Correction]:
    return [Correction(value=code, name=names[code], now=code == now) for code in codes]
