"""The plain models that ours are measured against, on the same rows and folds.

``words`` is what most people would build: jieba, TF-IDF, a linear support vector machine.
``words+chars`` adds characters 1–3, the strongest plain model known on these texts.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import jieba
import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from training.out_of_fold import Fold

Labels = npt.NDArray[np.str_]


def peer_models() -> Mapping[str, Callable[[], object]]:
    """Return name -> maker of an unfitted scikit-learn pipeline over lists of jieba words."""
    return {
        "peer: words": lambda: make_pipeline(_words(), LinearSVC(random_state=0)),
        "peer: words+chars": lambda: make_pipeline(
            make_union(_words(), _characters()), LinearSVC(random_state=0)
        ),
    }


def _words() -> TfidfVectorizer:
    return TfidfVectorizer(analyzer=list, lowercase=False, sublinear_tf=True)


def _characters() -> TfidfVectorizer:
    return TfidfVectorizer(analyzer=_character_grams, lowercase=False, sublinear_tf=True, min_df=2)


def _character_grams(words: Sequence[str]) -> list[str]:
    text = "".join(words)
    pairs = [a + b for a, b in pairwise(text)]
    return [*text, *pairs, *(text[n : n + 3] for n in range(len(text) - 2))]


def cut_with_jieba(texts: Sequence[str]) -> Sequence[list[str]]:
    """Cut with the reference segmenter, in a tokenizer of its own."""
    tokenizer = jieba.Tokenizer()
    return [[word for word in tokenizer.lcut(text) if not word.isspace()] for text in texts]


def predict_held_out(
    make: Callable[[], object], words: Sequence[list[str]], labels: Labels, folds: Sequence[Fold]
) -> Labels:
    """Return each row's label as predicted by a model that did not see its fold."""
    found = np.empty_like(labels)
    for fitted_on, held_out in folds:
        model = make()
        model.fit([words[n] for n in fitted_on], labels[fitted_on])  # type: ignore[attr-defined]
        found[held_out] = model.predict([words[n] for n in held_out])  # type: ignore[attr-defined]
    return found
