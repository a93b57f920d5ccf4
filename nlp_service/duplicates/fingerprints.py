"""Turn letters into grams (hashes of a few letters in a row) and choose the few to be indexed.

The choice is winnowing (Schleimer, Wilkerson, Aiken: Winnowing, SIGMOD 2003): of every ``WINDOW``
grams in a row the smallest is kept. Two texts that share ``GRAM + WINDOW - 1`` letters in a row
share a whole window, and with it the gram that is kept of it. About 2 in ``WINDOW + 1`` are kept.

Grams stay in tables: the same letters have the same gram in every process, on every machine, for
ever. Whoever changes a number here has to index everything anew.
"""

import numpy as np
import numpy.typing as npt

from nlp_service.duplicates.letters import Letters, find_letters

GRAM = 5
"""Letters of a gram. Fewer survive more edits; more are rarer in other people's texts. Measured
over windows of the same guarantee: five finds the most paragraphs with every fifth letter changed.
"""
WINDOW = 11
"""Grams of which one is kept."""
GUARANTEED = GRAM + WINDOW - 1
"""Letters in a row that cannot be shared unnoticed: 15."""

Grams = npt.NDArray[np.int64]
"""(n_grams,) from 0 to 2^63 - 1, as PostgreSQL's bigint holds them."""

_BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that multiplying by it loses nothing
_MIXING = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1))


def hash_grams(letters: Letters, size: int = GRAM) -> Grams:
    """Return the gram that begins at each letter, the last ones left out: they would be too short.

    Letters fewer than ``size`` make one gram, which no longer text has; none make none. A gram is a
    polynomial of its letters modulo 2^64, its bits mixed as SplitMix64 does (Steele, Lea, Flood
    2014), because winnowing compares grams by size and the letters of one text are near in code.
    """
    if not len(letters):
        return np.zeros(0, dtype=np.int64)
    padded = np.pad(letters, (0, max(0, size - len(letters)))).astype(np.uint64)
    last = len(padded) - size + 1
    gram = np.zeros(last, dtype=np.uint64)
    for step in range(size):
        gram = gram * _BASE + padded[step : step + last]
    for shift, factor in _MIXING:
        gram = (gram ^ (gram >> np.uint64(shift))) * np.uint64(factor)
    return (gram >> np.uint64(1)).astype(np.int64)


def find_fingerprints(text: str) -> Grams:
    """Return the fingerprints of a normalised text, ascending, each once: what is indexed."""
    return winnow(hash_grams(find_letters(text)[0]))


def winnow(grams: Grams, window: int = WINDOW) -> Grams:
    """Return a text's fingerprints, ascending, each once: of each window the smallest gram.

    Fewer grams than a window are one window.
    """
    if not len(grams):
        return grams
    smallest, reach = grams, 1
    window = min(window, len(grams))
    while reach < window:
        step = min(reach, window - reach)
        smallest = np.minimum(smallest[:-step], smallest[step:])
        reach += step
    return np.unique(smallest)
