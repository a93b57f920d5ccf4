import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.domain.duplicates import Relation
from nlp_service.duplicates.groups import GroupRules, Link, Links, make_components, make_groups
from nlp_service.duplicates.pair_words import PairVerdict

COPY, SAME, RELATED, NONE = Relation


def link(first, second, probability=0.9, relation=SAME):
    return Link(first=first, second=second, relation=relation, probability=probability)


def among(*texts, probability=0.9, relation=SAME):
    """A link between any two of the texts."""
    pairs = itertools.combinations(texts, 2)
    return [link(*pair, probability, relation) for pair in pairs]


def grouped(n, links, **options):
    return make_groups(range(n), Links.of(links), **options)


def apart(first, second):
    return PairVerdict(first=first, second=second, same=False)


def same(first, second):
    return PairVerdict(first=first, second=second, same=True)


def test_no_texts_make_no_groups():
    assert grouped(0, []) == []


def test_what_nothing_is_linked_to_stands_alone():
    assert grouped(3, [link(0, 2)]) == [[0, 2], [1]]


@pytest.mark.parametrize("relation", [RELATED, NONE])
def test_only_copy_and_same_join(relation):
    assert grouped(3, [link(0, 1, relation=relation), link(1, 2, relation=COPY)]) == [[0], [1, 2]]


def test_a_link_that_is_not_sure_enough_joins_nothing():
    assert grouped(2, [link(0, 1, 0.49)]) == [[0], [1]]
    assert grouped(2, [link(0, 1, 0.49)], rules=GroupRules(least_probability=0.4)) == [[0, 1]]


def test_links_to_texts_that_are_not_there_do_not_count():
    links = Links.of([link(1, 7), link(7, 5), link(5, 9)])

    assert make_groups([5, 1], links, verdicts=[same(1, 9)], joined=[[1, 9]]) == [[1], [5]]


def test_three_of_which_two_pairs_are_the_same_are_one_group():
    assert grouped(3, [link(0, 1), link(1, 2)]) == [[0, 1, 2]]


@given(st.lists(st.floats(0.5, 1.0), min_size=10, max_size=10))
def test_what_is_all_linked_with_all_is_one_group_however_surely(probabilities):
    pairs = itertools.combinations(range(5), 2)
    links = [link(*pair, sure) for pair, sure in zip(pairs, probabilities, strict=True)]

    assert grouped(5, links) == [[0, 1, 2, 3, 4]]
    beside = link(5, 0, 0.5, NONE)  # has it looked for the weakest cut all the same
    joined = link(5, 1, 0.95)
    assert [0, 1, 2, 3, 4] == [text for text in grouped(6, [*links, beside, joined])[0] if text < 5]


def test_one_wrong_link_does_not_chain_two_matters():
    links = [*among(0, 1, 2), *among(3, 4, 5), link(2, 3, 0.99)]

    assert grouped(6, links) == [[0, 1, 2], [3, 4, 5]]
    assert len(make_components(range(6), Links.of(links))) == 1


def test_matters_chained_in_a_ring_come_apart():
    matters = [range(start, start + 4) for start in range(0, 40, 4)]
    ring = [link(matter[0], (matter[0] + 5) % 40, 0.95) for matter in matters]

    links = [part for matter in matters for part in among(*matter, probability=0.7)]

    assert grouped(40, links + ring) == [list(matter) for matter in matters]


def test_enough_links_make_one_matter_of_two():
    across = [link(0, 3), link(1, 4), link(2, 5)]

    assert grouped(6, [*among(0, 1, 2), *among(3, 4, 5), *across]) == [[0, 1, 2, 3, 4, 5]]


def test_a_text_stitched_together_from_two_letters_does_not_make_them_one():
    first, second = range(0, 8), range(8, 16)
    stitched = [link(16, text, 0.99, COPY) for text in (0, 1, 2, 8, 9)]
    letters = among(*first, relation=COPY) + among(*second, relation=COPY)

    assert grouped(17, letters + stitched) == [[*first, 16], [*second]]


def test_what_was_found_different_weighs_against_a_link():
    """A newcomer found the same as one of a group and different from all others is no member."""
    group = range(6)
    different = [link(6, text, 0.9, RELATED) for text in group[1:]]

    assert grouped(7, [*among(*group), link(6, 0, 0.6)]) == [[*group, 6]]
    assert grouped(7, [*among(*group), link(6, 0, 0.6), *different]) == [[*group], [6]]


@pytest.mark.parametrize("compared_with", ["first", "latest", "any"])
def test_a_letter_that_many_send_is_one_group_whatever_few_it_was_compared_with(compared_with):
    rng = np.random.default_rng(1)

    def earlier(text):
        if compared_with == "any":
            return rng.permutation(text)[:5].tolist()
        return range(min(text, 5)) if compared_with == "first" else range(max(0, text - 5), text)

    links = [link(one, text, 0.97, COPY) for text in range(400) for one in earlier(text)]

    assert grouped(400, links) == [list(range(400))]


def test_what_a_person_joined_stays_together():
    assert grouped(3, [], joined=[[0, 2]]) == [[0, 2], [1]]
    assert grouped(3, [link(0, 1, 0.9, NONE)], verdicts=[same(1, 0)]) == [[0, 1], [2]]
    links = [*among(0, 1, 2), *among(3, 4, 5)]
    assert grouped(6, links, joined=[[2, 3]]) == [[0, 1, 2, 3, 4, 5]]


def test_a_case_brings_two_large_groups_together_only_by_its_own_members():
    """Two texts handled as one case are one text to the others; crowds behind them stay two."""
    links = [*among(*range(10)), *among(*range(10, 20))]

    groups = grouped(20, links, joined=[[0, 10]])

    (together,) = [group for group in groups if 0 in group]
    assert 10 in together
    assert len(groups) == 2


def test_what_a_person_holds_apart_comes_apart_where_it_costs_least():
    links = [*among(0, 1, 2), link(2, 3), *among(3, 4), link(1, 3)]

    assert grouped(5, links) == [[0, 1, 2, 3, 4]]
    assert grouped(5, links, verdicts=[apart(0, 4)]) == [[0, 1, 2], [3, 4]]
    assert grouped(2, among(0, 1, relation=COPY), verdicts=[apart(0, 1)]) == [[0], [1]]


def test_three_that_are_all_held_apart_are_three_groups():
    verdicts = [apart(0, 1), apart(1, 2), apart(0, 2)]

    assert grouped(4, among(0, 1, 2, 3), verdicts=verdicts)[0] != [0, 1, 2, 3]
    assert sorted(map(len, grouped(4, among(0, 1, 2, 3), verdicts=verdicts))) == [1, 1, 2]


def test_copies_that_a_person_holds_apart_are_not_put_together_again():
    letter = among(*range(12), probability=0.99, relation=COPY)

    groups = grouped(12, letter, verdicts=[apart(0, 11)])

    assert not any({0, 11} <= set(group) for group in groups)
    assert len(groups) == 2


def test_the_newer_word_holds_also_over_a_third_text():
    older_first = [same(0, 1), same(1, 2), apart(0, 2)]

    assert grouped(3, [], verdicts=older_first) == [[0], [1, 2]]
    assert grouped(3, [], verdicts=[apart(0, 2), same(0, 1), same(1, 2)]) == [[0, 1, 2]]


def test_a_case_goes_before_any_word():
    assert grouped(2, [], joined=[[0, 1]], verdicts=[apart(0, 1)]) == [[0, 1]]


def test_of_equals_the_earlier_given_goes_first():
    links = Links.of(among(7, 8, 9))

    assert make_groups([7, 8, 9], links, verdicts=[apart(7, 9)]) == [[7, 8], [9]]
    assert make_groups([9, 8, 7], links, verdicts=[apart(7, 9)]) == [[7], [8, 9]]


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan")])
def test_a_link_has_a_probability(probability):
    with pytest.raises(ValueError, match="0–1"):
        link(0, 1, probability)


@st.composite
def worlds(draw):
    """Texts, what was found of their pairs, and what persons said."""
    n = draw(st.integers(2, 14))
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] < p[1])
    found = st.sampled_from(Relation), st.sampled_from([0.3, 0.55, 0.75, 0.95, 0.99])
    links = draw(st.dictionaries(pairs, st.tuples(*found), max_size=40))
    verdicts = draw(st.lists(st.tuples(pairs, st.booleans()), max_size=4))
    joined = draw(st.lists(pairs, max_size=2))
    return (
        n,
        [link(*pair, probability, relation) for pair, (relation, probability) in links.items()],
        [PairVerdict(first=one, second=two, same=is_same) for (one, two), is_same in verdicts],
        joined,
    )


@given(worlds(), st.randoms())
def test_groups_do_not_hang_on_the_order_or_the_side_of_links(world, random):
    n, links, verdicts, joined = world
    groups = grouped(n, links, verdicts=verdicts, joined=joined)

    shuffled = [
        link(found.second, found.first, found.probability, found.relation) for found in links
    ]
    random.shuffle(shuffled)
    joined = [case[::-1] for case in joined][::-1]

    assert grouped(n, shuffled, verdicts=verdicts, joined=joined) == groups


@given(worlds())
def test_groups_are_a_partition_that_keeps_to_links_and_words(world):
    n, links, verdicts, joined = world

    components = make_components(range(n), Links.of(links), joined=joined, verdicts=verdicts)

    groups = [group for component in components for group in component]
    assert sorted(itertools.chain(*groups)) == list(range(n))
    group_of = {text: tuple(group) for group in groups for text in group}
    assert all(group_of[one] == group_of[two] for one, two in joined)
    if verdicts and not joined:
        newest = verdicts[-1]
        assert (group_of[newest.first] == group_of[newest.second]) >= newest.same
        assert newest.same or group_of[newest.first] != group_of[newest.second]
    reached = {text: {text} for text in range(n)}
    for found in links:
        reached[found.first].add(found.second)
        reached[found.second].add(found.first)
    for group in groups:
        if len(group) > 1 and not joined and not verdicts:
            assert all(reached[text] & (set(group) - {text}) for text in group)


@given(worlds(), worlds())
def test_what_lies_apart_does_not_bear_on_each_other(one, other):
    """So only touched components need to be made anew."""
    n, links, verdicts, joined = one
    m, more, words, cases = other

    def moved(found):
        return link(found.first + n, found.second + n, found.probability, found.relation)

    together = grouped(
        n + m,
        links + [moved(found) for found in more],
        verdicts=[
            *verdicts,
            *(PairVerdict(first=w.first + n, second=w.second + n, same=w.same) for w in words),
        ],
        joined=[*joined, *((first + n, second + n) for first, second in cases)],
    )

    alone = grouped(n, links, verdicts=verdicts, joined=joined)
    beside = grouped(m, more, verdicts=words, joined=cases)
    assert together == alone + [[text + n for text in group] for group in beside]
