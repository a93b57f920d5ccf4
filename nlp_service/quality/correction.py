"""The total of a proposal of which a person has corrected levels.

A person's level counts where one was given, the machine's mean level elsewhere; so a correction
moves the total by what it is worth, and leaves alone what nobody spoke of.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.quality.levels import readers_total


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedTotal:
    """What follows from the levels in force."""

    score: float
    """0–100, one decimal."""
    band: str


def correct_total(
    levels: Sequence[Mapping[str, Any]], person: Mapping[str, int], taxonomy: Taxonomy
) -> CorrectedTotal | None:
    """Return the total that follows from a person's levels; None where the machine's stands.

    That is so where the person holds no other whole level than the machine does, and of what is
    not measured by this taxonomy's dimensions.

    Args:
        levels: the machine's, by their JSON (``domain.quality.Level``); none but of a proposal.
        person: dimension -> whole level that persons gave.
        taxonomy: for weights, caps and bands.
    """
    machine = {level["code"]: float(level["level"]) for level in levels}
    if not any(person.get(code, round(mean)) != round(mean) for code, mean in machine.items()):
        return None
    codes = [dimension.code for dimension in taxonomy.dimensions]
    if set(codes) != set(machine):
        return None
    held = np.array([float(person.get(code, machine[code])) for code in codes])
    score = _rounded(float(readers_total(held, taxonomy)))
    return CorrectedTotal(score=score, band=taxonomy.band(score))


def _rounded(total: float) -> float:
    """Round to one decimal, halves up.

    Levels have two decimals and weights none, so one total in eight ends on a half: which side of
    it the float lies on is left to nobody's order of adding, nor to a database's.
    """
    return float(Decimal(f"{total:.4f}").quantize(Decimal("0.1"), ROUND_HALF_UP))
