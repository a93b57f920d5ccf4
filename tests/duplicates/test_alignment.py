import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.duplicates import alignment
from nlp_service.duplicates.alignment import SEED, align
from nlp_service.duplicates.fingerprints import GUARANTEED
from nlp_service.duplicates.letters import find_letters

from .texts import CLINICS, LIFTS, WATER

few_letters = st.text(alphabet="停车难管a1", max_size=80)
long_enough = st.text(alphabet="停车难管a1", min_size=GUARANTEED, max_size=80)
any_letters = st.text(max_size=80)


def letters(text):
    return find_letters(text)[0]


def rows(runs):
    return sorted(zip(runs.query.tolist(), runs.source.tolist(), runs.length.tolist(), strict=True))


@given(few_letters, few_letters)
def test_runs_are_equal_letter_for_letter_and_cannot_grow(one, other):
    query, source = letters(one), letters(other)

    for start, at, length in rows(align(query, source)):
        assert length >= SEED or len(query) == len(source) == length
        assert query[start : start + length].tolist() == source[at : at + length].tolist()
        assert not (start and at and query[start - 1] == source[at - 1])
        end, end_at = start + length, at + length
        assert not (end < len(query) and end_at < len(source) and query[end] == source[end_at])


@given(few_letters, few_letters)
def test_the_other_way_round_the_runs_are_the_same(one, other):
    there, back = align(letters(one), letters(other)), align(letters(other), letters(one))

    assert rows(there) == sorted((start, at, length) for at, start, length in rows(back))


@given(any_letters.filter(lambda text: any(map(str.isalnum, text))))
def test_a_text_is_wholly_in_itself(text):
    size = len(letters(text))

    assert (0, 0, size) in rows(align(letters(text), letters(text)))


@given(before=few_letters, run=long_enough,
       after=few_letters, before_it=few_letters, after_it=few_letters)  # fmt: skip
def test_a_shared_run_of_fifteen_letters_is_found_in_full(before, run, after, before_it, after_it):
    query, source = letters(before + run + after), letters(before_it + run + after_it)

    found = rows(align(query, source))
    covered = {n for start, _, length in found for n in range(start, start + length)}
    covered_it = {n for _, start, length in found for n in range(start, start + length)}
    assert set(range(len(before), len(before + run))) <= covered
    assert set(range(len(before_it), len(before_it + run))) <= covered_it


def test_fourteen_letters_are_not_enough():
    query = letters("我家在老城区" + "公交站台没有遮雨棚老人孩子" + "今天又下雨了")
    source = letters("关于改造的建议" + "公交站台没有遮雨棚老人孩子" + "需要关心照顾")

    assert not len(align(query, source))


def test_runs_a_few_changed_letters_apart_are_one_passage():
    query = letters("全县19个乡镇卫生院去年门诊量少了三成走廊里加满了床")
    source = letters("全县21个乡镇卫生院今年门诊量少了四成走廊里加满了床")

    runs = align(query, source)

    assert len(set(runs.passage.tolist())) == 1
    assert len(runs) == 3


def test_texts_that_repeat_themselves_endlessly_take_no_endless_time():
    for one, other in (
        ("停" * 20_000, "停" * 9_000),
        ("夜里施工" * 4_000, "夜里施工" * 900 + "吵" + "夜里施工" * 1_000),
        ("".join(f"社区{n}" for n in range(3_000)), "".join(f"社区{n}" for n in range(500, 3_500))),
    ):
        query, source = letters(one), letters(other)
        runs = align(query, source)

        covered = np.zeros(len(query), dtype=bool)
        for start, _, length in rows(runs):
            covered[start : start + length] = True
        assert covered.mean() > 0.5


def test_a_planted_run_is_found_among_endless_repetitions():
    planted = "请县水利局重新测算扬程增设一级泵站"
    query = letters("夜里施工" * 500 + planted + "夜里施工" * 500)
    source = letters("停车难" * 700 + planted)

    assert (2000, 2100, len(planted)) in rows(align(query, source))


def runs_by_hand(query, source):
    """Every maximal run, found letter by letter."""
    found = []
    for shift in range(-len(query), len(source)):
        length = 0
        for place in range(max(0, -shift), min(len(query), len(source) - shift) + 1):
            inside = place < len(query) and place + shift < len(source)
            if inside and query[place] == source[place + shift]:
                length += 1
                continue
            if length >= SEED:
                found.append((place - length, place - length + shift, length))
            length = 0
    return sorted(found)


@given(few_letters, few_letters)
def test_runs_are_those_found_letter_by_letter(one, other):
    query, source = letters(one), letters(other)

    by_hand = runs_by_hand(query.tolist(), source.tolist())

    assert set(rows(align(query, source))) <= {*by_hand, (0, 0, len(query))}
    assert {run for run in by_hand if run[2] >= GUARANTEED} <= set(rows(align(query, source)))


def test_runs_are_the_same_where_not_all_seeds_are_paired(monkeypatch):
    query = letters(
        "停车停车难停车停车难管停车" + "请县水利局重新测算扬程" + "停车难停车停车停车难" * 4
    )
    source = letters("难停车停车难停车" * 5 + "请县水利局重新测算扬程" + "停车停车停车难停车")
    all_paired = rows(align(query, source))

    monkeypatch.setattr(alignment, "_MOST_PAIRS", 2)

    assert rows(align(query, source)) == all_paired == sorted(set(all_paired))
    assert {run for run in runs_by_hand(query, source) if run[2] >= GUARANTEED} <= set(all_paired)


def test_unrelated_texts_share_nothing():
    assert not len(align(letters(LIFTS), letters(CLINICS)))
    assert not len(align(letters(WATER), letters(CLINICS)))
