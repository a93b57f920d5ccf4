"""What each head is taught: label codes, and which rows say what of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp_service.domain.submission import Kind
from nlp_service.domain.taxonomy import Taxonomy
from training.examples import Example

CHOICES = ("topic", "subtopic", "lead_unit", "request", "urgency", "kind")
"""Heads of which exactly one label holds."""
SEVERAL = ("other_topics", "sectors", "assist_units", "gates")
"""Heads of which none, one or more hold."""

UNKNOWN = -1

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Targets:
    """Truths of all examples, row for row."""

    heads: Mapping[str, Sequence[str]]
    """Head -> its label codes, in the order of the model's columns."""
    choice: Mapping[str, Integers]
    """Head -> column of the true label, or UNKNOWN."""
    several: Mapping[str, Booleans]
    """Head -> (n_examples, n_labels); a row counts only where ``read`` is true."""
    read: Booleans
    """Which examples a reader labelled, every tag of them."""
    measured: Booleans
    """Those of them against which figures are taken."""
    candidates: Mapping[str, Booleans]
    """topic, subtopic -> (n_examples, n_labels): labels that the old category allows; a row
    without one allows none."""
    category: Integers
    """Number of the old category of each example, or UNKNOWN; schemes do not share numbers."""
    quality: Integers
    """(n_examples, n_dimensions): level of each dimension in taxonomy order, or UNKNOWN."""
    weights: npt.NDArray[np.float64]
    mixed: Booleans
    """Which examples come from a source of several kinds; elsewhere the source tells the kind."""

    def rows_of(self, head: str) -> Integers:
        """Return the examples whose truth for the head is known."""
        known = self.read if head in self.several else self.choice[head] != UNKNOWN
        return np.flatnonzero(known)

    def telling_rows(self, head: str) -> Integers:
        """Return the examples that show how sure the head may be.

        For the kind these are the mixed ones: to tell two archives apart by their habits is far
        easier than to tell two kinds apart within the day's post.
        """
        known = self.rows_of(head)
        return known[self.mixed[known]] if head == "kind" else known

    def truth(self, head: str) -> Booleans:
        """Return the truth as (n_examples, n_labels), all false where it is unknown."""
        if head in self.several:
            return self.several[head]
        return np.asarray(self.choice[head][:, None] == np.arange(len(self.heads[head])))


def label_heads(taxonomy: Taxonomy) -> Mapping[str, Sequence[str]]:
    """Return the label codes of every head, in taxonomy order."""
    topics = [topic.code for topic in taxonomy.topics]
    units = [unit.code for unit in taxonomy.units]
    return {
        "topic": topics,
        "subtopic": [subtopic.code for subtopic in taxonomy.subtopics],
        "lead_unit": units,
        "request": [request.code for request in taxonomy.requests],
        "urgency": [str(urgency.level) for urgency in taxonomy.urgencies],
        "kind": [kind.code for kind in taxonomy.kinds if kind.code != Kind.UNKNOWN],
        "other_topics": topics,
        "sectors": [sector.code for sector in taxonomy.sectors],
        "assist_units": units,
        "gates": [gate.code for gate in taxonomy.predicted_gates],
    }


def make_targets(examples: Sequence[Example], taxonomy: Taxonomy) -> Targets:
    """Collect the truths of all examples."""
    heads = label_heads(taxonomy)
    place = {head: {code: n for n, code in enumerate(codes)} for head, codes in heads.items()}
    choice = {head: np.full(len(examples), UNKNOWN, dtype=np.int64) for head in CHOICES}
    several = {head: np.zeros((len(examples), len(heads[head])), dtype=bool) for head in SEVERAL}
    allowed = np.zeros((len(examples), len(heads["topic"])), dtype=bool)
    for row, example in enumerate(examples):
        choice["kind"][row] = place["kind"].get(example.kind, UNKNOWN)
        for topic in example.topic_set:
            allowed[row, place["topic"][topic]] = True
        labels = example.labels
        if labels is None:
            continue
        for head in ("topic", "subtopic", "lead_unit", "request"):
            choice[head][row] = place[head].get(getattr(labels, head), UNKNOWN)
        if example.kind is Kind.PUBLIC_MESSAGE and labels.urgency:  # the guide grades only those
            choice["urgency"][row] = labels.urgency - 1
        for head in SEVERAL:
            for code in getattr(labels, head) or ():
                if code in place[head]:
                    several[head][row, place[head][code]] = True
    categories = [(example.source, example.old_category) for example in examples]
    number = {category: n for n, category in enumerate(sorted({c for c in categories if c[1]}))}
    belongs = np.array([place["topic"][taxonomy.topic_of(code)] for code in heads["subtopic"]])
    return Targets(
        heads=heads,
        choice=choice,
        several=several,
        read=np.array([e.labels is not None and e.labels.whole for e in examples]),
        measured=np.array([example.measured for example in examples]),
        candidates={"topic": allowed, "subtopic": allowed[:, belongs]},
        category=np.array([number.get(category, UNKNOWN) for category in categories]),
        quality=_quality_levels(examples, taxonomy),
        weights=np.array([example.weight for example in examples]),
        mixed=_from_mixed_source(examples),
    )


def _quality_levels(examples: Sequence[Example], taxonomy: Taxonomy) -> Integers:
    codes = [dimension.code for dimension in taxonomy.dimensions]
    return np.array(
        [
            [e.labels.quality.get(code, UNKNOWN) if e.labels else UNKNOWN for code in codes]
            for e in examples
        ],
        dtype=np.int64,
    ).reshape(len(examples), len(codes))


def _from_mixed_source(examples: Sequence[Example]) -> Booleans:
    """Return which examples' source holds several kinds; where no source does, all count."""
    kinds: dict[str, set[Kind]] = {}
    for example in examples:
        kinds.setdefault(example.source, set()).add(example.kind)
    mixed = np.array([len(kinds[example.source] - {Kind.UNKNOWN}) > 1 for example in examples])
    return mixed if mixed.any() else ~mixed
