"""The labels: topics, subtopics, sectors, units, requests, urgency, gates, quality.

Frozen data with look-ups. ``taxonomy_files`` reads it; a bundle carries its own copy, so codes
never change under a model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

OTHER_TOPIC = "T99"
"""其他: used only when no topic can be told."""

LOCAL_UNIT_PREFIX = "X"
"""Begins the codes of units that an installation adds."""


@dataclass(frozen=True, kw_only=True)
class Label:
    """A code with its names."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, kw_only=True)
class Subtopic(Label):
    """A subtopic and who handles it by default."""

    lead_units: Sequence[str]
    """Unit codes, likeliest first; never empty."""
    assist_units: Sequence[str]
    sectors: Sequence[str]
    """Sector codes, most relevant first."""


@dataclass(frozen=True, kw_only=True)
class Topic(Label):
    """A topic with its subtopics."""

    construction: str
    """Which of the five constructions (五大建设) it is counted under; empty for T99."""
    subtopic: Sequence[Subtopic]


@dataclass(frozen=True, kw_only=True)
class Unit(Label):
    """A handling unit (承办单位)."""

    short: str
    duties: Sequence[str]
    former: Sequence[str] = ()
    """Names by which others, or older records, still call it; filled where it is renamed here."""

    @property
    def is_local(self) -> bool:
        """Whether it is an installation's own."""
        return self.code.startswith(LOCAL_UNIT_PREFIX)


@dataclass(frozen=True, kw_only=True)
class GlossedLabel(Label):
    """A kind or a request, with one line of explanation."""

    gloss: str


@dataclass(frozen=True, kw_only=True)
class Urgency:
    """One of the four levels of urgency, 4 the most urgent."""

    level: int
    name: str
    name_en: str
    gloss: str
    signs: Sequence[str]
    """Words in a message at which a person should look first, whatever a model says."""


@dataclass(frozen=True, kw_only=True)
class Gate(Label):
    """A ground for not filing (审查提示); a hint to a person, never a refusal."""

    rule: str
    restricted: bool
    """Stops indexing and open display (G1, G9)."""
    predicted: bool
    """Can be told from the one text; false for G13, which needs the archive."""


@dataclass(frozen=True, kw_only=True)
class Dimension(Label):
    """A quality dimension Q1–Q6 with the meaning of its levels 0–4."""

    question: str
    weight: int
    levels: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Cap:
    """A dimension at ``level`` keeps the total from passing ``total``."""

    dimension: str
    level: int
    total: int
    note: str


@dataclass(frozen=True, kw_only=True)
class Band:
    """A named range of the total score, from ``from_score`` upwards."""

    from_score: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Taxonomy:
    """All labels of one version."""

    version: str
    guide: int
    """Version of the labelling guide that the codes follow."""
    topics: Sequence[Topic]
    sectors: Sequence[Label]
    units: Sequence[Unit]
    kinds: Sequence[GlossedLabel]
    requests: Sequence[GlossedLabel]
    urgencies: Sequence[Urgency]
    gates: Sequence[Gate]
    dimensions: Sequence[Dimension]
    caps: Sequence[Cap]
    bands: Sequence[Band]

    @cached_property
    def subtopics(self) -> Sequence[Subtopic]:
        """All subtopics in code order of their topics."""
        return [subtopic for topic in self.topics for subtopic in topic.subtopic]

    @cached_property
    def _topic_of(self) -> Mapping[str, str]:
        return {subtopic.code: topic.code for topic in self.topics for subtopic in topic.subtopic}

    @cached_property
    def _labels(self) -> Mapping[str, Label]:
        everything: list[Label] = [*self.topics, *self.subtopics, *self.sectors, *self.units]
        everything += [*self.kinds, *self.requests, *self.gates, *self.dimensions]
        return {label.code: label for label in everything}

    @cached_property
    def _unit_codes(self) -> Mapping[str, str]:
        """Every name of a unit -> its code: full names before short ones before former ones."""
        by_former = {name: unit.code for unit in self.units for name in unit.former}
        by_short = {unit.short: unit.code for unit in self.units if unit.short}
        by_name = {unit.name: unit.code for unit in self.units}
        return {**by_former, **by_short, **by_name, **{unit.code: unit.code for unit in self.units}}

    @cached_property
    def predicted_gates(self) -> Sequence[Gate]:
        """The gates that can be told from one text."""
        return [gate for gate in self.gates if gate.predicted]

    def name(self, code: str) -> str:
        """Return the Chinese name of any code; T99, topic and subtopic at once, has one name.

        Raises:
            KeyError: no such code.
        """
        return self._labels[code].name

    def unit_code(self, called: str) -> str:
        """Return the code of a unit by its code or name; what no unit is called stays as it is."""
        return self._unit_codes.get(called.strip(), called)

    def topic_of(self, subtopic: str) -> str:
        """Return the topic code that a subtopic code belongs to.

        Raises:
            KeyError: no such subtopic.
        """
        return self._topic_of[subtopic]

    def band(self, total: float) -> str:
        """Return the name of the band in which a total (0–100) lies, as it is shown: rounded."""
        reached = [band for band in self.bands if round(total, 1) >= band.from_score]
        return max(reached, key=lambda band: band.from_score).name

    def urgency(self, level: int) -> Urgency:
        """Return the urgency of that level (1–4)."""
        return next(urgency for urgency in self.urgencies if urgency.level == level)
