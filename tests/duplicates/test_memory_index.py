import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.duplicates.memory_index import MemoryWordingIndex

from .texts import CLINICS, LIFTS, LIFTS_ELSEWHERE, WATER, edited, paragraphs, wording

archives = st.dictionaries(
    st.sampled_from("甲乙丙丁戊己庚"),
    st.tuples(st.sets(st.integers(0, 30), min_size=1), st.sampled_from(["", "王", "李", "赵"])),
    max_size=7,
)


def grams(numbers):
    return np.array(sorted(numbers), dtype=np.int64)


def filled(archive):
    index = MemoryWordingIndex()
    for id, (numbers, submitter) in archive:
        index.add(id, grams(numbers), submitter=submitter)
    return index


def answers(index):
    asked = grams(range(31))
    return (
        index.candidates(asked, limit=100),
        index.submitters_sharing(asked).tolist(),
        index.count_submitters(),
        index.common_grams(2).tolist(),
    )


@given(archives, st.randoms())
def test_the_order_of_adding_does_not_matter(archive, chance):
    rows = list(archive.items())
    shuffled = chance.sample(rows, len(rows))

    assert answers(filled(rows)) == answers(filled(shuffled))


@given(archives, st.sampled_from("甲乙丙丁戊己庚"))
def test_what_is_removed_is_as_if_it_had_never_been_there(archive, gone):
    index = filled(archive.items())
    answers(index)
    index.remove(gone)
    index.remove("从未有过")

    assert answers(index) == answers(filled([row for row in archive.items() if row[0] != gone]))


@given(archives)
def test_what_is_added_again_replaces_what_was(archive):
    index = MemoryWordingIndex()
    for id in archive:
        index.add(id, grams([7, 8, 9]), submitter="旧")
    for id, (numbers, submitter) in archive.items():
        index.add(id, grams(numbers), submitter=submitter)

    assert answers(index) == answers(filled(archive.items()))


def test_texts_that_share_nothing_are_no_candidates():
    index = filled([("甲", ({1, 2}, "")), ("乙", ({3}, ""))])

    assert [each.id for each in index.candidates(grams([1, 2, 4]), limit=9)] == ["甲"]
    assert index.candidates(grams([4, 5]), limit=9) == []
    assert index.candidates(grams([]), limit=9) == []
    assert MemoryWordingIndex().candidates(grams([1]), limit=9) == []


def test_a_rare_fingerprint_is_worth_more_than_a_common_one():
    archive = [(f"p{n}", ({1, 100 + n}, "")) for n in range(50)] + [("rare", ({2, 99}, ""))]

    assert filled(archive).candidates(grams([1, 2]), limit=1)[0].id == "rare"


def test_of_two_that_share_as_much_the_one_that_holds_little_else_is_first():
    archive = [("long", (set(range(2, 60)), "")), ("short", ({2, 3, 80}, ""))]

    assert [e.id for e in filled(archive).candidates(grams([2, 3, *range(61, 70)]), limit=2)] == [
        "short", "long",
    ]  # fmt: skip


def test_submitters_are_counted_not_texts():
    archive = [
        ("甲", ({1, 2}, "王")),
        ("乙", ({1}, "王")),
        ("丙", ({1, 2}, "李")),
        ("丁", ({1}, "")),
    ]
    index = filled(archive)

    assert index.submitters_sharing(grams([1, 2, 3])).tolist() == [3, 2, 0]
    assert index.count_submitters() == 3
    assert index.common_grams(3).tolist() == [1]


def test_a_paragraph_and_a_heavily_edited_copy_are_found():
    index = MemoryWordingIndex()
    for id, text in {
        "加梯": LIFTS,
        "另一件": LIFTS_ELSEWHERE,
        "卫生院": CLINICS,
        "水": WATER,
    }.items():
        index.add(id, wording(text).fingerprints)
    paragraph = "\n".join([*paragraphs(CLINICS), paragraphs(WATER)[1]])

    for asked, ids in ((edited(LIFTS, 0.2), {"加梯"}), (paragraph, {"卫生院", "水"})):
        found = index.candidates(wording(asked).fingerprints, limit=len(ids))
        assert {each.id for each in found} == ids
