import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import cohen_kappa_score

from training.level_metrics import (
    load_for_recall,
    rank_agreement,
    rank_agreement_at_equal_length,
    rank_agreement_without_length,
    review_curve,
    weighted_kappa,
)
from training.metrics import draws, figure_of


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def test_draws_begin_with_the_texts_themselves():
    drawn = draws(7, seed=3)
    assert drawn[0].tolist() == list(range(7))
    assert drawn.min() == 0 and drawn.max() == 6
    assert (drawn == draws(7, seed=3)).all()


def test_figure_of_holds_the_first_value_and_the_spread_of_the_rest():
    figure = figure_of(np.array([0.4, *np.linspace(0, 1, 41)]))
    assert (figure.value, figure.low, figure.high) == pytest.approx((0.4, 0.025, 0.975))


def test_weighted_kappa_is_scikit_learns_on_every_draw(generator):
    reader, found = generator.integers(0, 5, (2, 60))
    drawn = draws(60, seed=1)
    expected = [cohen_kappa_score(reader[n], found[n], weights="quadratic") for n in drawn]
    assert weighted_kappa(found, reader, drawn) == pytest.approx(expected)


def test_weighted_kappa_of_one_level_is_whole_agreement():
    same = np.full(5, 2)
    assert weighted_kappa(same, same, draws(5, seed=1)).tolist() == [1.0] * len(draws(5, seed=1))


def test_rank_agreement_is_scipys_with_ties(generator):
    reader = generator.integers(0, 6, 80).astype(float)
    found = reader + generator.integers(-2, 3, 80)
    drawn = draws(80, seed=1)
    expected = [spearmanr(found[n], reader[n])[0] for n in drawn]
    assert rank_agreement(found, reader, drawn) == pytest.approx(expected)


def test_what_only_knows_length_agrees_no_more_at_equal_length(generator):
    lengths = np.sort(generator.integers(50, 5000, 400))
    reader = np.log(lengths) + generator.normal(size=400)
    found = np.log(lengths) + 0.01 * generator.normal(size=400)
    one = np.arange(400)[None]
    assert rank_agreement(found, reader, one)[0] > 0.5
    assert rank_agreement_at_equal_length(found, reader, lengths, one)[0] < 0.3
    assert abs(rank_agreement_without_length(found, reader, lengths, one)[0]) < 0.15


def test_what_knows_more_than_length_agrees_at_equal_length(generator):
    lengths = generator.integers(50, 5000, 400)
    reader = np.log(lengths) + generator.normal(size=400)
    one = np.arange(400)[None]
    assert rank_agreement_at_equal_length(reader, reader, lengths, one)[0] == pytest.approx(1.0)
    assert rank_agreement_without_length(reader, reader, lengths, one)[0] == pytest.approx(1.0)


def test_review_reaches_the_low_in_order_of_rising_total():
    totals = np.array([80.0, 20.0, 50.0, 40.0])
    low = np.array([False, True, True, False])
    recall, precision = review_curve(totals, low, np.arange(4)[None])
    assert recall[0].tolist() == [0.5, 0.5, 1.0, 1.0]
    assert precision[0].tolist() == pytest.approx([1.0, 0.5, 2 / 3, 0.5])
    load, there = load_for_recall(recall, precision)
    assert (load[0], there[0]) == pytest.approx((0.75, 2 / 3))
