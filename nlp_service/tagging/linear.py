"""The linear model as arrays: features -> TF-IDF rows -> one margin per label.

The same numbers as scikit-learn's TfidfVectorizer (sublinear, L2) and a linear classifier, without
either: nothing is unpickled, and one sparse product gives every head at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

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

    def vectorise(self, feature_lists: Sequence[Sequence[str]]) -> sparse.csr_matrix:
        """Return TF-IDF rows, shape (n_texts, n_features): (1 + ln count) · idf, L2-normed."""
        known = self.vocabulary.get
        rows = [[n for n in map(known, found) if n is not None] for found in feature_lists]
        indptr = np.zeros(len(rows) + 1, dtype=np.int32)
        np.cumsum([len(row) for row in rows], out=indptr[1:])
        indices = np.fromiter(chain.from_iterable(rows), dtype=np.int32, count=indptr[-1])
        counts = sparse.csr_matrix(
            (np.ones(len(indices)), indices, indptr), shape=(len(rows), len(self.idf))
        )
        counts.sum_duplicates()
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
