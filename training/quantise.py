"""Round weights to 8 bits, one step a column."""

from typing import Any

import numpy as np

from nlp_service.tagging.linear import Floats

Codes = np.ndarray[Any, np.dtype[np.int8]]


def quantise(weights: Floats) -> tuple[Codes, Floats]:
    """Return 8-bit codes and the step of each column; code · step is the rounded weight."""
    largest = np.abs(weights).max(axis=0)
    steps = np.where(largest > 0, largest / 127.0, 1.0)
    return np.round(weights / steps).astype(np.int8), steps
