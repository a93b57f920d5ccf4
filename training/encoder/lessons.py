"""What the network is taught of each text, as tensors, and how wrong an answer is."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.definitions import Definitions
from training.targets import CHOICES, SEVERAL, UNKNOWN, Targets

ORDERED = ("urgency",)
"""Heads of one answer whose labels are levels."""

OFFICE = "office_category"
"""The head that learns the office's old categories; all schemes side by side."""


@dataclass(frozen=True, kw_only=True)
class Lessons:
    """Truths of all texts, row for row; what is not known of a text costs nothing."""

    choice: Mapping[str, Tensor]
    """Head -> column of the true label, or UNKNOWN."""
    several: Mapping[str, Tensor]
    """Head -> (n_texts, n_labels) of 0 and 1."""
    levels: Mapping[str, Tensor]
    """Head -> (n_texts, n_questions), or UNKNOWN."""
    read: Tensor
    """Which texts a reader labelled: for the others ``several`` says nothing."""
    allowed: Mapping[str, Tensor]
    """topic, subtopic -> (n_texts, n_labels): the set that an old category stands for."""
    weights: Tensor
    """How much a reader's labels count."""

    def take(self, rows: np.ndarray) -> "Lessons":
        """Return the lessons of some rows."""
        chosen = torch.from_numpy(np.asarray(rows))
        return Lessons(
            choice={head: values[chosen] for head, values in self.choice.items()},
            several={head: values[chosen] for head, values in self.several.items()},
            levels={head: values[chosen] for head, values in self.levels.items()},
            read=self.read[chosen],
            allowed={head: values[chosen] for head, values in self.allowed.items()},
            weights=self.weights[chosen],
        )


def make_lessons(targets: Targets, definitions: Definitions) -> Lessons:
    """Turn the truths into tensors: examples first, then the taxonomy's definitions.

    Of a definition only what has one answer is taught; it says nothing of the rest.
    """
    count = len(definitions.documents)

    def more(values: np.ndarray, filler: float) -> Tensor:
        below = np.full((count, *values.shape[1:]), filler).astype(values.dtype)
        return torch.from_numpy(np.concatenate([values, below]))

    choice = {h: more(targets.choice[h], UNKNOWN) for h in CHOICES if h not in ORDERED}
    for head, (told, truth) in definitions.truths.items():
        if head in choice:
            places = torch.tensor(told) + len(targets.read)
            choice[head][places] = torch.from_numpy(truth.argmax(axis=1))
    choice[OFFICE] = more(targets.category, UNKNOWN)
    levels = {h: more(targets.choice[h][:, None], UNKNOWN) for h in ORDERED}
    return Lessons(
        choice=choice,
        several={h: more(targets.several[h], 0).float() for h in SEVERAL},
        levels=levels | {"quality": more(targets.quality, UNKNOWN)},
        read=more(targets.read, 0),
        allowed={h: more(sets, 0) for h, sets in targets.candidates.items()},
        weights=more(targets.weights, 1.0).float(),
    )


def loss_of(
    answers: Mapping[str, Tensor],
    lessons: Lessons,
    shares: Mapping[str, float],
    *,
    partial_weight: float,
    smoothing: float,
) -> Tensor:
    """Return the weighted sum of all heads' losses over the rows that speak of them.

    A text known only by an old category costs −log of the probability of the category's whole
    set, times ``partial_weight``. ``smoothing`` moves that share of the truth to all labels.
    """
    total = torch.zeros(())
    for head, truth in lessons.choice.items():
        known = truth != UNKNOWN
        logs, share = answers[head], shares.get(head, 1.0)
        weights = lessons.weights * known
        right = logs.gather(1, truth.clamp(min=0)[:, None])[:, 0]
        smooth = (1 - smoothing) * right + smoothing * logs.mean(dim=1)
        total = total - share * (smooth * weights).sum() / len(truth)
        if head in lessons.allowed:
            sets = lessons.allowed[head]
            told = ~known & sets.any(dim=1)
            inside = torch.logsumexp(logs.masked_fill(~sets, -1e4), dim=1)
            total = total - share * partial_weight * (inside * told).sum() / len(truth)
    for head, truths in lessons.several.items():
        each = functional.binary_cross_entropy_with_logits(
            answers[head], truths, reduction="none"
        ).sum(dim=1)
        weights = lessons.weights * lessons.read
        total = total + shares.get(head, 1.0) * (each * weights).sum() / len(each)
    for head, levels in lessons.levels.items():
        known = levels != UNKNOWN
        right = answers[head].gather(2, levels.clamp(min=0)[:, :, None])[:, :, 0]
        weights = lessons.weights[:, None] * known
        total = total - shares.get(head, 1.0) * (right * weights).sum() / len(levels)
    return total
