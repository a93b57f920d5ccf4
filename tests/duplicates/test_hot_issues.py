import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.duplicates.hot_issues import (
    Tally,
    Window,
    count_by_stretch,
    growth_at_least,
    majority,
    name_places,
    rank,
)


def tally(group=1, texts=10, before=10, submitters=10):
    return Tally(group=group, texts=texts, texts_before=before, submitters=submitters)


def window(first, last):
    return Window(first=date.fromisoformat(first), last=date.fromisoformat(last))


def test_the_window_before_is_as_long_and_ends_the_day_before():
    march = window("2026-03-01", "2026-03-31")

    assert march.days == 31
    assert march.before == window("2026-01-29", "2026-02-28")
    assert window("2026-03-01", "2026-03-01").before == window("2026-02-28", "2026-02-28")


def test_a_window_does_not_end_before_it_begins():
    with pytest.raises(ValueError, match="window"):
        window("2026-03-02", "2026-03-01")


def test_growth_is_known_better_of_many_than_of_few():
    assert growth_at_least(3, 0) < growth_at_least(10, 0) < growth_at_least(40, 0)
    assert 1 < growth_at_least(30, 10) < growth_at_least(300, 100) < 3
    assert growth_at_least(2, 1) < 1 < growth_at_least(20, 10)
    assert growth_at_least(10, 10) < 1
    assert growth_at_least(0, 40) < 0.1


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_growth_is_a_number_that_rises_with_texts_and_falls_with_those_before(texts, before):
    growth = growth_at_least(texts, before)

    assert 0 < growth < texts + 1
    assert growth < growth_at_least(texts + 1, before)
    assert growth > growth_at_least(texts, before + 1)


def test_one_person_who_writes_twenty_times_is_less_than_ten_who_write_once():
    crowd, one = tally(1, 10, 10, 10), tally(2, 20, 20, 1)

    assert [found.group for found in rank([one, crowd])] == [1, 2]


def test_what_is_new_goes_before_what_is_as_large_and_always_there():
    steady, new = tally(1, 12, 12, 12), tally(2, 12, 0, 12)

    assert [found.group for found in rank([steady, new])] == [2, 1]


def test_a_few_texts_from_nowhere_do_not_go_before_a_hundred():
    many, few = tally(1, 100, 100, 90), tally(2, 3, 0, 3)

    assert [found.group for found in rank([few, many])] == [1, 2]


def test_groups_below_the_least_size_are_left_out_and_equals_go_by_key():
    found = rank([tally(3), tally(2), tally(1, texts=4, submitters=4)], least_texts=5)

    assert [one.group for one in found] == [2, 3]


def test_the_majority_goes_by_topic_first_and_ties_by_code():
    counts = {("T09", "T0901"): 3, ("T08", "T0802"): 2, ("T08", "T0801"): 2}

    assert majority(counts) == ("T08", "T0801")
    assert majority({("T09", "T0901"): 1, ("T08", "T0802"): 1}) == ("T08", "T0802")


def test_a_month_is_counted_by_days():
    days = [date(2026, 3, 1), date(2026, 3, 31), date(2026, 3, 31)]

    series = count_by_stretch(window("2026-03-01", "2026-03-31"), days)

    assert [part.texts for part in series] == [1, *[0] * 29, 2]


def test_a_quarter_is_counted_by_seven_days_from_its_first_on():
    quarter = window("2026-01-01", "2026-03-31")

    series = count_by_stretch(quarter, [date(2026, 1, 7), date(2026, 1, 8), date(2026, 3, 31)])

    assert [part.texts for part in series] == [1, 1, *[0] * 10, 1]
    assert (series[0].last, series[-1].first) == (date(2026, 1, 7), date(2026, 3, 26))
    assert series[-1].last == quarter.last


def test_a_year_is_counted_by_months_of_the_calendar():
    series = count_by_stretch(window("2025-11-15", "2026-11-14"), [date(2026, 2, 28)])

    assert [(part.first, part.last) for part in (series[0], series[-1])] == [
        (date(2025, 11, 15), date(2025, 11, 30)),
        (date(2026, 11, 1), date(2026, 11, 14)),
    ]
    assert [part.texts for part in series] == [0, 0, 0, 1, *[0] * 9]


@given(st.dates(date(1990, 1, 1), date(2040, 1, 1)), st.integers(1, 2000), st.data())
def test_stretches_cover_the_window_without_gap_or_overlap(first, length, data):
    whole = Window(first=first, last=first + timedelta(days=length - 1))
    days = data.draw(st.lists(st.dates(whole.first, whole.last), max_size=20))

    series = count_by_stretch(whole, days)

    assert (series[0].first, series[-1].last) == (whole.first, whole.last)
    for part, following in itertools.pairwise(series):
        assert following.first == part.last + timedelta(days=1)
    assert sum(part.texts for part in series) == len(days)
    assert len(series) <= 70


def test_places_are_named_by_how_many_texts_name_them():
    texts = [["清水路", "清水路", "滨河花园"], ["滨河花园"], ["老清水路"], [], ["滨河花园", ""]]

    assert name_places(texts) == ["滨河花园", "清水路"]
    assert len(name_places([[f"第{number}中学" for number in range(9)]])) == 5
    assert name_places([]) == []
