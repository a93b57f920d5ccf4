"""Read a CSV file of submissions, as spreadsheets write it: by the names in its first row.

The encoding is told by the caller; ``intake.files`` finds it out.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from nlp_service.domain.errors import UnreadableInput
from nlp_service.domain.submission import Submission
from nlp_service.intake.rows import InvalidRow, read_row

MAX_CELL = 2**20
"""Characters of one cell; beyond it a quotation mark was surely left open."""


def read_csv(path: Path, *, encoding: str) -> Iterator[tuple[int, Submission | InvalidRow]]:
    """Yield the line on which each row begins, from 1, and its submission.

    Raises:
        UnreadableInput: no column ``body``, or quotation marks that do not pair up: where one
            row ends and the next begins can no longer be told.
    """
    csv.field_size_limit(MAX_CELL)
    with path.open(encoding=encoding, newline="") as file:
        rows = _numbered_rows(path, file)
        _, first = next(rows, (1, []))
        header = [name.strip().lower() for name in first]
        if "body" not in header:
            raise UnreadableInput(f"{path} 的第一行没有名为 body 的列，请给正文列加上这个列名。")
        for line, cells in rows:
            yield line, _read_cells(header, cells)


def _read_cells(header: Sequence[str], cells: Sequence[str]) -> Submission | InvalidRow:
    """Read a row; a spreadsheet may leave empty cells away at its end, or add some."""
    missing = [""] * (len(header) - len(cells))
    columns = dict(zip(header, [*cells, *missing], strict=False))
    if not _is_blank(cells[len(header) :]):  # else half a text would be read as the whole
        return InvalidRow(
            "invalid_row",
            f"这一行有 {len(cells)} 格，列名只有 {len(header)} 个；含逗号的文字须用引号括起。",
            id=columns.get("id", ""),
        )
    return read_row(columns)


def _numbered_rows(path: Path, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
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
            f"{path} 从第 {begins} 行起引号不成对，请检查这一行：含引号、逗号、换行的"
            "文字须用引号括起，其中的引号写两个。"
        ) from None


def _is_blank(cells: Sequence[str]) -> bool:
    return not any(cell.strip() for cell in cells)
