"""Many at once: what is new, what is known and what is refused, each told in its place."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import InvalidSubmission, ReferenceTaken
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Filing, Origin, Outcome, StoredOnce
from nlp_service.domain.submission import Submission
from nlp_service.store.filing import file_submissions
from tests.databases import clear

FILED = Outcome(disposition=Disposition.FILED, filing_number="2023年第118号")


@pytest.fixture
def filing(assess):
    def make(body="桥头的减速带磨平了，车速很快。", *, origin=None, outcome=None, **fields):
        submission = Submission(body=body, **fields)
        return Filing(
            submission=submission,
            assessment=assess(submission),
            origin=origin or Origin(),
            outcome=outcome,
        )

    return make


def listed(office):
    return office.submissions.list(limit=500).items


def test_a_chunk_is_stored_in_its_order(work, filing):
    items = [filing(f"第{number}号院的井盖松了。", outcome=FILED) for number in range(20)]

    results = file_submissions(work, items)

    assert results == [StoredOnce(key=result.key, created=True) for result in results]
    for item, result in zip(items, results, strict=True):
        found = work.submissions.get(result.key)
        assert found.submission.text == item.assessment.text
        assert work.originals.read(result.key).body == item.submission.body
        assert found.assessment.answer["text"] == item.assessment.text
        assert work.outcomes.current(result.key).outcome == FILED
        assert [entry.action for entry in work.audit.of(RecordKind.SUBMISSION, result.key)] == [
            Action.STORED,
            Action.ASSESSED,
            Action.OUTCOME_RECORDED,
        ]


def test_what_cannot_be_stored_fails_alone(work, filing):
    items = [
        filing(id="1"),
        filing(id="1", body="另一件事：公厕没有水。"),
        filing(id="号" * 201),
        filing(id="1"),
        filing(id="2"),
    ]

    first, taken, unfit, again, last = file_submissions(work, items)

    assert isinstance(taken, ReferenceTaken)
    assert taken.key == first.key
    assert isinstance(unfit, InvalidSubmission)
    assert again == StoredOnce(key=first.key, created=False)
    assert last.created
    assert len(listed(work)) == 2


def test_nothing_to_store_is_nothing(work, filing):
    assert file_submissions(work, []) == []
    assert isinstance(file_submissions(work, [filing(id="\n")])[0], InvalidSubmission)


def test_a_known_text_gets_an_outcome_only_where_none_is_known(work, filing):
    (stored,) = file_submissions(work, [filing()])
    file_submissions(work, [filing(outcome=FILED)])
    file_submissions(work, [filing(outcome=Outcome(disposition=Disposition.RETURNED))])

    assert [one.outcome for one in work.outcomes.history(stored.key)] == [FILED]


BODIES = [f"{place}的路灯坏了，请修理。" for place in ("东门", "西门", "南门")]
FILINGS = st.lists(
    st.tuples(
        st.sampled_from(BODIES), st.sampled_from(["", "1", "2"]), st.sampled_from(["", "王"])
    ),
    max_size=14,
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=FILINGS, cut=st.integers(0, 14))
def test_many_at_once_are_stored_as_one_after_the_other(module_store, filing, items, cut):
    made = [filing(body, id=number, origin=Origin(submitter=who)) for body, number, who in items]

    def tell(results):
        return [
            (result.key, result.created) if isinstance(result, StoredOnce) else result.key
            for result in results
        ]

    def run(chunks):
        clear(module_store)
        with module_store.transaction(actor="张三") as office:
            told = [tell(file_submissions(office, chunk)) for chunk in chunks]
            return [one for chunk in told for one in chunk], listed(office)

    one_by_one, rows = run([[item] for item in made])
    in_chunks, same_rows = run([made[:cut], made[cut:]])

    def numbered(told):  # keys are numbers in order of storing, with gaps
        order = {}
        return [
            (order.setdefault(one[0], len(order)), one[1])
            if isinstance(one, tuple)
            else ("taken", order.get(one))
            for one in told
        ]

    assert sum(isinstance(one, tuple) for one in in_chunks) == sum(
        isinstance(one, tuple) for one in one_by_one
    )
    assert len(rows) == len(same_rows)
    assert numbered(in_chunks) == numbered(one_by_one)


def test_chunks_of_the_same_rows_in_opposite_order_do_not_wait_in_a_ring(store, filing):
    items = [filing(f"第{number}号院的井盖松了。", id=str(number)) for number in range(30)]
    start = threading.Barrier(2)

    def write(chunk):
        start.wait()
        with store.transaction(actor="并行") as office:
            return file_submissions(office, chunk)

    with ThreadPoolExecutor(2) as writers:
        forwards, backwards = writers.map(write, [items, items[::-1]])

    assert [one.key for one in forwards] == [one.key for one in backwards[::-1]]
    assert sorted({one.created for one in [*forwards, *backwards]}) == [False, True]
    with store.reading() as office:
        assert len(listed(office)) == len(items)
