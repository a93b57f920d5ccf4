"""Tables on a terminal, where a Chinese character takes two columns."""

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime

from nlp_service.domain.records import CHINA


def table_lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the rows with aligned columns; the last column needs no padding."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = [
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ]
        yield "  ".join(padded).rstrip()


def moment(at: datetime | None) -> str:
    """Return a moment in Chinese time, to the minute; a dash where there is none."""
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M") if at else "—"


def _width(text: str) -> int:
    """Return the columns that a terminal needs: two for a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
