import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.duplicates.fingerprints import GRAM, GUARANTEED, WINDOW, hash_grams, winnow
from nlp_service.duplicates.letters import find_letters

from .texts import LIFTS, WATER

ROOT = Path(__file__).parents[2]
few_letters = st.text(alphabet="停车难管a1", max_size=60)
long_enough = st.text(alphabet="停车难管a1", min_size=GUARANTEED, max_size=60)


def fingerprints(text):
    return winnow(hash_grams(find_letters(text)[0]))


@given(before=few_letters, run=long_enough,
       after=few_letters, before_it=few_letters, after_it=few_letters)  # fmt: skip
def test_a_shared_run_of_fifteen_letters_is_never_missed(before, run, after, before_it, after_it):
    one = fingerprints(before + run + after)
    other = fingerprints(before_it + run + after_it)

    assert np.intersect1d(one, other).size


def test_the_guarantee_is_that_of_winnowing():
    assert GRAM + WINDOW - 1 == GUARANTEED <= 15


def test_grams_are_the_same_in_every_process_and_version():
    program = (
        "from nlp_service.duplicates.letters import find_letters;"
        "from nlp_service.duplicates.fingerprints import hash_grams;"
        "print(hash_grams(find_letters('旧小区加装电梯')[0]).tolist())"
    )
    printed = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert (
        printed.stdout.strip() == "[1929423552492305762, 2360344295558830917, 7561906824086778882]"
    )


def test_grams_fit_a_bigint_of_postgresql():
    grams = hash_grams(find_letters(LIFTS + WATER)[0])

    assert grams.dtype == np.int64
    assert grams.min() >= 0


def test_equal_letters_have_equal_grams_wherever_they_stand():
    alone = hash_grams(find_letters("加装电梯补")[0])
    inside = hash_grams(find_letters("老旧小区加装电梯补贴问题")[0])

    assert alone.tolist() == inside[4:5].tolist()


def test_different_letters_have_different_grams():
    letters = find_letters(LIFTS + WATER)[0]
    strings = {tuple(letters[n : n + GRAM]) for n in range(len(letters) - GRAM + 1)}

    assert len(np.unique(hash_grams(letters))) == len(strings)


@pytest.mark.parametrize(("text", "count"), [("", 0), ("路", 1), ("路灯坏", 1), ("路灯坏了没", 1)])
def test_a_text_too_short_for_a_gram_still_has_one(text, count):
    assert len(fingerprints(text)) == count


def test_a_short_text_is_not_found_in_a_longer_one_that_begins_alike():
    assert not np.intersect1d(fingerprints("路灯坏了"), fingerprints("路灯坏了没人修")).size


def test_less_than_a_fifth_of_the_grams_is_kept():
    letters = find_letters(LIFTS)[0]

    assert 0.15 < len(fingerprints(LIFTS)) / len(letters) < 0.21
