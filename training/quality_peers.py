"""The plain models that quality levels are measured against, on the same rows and folds.

``length`` knows nothing but how long a text is; ``characters`` is TF-IDF of characters 1–2.
Both are ridge regressions of the levels that ours learns from, with the same weights.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import Ridge

from nlp_service.quality.levels import HIGHEST
from nlp_service.tagging.linear import Floats
from training.out_of_fold import Fold
from training.prepare import Prepared
from training.quality_texts import QualityTexts
from training.targets import Integers

LENGTH, CHARACTERS = "peer: length", "peer: characters"

_MIN_DF = 3
_PENALTY = 1.0

_Seen = Callable[[Integers], Floats | sparse.csr_matrix]
"""Rows fitted on -> what a model fitted on these sees of all texts."""


def plain_levels(
    prepared: Prepared, folds: Sequence[Fold], texts: QualityTexts
) -> Mapping[str, Floats]:
    """Return each plain model's held-out levels, not rounded, (n_texts, n_dimensions).

    A text that stands there a second time, cut off, is never learnt from and has the levels of
    the whole.
    """
    written = [prepared.examples[row].document.text for row in texts.rows.tolist()]
    logs = np.log([[max(len(text), 1)] for text in written])
    counted = sparse.csr_matrix(
        CountVectorizer(analyzer="char", ngram_range=(1, 2)).fit_transform(written)
    )
    seen_by: Mapping[str, _Seen] = {
        LENGTH: lambda learnt: logs,
        CHARACTERS: lambda learnt: _weighed(counted, learnt),
    }
    return {name: _held_out(seen, folds, texts) for name, seen in seen_by.items()}


def _held_out(seen: _Seen, folds: Sequence[Fold], texts: QualityTexts) -> Floats:
    found = np.zeros(texts.learnt.shape)
    for fitted_on, held_out in folds:
        learnt = np.flatnonzero(np.isin(texts.rows, fitted_on) & ~texts.cut)
        told = np.flatnonzero(np.isin(texts.rows, held_out))
        matrix = seen(learnt)
        machine = Ridge(alpha=_PENALTY)
        machine.fit(matrix[learnt], texts.learnt[learnt], sample_weight=texts.weights[learnt])
        found[told] = machine.predict(matrix[told])
    return np.clip(found, 0.0, HIGHEST)


def _weighed(counted: sparse.csr_matrix, learnt: Integers) -> sparse.csr_matrix:
    """Weigh the counts as a TF-IDF fitted on the learnt texts would."""
    known = counted[learnt].getnnz(axis=0) >= _MIN_DF
    counts = counted[:, known]
    weigher = TfidfTransformer(sublinear_tf=True).fit(counts[learnt])
    return sparse.csr_matrix(weigher.transform(counts))
