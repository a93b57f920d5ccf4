"""The plain models that ours are measured against, on the same rows and folds.

``words`` is what most people would build: jieba, TF-IDF, a linear support vector machine.
``words+chars`` adds characters 1–3, the strongest plain model known on these texts.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import jieba
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from nlp_service.tagging.linear import Floats
from training.out_of_fold import Fold
from training.targets import Booleans


def peer_models() -> Mapping[str, Callable[[], Any]]:
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


def decide_held_out(
    make: Callable[[], Any], words: Sequence[list[str]], truth: Booleans, folds: Sequence[Fold]
) -> Floats:
    """Return each row's decision values from a model that did not see its fold.

    ``truth`` and the result are (n_rows, n_labels); a label that a fold's model never saw gets
    −inf. With one label a row the machine sees classes, else one question a label.
    """
    found = np.full(truth.shape, -np.inf)
    single = bool((truth.sum(axis=1) <= 1).all())
    for fitted_on, held_out in folds:
        seen = np.flatnonzero(truth[fitted_on].any(axis=0))
        labels = truth[fitted_on].argmax(axis=1) if single else truth[fitted_on][:, seen]
        model = make()
        if not single:
            model.steps[-1] = ("several", OneVsRestClassifier(model.steps[-1][1]))
        model.fit([words[n] for n in fitted_on], labels)
        decided = model.decision_function([words[n] for n in held_out])
        if decided.ndim == 1:  # two classes share one line
            decided = np.stack([-decided, decided], axis=1)
        found[np.ix_(held_out, seen)] = decided
    return found
