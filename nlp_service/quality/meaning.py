"""What an encoder makes of a text's substance: of what it tells, and of what it suggests.

The vectors come from behind the encoder's lower layers, which no fine-tuning moved. So they know
nothing of any text that levels are measured on, and one set of them serves all folds. Only the
substance is read: padding, repetitions and slogans can neither raise nor lower what it means.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from nlp_service.quality.levels import heard_share
from nlp_service.quality.substance import Line
from nlp_service.tagging.linear import Floats

PARTS = 2
"""What is told, and what is suggested."""


class LowerLayers(Protocol):
    """What of an encoder is heard."""

    def line_means(self, lines: Sequence[str]) -> tuple[Floats, Floats]:
        """Return the mean vector of each line's tokens, (n_lines, hidden), and their number."""


def read_meaning(lines: Sequence[Line], encoder: LowerLayers) -> Floats:
    """Return what the encoder makes of the substance, (``PARTS`` · (hidden + 1),)."""
    return join_parts(lines, *encoder.line_means([line.text for line in lines]))


def join_parts(lines: Sequence[Line], means: Floats, tokens: Floats) -> Floats:
    """Put the means of both parts side by side, each with a 1 behind it and as far as it is heard.

    A line of which nobody knows whether it tells or suggests belongs to both by halves, so that
    no small change moves it from one to the other. Of a part of few words next to nothing is
    heard, of an empty one nothing.
    """
    suggesting = np.array([line.suggesting for line in lines])
    lengths = np.array([len(line.text) for line in lines], dtype=np.float64)
    parts = []
    for share in (1.0 - suggesting, suggesting):
        weights = share * tokens
        mean = weights @ means / max(float(weights.sum()), 1e-9)
        parts.append(heard_share(float(share @ lengths)) * np.append(mean, 1.0))
    return np.concatenate(parts)
