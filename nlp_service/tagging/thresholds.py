"""When a tag is sure enough to stand alone, and when a label is worth showing at all.

Both are fitted in ``training.thresholds`` for a stated error rate and travel in the bundle.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Probabilities 0–1."""

    sure: Mapping[str, float]
    """Head with one label -> below it the tag is 待人工. Above 1: never sure."""
    show: Mapping[str, float]
    """Head with several labels -> a label at or above it is shown."""
    urgent: float
    """Probability of level 3 or 4 from which a person should look first, whatever level is the
    likeliest: a missed emergency costs more than a second look."""
    error_rates: Mapping[str, float]
    """Head -> the share of wrong tags among the sure ones that ``sure`` was fitted for."""
    missed_urgent: float
    """The share of texts of level 3 or 4 below ``urgent`` that it was fitted for."""
