"""Read a CSV file of submissions, as spreadsheets write it: by the names in its first row.

The encoding is told by the caller; ``intake.files`` finds it out.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from nlp_service.domain.errors import InvalidSubmission, UnreadableInput
from nlp_service.domain.submission import Submission
from nlp_service.intake.rows import read_row

MAX_CELL = 16 * 2**20
"""Characters of one cell; beyond it a quotation mark was surely left open."""


def read_csv(path: Path, *, encoding: str) -> Iterator[tuple[int, Submission | InvalidSubmission]]:
    """Yield the line on which each row begins, from 1, and its submission.

    Raises:
        UnreadableInput: no column ``body``, or a quotation mark that is never closed.
    """
    csv.field_size_limit(MAX_CELL)
    with path.open(encoding=encoding, newline="") as file:
        rows = _numbered_rows(path, file)
        _, first = next(rows, (1, []))
        header = [name.strip().lower() for name in first]
        if "body" not in header:
            raise UnreadableInput(f"{path} 的第一行没有名为 body 的列，请给正文列加上这个列名。")
        for line, cells in rows:
            cells += [""] * (len(header) - len(cells))
            yield line, read_row(dict(zip(header, cells, strict=False)))


def _numbered_rows(path: Path, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that hold anything, with the line on which each begins."""
    rows = csv.reader(lines)
    begins = 1
    try:
        for cells in rows:
            if not _is_blank(cells):
                yield begins, cells
            begins = rows.line_num + 1
    except csv.Error as error:
        raise UnreadableInput(f"{path} 从第 {begins} 行起无法读作 CSV：{error}。") from None


def _is_blank(cells: Sequence[str]) -> bool:
    return not any(cell.strip() for cell in cells)
