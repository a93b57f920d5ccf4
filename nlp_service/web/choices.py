"""What a person may choose when they correct a part: the codes of the taxonomy by their names."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from nlp_service.domain.reviews import Findings
from nlp_service.domain.submission import Kind
from nlp_service.domain.taxonomy import Label, Taxonomy, Topic
from nlp_service.web.wording import KINDS, PARTS

SEVERAL = frozenset(("other_topics", "sectors", "assist_units", "gates"))
"""The parts of which several values may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value that may be chosen."""

    code: str
    name: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceGroup:
    """Values that belong together; without a name they stand by themselves."""

    name: str
    choices: Sequence[Choice]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """All that may be chosen of a part."""

    part: str
    title: str
    several: bool
    groups: Sequence[ChoiceGroup]


def read_choices(part: str, held: Findings, taxonomy: Taxonomy) -> Choices:
    """Return what may be chosen of a part of the card, or of the grounds for review."""
    value = getattr(held, part)
    chosen = {str(one) for one in (value if part in SEVERAL else [value]) or ()}
    if part == "subtopic":
        groups = [_subtopics(topic, chosen) for topic in _first(taxonomy, held.topic)]
    else:
        values = _values(part, held, taxonomy)
        groups = [ChoiceGroup(name="", choices=_choices(values, chosen))]
    return Choices(part=part, title=PARTS[part], several=part in SEVERAL, groups=groups)


def _values(part: str, held: Findings, taxonomy: Taxonomy) -> Sequence[tuple[str, str]]:
    """Return codes with names; what holds in the sister part is not offered again."""
    match part:
        case "kind":
            return [(kind.value, name) for kind, name in KINDS.items() if kind is not Kind.UNKNOWN]
        case "urgency":
            return [(str(one.level), f"{one.level} 级 {one.name}") for one in taxonomy.urgencies]
        case "lead_unit":
            return [("", "没有主办单位"), *_named(taxonomy.units)]
        case "assist_units":
            return _named([unit for unit in taxonomy.units if unit.code != held.lead_unit])
        case "other_topics":
            return _named([topic for topic in taxonomy.topics if topic.code != held.topic])
    labels: dict[str, Sequence[Label]] = {
        "topic": taxonomy.topics,
        "sectors": taxonomy.sectors,
        "request": taxonomy.requests,
        "gates": taxonomy.gates,
    }
    return _named(labels[part])


def _named(labels: Sequence[Label]) -> Sequence[tuple[str, str]]:
    return [(label.code, label.name) for label in labels]


def _choices(values: Sequence[tuple[str, str]], chosen: Collection[str]) -> Sequence[Choice]:
    return [Choice(code=code, name=name, chosen=code in chosen) for code, name in values]


def _subtopics(topic: Topic, chosen: Collection[str]) -> ChoiceGroup:
    return ChoiceGroup(
        name=f"{topic.name} {topic.code}", choices=_choices(_named(topic.subtopic), chosen)
    )


def _first(taxonomy: Taxonomy, code: str | None) -> Sequence[Topic]:
    """Return the topics, the one that counts before the others."""
    return sorted(taxonomy.topics, key=lambda topic: topic.code != code)
