"""Cells that a spreadsheet takes for text: none of them can be run as a formula.

A cell that begins with ``=``, ``+``, ``-`` or ``@``, also as full-width characters or behind
blanks, gets an apostrophe before it, as OWASP advises ("CSV Injection"); so does one that begins
with a tab or a line break.
"""

import unicodedata
from collections.abc import Sequence

from nlp_service.export.flat import Cell

LONGEST_CELL = 32_767
"""Characters; Excel holds no more in one cell."""

_CUT = "……（超过单元格的上限，以下略）"
_BEGIN_FORMULAS = frozenset("=+-@|%＝＋－＠﹦﹢﹣﹫−")
_KEPT = frozenset("\t\n")


def make_safe(cells: Sequence[Cell]) -> Sequence[Cell]:
    """Return cells of which none is a formula, too long, or holds what no file can.

    >>> make_safe(["=1+1", "＠SUM(A1)", " +86", "路灯坏了", -2.5])
    ["'=1+1", "'＠SUM(A1)", "' +86", '路灯坏了', -2.5]
    """
    return [_make_text_safe(cell) if isinstance(cell, str) else cell for cell in cells]


def leave_out_unfit(text: str) -> str:
    """Return a text without the characters that no file can hold or nobody can see."""
    return "".join(sign for sign in text if sign in _KEPT or _is_fit(sign))


def _make_text_safe(text: str) -> str:
    plain = leave_out_unfit(text)
    begins = plain.lstrip("\t\n\r \u3000\u00a0")[:1]
    if plain[:1] in ("\t", "\n") or begins in _BEGIN_FORMULAS:
        plain = f"'{plain}"
    return plain if len(plain) <= LONGEST_CELL else plain[: LONGEST_CELL - len(_CUT)] + _CUT


def _is_fit(sign: str) -> bool:
    """Say whether a character can stand in XML and CSV: no control, half a pair, or non-character.

    Invisible marks go with them: a formula may hide behind one.
    """
    return unicodedata.category(sign) not in ("Cc", "Cs", "Cf") and ord(sign) & 0xFFFE != 0xFFFE
