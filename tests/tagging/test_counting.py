from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.domain.submission import Submission
from nlp_service.tagging.counting import FeatureCounter
from nlp_service.tagging.features import features
from nlp_service.text.normalise import Document, clean, normalise
from nlp_service.text.segment import load_segmenter

SEGMENTER = load_segmenter("rjieba")
KNOWN = ["路灯", "灯坏", " 路灯", "\t路灯", " 路", " a", "aa", "ab", "😀😀", " 😀", "坏了"]
ALPHABET = "路灯坏了 ab\n😀"


def as_strings(documents, vocabulary):
    """The counts of ``features``, one string after the other."""
    counts = np.zeros((len(documents), len(vocabulary)))
    for row, document in enumerate(documents):
        for feature, count in Counter(features(document, SEGMENTER)).items():
            if feature in vocabulary:
                counts[row, vocabulary[feature]] = count
    return counts


@given(st.lists(st.tuples(st.text(ALPHABET), st.text(ALPHABET)), min_size=1, max_size=5))
def test_counts_are_those_of_the_features(texts):
    documents = [
        Document(title=normalise(title).replace("\n", " "), body=normalise(body))
        for title, body in texts
    ]
    vocabulary = {feature: number for number, feature in enumerate(KNOWN)}
    counts = FeatureCounter(vocabulary).count(documents, SEGMENTER)
    assert (counts.toarray() == as_strings(documents, vocabulary)).all()


def test_counts_of_real_texts_are_those_of_the_features(assessor, samples):
    vocabulary = assessor.bundle.model.vocabulary
    documents = [clean(Submission(title=one["title"], body=one["body"])) for one in samples]
    counts = FeatureCounter(vocabulary).count(documents, SEGMENTER)
    assert counts.nnz > 5_000
    assert (counts.toarray() == as_strings(documents, vocabulary)).all()


def test_counts_of_nasty_texts_are_those_of_the_features(assessor, nasty_text):
    vocabulary = assessor.bundle.model.vocabulary
    documents = [Document(title="", body=normalise(nasty_text)), Document(title="路灯", body="")]
    counts = FeatureCounter(vocabulary).count(documents, SEGMENTER)
    assert (counts.toarray() == as_strings(documents, vocabulary)).all()


@pytest.mark.parametrize("vocabulary", [[], [" 路灯"], ["路灯"]], ids=str)
def test_a_vocabulary_may_lack_words_or_pairs(vocabulary):
    numbers = {feature: number for number, feature in enumerate(vocabulary)}
    counts = FeatureCounter(numbers).count([Document(title="", body="路灯")], SEGMENTER)
    assert counts.toarray().tolist() == [[1.0] * len(vocabulary)]
