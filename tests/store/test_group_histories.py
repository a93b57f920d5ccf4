"""Groups through whole stories: step by step, in any order, undone, and by several at once."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from nlp_service.domain.duplicates import Relation
from nlp_service.domain.errors import StoreError
from nlp_service.duplicates.groups import Link

SAME, RELATED, NONE, COPY = Relation.SAME, Relation.RELATED, Relation.NONE, Relation.COPY

on_a_shared_store = settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink takes minutes on a database
)


def link(first, second, probability=0.9, relation=SAME):
    return Link(first=first, second=second, relation=relation, probability=probability)


def among(*keys):
    return [link(*pair) for pair in itertools.combinations(keys, 2)]


def members(office, *keys):
    return [office.groups.of(key).members for key in keys]


def rows(store):
    with store.engine.connect() as connection:
        found = connection.execute(text("SELECT * FROM nlp.group_members ORDER BY submission_key"))
        return found.all()


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
def test_a_removal_is_as_if_it_had_never_been_there(store, add, submit, history, gone):
    links, _ = history
    removed = groups_of(store, add, submit, links, range(7), deleted=gone)
    others = [number for number in range(7) if number != gone]

    assert removed == groups_of(store, add, submit, links, others)


@on_a_shared_store
@given(history=histories(), order=st.permutations(range(7)))
def test_the_order_of_arrival_does_not_change_the_groups(store, submit, add, history, order):
    links, _ = history

    assert groups_of(store, add, submit, links, order) == groups_of(
        store, add, submit, links, range(7)
    )


def groups_of(store, add, submit, links, arrival, *, deleted=None):
    """The groups, as sets of numbers, once texts have come one by one and one was deleted."""
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
        if deleted is not None:
            office.submissions.delete(key_of.pop(deleted))
        number_of = {key: number for number, key in key_of.items()}
        groups = members(office, *number_of)
    return {frozenset(number_of[key] for key in group) for group in groups}


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
    with store.engine.begin() as connection:
        connection.execute(text("TRUNCATE nlp.submissions, nlp.merges RESTART IDENTITY CASCADE"))


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
