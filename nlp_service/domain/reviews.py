"""What a person says of a submission beside the machine: confirmed or corrected, part by part.

Both answers are kept. Of a part on which nobody said a word, the machine's counts.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Self

from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.quality import Disposition
from nlp_service.domain.submission import Kind
from nlp_service.domain.taxonomy import Taxonomy

LONGEST_NOTE = 2000
"""Characters of a note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is held of a submission, in codes of the taxonomy; None of a part not spoken of."""

    kind: Kind | None = None
    topic: str | None = None
    subtopic: str | None = None
    other_topics: Sequence[str] | None = None
    sectors: Sequence[str] | None = None
    """Most relevant first."""
    lead_unit: str | None = None
    """Empty: no unit."""
    assist_units: Sequence[str] | None = None
    request: str | None = None
    urgency: int | None = None
    """1–4."""
    gates: Sequence[str] | None = None
    """All grounds for review that hold; empty: none does."""
    levels: Mapping[str, int] | None = None
    """Dimension -> whole level 0–4; dimensions may be missing."""
    disposition: Disposition | None = None

    @property
    def parts(self) -> Sequence[str]:
        """The names of the parts that are spoken of."""
        return [each.name for each in fields(self) if getattr(self, each.name) is not None]

    def only(self, parts: Sequence[str]) -> "Findings":
        """Return what is said of some parts."""
        return Findings(**{name: getattr(self, name) for name in parts})

    def over(self, earlier: "Findings") -> "Findings":
        """Return this, and where it says nothing what was held before.

        Another topic takes the earlier subtopic with it, and no topic or unit is held twice: what
        is said now to lead assists no more, and the other way round. Of levels each dimension is a
        part.
        """
        said = {name: getattr(self, name) for name in self.parts}
        if self.levels is not None:
            said["levels"] = {**(earlier.levels or {}), **self.levels}
        return replace(_agreeing(earlier, self), **said)

    def differing(self, other: "Findings") -> Sequence[str]:
        """Return the spoken parts of which another holds something else; order does not count."""
        return [
            name
            for name in self.parts
            if _comparable(getattr(self, name)) != _comparable(getattr(other, name))
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the parts that are spoken of as JSON has them."""
        return {name: _plain(getattr(self, name)) for name in self.parts}

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Self:
        """Return what ``as_dict`` wrote."""
        values: dict[str, Any] = dict(said)
        for name, enumeration in (("kind", Kind), ("disposition", Disposition)):
            if name in values:
                values[name] = enumeration(values[name])
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A person's word on a submission; the newest in force counts, part by part."""

    key: int
    submission_key: int
    assessment_key: int
    """The assessment that the person saw."""
    person: Findings
    machine: Findings
    """What the machine had said of the same parts."""
    note: str
    reviewed_at: datetime
    reviewed_by: str
    undone_at: datetime | None
    undone_by: str
    """Empty where it is in force."""

    @property
    def corrected(self) -> Sequence[str]:
        """The parts in which the person differs from the machine."""
        return self.person.differing(self.machine)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedText:
    """A submission on which persons spoke, to be learnt from."""

    submission_key: int
    title: str
    body: str
    """Cleaned, personal data covered."""
    kind: Kind
    """As the sender stated it."""
    submitted_at: str
    """ISO date; empty where it is not known."""
    bundle: str
    """That gave the answer which was reviewed last."""
    person: Findings
    """All that is in force, the latest word on each part."""
    machine: Findings
    """What the reviewed answers had said of the same parts."""

    @property
    def corrected(self) -> Sequence[str]:
        """The parts in which the persons differ from the machine."""
        return self.person.differing(self.machine)


def _agreeing(earlier: Findings, said: Findings) -> Findings:
    """Return what was held before without what cannot stand beside what is said now."""
    demoted = bool(earlier.lead_unit) and earlier.lead_unit in (said.assist_units or ())
    return replace(
        earlier,
        subtopic=earlier.subtopic if said.topic in (None, earlier.topic) else None,
        other_topics=_without(earlier.other_topics, said.topic),
        lead_unit="" if demoted else earlier.lead_unit,
        assist_units=_without(earlier.assist_units, said.lead_unit),
    )


def _without(codes: Sequence[str] | None, code: str | None) -> Sequence[str] | None:
    return None if codes is None else [one for one in codes if one != code]


def machine_findings(answer: Mapping[str, Any]) -> Findings:
    """Return what an assessment says, by its JSON (``Assessment.as_dict``)."""
    units = answer["units"]
    quality, disposition = answer["quality"], answer["disposition"]
    levels = quality["levels"] if quality else []
    return Findings(
        kind=Kind(answer["kind"]),
        topic=answer["topic"]["code"],
        subtopic=answer["subtopic"]["code"],
        other_topics=[tag["code"] for tag in answer["other_topics"]],
        sectors=[tag["code"] for tag in answer["sectors"]],
        lead_unit=next((unit["code"] for unit in units if unit["role"] == "lead"), ""),
        assist_units=[unit["code"] for unit in units if unit["role"] == "assist"],
        request=answer["request"]["code"],
        urgency=answer["urgency"]["level"],
        gates=[gate["code"] for gate in answer["gates"]],
        levels={level["code"]: round(level["level"]) for level in levels} if levels else None,
        disposition=Disposition(disposition["disposition"]) if disposition else None,
    )


def check_findings(said: Findings, taxonomy: Taxonomy) -> Findings:
    """Return what a person says, the topic of a subtopic filled in.

    Raises:
        InvalidSubmission: a code that the taxonomy has not, a level out of range, a subtopic of
            another topic, or a unit both leading and assisting.
    """
    for what, wanted, known in _codes(said, taxonomy):
        if unknown := [code for code in wanted if code not in known]:
            raise InvalidSubmission(
                "invalid_review", f"{what}的代码 {'、'.join(unknown)} 不在分类体系中，请核对。"
            )
        if len(set(wanted)) < len(wanted):
            raise InvalidSubmission("invalid_review", f"{what}有重复的代码，请各写一次。")
    if said.lead_unit and said.lead_unit in (said.assist_units or ()):
        raise InvalidSubmission("invalid_review", "主办单位不能同时是会办单位，请去掉一处。")
    _check_levels(said, taxonomy)
    return _with_topic(said, taxonomy)


def check_note(note: str) -> None:
    """Let pass what may be a note: several lines, but no signs that nobody can see.

    Raises:
        InvalidSubmission: too long, or with control characters.
    """
    unfit = any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in note)
    if unfit or len(note) > LONGEST_NOTE:
        raise InvalidSubmission(
            "invalid_review", f"备注应不超过 {LONGEST_NOTE} 字，且不含控制字符。"
        )


def _codes(
    said: Findings, taxonomy: Taxonomy
) -> Sequence[tuple[str, Sequence[str], Sequence[str]]]:
    """Return for each part its name, the codes that are said, and those that may be."""
    topics = [topic.code for topic in taxonomy.topics]
    units = [unit.code for unit in taxonomy.units]
    return [
        ("议题", _one(said.topic), topics),
        ("子议题", _one(said.subtopic), [each.code for each in taxonomy.subtopics]),
        ("其他议题", said.other_topics or (), topics),
        ("界别", said.sectors or (), [sector.code for sector in taxonomy.sectors]),
        ("主办单位", _one(said.lead_unit), units),
        ("会办单位", said.assist_units or (), units),
        ("诉求", _one(said.request), [request.code for request in taxonomy.requests]),
        ("审查提示", said.gates or (), [gate.code for gate in taxonomy.gates]),
    ]


def _check_levels(said: Findings, taxonomy: Taxonomy) -> None:
    if said.urgency is not None and said.urgency not in [each.level for each in taxonomy.urgencies]:
        raise InvalidSubmission("invalid_review", "紧急程度应为 1–4。")
    most = {dimension.code: len(dimension.levels) - 1 for dimension in taxonomy.dimensions}
    for code, level in (said.levels or {}).items():
        if code not in most or level not in range(most[code] + 1):
            raise InvalidSubmission(
                "invalid_review", f"质量等级应为 {'、'.join(most)} 各 0–4，现有 {code}：{level}。"
            )


def _with_topic(said: Findings, taxonomy: Taxonomy) -> Findings:
    if not said.subtopic:
        return said
    topic = taxonomy.topic_of(said.subtopic)
    if said.topic not in (None, topic):
        raise InvalidSubmission(
            "invalid_review", f"子议题 {said.subtopic} 属于 {topic}，不属于 {said.topic}。"
        )
    return replace(said, topic=topic)


def _one(code: str | None) -> Sequence[str]:
    return (code,) if code else ()


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _comparable(value: Any) -> Any:
    """Return a value so that the order of codes does not count."""
    return sorted(value) if isinstance(value, list | tuple) else value
