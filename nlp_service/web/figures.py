"""Figures: a table, what is to be known of it, and as what the browser draws it.

The script draws from the table that stands in the page; page and download show the same.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.responses import Response

from nlp_service.api.batch_results import MEDIA_TYPES, Format
from nlp_service.export.tables import Table, write_csv_table, write_xlsx_tables


class Drawing(enum.StrEnum):
    """As what a figure is drawn."""

    BARS = "bars"
    """Of the first column of numbers, a bar a row."""
    PAIRS = "pairs"
    """Of the first two columns of numbers, two bars a row."""
    GRID = "grid"
    """A field for each row and column, the darker the more; the last column is the sum."""
    INTERVALS = "intervals"
    """A point and its interval a row, from the last three columns of shares."""
    INDEX = "index"
    """Bars of the drift index, with the lines from which to look into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of a page."""

    code: str
    """Names it in addresses."""
    drawing: Drawing
    table: Table
    empty: str
    """What to say where there is no row."""
    named: int = 1
    """How many columns name a row."""

    @property
    def opened(self) -> bool:
        """Whether its table is shown at once: the drawing does not write every number."""
        return self.drawing in (Drawing.INTERVALS, Drawing.INDEX)

    @property
    def heading(self) -> str:
        """What it shows."""
        return self.table.name


def send_tables(tables: Sequence[Table], format: Format, *, name: str) -> Response:
    """Return tables as a file of a name; as CSV there is only one.

    Raises:
        ValueError: several tables as CSV, or another format than CSV and Excel.
    """
    if format is Format.XLSX:
        content = write_xlsx_tables(tables)
    elif format is Format.CSV and len(tables) == 1:
        content = write_csv_table(tables[0])
    else:
        raise ValueError(f"{len(tables)} tables as {format}")
    whole = quote(f"{name}.{format}", safe="")
    headers = {
        "Content-Disposition": f"attachment; filename=\"table.{format}\"; filename*=UTF-8''{whole}"
    }
    return Response(content, media_type=MEDIA_TYPES[format], headers=headers)


def shares_of(counts: Mapping[str, int], total: int) -> Sequence[tuple[str, int, float]]:
    """Return each count with its share of a total, the greatest first, ties by name."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(name, count, count / total if total else 0.0) for name, count in ranked]
