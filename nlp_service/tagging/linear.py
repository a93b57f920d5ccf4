"""The linear model as arrays: counts of features -> TF-IDF rows -> one margin per label.

The same numbers as scikit-learn's TfidfVectorizer (sublinear, L2) and a linear classifier, without
either: nothing is unpickled, and one sparse product gives every head at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LinearModel:
    """Weights of every head over one vocabulary."""

    vocabulary: Mapping[str, int]
    """Feature -> row of ``weights``."""
    idf: Floats  # (n_features,)
    weights: Floats  # (n_features, n_outputs), heads side by side
    intercepts: Floats  # (n_outputs,)
    heads: Mapping[str, Sequence[str]]
    """Head -> its label codes; the columns follow this order."""

    def columns(self, head: str) -> slice:
        """Return where a head's labels stand among the outputs."""
        start = 0
        for name, codes in self.heads.items():
            if name == head:
                return slice(start, start + len(codes))
            start += len(codes)
        raise KeyError(head)

    def weigh(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        """Turn counts into TF-IDF rows, in place: (1 + ln count) · idf, L2-normed."""
        counts.data = (np.log(counts.data) + 1.0) * self.idf[counts.indices]
        lengths = np.sqrt(np.add.reduceat(np.append(counts.data**2, 0.0), counts.indptr[:-1]))
        occupied = np.diff(counts.indptr) > 0
        scale = np.where(occupied & (lengths > 0), lengths, 1.0)
        counts.data /= np.repeat(scale, np.diff(counts.indptr))
        return counts

    def margins(self, rows: sparse.csr_matrix) -> Floats:
        """Return the decision values, shape (n_texts, n_outputs); above 0 means 'more yes'."""
        product: Floats = rows @ self.weights
        product += self.intercepts
        return product


def dequantise(codes: npt.NDArray[np.generic], steps: Floats) -> Floats:
    """Return the weights that 8-bit codes stand for: code · step, one step a column."""
    return np.asarray(codes.astype(np.float64) * steps)
