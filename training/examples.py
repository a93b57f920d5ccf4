"""What a row of a corpus becomes: a text with what is known of its labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nlp_service.domain.submission import Kind
from nlp_service.text.normalise import Document

CONFIDENCE_WEIGHTS = {"high": 1.0, "medium": 1.0, "low": 0.5}
"""How much a reader's label counts, by the confidence that the reader stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderLabels:
    """One reader's labels of one text, in the codes of the taxonomy; None where nothing was said.

    Readers say all. Only what the office's people confirmed or corrected may be in parts.
    """

    topic: str | None
    subtopic: str | None
    other_topics: Sequence[str] | None
    sectors: Sequence[str] | None
    lead_unit: str | None
    assist_units: Sequence[str] | None
    request: str | None
    urgency: int | None
    gates: Sequence[str] | None
    confidence: str
    quality: Mapping[str, int]
    """Dimension -> level 0–4; empty where the reader judged none."""

    @property
    def whole(self) -> bool:
        """Whether every tag was spoken of."""
        return all(getattr(self, name) is not None for name in self.__slots__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text to learn from or to measure on."""

    id: str
    source: str
    kind: Kind
    document: Document
    labels: ReaderLabels | None
    measured: bool
    """Whether figures are taken against the labels; else they are only learnt from."""
    old_category: str | None
    """The office's own category under an earlier scheme."""
    topic_set: frozenset[str]
    """Topics that the old category may mean; empty when there is none."""

    @property
    def weight(self) -> float:
        """How much the reader's labels count."""
        return CONFIDENCE_WEIGHTS[self.labels.confidence] if self.labels else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """An office's earlier categories, each with the set of our topics that it may mean."""

    name: str
    topics: Mapping[str, frozenset[str]]
