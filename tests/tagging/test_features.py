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


def test_author_leaves_no_feature():
    def found(author):
        document = Document(title="路灯", body=f"{author}\n小区路灯坏了。")
        return sorted(features(document, SEGMENTER))

    assert found("我叫王五,男,住三楼。") == found("我叫欧阳晓兰,女,住三楼。")
    assert found("提案人:市政协副主席李秀英") == found("提案人:陈某")
