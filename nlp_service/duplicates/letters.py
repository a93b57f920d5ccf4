"""What of a text counts as its wording: letters, digits and Han characters, in order.

Marks, blanks and line ends are left out, so that nobody hides a copy by setting them anew. Latin
letters are taken in lower case. Traditional and simplified characters stay different.
"""

import re
import sys
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Letters = npt.NDArray[np.uint32]
"""(n_letters,) code points."""
Places = npt.NDArray[np.int64]
"""(n_letters,) where each letter stands in the text."""
Booleans = npt.NDArray[np.bool_]

_LETTERS = re.compile(r"[^\W_]+")
_SURROGATES = range(0xD800, 0xE000)
_LOWER = ord("a") - ord("A")


def find_letters(text: str) -> tuple[Letters, Places]:
    """Return the letters of a normalised text and their offsets in it.

    >>> letters, places = find_letters("A3 区,停车难!")
    >>> "".join(map(chr, letters)), places.tolist()
    ('a3区停车难', [0, 1, 3, 5, 6, 7])
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    places = np.flatnonzero(_counting()[codes])
    letters = codes[places]
    capital = (letters >= ord("A")) & (letters <= ord("Z"))
    return np.where(capital, letters + np.uint32(_LOWER), letters), places


def cover(starts: Places, ends: Places, n_letters: int) -> Booleans:
    """Say of each letter whether it lies in one of the stretches, which may overlap.

    Args:
        starts: first letter of each stretch.
        ends: the letter behind its last, at most ``n_letters``.
        n_letters: of the text.
    """
    change = np.bincount(starts, minlength=n_letters + 1) - np.bincount(
        ends, minlength=n_letters + 1
    )
    covered: Booleans = np.cumsum(change)[:n_letters] > 0
    return covered


@cache
def _counting() -> Booleans:
    """Say of each code point whether it counts: one look-up a character, 1 MB, made once."""
    every = "".join("_" if code in _SURROGATES else chr(code) for code in range(sys.maxunicode + 1))
    counting: npt.NDArray[Any] = np.zeros(len(every), dtype=np.bool_)
    for match in _LETTERS.finditer(every):
        counting[match.start() : match.end()] = True
    return counting
