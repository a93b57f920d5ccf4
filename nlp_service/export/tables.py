"""Small tables as CSV and as Excel workbooks: what a page shows, to be taken along.

Every cell of text is made safe; numbers stay numbers, shares are shown as per cent.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nlp_service.export.cells import make_safe
from nlp_service.export.flat import Cell

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_BOM = "\ufeff"
_LONGEST_SHEET_NAME = 31
_WIDEST = 40
_ALSO_WIDE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table."""

    name: str
    share: bool = False
    """Holds shares of 0–1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What is shown, row by row; None is an empty cell."""

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    """What a reader must know of the figures; stands below them."""


def write_csv_table(table: Table) -> bytes:
    """Return a table as CSV: UTF-8 with a BOM, by which Excel knows the encoding."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow(make_safe([column.name for column in table.columns]))
    writer.writerows(make_safe(row) for row in table.rows)
    if table.note:
        writer.writerows([[], make_safe([table.note])])
    return (_BOM + text.getvalue()).encode()


def write_xlsx_tables(tables: Iterable[Table]) -> bytes:
    """Return tables as a workbook, a sheet each."""
    from xlsxwriter import Workbook

    file = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(file, {"in_memory": True, **as_text}) as workbook:
        for table in tables:
            _write_sheet(workbook, table)
    return file.getvalue()


def _write_sheet(workbook: "Workbook", table: Table) -> None:
    sheet = workbook.add_worksheet(table.name[:_LONGEST_SHEET_NAME])
    bold = workbook.add_format({"bold": True, "bottom": 1})
    percent = workbook.add_format({"num_format": "0.0%"})
    sheet.freeze_panes(1, 1)
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, _width(table, place))
        sheet.write_string(0, place, str(make_safe([column.name])[0]), bold)
    for number, row in enumerate(table.rows, start=1):
        formats = [percent if column.share else None for column in table.columns]
        _write_cells(sheet, number, make_safe(row), formats)
    if table.note:
        _write_cells(sheet, len(table.rows) + 2, make_safe([table.note]), [None])


def _write_cells(
    sheet: "Worksheet", number: int, cells: Sequence[Cell], formats: Sequence[Any]
) -> None:
    for place, (cell, shown_as) in enumerate(zip(cells, formats, strict=True)):
        if isinstance(cell, str):
            sheet.write_string(number, place, cell)
        elif cell is not None:
            sheet.write_number(number, place, cell, shown_as)


def _width(table: Table, place: int) -> int:
    """Return how wide a column must be in letters; a Chinese sign is as wide as two."""
    texts = [table.columns[place].name, *(str(row[place]) for row in table.rows)]
    return min(_WIDEST, _ALSO_WIDE + max(len(text.encode("gbk", "replace")) for text in texts))
