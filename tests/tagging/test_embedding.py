import numpy as np
import pytest

from nlp_service.text.normalise import Document, normalise


@pytest.fixture(scope="module")
def embedder(assessor):
    return assessor.bundle.pairs.embedder


ONE = Document(title="", body="翠湖小区的二次供水水箱多年没洗,自来水有铁锈味,请卫健部门来检测。")
ALIKE = Document(title="", body="翠湖小区水龙头放出来的水发黄有异味,物业从不洗水箱,希望检测水质。")
OTHER = Document(title="", body="今年柑橘大丰收却卖不出去,盼望商务局帮果农联系外地客商。")


def test_embeddings_are_rows_of_length_one(embedder):
    rows = embedder.embed([ONE, ALIKE, OTHER])
    assert rows.shape == (3, embedder.dimensions)
    assert embedder.dimensions <= 384
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(3), abs=1e-5)


def test_one_matter_is_nearer_than_another(embedder):
    one, alike, other = embedder.embed([ONE, ALIKE, OTHER])
    assert one @ alike > one @ other + 0.2


def test_a_batch_changes_nothing(embedder):
    together = embedder.embed([ONE, OTHER, ALIKE])
    assert np.array_equal(together[1], embedder.embed([OTHER])[0])


def test_no_text_gives_no_row(embedder):
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_a_title_has_a_part_of_its_own(embedder):
    titled = Document(title="关于检测二次供水水质的建议", body=ONE.body)
    first = embedder.weights.bounds[1]
    with_title, without = embedder.embed([titled, ONE])
    assert with_title[first:].any()
    assert not without[first:].any()


def test_any_text_has_an_embedding(embedder, nasty_text):
    (row,) = embedder.embed([Document(title="", body=normalise(nasty_text))])
    assert np.isfinite(row).all()
    assert np.linalg.norm(row) == pytest.approx(1.0, abs=1e-5)
