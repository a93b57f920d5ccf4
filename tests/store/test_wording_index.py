"""The index in PostgreSQL, held to the plain one in memory."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from nlp_service.domain.records import Origin
from nlp_service.duplicates.memory_index import MemoryWordingIndex
from nlp_service.store.index_tables import ERA
from nlp_service.store.wording_index import FingerprintedText, StoredWordingIndex

KEYS = [1, 2, 3, 9, 10, 11, 2**ERA - 1, 2**ERA, 3 * 2**ERA + 5]
adding = st.tuples(
    st.sampled_from(KEYS),
    st.sets(st.integers(0, 20), min_size=1),
    st.sampled_from(["", "", "王", "李", "赵"]),
)
operations = st.lists(st.one_of(adding, st.sampled_from(KEYS)), max_size=14)
questions = st.sets(st.integers(0, 22), min_size=1)


def grams(numbers):
    """Fingerprints as large and as far apart as real ones."""
    return np.array(sorted(numbers), dtype=np.int64) * (2**58 + 7)


@pytest.fixture(scope="module")
def connection(module_store):
    with module_store.engine.connect() as connection:
        yield connection


@pytest.fixture
def index(work):
    return work.wording


def answers(index, asked):
    return (
        [(each.id, each.shared, each.score) for each in index.candidates(asked, limit=4)],
        index.submitters_sharing(asked).tolist(),
        index.count_submitters(),
        [index.common_grams(n).tolist() for n in (1, 2, 4)],
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations, questions, st.integers(1, 5))
def test_it_answers_as_the_one_in_memory(connection, done, asked, most):
    plain = MemoryWordingIndex(newest=most)
    with connection.begin() as transaction:
        stored = StoredWordingIndex(connection, newest=most)
        for each in done:
            if isinstance(each, int):
                plain.remove(str(each))
                stored.remove(str(each))
            else:
                key, numbers, submitter = each
                plain.add(str(key), grams(numbers), submitter=submitter)
                stored.add(str(key), grams(numbers), submitter=submitter)
        found = answers(stored, grams(asked))
        transaction.rollback()

    assert found == answers(plain, grams(asked))


def test_many_at_once_are_as_one_after_another(index):
    texts = [
        FingerprintedText(key=n, fingerprints=grams({n % 7, 7 + n}), submitter="王" * (n % 3))
        for n in range(1, 30)
    ]
    plain = MemoryWordingIndex()
    for each in texts:
        plain.add(str(each.key), each.fingerprints, submitter=each.submitter)

    index.add_all(texts)
    index.add_all(texts[:5])

    assert answers(index, grams(range(40))) == answers(plain, grams(range(40)))


def test_an_empty_text_and_an_empty_question_find_nothing(index):
    index.add_all([])
    index.add("1", grams([]))

    assert index.candidates(grams([]), limit=5) == index.candidates(grams([1]), limit=5) == []
    assert index.submitters_sharing(grams([])).tolist() == []
    assert index.count_submitters() == 1
    index.remove("从未有过")
    index.remove("7")


def test_only_the_newest_of_a_widespread_wording_are_regarded(work):
    index = StoredWordingIndex(work.connection, newest=10)
    index.add_all([FingerprintedText(key=key, fingerprints=grams([1])) for key in range(1, 40)])

    found = index.candidates(grams([1]), limit=100)

    assert [each.id for each in found] == [str(key) for key in range(30, 40)]
    assert index.submitters_sharing(grams([1])).tolist() == [10]
    assert index.common_grams(39).tolist() == grams([1]).tolist()


@pytest.mark.parametrize("act", ["delete", "restrict"])
def test_a_submission_that_goes_takes_its_fingerprints_along(work, add, act):
    first, second = (add(work, origin=Origin(submitter=name)) for name in "甲乙")
    for key in (first, second):
        work.wording.add(str(key), grams([1, key + 1]), submitter="甲")

    if act == "delete":
        work.submissions.delete(first)
    else:
        work.submissions.restrict(first, restricted=True)

    assert [each.id for each in work.wording.candidates(grams([1]), limit=5)] == [str(second)]
    rows = work.connection.execute(text("SELECT DISTINCT text FROM nlp.fingerprints"))
    assert rows.scalars().all() == [second]


def test_an_assessment_that_restricts_takes_the_fingerprints_along(work, add, assess, submit):
    submission = submit()
    key = add(work, submission)
    work.wording.add(str(key), grams([1]))

    work.assessments.add(key, assess(submission, restricted=True))

    assert work.wording.candidates(grams([1]), limit=5) == []


def test_what_is_rolled_back_was_never_there(store):
    with pytest.raises(ZeroDivisionError), store.transaction(actor="张三") as office:
        office.wording.add("1", grams([1]), submitter="王")
        raise ZeroDivisionError

    with store.reading() as office:
        assert office.wording.candidates(grams([1]), limit=5) == []
        assert office.wording.count_submitters() == 0


def test_two_that_add_the_same_at_once_add_it_once(store):
    texts = [
        FingerprintedText(key=key, fingerprints=grams([1, key]), submitter="王李"[key % 2])
        for key in range(2, 20)
    ]
    start = threading.Barrier(2)

    def add(order):
        with store.transaction(actor="并行") as office:
            start.wait()
            office.wording.add_all(order)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, [texts, texts[::-1]]))

    plain = MemoryWordingIndex()
    for each in texts:
        plain.add(str(each.key), each.fingerprints, submitter=each.submitter)
    with store.reading() as office:
        asked = grams(range(25))
        assert office.wording.candidates(asked, limit=50) == plain.candidates(asked, limit=50)
        assert office.wording.count_submitters() == 2
        rows = office.connection.execute(text("SELECT count(*) FROM nlp.fingerprints"))
        assert rows.scalar_one() == sum(len(each.fingerprints) for each in texts)


def test_submitters_are_counted_through_removals_at_once(store):
    with store.transaction(actor="张三") as office:
        for key in (1, 2):
            office.wording.add(str(key), grams([key]), submitter="王")
    start = threading.Barrier(2)

    def remove(key):
        with store.transaction(actor="并行") as office:
            start.wait()
            office.wording.remove(str(key))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(remove, (1, 2)))

    with store.reading() as office:
        assert office.wording.count_submitters() == 0
