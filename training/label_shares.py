"""How common each label is among what is learnt from: what the service measures drift against."""

from collections import Counter
from collections.abc import Mapping, Sequence

from nlp_service.domain.submission import Kind
from training.examples import Example

HEADS = ("topic", "lead_unit", "request", "urgency")
_DIGITS = 5

Shares = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Kind -> head -> label -> share of the kind's texts that readers labelled."""


def count_label_shares(examples: Sequence[Example]) -> Shares:
    """Return the shares of labels, by stated kind, among what readers labelled whole."""
    counts: dict[str, dict[str, Counter[str]]] = {}
    for example in examples:
        if example.kind is Kind.UNKNOWN or not (example.labels and example.labels.whole):
            continue
        heads = counts.setdefault(str(example.kind), {head: Counter() for head in HEADS})
        for head in HEADS:
            heads[head][str(getattr(example.labels, head))] += 1
    return {
        kind: {
            head: {
                label: round(count / labels.total(), _DIGITS)
                for label, count in sorted(labels.items())
            }
            for head, labels in heads.items()
        }
        for kind, heads in sorted(counts.items())
    }
