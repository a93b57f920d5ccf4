"""Read a CSV file of submissions, as spreadsheets write it: by the names in its first row.

The encoding is told by the caller; ``intake.files`` finds it out.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TextIO

from nlp_service.domain.errors import UnreadableInput
from nlp_service.domain.submission import Submission
from nlp_service.intake.rows import InvalidRow, read_row

MAX_CELL = 2**20
"""Characters of one cell; beyond it a quotation mark was surely left open."""

MAX_LINE = 2 * 2**20
"""Characters of one line of the file; a row may have several."""


def read_csv(path: Path, *, encoding: str) -> Iterator[tuple[int, Submission | InvalidRow]]:
    """Yield the line on which each row begins, from 1, and its submission.

    Raises:
        UnreadableInput: no column ``body``, or quotation marks that do not pair up: where one
            row ends and the next begins can no longer be told.
    """
    with path.open(encoding=encoding, newline="") as file:
        for line, columns in read_csv_columns(file, name=str(path)):
            yield line, columns if isinstance(columns, InvalidRow) else read_row(columns)


def read_csv_columns(
    file: TextIO, *, name: str, names: Mapping[str, str] | None = None
) -> Iterator[tuple[int, Mapping[str, str] | InvalidRow]]:
    """Yield the line on which each row begins, from 1, and its values by column.

    Column names are taken without case and blanks; ``names`` says what others stand for. ``name``
    is how an error calls the file.

    Raises:
        UnreadableInput: as ``read_csv`` does.
    """
    csv.field_size_limit(MAX_CELL)
    rows = _numbered_rows(name, _lines(file, name))
    _, first = next(rows, (1, []))
    header = [cell.strip().lower() for cell in first]
    header = [(names or {}).get(cell, cell) for cell in header]
    if "body" not in header:
        raise UnreadableInput(f"{name} 的第一行没有名为 body 的列，请给正文列加上这个列名。")
    for line, cells in rows:
        yield line, _by_column(header, cells)


def _by_column(header: Sequence[str], cells: Sequence[str]) -> Mapping[str, str] | InvalidRow:
    """Name a row's cells; a spreadsheet may leave empty ones away at its end, or add some."""
    missing = [""] * (len(header) - len(cells))
    columns = dict(zip(header, [*cells, *missing], strict=False))
    if not _is_blank(cells[len(header) :]):  # else half a text would be read as the whole
        return InvalidRow(
            "invalid_row",
            f"这一行有 {len(cells)} 格，列名只有 {len(header)} 个；含逗号的文字须用引号括起。",
            id=columns.get("id", ""),
        )
    return columns


def _numbered_rows(name: str, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that hold anything, with the line on which each begins."""
    rows = csv.reader(lines, strict=True)
    begins = 1
    try:
        for cells in rows:
            if not _is_blank(cells):
                yield begins, cells
            begins = rows.line_num + 1
    except csv.Error:
        raise UnreadableInput(
            f"{name} 从第 {begins} 行起引号不成对，请检查这一行：含引号、逗号、换行的"
            "文字须用引号括起，其中的引号写两个。"
        ) from None


def _lines(file: TextIO, name: str) -> Iterator[str]:
    """Yield the lines, none of them longer than ``MAX_LINE``: the file may be anything."""
    for number in count(1):
        line = file.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise UnreadableInput(f"{name} 第 {number} 行超过 {MAX_LINE} 字，请检查换行。")
        if not line:
            return
        yield line


def _is_blank(cells: Sequence[str]) -> bool:
    return not any(cell.strip() for cell in cells)
