"""Drift is told when what comes in differs from what the model learnt from, and only then."""

import math
import random

import pytest

from nlp_service.api.drift import FEWEST, HALF_LIFE, Drift

LEARNT = {"topic": {"T01": 0.5, "T02": 0.3, "T03": 0.2}}


def count(drift, shares, texts, seed=1):
    chance = random.Random(seed)
    for label in chance.choices(list(shares), list(shares.values()), k=texts):
        drift.count({"topic": label})


def test_a_few_texts_say_nothing():
    drift = Drift(LEARNT)
    count(drift, LEARNT["topic"], FEWEST - 1)

    assert math.isnan(drift.index("topic"))


def test_the_same_labels_are_no_drift():
    drift = Drift(LEARNT)
    count(drift, LEARNT["topic"], 2000)

    assert drift.index("topic") < 0.02


def test_the_index_is_the_populations_stability():
    drift = Drift({"topic": {"T01": 0.5, "T02": 0.5}})
    for number in range(100_000):
        drift.count({"topic": "T01" if number % 4 else "T02"})

    expected = 0.25 * math.log(0.75 / 0.5) - 0.25 * math.log(0.25 / 0.5)
    assert drift.index("topic") == pytest.approx(expected, rel=0.02)


def test_a_label_that_was_never_learnt_is_drift():
    drift = Drift(LEARNT)
    count(drift, {"T01": 0.3, "T02": 0.2, "T09": 0.5}, 1000)

    assert drift.index("topic") > 0.25


def test_what_lies_long_back_is_forgotten():
    drift = Drift(LEARNT)
    count(drift, {"T03": 1.0}, 1000)
    drifted = drift.index("topic")
    count(drift, LEARNT["topic"], 40 * HALF_LIFE)

    assert drifted > 1
    assert drift.index("topic") < 0.02
