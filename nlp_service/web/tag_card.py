"""The card of tags: of each part what counts, what the machine said, and how sure it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nlp_service.domain.reviews import Review
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.web.naming import name_value
from nlp_service.web.submission_view import SubmissionView
from nlp_service.web.wording import PARTS, sureness

CARD = (
    *("kind", "topic", "subtopic", "other_topics", "sectors"),
    *("lead_unit", "assist_units", "request", "urgency"),
)
"""The parts of the card, in its order; what else is held is shown apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagShown:
    """One value of a part."""

    code: str
    name: str
    probability: float | None
    """None where the machine did not say it."""
    spans: Sequence[Mapping[str, Any]]
    """The words that carried it, as JSON has them."""
    sure: str
    """The probability in words; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartShown:
    """One part of what is held of a submission."""

    part: str
    """Its name in ``Findings``."""
    title: str
    held: Sequence[TagShown]
    """What counts; empty: none."""
    machine: Sequence[TagShown]
    """What the machine says, where that is something else."""
    differs: bool
    said: Review | None
    """The review that counts; None where nobody spoke of the part."""


def read_card(view: SubmissionView, taxonomy: Taxonomy) -> Sequence[PartShown]:
    """Return the rows of the card."""
    return [read_part(view, part, taxonomy) for part in CARD]


def read_part(view: SubmissionView, part: str, taxonomy: Taxonomy) -> PartShown:
    """Return a part, with both answers where they differ."""
    said = view.last_word(part) if getattr(view.person, part) is not None else None
    differs = said is not None and part in view.held.differing(view.machine)
    tags = _tags(view.answer)[part]
    doubtful = part in view.uncertain
    machine = _shown(part, getattr(view.machine, part), tags, taxonomy, doubtful=doubtful)
    held = _shown(part, getattr(view.held, part), tags, taxonomy, doubtful=doubtful)
    return PartShown(
        part=part,
        title=PARTS[part],
        held=held,
        machine=machine if differs else (),
        differs=differs,
        said=said,
    )


def _shown(
    part: str,
    value: Any,
    tags: Mapping[str, Mapping[str, Any]],
    taxonomy: Taxonomy,
    *,
    doubtful: bool,
) -> Sequence[TagShown]:
    """Return the values of a part; those that the machine gave carry what it says of them."""
    several = value if isinstance(value, list | tuple) else [value]
    shown = []
    for code in (str(one) for one in several if one not in (None, "")):
        tag = tags.get(code, {})
        probability = tag.get("probability")
        sure = "" if probability is None else sureness(probability, uncertain=doubtful)
        shown.append(
            TagShown(
                code=code,
                name=name_value(part, code, taxonomy),
                probability=probability,
                spans=tag.get("spans", ()),
                sure=sure,
            )
        )
    return shown


def _tags(answer: Mapping[str, Any]) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """Return the machine's tags by part and code."""
    units = answer["units"]
    urgency = answer["urgency"]
    kind = {"code": answer["kind"], "probability": answer["kind_probability"], "spans": ()}
    by_part: Mapping[str, Sequence[Mapping[str, Any]]] = {
        "kind": [kind],
        "topic": [answer["topic"]],
        "subtopic": [answer["subtopic"]],
        "other_topics": answer["other_topics"],
        "sectors": answer["sectors"],
        "lead_unit": [unit for unit in units if unit["role"] == "lead"],
        "assist_units": [unit for unit in units if unit["role"] == "assist"],
        "request": [answer["request"]],
        "urgency": [{**urgency, "code": str(urgency["level"])}],
        "gates": answer["gates"],
    }
    return {part: {tag["code"]: tag for tag in tags} for part, tags in by_part.items()}
