"""The index of embeddings that duplicates need, whoever keeps it: what is near in meaning.

``store`` keeps one in PostgreSQL; ``memory_meaning_index`` a plain one for training and tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from nlp_service.domain.submission import Kind

DIMENSIONS = 384

Vector = npt.NDArray[np.floating[Any]]
"""(DIMENSIONS,) of any length but 0."""

COSINE_PLACES = 6
"""Decimal places of a cosine, so that equal vectors have equal ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A text that is near to the one asked for."""

    id: str
    cosine: float
    """-1 to 1, to ``COSINE_PLACES``."""


class MeaningIndex(Protocol):
    """Texts by their embeddings, all of one encoder."""

    def add(self, id: str, vector: Vector, *, kind: Kind, dated_on: date) -> None:
        """Add a text; one of the same id is replaced.

        Args:
            id: of the text.
            vector: its embedding.
            kind: that it is taken for.
            dated_on: the day that it counts under.

        Raises:
            ValueError: the vector is no direction, or has not ``DIMENSIONS`` numbers.
        """

    def remove(self, id: str) -> None:
        """Forget a text; an unknown id is no error."""

    def nearest(
        self,
        vector: Vector,
        *,
        limit: int,
        kind: Kind | None = None,
        dated_from: date | None = None,
        dated_until: date | None = None,
    ) -> Sequence[Neighbour]:
        """Return the texts of the greatest cosine, best first, equals by id as numbers are.

        Args:
            vector: what is asked for.
            limit: most texts to return.
            kind: only texts of this kind.
            dated_from: only texts of this day or a later one.
            dated_until: only texts of this day or an earlier one.
        """


def kept_direction(vector: Vector) -> npt.NDArray[np.float16]:
    """Return a vector as both indices keep it: of length 1, in 16 bits.

    Raises:
        ValueError: the vector is no direction, or has not ``DIMENSIONS`` numbers.
    """
    if vector.shape != (DIMENSIONS,) or not np.isfinite(vector).all() or not vector.any():
        raise ValueError(f"no embedding of {DIMENSIONS} numbers: shape {vector.shape}")
    exact = vector.astype(np.float64)
    return (exact / np.linalg.norm(exact)).astype(np.float16)
