"""What stands beside a stored text, in the order in which a person should look."""

import pytest

from nlp_service.domain.duplicates import Relation
from nlp_service.domain.records import Origin
from nlp_service.duplicates.groups import Link
from nlp_service.store.neighbours import read_neighbours

COPY, SAME, RELATED, NONE = Relation.COPY, Relation.SAME, Relation.RELATED, Relation.NONE


@pytest.fixture
def cases(work, add):
    """Keys of six submissions."""
    return [add(work, origin=Origin(submitter=name)) for name in "甲乙丙丁戊己"]


@pytest.fixture
def link(work, cases):
    """Link the first submission with others."""

    def link(**found):
        work.groups.add_links(
            [
                Link(first=cases[0], second=cases[int(name[1])], relation=relation, probability=p)
                for name, (relation, p) in found.items()
            ],
            model="pairs-1",
        )

    return link


def told(work, key):
    return [(one.submission.key, one.relation) for one in read_neighbours(work, None, key)]


def test_copies_stand_first_then_the_same_matter_and_what_is_unrelated_is_left_out(
    work, cases, link
):
    link(n1=(RELATED, 0.99), n2=(SAME, 0.7), n3=(COPY, 0.8), n4=(SAME, 0.9), n5=(NONE, 0.9))

    assert told(work, cases[0]) == [
        (cases[3], COPY),
        (cases[4], SAME),
        (cases[2], SAME),
        (cases[1], RELATED),
    ]
    assert told(work, cases[5]) == []


def test_the_word_of_a_person_counts_before_the_model_and_stays_visible(work, cases, link):
    link(n1=(SAME, 0.9), n2=(RELATED, 0.9))
    work.groups.decide(cases[1], cases[0], NONE)
    work.groups.decide(cases[0], cases[5], SAME)

    found = read_neighbours(work, None, cases[0])

    assert [(one.submission.key, one.relation) for one in found] == [
        (cases[5], SAME),
        (cases[2], RELATED),
        (cases[1], NONE),
    ]
    assert [one.link and one.link.relation for one in found] == [None, RELATED, SAME]
    assert [bool(one.decision) for one in found] == [True, False, True]


def test_a_word_that_was_taken_back_counts_no_more(work, cases, link):
    link(n1=(SAME, 0.9))
    work.groups.decide(cases[0], cases[1], NONE)
    work.groups.withdraw(cases[0], cases[1])

    assert work.groups.decisions_of(cases[0]) == []
    assert told(work, cases[0]) == [(cases[1], SAME)]


def test_of_a_pair_the_newest_word_alone_is_told(work, cases):
    for relation in (SAME, NONE, RELATED):
        work.groups.decide(cases[0], cases[1], relation)
    work.groups.decide(cases[2], cases[3], SAME)

    (said,) = work.groups.decisions_of(cases[1])

    assert said.relation is RELATED


def test_restricted_and_deleted_ones_are_not_told(work, cases, link):
    link(n1=(COPY, 0.9), n2=(SAME, 0.9), n3=(SAME, 0.8))
    work.groups.decide(cases[0], cases[1], COPY)
    work.submissions.restrict(cases[1], restricted=True)
    work.submissions.delete(cases[2])

    assert told(work, cases[0]) == [(cases[3], SAME)]


def test_no_more_are_told_than_were_asked_for(work, cases, link):
    link(n1=(SAME, 0.9), n2=(SAME, 0.8), n3=(SAME, 0.7))

    assert len(read_neighbours(work, None, cases[0], limit=2)) == 2
