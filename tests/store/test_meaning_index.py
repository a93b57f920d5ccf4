"""Nearest neighbours in PostgreSQL, held to the plain product in memory."""

from datetime import date, timedelta

import numpy as np
import pytest
from sqlalchemy import text

from nlp_service.domain.submission import Kind
from nlp_service.duplicates.meaning_index import DIMENSIONS
from nlp_service.duplicates.memory_meaning_index import MemoryMeaningIndex
from nlp_service.store.meaning_index import EmbeddedText
from nlp_service.store.spaces import ensure_space, read_active

DAY = date(2026, 1, 1)
KINDS = [Kind.PROPOSAL, Kind.PUBLIC_MESSAGE, Kind.OPINION_REPORT]


def vectors(count, *, seed=1):
    """Vectors in a few heaps, as those of texts are."""
    chance = np.random.default_rng(seed)
    heaps = chance.normal(size=(5, DIMENSIONS))
    return heaps[chance.integers(5, size=count)] + 0.4 * chance.normal(size=(count, DIMENSIONS))


def texts(count):
    return [
        EmbeddedText(
            key=n + 1, vector=vector, kind=KINDS[n % 3], dated_on=DAY + timedelta(days=n % 90)
        )
        for n, vector in enumerate(vectors(count))
    ]


@pytest.fixture
def index(work):
    ensure_space(work.connection, "甲")
    return work.meaning("甲")


@pytest.fixture
def both(index):
    """Both indices, with the same 400 texts."""
    plain = MemoryMeaningIndex()
    index.add_all(texts(400))
    for each in texts(400):
        plain.add(str(each.key), each.vector, kind=each.kind, dated_on=each.dated_on)
    return index, plain


def same(found, expected):
    assert [each.id for each in found] == [each.id for each in expected]
    assert [each.cosine for each in found] == pytest.approx(
        [each.cosine for each in expected], abs=1e-4
    )


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"kind": Kind.PROPOSAL},
        {"dated_from": DAY + timedelta(days=80)},
        {"dated_until": DAY},
        {"kind": Kind.PUBLIC_MESSAGE, "dated_from": DAY, "dated_until": DAY + timedelta(days=3)},
        {"dated_from": DAY + timedelta(days=900)},
    ],
)
def test_it_finds_what_the_one_in_memory_finds(both, conditions):
    stored, plain = both
    for asked in vectors(5, seed=2):
        expected = plain.nearest(asked, limit=8, **conditions)
        same(stored.nearest(asked, limit=8, **conditions), expected)


def test_a_filter_finds_its_few_behind_many_that_are_nearer(work, index):
    near, far = vectors(2, seed=3)
    for key in range(1, 300):
        index.add(str(key), near + key * 1e-3, kind=Kind.PROPOSAL, dated_on=DAY)
    index.add("300", far, kind=Kind.PUBLIC_MESSAGE, dated_on=DAY)
    work.connection.execute(text("SET LOCAL enable_seqscan = off"))
    work.connection.execute(text("SET LOCAL enable_sort = off"))

    found = index.nearest(near, limit=3, kind=Kind.PUBLIC_MESSAGE)

    assert [each.id for each in found] == ["300"]


def test_the_graph_is_what_answers(work, index):
    index.add_all(texts(50))
    work.connection.execute(text("SET LOCAL enable_seqscan = off"))
    work.connection.execute(text("SET LOCAL enable_sort = off"))
    active = read_active(work.connection)
    asked = ",".join(["1"] * DIMENSIONS)
    plan = work.connection.execute(
        text(
            f"EXPLAIN SELECT key FROM nlp.embeddings WHERE space = {active.number}"
            f" ORDER BY vector <=> '[{asked}]'::halfvec(384) LIMIT 5"
        )
    ).scalars()

    assert active.graph in "\n".join(plan)


def test_equals_are_ordered_as_numbers_and_the_replaced_and_removed_are_gone(index):
    one, other = vectors(2, seed=4)
    for id in ("10", "9", "8", "11"):
        index.add(id, one, kind=Kind.PROPOSAL, dated_on=DAY)
    index.add("8", other, kind=Kind.PROPOSAL, dated_on=DAY)
    index.remove("11")
    index.remove("从未有过")

    found = index.nearest(one * 3, limit=9)

    assert [each.id for each in found] == ["9", "10", "8"]
    assert found[0].cosine == pytest.approx(1, abs=1e-3)
    assert found[0].cosine == found[1].cosine > found[2].cosine


@pytest.mark.parametrize(
    "vector", [np.zeros(DIMENSIONS), np.ones(DIMENSIONS - 1), np.full(DIMENSIONS, np.nan)]
)
def test_what_is_no_direction_is_refused_by_both(index, vector):
    for each in (index, MemoryMeaningIndex()):
        with pytest.raises(ValueError, match="embedding"):
            each.add("1", vector, kind=Kind.PROPOSAL, dated_on=DAY)
        assert each.nearest(vectors(1)[0], limit=3) == []


def test_another_encoder_neither_finds_nor_adds(work, index):
    (vector,) = vectors(1)
    index.add("1", vector, kind=Kind.PROPOSAL, dated_on=DAY)
    ensure_space(work.connection, "乙")
    other = work.meaning("乙")
    other.add("2", vector, kind=Kind.PROPOSAL, dated_on=DAY)

    assert other.nearest(vector, limit=3) == []
    assert work.meaning("从未有过").nearest(vector, limit=3) == []
    assert [each.id for each in index.nearest(vector, limit=3)] == ["1"]


def test_a_submission_that_goes_takes_its_embedding_along(work, index, add, today):
    first, second = add(work), add(work)
    for key, vector in zip((first, second), vectors(2), strict=True):
        index.add(str(key), vector, kind=Kind.PROPOSAL, dated_on=today)

    work.submissions.delete(first)

    assert [each.id for each in index.nearest(vectors(1)[0], limit=5)] == [str(second)]
