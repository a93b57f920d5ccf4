import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from nlp_service.domain.duplicates import Relation
from nlp_service.domain.errors import DecisionRefused, RecordUnknown, StoreError
from nlp_service.domain.records import Action, Origin, RecordKind
from nlp_service.duplicates.groups import GroupRules, Link
from nlp_service.store.groups import Groups

SAME, RELATED, NONE, COPY = Relation.SAME, Relation.RELATED, Relation.NONE, Relation.COPY

on_a_shared_store = settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def link(first, second, probability=0.9, relation=SAME):
    return Link(first=first, second=second, relation=relation, probability=probability)


def among(*keys):
    return [link(*pair) for pair in itertools.combinations(keys, 2)]


@pytest.fixture
def cases(work, add):
    """Keys of seven submissions."""
    return [add(work, origin=Origin(submitter=name)) for name in "甲乙丙丁戊己庚"]


def members(office, *keys):
    return [office.groups.of(key).members for key in keys]


def rows(store):
    with store.engine.connect() as connection:
        found = connection.execute(text("SELECT * FROM nlp.group_members ORDER BY submission_key"))
        return found.all()


def test_linked_submissions_are_a_group_under_the_lowest_key(work, cases):
    work.groups.add_links([link(cases[2], cases[0])], model="pairs-1")
    work.groups.add_links([link(cases[4], cases[2])], model="pairs-1")

    group = work.groups.of(cases[4])

    assert (group.key, group.members) == (cases[0], [cases[0], cases[2], cases[4]])
    assert work.groups.of(cases[1]).members == [cases[1]]
    assert work.groups.members(cases[0], limit=2) == [cases[0], cases[2]]
    assert work.groups.members(cases[0], behind=cases[2], limit=2) == [cases[4]]
    assert work.groups.members(cases[0], behind=cases[4], limit=2) == []


def test_the_groups_are_there_once_the_transaction_ends(store, add):
    with store.transaction(actor="张三") as office:
        first, second = add(office), add(office)
        office.groups.add_links([link(first, second)], model="pairs-1")

    with store.reading() as office:
        assert office.groups.of(second).members == [first, second]


def test_a_transaction_that_fails_leaves_no_link(store, add):
    with store.transaction(actor="张三") as office:
        first, second = add(office), add(office)
    with pytest.raises(ZeroDivisionError), store.transaction(actor="张三") as office:
        office.groups.add_links([link(first, second)], model="pairs-1")
        office.groups.settle()
        raise ZeroDivisionError

    with store.reading() as office:
        assert office.groups.of(second).members == [second]
        assert office.groups.links_of(second) == []


def test_what_a_later_model_finds_replaces_what_an_earlier_one_found(work, cases):
    first, second = cases[:2]
    work.groups.add_links([link(first, second, 0.9, SAME)], model="pairs-1")
    assert members(work, first) == [[first, second]]

    work.groups.add_links([link(second, first, 0.8, RELATED)], model="pairs-2")

    assert members(work, first, second) == [[first], [second]]
    assert work.groups.links_of(first) == [link(first, second, 0.8, RELATED)]
    models = work.connection.execute(text("SELECT model FROM nlp.links")).scalars().all()
    assert models == ["pairs-2"]


def test_what_is_found_different_later_weighs_against(work, cases):
    *group, newcomer = cases
    work.groups.add_links([*among(*group), link(group[0], newcomer, 0.6)], model="pairs-1")
    assert members(work, newcomer) == [cases]

    different = [link(key, newcomer, 0.9, NONE) for key in group[1:]]
    work.groups.add_links(different, model="pairs-1")

    assert members(work, newcomer, group[0]) == [[newcomer], group]


def test_links_name_submissions_that_are_there(work, cases):
    with pytest.raises(RecordUnknown, match="4711"):
        work.groups.add_links([link(cases[0], 4711)], model="pairs-1")
    with pytest.raises(RecordUnknown, match="4711"):
        work.groups.of(4711)
    with pytest.raises(ValueError, match="linked to itself"):
        work.groups.add_links([link(cases[0], cases[0])], model="pairs-1")


def test_a_link_to_what_was_deleted_meanwhile_is_let_go(work, cases):
    work.submissions.delete(cases[0])

    work.groups.add_links([link(cases[0], cases[1]), link(cases[1], cases[2])], model="pairs-1")

    assert members(work, cases[2]) == [cases[1:3]]
    assert work.groups.links_of(cases[0]) == []
    with pytest.raises(RecordUnknown):
        work.groups.of(cases[0])


def test_a_deleted_submission_leaves_its_group_and_may_part_it(work, cases):
    first, bridge, last = cases[:3]
    work.groups.add_links([link(first, bridge), link(bridge, last)], model="pairs-1")
    assert members(work, last) == [[first, bridge, last]]

    work.submissions.delete(bridge)

    assert members(work, first, last) == [[first], [last]]


def test_a_merge_joins_and_its_undoing_parts_again(work, cases):
    work.groups.add_links(among(*cases[:3]), model="pairs-1")

    merge = work.merges.merge([cases[2], cases[5]], lead=cases[5])
    assert members(work, cases[5]) == [[*cases[:3], cases[5]]]
    work.merges.unmerge(merge.key)

    assert members(work, cases[2], cases[5]) == [cases[:3], [cases[5]]]


def test_what_a_person_says_of_a_pair_holds(work, cases):
    work.groups.add_links(among(*cases[:3]), model="pairs-1")

    work.groups.decide(cases[2], cases[0], RELATED)
    assert members(work, cases[0])[0] != members(work, cases[2])[0]
    work.groups.decide(cases[4], cases[5], SAME)
    assert members(work, cases[4]) == [[cases[4], cases[5]]]
    work.groups.withdraw(cases[0], cases[2])
    work.groups.withdraw(cases[4], cases[5])

    assert members(work, cases[0], cases[4]) == [cases[:3], [cases[4]]]


def test_who_said_it_and_when_is_kept_and_audited(work, cases):
    one, two = cases[:2]
    said = work.groups.decide(two, one, RELATED)
    again = work.groups.decide(one, two, RELATED)
    work.groups.decide(one, two, SAME)
    work.groups.withdraw(two, one)
    work.groups.withdraw(two, one)

    assert again == said
    assert (said.first, said.second, said.decided_by) == (one, two, "张三")
    assert said.decided_at.tzinfo is not None
    assert work.groups.decision(one, two) is None
    history = work.groups.decisions(two, one)
    assert [decision.relation for decision in history] == [RELATED, SAME, None]
    for key in (one, two):
        actions = [entry.action for entry in work.audit.of(RecordKind.SUBMISSION, key)]
        expected = [Action.PAIR_DECIDED, Action.PAIR_DECIDED, Action.PAIR_DECISION_WITHDRAWN]
        assert actions[-3:] == expected


def test_a_word_that_a_case_contradicts_is_refused(work, cases):
    merge = work.merges.merge(cases[:2], lead=cases[0])

    with pytest.raises(DecisionRefused, match=f"并案 {merge.key}"):
        work.groups.decide(cases[1], cases[0], NONE)
    with pytest.raises(DecisionRefused, match="它自己"):
        work.groups.decide(cases[1], cases[1], SAME)
    with pytest.raises(RecordUnknown, match="4711"):
        work.groups.decide(cases[1], 4711, SAME)
    assert work.groups.decisions(*cases[:2]) == []


def test_an_earlier_word_sleeps_while_a_case_holds(work, cases):
    work.groups.decide(cases[0], cases[1], NONE)
    merge = work.merges.merge(cases[:2], lead=cases[0])
    assert members(work, cases[0]) == [cases[:2]]

    work.merges.unmerge(merge.key)

    assert members(work, cases[0]) == [cases[:1]]


def test_other_rules_count_once_the_groups_are_made_anew(work, cases):
    work.groups.add_links([link(cases[0], cases[1], 0.6)], model="pairs-1")
    work.groups.settle()
    strict = Groups(work.connection, work.audit, GroupRules(least_probability=0.7))
    assert members(work, cases[0]) == [cases[:2]]

    strict.rebuild()

    assert members(work, cases[0]) == [cases[:1]]


def test_groups_of_a_window_hold_what_is_dated_within_it(work, add, submit):
    dates = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)]
    keys = [add(work, submit(submitted_at=day)) for day in dates]
    work.groups.add_links(among(*keys), model="pairs-1")

    (group,) = work.groups.dated_within(date(2026, 3, 1), date(2026, 3, 31))

    assert (group.key, group.members) == (keys[0], keys[1:3])
    assert work.groups.dated_within(date(2026, 3, 1), date(2026, 3, 31), least=3) == []


@st.composite
def histories(draw):
    """What was found of seven texts, and a story of deeds by their numbers."""
    pair = st.sampled_from(list(itertools.combinations(range(7), 2)))
    found = st.tuples(
        st.sampled_from([SAME, SAME, COPY, RELATED]), st.sampled_from([0.6, 0.8, 1.0])
    )
    links = draw(st.dictionaries(pair, found, max_size=18))
    deeds = st.one_of(
        st.tuples(st.sampled_from(["merge", "same", "different", "withdraw"]), pair),
        st.tuples(st.just("delete"), st.integers(0, 6)),
        st.tuples(st.just("undo"), st.just(None)),
    )
    return links, draw(st.lists(deeds, max_size=6))


def act(office, keys, deed, what, merges):
    """Do one deed, unless what went before does not allow it."""
    try:
        if deed == "undo":
            if merges:
                office.merges.unmerge(merges.pop())
        elif deed == "delete":
            office.submissions.delete(keys[what])
        else:
            one, two = (keys[number] for number in what)
            if deed == "merge":
                merges.append(office.merges.merge([one, two], lead=one).key)
            elif deed == "withdraw":
                office.groups.withdraw(one, two)
            else:
                office.groups.decide(one, two, SAME if deed == "same" else NONE)
    except StoreError:
        pass


@on_a_shared_store
@given(history=histories())
def test_groups_brought_up_to_date_step_by_step_are_those_made_anew(store, add, history):
    links, deeds = history
    with store.transaction(actor="张三") as office:
        keys = [add(office) for _ in range(7)]
    merges = []
    for number, key in enumerate(keys):
        with store.transaction(actor="张三") as office:
            news = [
                link(keys[one], key, probability, relation)
                for (one, two), (relation, probability) in links.items()
                if two == number
            ]
            office.groups.add_links(news, model="pairs-1")
    for deed, what in deeds:
        with store.transaction(actor="张三") as office:
            act(office, keys, deed, what, merges)
    step_by_step = rows(store)

    with store.transaction(actor="张三") as office:
        office.groups.rebuild()

    assert rows(store) == step_by_step


@on_a_shared_store
@given(history=histories(), gone=st.integers(0, 6))
def test_a_removal_is_as_if_it_had_never_been_there(store, add, history, gone):
    links, _ = history
    with store.transaction(actor="张三") as office:
        keys = [add(office) for _ in range(7)]
        others = [add(office) for _ in range(7)]
        for them, without in ((keys, None), (others, gone)):
            news = [
                link(them[one], them[two], probability, relation)
                for (one, two), (relation, probability) in links.items()
                if without not in (one, two)
            ]
            office.groups.add_links(news, model="pairs-1")
            office.groups.settle()
        office.submissions.delete(keys[gone])
        office.submissions.delete(others[gone])
        left = [number for number in range(7) if number != gone]
        number_of = {key: number for them in (keys, others) for number, key in enumerate(them)}

        for number in left:
            here, there = members(office, keys[number], others[number])
            assert [number_of[key] for key in here] == [number_of[key] for key in there]


@on_a_shared_store
@given(history=histories(), order=st.permutations(range(7)))
def test_the_order_of_arrival_does_not_change_the_groups(store, submit, add, history, order):
    links, _ = history
    stories = []
    for arrival in (range(7), order):
        empty(store)
        with store.transaction(actor="张三") as office:
            key_of = {}
            for number in arrival:
                key_of[number] = add(office, submit(f"第 {number} 盏路灯坏了，请派人来修。"))
                news = [
                    link(key_of[one], key_of[two], probability, relation)
                    for (one, two), (relation, probability) in links.items()
                    if number in (one, two) and {one, two} <= key_of.keys()
                ]
                office.groups.add_links(news, model="pairs-1")
                office.groups.settle()
            number_of = {key: number for number, key in key_of.items()}
            groups = [office.groups.of(key).members for key in key_of.values()]
        stories.append({frozenset(number_of[key] for key in group) for group in groups})

    assert stories[0] == stories[1]


@pytest.mark.parametrize("arrival", list(itertools.permutations(range(3))))
def test_equals_do_not_go_by_when_they_came(store, add, submit, arrival):
    """Of three that are all the same two are held apart: with whom the third stays is a tie."""
    with store.transaction(actor="张三") as office:
        key_of = {
            number: add(office, submit(f"第 {number} 个窨井盖不见了，请补上。"))
            for number in arrival
        }
        office.groups.add_links(among(*key_of.values()), model="pairs-1")
        office.groups.decide(key_of[0], key_of[2], RELATED)

        assert office.groups.of(key_of[1]).members == sorted([key_of[0], key_of[1]])


def empty(store):
    tables = "submissions, assessments, links, pair_decisions, group_members, merges, merge_leads"
    named = ", ".join(f"nlp.{table}" for table in f"{tables}, merge_members, outcomes".split(", "))
    with store.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {named} RESTART IDENTITY"))


@on_a_shared_store
@given(history=histories(), pairs=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6))))
def test_undoing_merges_restores_the_groups_exactly(store, add, history, pairs):
    links, _ = history
    with store.transaction(actor="张三") as office:
        keys = [add(office) for _ in range(7)]
        news = [
            link(keys[one], keys[two], probability, relation)
            for (one, two), (relation, probability) in links.items()
        ]
        office.groups.add_links(news, model="pairs-1")
        stack = []
        for one, two in pairs:
            if one == two or (
                office.merges.of(keys[one])
                and (office.merges.of(keys[one]) == office.merges.of(keys[two]))
            ):
                continue
            before = members(office, *keys)
            stack.append((office.merges.merge([keys[one], keys[two]], lead=keys[one]).key, before))
            assert keys[two] in office.groups.of(keys[one]).members
        for merge, before in reversed(stack):
            office.merges.unmerge(merge)
            assert members(office, *keys) == before


def test_two_who_add_to_one_group_at_once_both_count(store, add):
    with store.transaction(actor="张三") as office:
        root = add(office)
    start = threading.Barrier(4)

    def arrive(number):
        with store.transaction(actor=f"进程{number}") as office:
            key = add(office)
            office.groups.add_links([link(root, key)], model="pairs-1")
            start.wait()
        return key

    with ThreadPoolExecutor(4) as pool:
        keys = list(pool.map(arrive, range(4)))

    with store.reading() as office:
        assert office.groups.of(root).members == sorted([root, *keys])


def test_two_who_link_both_ways_across_at_once_do_not_wait_in_a_ring(store, add):
    """Each joins one group to another, the one from this end, the other from that."""
    with store.transaction(actor="张三") as office:
        keys = [add(office) for _ in range(6)]
        office.groups.add_links([*among(*keys[:3]), *among(*keys[3:])], model="pairs-1")
    start = threading.Barrier(2)

    def join(pairs):
        for first, second in pairs:
            with store.transaction(actor="并行") as office:
                office.groups.add_links([link(first, second)], model="pairs-1")
                start.wait()
                office.groups.add_links([link(second, first)], model="pairs-2")

    across = list(zip(keys[:3], keys[3:], strict=True))
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(join, [across, across[::-1]]))

    with store.reading() as office:
        assert office.groups.of(keys[0]).members == keys


def test_a_merge_and_a_newcomer_at_once_both_count(store, add):
    with store.transaction(actor="张三") as office:
        one, two = add(office), add(office)
    start = threading.Barrier(2)

    def merge():
        with store.transaction(actor="并案") as office:
            office.merges.merge([one, two], lead=one)
            start.wait()

    def arrive():
        with store.transaction(actor="收件") as office:
            key = add(office)
            office.groups.add_links([link(two, key)], model="pairs-1")
            start.wait()
        return key

    with ThreadPoolExecutor(2) as pool:
        merging, arriving = pool.submit(merge), pool.submit(arrive)
        merging.result()
        key = arriving.result()

    with store.reading() as office:
        assert office.groups.of(key).members == [one, two, key]


def test_a_deletion_and_a_link_to_it_at_once_leave_nothing_behind(store, add):
    with store.transaction(actor="张三") as office:
        gone, stays = add(office), add(office)
    start = threading.Barrier(2)

    def delete():
        with store.transaction(actor="删除") as office:
            office.submissions.delete(gone)
            start.wait()

    def arrive():
        with store.transaction(actor="收件") as office:
            office.groups.add_links([link(gone, stays)], model="pairs-1")
            start.wait()

    with ThreadPoolExecutor(2) as pool:
        for ended in [pool.submit(delete), pool.submit(arrive)]:
            ended.result()

    assert rows(store) == []
    with store.reading() as office:
        assert office.groups.links_of(stays) == []
