"""List the rows whose label looks wrong, for a person to check. Nothing is changed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

from training.cross_validate import CrossValidated
from training.prepare import Prepared

AUDITED = ("topic", "subtopic", "lead_unit", "request", "urgency")


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A label that the held-out model contradicts with confidence."""

    source: str
    id: str
    head: str
    given: str
    suggested: str
    quality: float
    """cleanlab's self-confidence of the given label, 0–1; the lower, the more suspect."""


def find_suspects(prepared: Prepared, validated: CrossValidated) -> Sequence[Suspect]:
    """Return the suspects of every audited head, most suspect first."""
    targets, suspects = prepared.targets, []
    for head in AUDITED:
        rows = targets.rows_of(head)
        probabilities, labels = getattr(validated.scores, head)[rows], targets.choice[head][rows]
        used = np.unique(labels)  # cleanlab wants every class to occur
        probabilities = probabilities[:, used] / probabilities[:, used].sum(axis=1, keepdims=True)
        given = np.searchsorted(used, labels)
        quality = get_label_quality_scores(given, probabilities)
        # One text of a class may be doubtful, too: nothing is left out for being rare.
        doubtful = find_label_issues(given, probabilities, n_jobs=1, min_examples_per_class=0)
        codes = [targets.heads[head][column] for column in used]
        for n in np.flatnonzero(doubtful):
            example = prepared.examples[rows[n]]
            suspects.append(
                Suspect(
                    source=example.source,
                    id=example.id,
                    head=head,
                    given=codes[given[n]],
                    suggested=codes[int(probabilities[n].argmax())],
                    quality=round(float(quality[n]), 4),
                )
            )
    return sorted(suspects, key=lambda suspect: suspect.quality)
