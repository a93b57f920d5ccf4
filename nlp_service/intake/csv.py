"""Read a CSV file as spreadsheets write it: commas, tabs or semicolons, quoted line breaks.

The encoding is told by the caller; ``intake.encodings`` finds it out.
"""

import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from typing import BinaryIO, TextIO

from nlp_service.domain.errors import UnreadableInput
from nlp_service.intake.columns import ColumnMapping
from nlp_service.intake.findings import Findings
from nlp_service.intake.limits import HEADER_ROWS, MOST_CELL, MOST_LINE
from nlp_service.intake.rows import Record
from nlp_service.intake.tables import Cells, Table, is_blank, names_text, read_table

_SEPARATORS = ",\t;，；"
"""What may stand between cells, the usual one first; hand-made files have full-width ones."""

_SAMPLE = 2**16
"""Characters of the beginning in which the names of the columns are looked for."""


def read_csv(file: BinaryIO, *, encoding: str, name: str, found: Findings) -> Iterator[Record]:
    """Yield the rows of an open file; ``name`` is how an error calls it.

    Raises:
        UnreadableInput: no column for the text, or quotation marks that do not pair up: where one
            row ends and the next begins can no longer be told.
    """
    csv.field_size_limit(MOST_CELL)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        separator = find_separator(text.read(_SAMPLE), found.mapping) or ","
        file.seek(0)
        text.seek(0)
        table = Table(rows=_numbered_rows(name, _lines(text, name), separator))
        yield from read_table(table, found)
    finally:
        with suppress(ValueError):  # the caller has closed its file
            text.detach()


def find_separator(sample: str, mapping: ColumnMapping) -> str | None:
    """Return what separates the cells of the row that names a column for the text."""
    lines = sample.splitlines()[:HEADER_ROWS]
    widths = {}
    for separator in _SEPARATORS:
        with suppress(csv.Error):
            rows = csv.reader(lines, delimiter=separator)
            widths[separator] = max(
                (len(cells) for cells in rows if names_text(cells, mapping)), default=0
            )
    widest = max(widths, key=lambda separator: widths[separator], default=None)
    return widest if widest and widths[widest] else None


def _numbered_rows(name: str, lines: Iterator[str], separator: str) -> Iterator[tuple[int, Cells]]:
    """Yield the rows that hold anything, with the line on which each begins."""
    rows = csv.reader(lines, strict=True, delimiter=separator)
    begins = 1
    try:
        for cells in rows:
            if not is_blank(cells):
                yield begins, cells
            begins = rows.line_num + 1
    except csv.Error:
        raise UnreadableInput(
            f"{name} 从第 {begins} 行起引号不成对，请检查这一行：含引号、逗号、换行的"
            "文字须用引号括起，其中的引号写两个。"
        ) from None


def _lines(file: TextIO, name: str) -> Iterator[str]:
    """Yield the lines, none of them longer than ``MOST_LINE``: the file may be anything."""
    for number in count(1):
        line = file.readline(MOST_LINE + 1)
        if len(line) > MOST_LINE:
            raise UnreadableInput(f"{name} 第 {number} 行超过 {MOST_LINE} 字，请检查换行。")
        if not line:
            return
        yield line
