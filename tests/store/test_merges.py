import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import MergeRefused, RecordUnknown
from nlp_service.domain.records import Origin


@pytest.fixture
def cases(work, add):
    """Keys of four submissions, each of another submitter."""
    return [add(work, origin=Origin(submitter=name)) for name in ("甲", "乙", "丙", "丁")]


def test_a_merge_keeps_every_member_and_submitter(work, cases):
    first, second, third, alone = cases

    merge = work.merges.merge([third, first, second], lead=second)

    assert merge.members == [first, second, third]
    assert merge.lead == second
    assert (merge.merged_by, merge.undone_at) == ("张三", None)
    assert [origin.submitter for origin in work.merges.submitters(merge.key)] == ["甲", "乙", "丙"]
    for key in (first, second, third):
        assert work.merges.of(key) == merge
        assert work.submissions.get(key).submission.merge_key == merge.key
    assert work.merges.of(alone) is None
    rows = work.connection.execute(text("SELECT count(*) FROM nlp.merge_members"))
    assert rows.scalar_one() == 3


def test_every_member_and_the_merge_have_their_audit(work, cases):
    merge = work.merges.merge(cases[:2], lead=cases[0])
    work.merges.unmerge(merge.key)

    for kind, key in (
        (RecordKind.MERGE, merge.key),
        (RecordKind.SUBMISSION, cases[0]),
        (RecordKind.SUBMISSION, cases[1]),
    ):
        actions = [entry.action for entry in work.audit.of(kind, key)]
        assert actions[-2:] == [Action.MERGED, Action.UNMERGED]


def test_another_lead_case_leaves_the_former_in_the_history(work, cases):
    merge = work.merges.merge(cases[:3], lead=cases[0])

    changed = work.merges.choose_lead(merge.key, cases[2])
    work.merges.choose_lead(merge.key, cases[2])

    assert changed.lead == cases[2]
    leads = work.merges.get(merge.key).leads
    assert [choice.submission_key for choice in leads] == [cases[0], cases[2]]
    assert all(choice.chosen_by == "张三" for choice in leads)


def test_undoing_a_merge_that_took_in_another_restores_that_one(work, cases):
    inner = work.merges.merge(cases[:2], lead=cases[1])
    outer = work.merges.merge([cases[0], cases[2]], lead=cases[2])

    assert outer.members == cases[:3]
    with pytest.raises(MergeRefused, match=f"已并入并案 {outer.key}"):
        work.merges.unmerge(inner.key)
    undone = work.merges.unmerge(outer.key)

    assert undone.undone_by == "张三"
    assert undone.undone_at is not None
    assert work.merges.of(cases[0]) == work.merges.of(cases[1]) == inner
    assert work.merges.of(cases[2]) is None
    assert [merge.key for merge in work.merges.history(cases[0])] == [inner.key, outer.key]
    with pytest.raises(MergeRefused, match="早已撤销"):
        work.merges.unmerge(outer.key)
    with pytest.raises(MergeRefused, match="早已撤销"):
        work.merges.choose_lead(outer.key, cases[0])


def test_merging_what_is_merged_only_chooses_the_lead(work, cases):
    merge = work.merges.merge(cases[:3], lead=cases[0])

    again = work.merges.merge([cases[1], cases[2]], lead=cases[2])

    assert (again.key, again.members, again.lead) == (merge.key, cases[:3], cases[2])


@pytest.mark.parametrize("chosen", [[], [0], [0, 0]])
def test_a_merge_needs_two(work, cases, chosen):
    with pytest.raises(MergeRefused, match="两件"):
        work.merges.merge([cases[place] for place in chosen], lead=cases[0])


def test_the_lead_case_is_one_of_them(work, cases):
    with pytest.raises(MergeRefused, match="主案"):
        work.merges.merge(cases[:2], lead=cases[3])
    merge = work.merges.merge(cases[:2], lead=cases[0])
    with pytest.raises(MergeRefused, match="主案"):
        work.merges.choose_lead(merge.key, cases[3])


def test_only_what_is_there_can_be_merged_or_found(work, cases):
    work.submissions.delete(cases[1])

    for attempt in (
        lambda: work.merges.merge([cases[0], cases[1]], lead=cases[0]),
        lambda: work.merges.merge([cases[0], 4711], lead=cases[0]),
        lambda: work.merges.unmerge(4711),
        lambda: work.merges.get(4711),
        lambda: work.merges.of(4711),
    ):
        with pytest.raises(RecordUnknown):
            attempt()


def state(work, cases):
    """Everything that a merge changes and its undoing must put back."""
    merges = {key: work.merges.of(key) for key in cases}
    return {key: merge and (merge.key, merge.members, merge.leads) for key, merge in merges.items()}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_undoing_restores_exactly_what_was_before(store, add, data):
    with store.transaction(actor="张三") as work:
        cases = [add(work) for _ in range(6)]
        stack = []
        for _ in range(data.draw(st.integers(1, 8), label="steps")):
            if stack and data.draw(st.booleans(), label="undo"):
                key, before = stack.pop()
                work.merges.unmerge(key)
                assert state(work, cases) == before
                continue
            chosen = data.draw(
                st.lists(st.sampled_from(cases), min_size=2, max_size=3, unique=True), label="merge"
            )
            now = [work.merges.of(key) for key in chosen]
            if now[0] is not None and all(merge == now[0] for merge in now):
                continue  # it would only choose another lead case
            before = state(work, cases)
            merge = work.merges.merge(chosen, lead=chosen[0])
            companions = [member for one in now if one for member in one.members]
            assert set(merge.members) == {*chosen, *companions}
            assert all(work.merges.of(member) == merge for member in merge.members)
            stack.append((merge.key, before))
        for key, before in reversed(stack):
            work.merges.unmerge(key)
            assert state(work, cases) == before
        assert set(state(work, cases).values()) == {None}


def test_two_merges_at_once_of_overlapping_cases_end_in_one(store, add):
    with store.transaction(actor="张三") as office:
        cases = [add(office) for _ in range(3)]
    start = threading.Barrier(2)

    def merge(chosen):
        with store.transaction(actor="并行") as office:
            start.wait()
            return office.merges.merge(chosen, lead=cases[1])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(merge, [[cases[1], cases[0]], [cases[2], cases[1]]]))

    with store.reading() as office:
        merges = [office.merges.of(key) for key in cases]
    assert merges[0] == merges[1] == merges[2]
    assert merges[0].members == cases
