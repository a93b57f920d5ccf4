"""Make records of a table: find the row of column names, then name each row's cells.

The first of ``HEADER_ROWS`` rows that names a column for the text is the header; what stands above
it is a title. A second row of names below a merged one refines it. Rows that repeat the header,
and the further rows of a text whose cell was merged over several, are no rows of their own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, zip_longest

from nlp_service.domain.errors import UnreadableInput
from nlp_service.intake.columns import (
    COLUMNS,
    TEXT_FIELDS,
    Column,
    ColumnMapping,
    Field,
    read_columns,
)
from nlp_service.intake.findings import Findings
from nlp_service.intake.limits import HEADER_ROWS, MOST_CELL, MOST_COLUMNS
from nlp_service.intake.rows import InvalidRow, Record, gather

Cells = Sequence[str]
Merged = Sequence[tuple[int, int, int, int]]
"""First row, first column, last row, last column of each merged range, from 0."""

_LONGEST_NAME = 20
"""Characters of what may be a column's name; a row of such alone is shown to who looks for one."""


class NoTextColumn(UnreadableInput):
    """None of a table's first rows names a column for the text."""

    def __init__(self, message: str, columns: Sequence[Column] = ()) -> None:
        super().__init__(message)
        self.columns = columns
        """Of the row that looks most like one of names, for who is to say which is the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of cells, each with its line from 1; blank rows are left out."""

    rows: Iterator[tuple[int, Cells]]
    name: str = ""
    """Of the sheet; empty where the file is one table."""
    merged: Merged = field(default_factory=tuple)

    def where(self, line: int) -> str:
        """Say for a person where a row is."""
        return f"工作表“{self.name}”第 {line} 行" if self.name else f"第 {line} 行"


@dataclass(frozen=True, slots=True)
class _Row:
    """A row with what was merged over several in each of them."""

    line: int
    cells: Cells
    continued: frozenset[int]
    """Columns, from 0, whose cell began above it."""


def read_table(table: Table, found: Findings) -> Iterator[Record]:
    """Yield the rows of a table; where columns fit no name, ``found.mapping`` says what they are.

    Raises:
        NoTextColumn: no row of column names was found; also for a table without any row.
    """
    rows = _filled_down(table)
    skipped, names, first = _find_header(rows, found, table)
    names, rest = _with_second_row(names, rows, found.mapping)
    columns = read_columns(names, found.mapping)
    found.add_columns(columns)
    if skipped:
        found.note(f"{table.where(first)}是列名，其上 {skipped} 行是表头说明，未读")
    for row in rest:
        if _is_continuation(row, columns):
            found.note(f"{table.where(row.line)}的正文与上一行合并，作同一件")
        elif row.cells[: len(names)] != names:
            yield record_of(row.line, table.where(row.line), row.cells, columns)


def _find_header(rows: Iterator[_Row], found: Findings, table: Table) -> tuple[int, Cells, int]:
    """Return how many rows were passed over, the header's cells, and its line."""
    likely: Cells = ()
    for skipped, row in enumerate(islice(rows, HEADER_ROWS)):
        if names_text(row.cells, found.mapping):
            return skipped, row.cells, row.line
        likely = likely or _names_likely(row.cells)
    told = _explain_missing(found.name, table, likely)
    raise NoTextColumn(told, read_columns(likely, found.mapping))


def names_text(cells: Cells, mapping: ColumnMapping) -> bool:
    """Say whether a row of cells names a column for the text."""
    return any(cell.strip() and mapping.of(cell) in TEXT_FIELDS for cell in cells)


def _names_likely(cells: Cells) -> Cells:
    told = [" ".join(cell.split()) for cell in cells if cell.strip()]
    short = all(len(name) <= _LONGEST_NAME and not name.isdigit() for name in told)
    return told if len(told) >= 2 and short else ()


def _explain_missing(file: str, table: Table, likely: Cells) -> str:
    usual = "、".join(COLUMNS[Field.BODY][:4])
    there = f"；现有的列名似为：{'、'.join(likely[:30])}" if likely else ""
    sheet = f" 的工作表“{table.name}”" if table.name else " "
    return (
        f"{file}{sheet}前 {HEADER_ROWS} 行里没有正文列（如 {usual}）{there}。"
        "请改列名，或指明哪一列是正文（命令行写 --column 正文=列名）。"
    )


def _with_second_row(
    names: Cells, rows: Iterator[_Row], mapping: ColumnMapping
) -> tuple[Cells, Iterator[_Row]]:
    """Take in a second row of names, below one whose merged cells left blanks; or none."""
    if all(name.strip() for name in names):
        return names, rows
    after = next(rows, None)
    if after is None:
        return names, rows
    told = [cell for cell in after.cells if cell.strip()]
    if not all(mapping.of(cell) for cell in told):
        return names, chain([after], rows)
    pairs = zip_longest(names, after.cells, fillvalue="")
    return [low if low.strip() else high for high, low in pairs], rows


def record_of(line: int, where: str, cells: Cells, columns: Sequence[Column]) -> Record:
    """Name a row's cells; a spreadsheet may leave empty ones away at its end, or add some."""
    missing = [""] * (len(columns) - len(cells))
    fields = _find_problem(columns, cells) or gather(zip(columns, [*cells, *missing], strict=False))
    return Record(line=line, where=where, fields=fields)


def _find_problem(columns: Sequence[Column], cells: Cells) -> InvalidRow | None:
    """Refuse a row with text beyond its columns: else half a text would be read as the whole."""
    for column, cell in zip(columns, cells, strict=False):
        if len(cell) > MOST_CELL:
            return InvalidRow(
                "text_too_long", f"这一格超过 {MOST_CELL} 字，不读。", column=column.name
            )
    if is_blank(cells[len(columns) :]):
        return None
    return InvalidRow(
        "invalid_row",
        f"这一行有 {len(cells)} 格，列名只有 {len(columns)} 个；含逗号的文字须用引号括起。",
        id=_reference(columns, cells),
    )


def _reference(columns: Sequence[Column], cells: Cells) -> str:
    found = [
        cell.strip()
        for column, cell in zip(columns, cells, strict=False)
        if column.field is Field.REFERENCE
    ]
    return found[0] if found and found[0].isprintable() else ""


def is_blank(cells: Cells) -> bool:
    """Say whether no cell holds anything."""
    return not any(cell.strip() for cell in cells)


# --- merged cells ------------


def _filled_down(table: Table) -> Iterator[_Row]:
    spans = _spans(table.merged)
    running: dict[int, tuple[int, str]] = {}  # column -> the last line of its span, and its value
    for line, cells in table.rows:
        filled = list(cells[:MOST_COLUMNS])
        running = {place: span for place, span in running.items() if span[0] >= line}
        for place, (_, value) in running.items():
            if place < len(filled):
                filled[place] = filled[place] if filled[place].strip() else value
        yield _Row(line, filled, frozenset(running))
        for place, last in spans.get(line, ()):
            if place < len(filled):
                running[place] = (last, filled[place])


def _spans(merged: Merged) -> Mapping[int, Sequence[tuple[int, int]]]:
    """Return where ranges of several rows begin: line -> column from 0, last line."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for top, left, bottom, _ in merged:
        if bottom > top:
            spans.setdefault(top + 1, []).append((left, bottom + 1))
    return spans


def _is_continuation(row: _Row, columns: Sequence[Column]) -> bool:
    """Say whether all text columns of a row belong to cells that began above it."""
    return all(
        place in row.continued
        for place, column in enumerate(columns)
        if column.field in TEXT_FIELDS
    )
