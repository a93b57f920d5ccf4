"""Read a plain text file: one submission, or several where lines of marks stand between them.

A line of five or more of the same mark (``-----``, ``=====``, ``*****``, ``———``) or a page break
separates, if all that stands between such lines is long enough to be a submission; else the lines
are ornaments and the file is one. A table that was saved as text (Excel's “Unicode 文本”) is read
as the table that it is.
"""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO

from nlp_service.intake.columns import ColumnMapping
from nlp_service.intake.csv import read_csv
from nlp_service.intake.findings import Findings
from nlp_service.intake.forms import read_forms
from nlp_service.intake.limits import HEADER_ROWS
from nlp_service.intake.messages import Paragraph
from nlp_service.intake.rows import Record
from nlp_service.intake.tables import names_text

_SEPARATOR = re.compile(r"^[ \t　]*(?:([-=*＊_~#—─＝+])(?:[ \t]?\1){4,})[ \t　]*$|\f", re.MULTILINE)
_FEWEST_CHARACTERS = 15
"""Of a submission, between two separators."""
_TABLE_SEPARATORS = "\t,"


def read_txt(file: BinaryIO, *, encoding: str, name: str, found: Findings) -> Iterator[Record]:
    """Yield the submissions of a text file; ``name`` is how an error calls it."""
    text = _read(file, encoding)
    if _is_table(text, found.mapping):
        found.note("内容是表格，按表格读")
        yield from read_csv(file, encoding=encoding, name=name, found=found)
        return
    parts = _parts(text, found)
    number = 0
    for part in parts:
        for record in read_forms([Paragraph(text=part, heading=False)], found):
            number += 1
            alone = len(parts) == 1 and not record.where
            yield replace(record, line=number, where="" if alone else f"第 {number} 件")


def _read(file: BinaryIO, encoding: str) -> str:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding)
    try:
        return text.read()
    finally:
        with suppress(ValueError):  # the caller has closed its file
            text.detach()


def _is_table(text: str, mapping: ColumnMapping) -> bool:
    """Say whether one of the first lines names two columns at least, one of them for the text."""
    for line in text[: 2**14].splitlines()[:HEADER_ROWS]:
        for separator in _TABLE_SEPARATORS:
            cells = [cell.strip().strip('"') for cell in line.split(separator)]
            meant = [mapping.of(cell) for cell in cells if cell]
            if len(meant) >= 2 and all(meant) and names_text(cells, mapping):
                return True
    return False


def _parts(text: str, found: Findings) -> Sequence[str]:
    parts, begin = [], 0
    for separator in _SEPARATOR.finditer(text):
        parts.append(text[begin : separator.start()].strip())
        begin = separator.end()
    parts.append(text[begin:].strip())
    told = [part for part in parts if part]
    if len(told) < 2:
        return told
    if min(map(len, told)) < _FEWEST_CHARACTERS:
        found.note("有分隔线，但线间的文字太短，未拆开，作一件")
        return [text]
    found.note(f"按分隔线拆为 {len(told)} 件")
    return told
