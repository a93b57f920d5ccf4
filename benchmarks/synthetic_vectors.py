"""Draw embeddings as an encoder's are: all in one narrow cone, and in clusters within it."""

import numpy as np
import numpy.typing as npt

from nlp_service.duplicates.meaning_index import DIMENSIONS

Vectors = npt.NDArray[np.float32]
"""(n, DIMENSIONS) or (DIMENSIONS,), of length 1."""

_OF_A_CLUSTER = 20
_COMMON, _CLUSTER, _OWN = 0.85, 0.42, 0.32
"""Cosines: about 0.72 between clusters, 0.9 within one."""


class Clusters:
    """Remembers every vector that belongs to the archive, for the plain search."""

    def __init__(self, count: int, *, seed: int) -> None:
        """Begin an archive of so many."""
        self._chance = np.random.default_rng(seed)
        self._common = self._directions(1)[0]
        self._centres = self._directions(max(1, count // _OF_A_CLUSTER))
        self._kept = np.zeros((count, DIMENSIONS), dtype=np.float16)
        self._drawn = 0

    def draw(self, count: int) -> Vectors:
        """Return vectors of the archive's next texts."""
        vectors = self.draw_new(count)
        self._kept[self._drawn : self._drawn + count] = vectors
        self._drawn += count
        return vectors

    def draw_new(self, count: int) -> Vectors:
        """Return vectors of texts that are not in the archive."""
        centres = self._centres[self._chance.integers(len(self._centres), size=count)]
        own = self._directions(count)
        return _scaled(_COMMON * self._common + _CLUSTER * centres + _OWN * own)

    def near(self, place: int) -> Vectors:
        """Return the vector of a copy of one of the archive's texts."""
        return _scaled(self._kept[place].astype(np.float32) + 0.2 * self._directions(1)[0])

    def cosines(self, vector: Vectors) -> Vectors:
        """Return the cosine with every vector of the archive, (n,)."""
        return np.concatenate(
            [
                part.astype(np.float32) @ vector
                for part in np.array_split(self._kept[: self._drawn], 1 + self._drawn // 20_000)
            ]
        )

    def _directions(self, count: int) -> Vectors:
        return _scaled(self._chance.standard_normal((count, DIMENSIONS), dtype=np.float32))


def _scaled(vectors: Vectors) -> Vectors:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
