from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pytest

from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.correction import CorrectedTotal, correct_total
from nlp_service.quality.levels import readers_total

TAXONOMY = read_taxonomy(Path(__file__).parents[2] / "data" / "taxonomy")
MEANS = {"Q1": 2.4, "Q2": 1.7, "Q3": 2.25, "Q4": 2.8, "Q5": 2.0, "Q6": 3.3}
WEIGHTS = {dimension.code: dimension.weight for dimension in TAXONOMY.dimensions}


def said(**levels):
    return [{"code": code, "level": level} for code, level in {**MEANS, **levels}.items()]


def uncapped(**levels):
    return sum(WEIGHTS[code] * level / 4 for code, level in {**MEANS, **levels}.items())


def test_a_correction_moves_the_total_by_what_it_is_worth():
    found = correct_total(said(), {"Q2": 4}, TAXONOMY)

    assert found == CorrectedTotal(score=pytest.approx(uncapped(Q2=4), abs=0.051), band="一般")
    assert correct_total(said(), {"Q6": 4}, TAXONOMY).score > uncapped()


@pytest.mark.parametrize("hundredths", range(0, 400, 7))
def test_halves_of_the_last_decimal_go_up_and_so_does_the_band(hundredths):
    """Levels in hundredths and whole weights make eightieths; a float lies beside most of them."""
    levels = {**dict.fromkeys(MEANS, Decimal(3)), "Q1": Decimal(hundredths) / 100, "Q2": Decimal(4)}
    exact = sum(WEIGHTS[code] * level / 4 for code, level in levels.items())

    found = correct_total(said(**{**levels, "Q2": 3.0}), {"Q2": 4}, TAXONOMY)

    assert found.score == float(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))
    assert found.band == TAXONOMY.band(found.score)


def test_all_levels_of_a_person_give_the_total_of_the_guide():
    levels = {"Q1": 4, "Q2": 3, "Q3": 4, "Q4": 4, "Q5": 3, "Q6": 4}

    found = correct_total(said(), levels, TAXONOMY)

    assert found.score == readers_total(np.array([*levels.values()]), TAXONOMY) == 90
    assert found.band == "优秀"


@pytest.mark.parametrize(
    "person", [{}, {"Q2": 2}, {code: round(level) for code, level in MEANS.items()}]
)
def test_who_holds_with_the_machine_leaves_its_total_alone(person):
    assert correct_total(said(), person, TAXONOMY) is None


@pytest.mark.parametrize(("dimension", "most"), [("Q4", 40), ("Q2", 59)])
def test_a_persons_level_brings_the_cap_and_takes_it_away(dimension, most):
    high = dict.fromkeys(MEANS, 3.6)

    capped = correct_total(said(**high), {dimension: 0}, TAXONOMY)
    freed = correct_total(said(**{**high, dimension: 0.2}), {dimension: 4}, TAXONOMY)

    assert (capped.score, capped.band) == (most, "建议退回完善")
    assert freed.score > 85


def test_a_machines_level_next_to_the_caps_keeps_it():
    found = correct_total(said(**{**dict.fromkeys(MEANS, 3.6), "Q4": 0.3}), {"Q1": 2}, TAXONOMY)

    assert found.score == 40


def test_what_is_not_measured_by_the_rubric_has_no_corrected_total():
    assert correct_total([], {"Q1": 4}, TAXONOMY) is None
    assert correct_total([{"code": "Q9", "level": 1.0}], {"Q9": 4}, TAXONOMY) is None
