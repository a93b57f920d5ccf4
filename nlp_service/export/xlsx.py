"""Results as an Excel workbook, written row by row: memory stays small, however many there are."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_service.export.cells import make_safe
from nlp_service.export.flat import Cell, Line, column_names, flatten

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MOST_ROWS = 1_000_000
"""Of a sheet, the head not counted; Excel holds 1,048,576. What is left goes on in another."""

_WIDTHS = {"全文": 60, "查看的理由": 40, "退回完善建议": 40, "未分拣的原因": 30}
_USUAL_WIDTH = 14


def write_xlsx(path: Path, parts: Iterable[Iterable[Line]], *, sheet: str = "结果") -> int:
    """Write a workbook of results; return how many rows it has.

    Raises:
        OSError: it cannot be written.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    with_plain_cells = {
        "constant_memory": True,  # a row is written before the next one comes
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "tmpdir": str(path.parent),
    }
    workbook = Workbook(path, with_plain_cells)
    try:
        count = _write_sheets(workbook, parts, sheet)
    finally:
        try:
            workbook.close()
        except FileCreateError as error:
            raise OSError(f"the workbook cannot be written: {type(error).__name__}") from error
    return count


def _write_sheets(workbook: "Workbook", parts: Iterable[Iterable[Line]], name: str) -> int:
    count = 0
    into = _begin_sheet(workbook, name)
    for lines in parts:
        for line in lines:
            if count and count % MOST_ROWS == 0:
                into = _begin_sheet(workbook, f"{name} {count // MOST_ROWS + 1}")
            _write_row(into, count % MOST_ROWS + 1, make_safe(flatten(line)))
            count += 1
    return count


def _begin_sheet(workbook: "Workbook", name: str) -> "Worksheet":
    sheet = workbook.add_worksheet(name)
    names = column_names()
    bold = workbook.add_format({"bold": True})
    for column, title in enumerate(names):
        sheet.set_column(column, column, _WIDTHS.get(title, _USUAL_WIDTH))
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(names):
        sheet.write_string(0, column, title, bold)
    return sheet


def _write_row(sheet: "Worksheet", row: int, cells: Sequence[Cell]) -> None:
    for column, cell in enumerate(cells):
        write: Any = sheet.write_string if isinstance(cell, str) else sheet.write_number
        if cell is not None and cell != "":
            write(row, column, cell)
