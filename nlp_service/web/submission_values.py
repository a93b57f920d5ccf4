"""What the templates of a submission's page name, made of what was read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Outcome
from nlp_service.domain.taxonomy import Gate, Taxonomy
from nlp_service.web.choices import read_choices
from nlp_service.web.history import read_history
from nlp_service.web.naming import name_code
from nlp_service.web.submission_view import (
    COVERED,
    EVIDENCE,
    LABELS,
    SHARED,
    SubmissionView,
)
from nlp_service.web.tag_card import CARD, PartShown, TagShown, read_card, read_part
from nlp_service.web.wording import REPLIES

LAYERS: Sequence[tuple[str, str]] = (
    (LABELS, "标签依据"),
    (EVIDENCE, "调研与建议证据"),
    (SHARED, "查重"),
    (COVERED, "隐私遮盖"),
)
KEYS: Mapping[str, str] = {"topic": "t", "subtopic": "z", "lead_unit": "d", "request": "q"}
"""The keys that open the correction of a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateShown:
    """A ground for review."""

    tag: TagShown
    rule: str
    """The rule's own wording."""
    restricted: bool
    found_by: Sequence[str]
    """``rule``, ``model``; empty where only a person says it."""
    holds: bool
    """False where a person said that it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelShown:
    """A dimension of the rubric."""

    said: Mapping[str, Any]
    """What the machine says, as JSON has it (``domain.quality.Level``)."""
    person: int | None
    """A person's level where it is another; None where nobody said one."""
    held: int
    given: bool
    """A person gave it, be it the machine's."""
    words: Sequence[str]
    """The rubric's words for the levels, from 0 upwards."""

    @property
    def counts(self) -> float:
        """The level from which the total follows: a person's, else the machine's mean."""
        return self.held if self.given else float(self.said["level"])


def page_values(view: SubmissionView, taxonomy: Taxonomy) -> Mapping[str, Any]:
    """Return what the page names beside what every page does."""
    if view.withheld:
        return {"view": view, "history": read_history(view, taxonomy)}
    of_gates = read_part(view, "gates", taxonomy)
    marks = {(one.layer, one.start, one.end) for one in view.highlights()}
    levels = read_levels(view, taxonomy)
    counts = Counter(layer for layer, _, _ in marks)
    return {
        "view": view,
        "runs": view.runs(),
        "layers": [(layer, name, counts[layer]) for layer, name in LAYERS],
        "card": read_card(view, taxonomy),
        "choices": {part: read_choices(part, view.held, taxonomy) for part in (*CARD, "gates")},
        "keys_of_parts": KEYS,
        "gates": of_gates,
        "gate_rows": read_gates(view, of_gates, taxonomy),
        "levels": levels,
        "quality_notes": read_quality_notes(view, levels, taxonomy),
        "said_levels": view.last_word("levels"),
        "reply_classes": list(REPLIES.items()),
        "outcome_form": propose_outcome(view),
        "dispositions": list(Disposition),
        "said_disposition": view.last_word("disposition"),
        "name_code": lambda code: name_code(code, taxonomy),
        "history": read_history(view, taxonomy),
    }


def read_gates(view: SubmissionView, part: PartShown, taxonomy: Taxonomy) -> Sequence[GateShown]:
    """Return the grounds that hold, then those of the machine that a person struck out."""
    rules = {gate.code: gate for gate in taxonomy.gates}
    said = {gate["code"]: gate for gate in view.answer["gates"]}
    held = {tag.code for tag in part.held}
    struck = [tag for tag in part.machine if tag.code not in held]
    return [
        GateShown(
            tag=tag,
            rule=said[tag.code]["rule"] if tag.code in said else _rule(rules.get(tag.code)),
            restricted=tag.code in rules and rules[tag.code].restricted,
            found_by=said[tag.code]["found_by"] if tag.code in said else (),
            holds=tag.code in held,
        )
        for tag in [*part.held, *struck]
    ]


def read_levels(view: SubmissionView, taxonomy: Taxonomy) -> Sequence[LevelShown]:
    """Return the rubric's dimensions; nothing where the submission is not measured by it."""
    quality = view.answer["quality"]
    words = {dimension.code: dimension.levels for dimension in taxonomy.dimensions}
    machine, held = view.machine.levels or {}, view.held.levels or {}
    person = view.person.levels or {}
    return [
        LevelShown(
            said=level,
            person=person[code] if person.get(code, machine[code]) != machine[code] else None,
            held=held[code],
            given=code in person,
            words=words.get(code, ()),
        )
        for level in (quality["levels"] if quality else ())
        if (code := level["code"])
    ]


def read_quality_notes(
    view: SubmissionView, levels: Sequence[LevelShown], taxonomy: Taxonomy
) -> Sequence[str]:
    """Return what one must know of the total that counts: which caps hold."""
    if not view.listed.score_corrected:
        quality = view.answer["quality"]
        return quality["notes"] if quality else ()
    held = {row.said["code"]: round(row.counts) for row in levels}
    return [cap.note for cap in taxonomy.caps if held.get(cap.dimension) == cap.level]


def propose_outcome(view: SubmissionView) -> Outcome:
    """Return what the form for an outcome begins with: what is recorded, else what is held."""
    if view.outcome is not None:
        return view.outcome.outcome
    return Outcome(
        disposition=view.held.disposition or Disposition.FILED,
        handling_unit=view.held.lead_unit or "",
    )


def _rule(gate: Gate | None) -> str:
    return gate.rule if gate else ""
