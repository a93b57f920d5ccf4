from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.levels import (
    ACTING,
    ANNOUNCED,
    SHORTEST,
    SURE,
    AbsenceCurve,
    LevelCurves,
    LevelModel,
    LowCurve,
    cap_probability,
    heard_share,
    mean_levels,
    mixed_with_nothing,
    readers_total,
    total_score,
)

TAXONOMY = read_taxonomy(Path(__file__).parents[2] / "data" / "taxonomy")
CODES = [dimension.code for dimension in TAXONOMY.dimensions]
NO_SUGGESTION, NO_EVIDENCE = TAXONOMY.caps
CURVES = LevelCurves(
    slopes=[1.0, 2.0],
    cuts=[[-2.0, -1.0, 1.0, 2.0], [-3.0, 0.0, 0.5, 4.0]],
)
ABSENCE = AbsenceCurve(
    counted=["sentences", "quotes"], weights=[-3.0, -1.0], intercept=2.0, dimensions=["Q4", "Q5"]
)

scores = st.floats(-30, 30)


def certain(*levels):
    """Probabilities of which one level of each dimension has all."""
    return np.eye(5)[list(levels)]


def mostly(level, share):
    """Probabilities of one dimension: this level has the share, the highest the rest."""
    row = np.zeros(5)
    row[level], row[4] = share, 1 - share
    return row


def suggesting(**counts):
    return {"sentences": 0, "quotes": 0, "slogans": 0, ACTING: 0, ANNOUNCED: 0} | counts


def absent(characters=SHORTEST, **counts):
    return ABSENCE.probability(suggesting(**counts), characters)


def level_model(**changed):
    return LevelModel(
        **{
            "counted": ["figure told", "suggesting"],
            "count_weights": np.zeros((2, 6)),
            "word_weights": np.zeros((0, 6)),
            "meaning_weights": None,
            "intercepts": np.zeros(6),
            **changed,
        }
    )


def test_count_row_is_the_logarithm_of_what_is_counted_in_its_order():
    row = level_model().count_row({"suggesting": 3, "survey told": 9})

    assert row == pytest.approx([0.0, np.log(4)])


def test_evidence_wording_and_meaning_are_added():
    model = level_model(
        count_weights=np.ones((2, 6)), meaning_weights=np.full((3, 6), 2.0), intercepts=np.ones(6)
    )

    found = model.scores(np.array([[1.0, 2.0]]), np.full((1, 6), 0.5), np.array([[0.0, 0.1, 0.2]]))

    assert found == pytest.approx(np.full((1, 6), 1.0 + 3.0 + 0.5 + 0.6))


@given(scores)
def test_no_text_scores_below_one_of_which_nothing_is_left(wording):
    model = level_model(intercepts=np.full(6, 0.7))

    assert np.all(model.scores(np.zeros((1, 2)), np.full((1, 6), wording), None) >= 0.7)


@given(scores, scores)
def test_probabilities_of_the_levels_make_one(one, other):
    found = CURVES.probabilities(np.array([one, other]))

    assert found.shape == (2, 5)
    assert np.all(found >= 0)
    assert found.sum(axis=-1) == pytest.approx([1.0, 1.0])


@given(scores, st.floats(0.01, 20))
def test_levels_rise_with_the_score(score, more):
    lower, higher = CURVES.probabilities(np.array([[score] * 2, [score + more] * 2]))
    at_least = np.cumsum(np.stack([lower, higher])[..., ::-1], axis=-1)

    assert np.all(at_least[1] >= at_least[0] - 1e-12)
    assert np.all(mean_levels(higher) >= mean_levels(lower) - 1e-12)


def test_the_likeliest_level_lies_between_its_cuts():
    middles = [-9.0, -1.5, 0.0, 1.5, 9.0]
    found = CURVES.probabilities(np.array([[middle, 0.0] for middle in middles]))

    means = mean_levels(found)[:, 0]
    assert means[2] == pytest.approx(2.0)
    assert list(means) == sorted(means)
    assert np.argmax(found[[0, 2, 4], 0], axis=-1).tolist() == [0, 2, 4]


def test_many_texts_say_the_same_as_one():
    rows = np.array([[-1.0, 0.5], [2.0, 3.0]])

    assert CURVES.probabilities(rows)[1] == pytest.approx(CURVES.probabilities(rows[1]))


def test_nothing_suggested_is_likely_absent():
    assert absent() == pytest.approx(1 / (1 + np.exp(-2)))


def test_what_suggests_makes_absence_less_likely():
    seen = [absent(sentences=count) for count in range(4)]

    assert seen == sorted(seen, reverse=True)
    assert absent(sentences=1) == pytest.approx(1 / (1 + np.exp(3 * np.log(2) - 2)))


@pytest.mark.parametrize("sign", [ACTING, ANNOUNCED])
def test_a_text_that_says_who_is_to_act_or_that_suggestions_follow_lacks_none(sign):
    assert absent(**{sign: 1}) == 0.0


def test_a_short_text_is_not_said_to_lack_suggestions():
    assert absent(characters=SHORTEST - 1) == 0.0


def test_mixed_with_nothing_moves_a_share_to_level_nought():
    before = np.stack([CURVES.probabilities(np.zeros(2))[0]] * 6)
    after = mixed_with_nothing(before, np.asarray(0.25), ["Q4"], TAXONOMY)

    q4 = CODES.index("Q4")
    assert after[q4, 0] == pytest.approx(0.75 * before[q4, 0] + 0.25)
    assert after.sum(axis=-1) == pytest.approx(np.ones(6))
    assert np.array_equal(np.delete(after, q4, axis=0), np.delete(before, q4, axis=0))


def test_mixed_with_nothing_leaves_what_it_was_given():
    before = certain(4, 4, 4, 4, 4, 4)
    mixed_with_nothing(before, np.asarray(1.0), CODES, TAXONOMY)

    assert np.array_equal(before, certain(4, 4, 4, 4, 4, 4))


def test_mixed_with_nothing_takes_a_share_of_each_text():
    before = np.stack([certain(4, 4, 4, 4, 4, 4)] * 2)
    after = mixed_with_nothing(before, np.array([0.0, 1.0]), ["Q4"], TAXONOMY)

    assert np.array_equal(after[0], before[0])
    assert np.array_equal(after[1], certain(4, 4, 4, 0, 4, 4))


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_total_of_certain_levels_is_the_weighed_sum(level):
    assert total_score(certain(*[level] * 6), TAXONOMY) == pytest.approx(25 * level)


def test_total_weighs_a_dimension_by_its_weight():
    for place, dimension in enumerate(TAXONOMY.dimensions):
        levels = [2] * 6
        levels[place] = 3
        expected = 50 + dimension.weight / 4
        assert total_score(certain(*levels), TAXONOMY) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("levels", "total"),
    [
        ((4, 4, 4, 0, 4, 4), 40),
        ((4, 0, 4, 4, 4, 4), 59),
        ((4, 0, 4, 0, 4, 4), 40),
        ((1, 1, 1, 0, 1, 1), 20),
        ((2, 0, 2, 2, 2, 2), 37.5),
    ],
)
def test_caps_hold_and_only_ever_lower(levels, total):
    assert total_score(certain(*levels), TAXONOMY) == pytest.approx(total)
    assert readers_total(np.array(levels), TAXONOMY) == pytest.approx(total)


@pytest.mark.parametrize(("share", "holds"), [(0.5, 0.5), (0.79, 0.79), (SURE, 1.0), (0.97, 1.0)])
def test_a_cap_counts_as_far_as_it_is_likely_and_fully_once_it_is_sure(share, holds):
    levels = certain(4, 4, 4, 4, 4, 4)
    levels[CODES.index("Q4")] = mostly(0, share)
    uncapped = 80 + 20 * (1 - share)

    assert cap_probability(levels, NO_SUGGESTION, TAXONOMY) == pytest.approx(share)
    assert total_score(levels, TAXONOMY) == pytest.approx(
        holds * NO_SUGGESTION.total + (1 - holds) * uncapped
    )


def test_an_unlikely_cap_leaves_a_total_below_it_alone():
    levels = certain(1, 1, 1, 1, 1, 1)
    levels[CODES.index("Q2")] = mostly(0, 0.5)

    assert total_score(levels, TAXONOMY) == pytest.approx(mean_levels(levels) @ WEIGHTS / 4)


WEIGHTS = np.array([15, 25, 15, 20, 15, 10])


def test_total_never_falls_when_a_dimension_rises():
    for place in range(6):
        totals = []
        for score in np.linspace(-6, 6, 40):
            levels = certain(3, 3, 3, 3, 3, 3)
            levels[place] = CURVES.probabilities(np.array([score, 0.0]))[0]
            totals.append(float(total_score(levels, TAXONOMY)))
        assert totals == sorted(totals), CODES[place]


def test_readers_total_without_caps_is_the_weighed_sum():
    levels = np.array([[3, 2, 2, 3, 2, 4], [4, 4, 4, 4, 4, 4], [1, 1, 1, 1, 1, 1]])

    assert readers_total(levels, TAXONOMY).tolist() == [63.75, 100.0, 25.0]


def test_caps_are_those_of_the_rubric():
    assert [(cap.dimension, cap.level, cap.total) for cap in TAXONOMY.caps] == [
        ("Q4", 0, 40),
        ("Q2", 0, 59),
    ]


def test_low_curve_is_even_in_its_middle_and_falls_with_the_score():
    curve = LowCurve(slope=0.3, middle=52.0)
    found = [curve.probability(score) for score in (0, 40, 52, 60, 100)]

    assert found[2] == 0.5
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.99
    assert found[-1] < 0.01


def test_few_words_have_little_weight():
    shares = [heard_share(characters) for characters in (0, 10, 100, 1_000, 10_000)]

    assert shares == sorted(shares)
    assert shares[0] == 0.0
    assert shares[2] == 0.5
    assert shares[-1] < 1.0
