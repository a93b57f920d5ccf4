"""An index of embeddings in memory, for training and tests: one product with all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from nlp_service.domain.submission import Kind
from nlp_service.duplicates.meaning_index import (
    COSINE_PLACES,
    Neighbour,
    Vector,
    kept_direction,
)
from nlp_service.duplicates.ranking import natural

Directions = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    direction: Directions  # (DIMENSIONS,) of length 1
    kind: Kind
    dated_on: date


class MemoryMeaningIndex:
    """A ``MeaningIndex``; one thread at a time."""

    def __init__(self) -> None:
        """Begin without texts."""
        self._texts: dict[str, _Text] = {}
        self._directions: Directions | None = None  # (n_texts, DIMENSIONS), in their order

    def add(self, id: str, vector: Vector, *, kind: Kind, dated_on: date) -> None:
        """Add a text; one of the same id is replaced.

        Raises:
            ValueError: the vector is no direction, or has not ``DIMENSIONS`` numbers.
        """
        self._texts[id] = _Text(direction=_direction(vector), kind=kind, dated_on=dated_on)
        self._directions = None

    def remove(self, id: str) -> None:
        """Forget a text; an unknown id is no error."""
        self._texts.pop(id, None)
        self._directions = None

    def nearest(
        self,
        vector: Vector,
        *,
        limit: int,
        kind: Kind | None = None,
        dated_from: date | None = None,
        dated_until: date | None = None,
    ) -> Sequence[Neighbour]:
        """Return the texts of the greatest cosine, best first, equals by id as numbers are."""
        if not self._texts:
            return []
        if self._directions is None:
            self._directions = np.stack([text.direction for text in self._texts.values()])
        cosines = self._directions @ _direction(vector)
        found = [
            Neighbour(id=id, cosine=round(cosine, COSINE_PLACES))
            for (id, text), cosine in zip(self._texts.items(), cosines.tolist(), strict=True)
            if (kind is None or text.kind is kind)
            and (dated_from is None or text.dated_on >= dated_from)
            and (dated_until is None or text.dated_on <= dated_until)
        ]
        return sorted(found, key=lambda each: (-each.cosine, natural(each.id)))[:limit]


def _direction(vector: Vector) -> Directions:
    """Return the vector as it is kept, scaled to length 1."""
    kept = kept_direction(vector).astype(np.float32)
    scaled: Directions = kept / np.float32(np.linalg.norm(kept))
    return scaled
