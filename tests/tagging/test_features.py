from hypothesis import given
from hypothesis import strategies as st

from nlp_service.tagging.features import features, locate_features
from nlp_service.text.normalise import Document, normalise
from nlp_service.text.segment import load_segmenter

SEGMENTER = load_segmenter("rjieba")


@given(st.text(), st.text())
def test_located_features_are_the_features_each_at_its_place(title, body):
    document = Document(title=normalise(title).replace("\n", " "), body=normalise(body))
    located = locate_features(document, SEGMENTER)
    assert sorted(located.features) == sorted(features(document, SEGMENTER))
    for feature, start, end in zip(located.features, located.starts, located.ends, strict=True):
        place = document.text[start:end].replace(" ", "").replace("\n", "")
        assert place == feature.lstrip(" \t").replace(" ", "")
