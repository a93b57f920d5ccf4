"""Make records of a workbook's sheets: each is a table with its own column names."""

from collections.abc import Iterable, Iterator
from itertools import chain, groupby

from nlp_service.intake.findings import Findings
from nlp_service.intake.messages import Merge, Message, Row, Sheet
from nlp_service.intake.rows import Record
from nlp_service.intake.tables import NoTextColumn, Table, read_table


def read_sheets(messages: Iterable[Message], found: Findings) -> Iterator[Record]:
    """Yield the rows of all sheets that have a column for the text, and note the others.

    Raises:
        NoTextColumn: no sheet has one.
    """
    missing: list[NoTextColumn] = []
    readable = False
    for sheet, group in _sheets(messages):
        if sheet.hidden:
            found.note(f"隐藏的工作表“{sheet.name}”未读")
            continue
        table = _table(sheet, group)
        first = next(table.rows, None)
        if first is None:
            continue
        try:
            filled = Table(rows=chain([first], table.rows), name=table.name, merged=table.merged)
            yield from read_table(filled, found)
            readable = True
        except NoTextColumn as error:
            found.note(f"工作表“{sheet.name}”没有正文列，未读")
            missing.append(error)
    if missing and not readable:
        raise missing[0]


def _sheets(messages: Iterable[Message]) -> Iterator[tuple[Sheet, Iterator[Message]]]:
    """Yield each sheet with its messages, to be taken before the next sheet is."""
    begun = 0

    def number(message: Message) -> int:
        nonlocal begun
        begun += isinstance(message, Sheet)
        return begun

    for _, group in groupby(messages, key=number):
        sheet = next(group)
        if isinstance(sheet, Sheet):
            yield sheet, group  # noqa: B031 - each group is taken once, before the next


def _table(sheet: Sheet, messages: Iterator[Message]) -> Table:
    merged = []
    rows: Iterator[Message] = messages
    for message in messages:
        if not isinstance(message, Merge):
            rows = chain([message], messages)
            break
        merged.append((message.top, message.left, message.bottom, message.right))
    return Table(
        rows=((row.line, row.cells) for row in rows if isinstance(row, Row)),
        name=sheet.name,
        merged=merged,
    )
