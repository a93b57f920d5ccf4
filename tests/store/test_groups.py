import itertools
from datetime import date

import pytest
from sqlalchemy import text

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.errors import DecisionRefused, RecordUnknown, StoreError
from nlp_service.domain.records import Origin
from nlp_service.duplicates.groups import GroupRules, Link
from nlp_service.store.groups import Groups

SAME, RELATED, NONE, COPY = Relation.SAME, Relation.RELATED, Relation.NONE, Relation.COPY


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


def test_links_cannot_be_added_where_only_reading_was_asked_for(store, add):
    with store.transaction(actor="张三") as office:
        first, second = add(office), add(office)

    with pytest.raises(StoreError, match="只读"), store.reading() as office:
        office.groups.add_links([link(first, second)], model="pairs-1")


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
