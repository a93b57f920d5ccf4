"""The committee's packet as an Excel workbook: a sheet for the numbers, one for each list."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nlp_service.domain.quality import Disposition
from nlp_service.export.cells import make_safe
from nlp_service.export.flat import BETWEEN, Cell
from nlp_service.export.packet import NOTICE, Packet, PacketRow
from nlp_service.export.packet_counts import count_tables, summary

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_BODY, _HEADING = "仿宋", "黑体"
_BODY_PT, _LINE_PT = 11, 15
_HIGHEST_PT = 409
"""Of a row: no office program shows a higher one."""
_WIDE = 2.1
"""Of a Chinese letter, in the letters that widths of columns are told in."""
_A3, _A4 = 8, 9

_FIRST_OF_NUMBERS, _OF_NUMBERS = 24, 12
"""Widths of the columns on the sheet of numbers."""

_Column = tuple[str, int, Callable[[PacketRow], Cell]]
"""A column's name, its width in characters, and what stands in it."""

_IDENTITY: Sequence[_Column] = (
    ("编号", 14, lambda it: it.number),
    ("案由", 46, lambda it: it.title),
    ("提案者", 16, lambda it: it.submitter),
)
_UNITS: Sequence[_Column] = (
    ("主办单位", 20, lambda it: it.lead_unit),
    ("会办单位", 24, lambda it: BETWEEN.join(it.assist_units)),
)
_EVERYTHING: Sequence[_Column] = (
    *_IDENTITY,
    ("地区", 10, lambda it: it.district),
    ("日期", 12, lambda it: it.dated_on),
    ("议题", 16, lambda it: it.topic),
    ("五大建设", 10, lambda it: "" if it.withheld else it.construction),
    ("相关界别", 16, lambda it: it.sector),
    *_UNITS,
    ("总分", 8, lambda it: it.score),
    ("等次", 12, lambda it: it.band),
    ("三问", 36, lambda it: it.reason_line),
    ("审查提示", 36, lambda it: BETWEEN.join(it.grounds)),
    ("相近来件", 30, lambda it: it.nearest),
    ("审查意见", 14, lambda it: it.decision),
    ("审定人", 12, lambda it: it.decided_by),
    ("是否批量采纳", 10, lambda it: "是" if it.adopted else ""),
    ("系统建议", 14, lambda it: it.suggestion),
    ("等级是否更正", 10, lambda it: "是" if it.score_corrected else ""),
)
_BRIEF: Sequence[_Column] = (
    *_IDENTITY,
    *_UNITS,
    ("总分", 8, lambda it: it.score),
    ("理由", 60, lambda it: it.reasons),
    ("审定人", 12, lambda it: it.decided_by),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """A list on a sheet of its own."""

    name: str
    head: Sequence[tuple[str, int]]
    """Names of the columns and their widths in characters."""
    rows: Sequence[Sequence[Cell]]
    paper: int = _A4


def write_packet_xlsx(packet: Packet) -> bytes:
    """Return the packet as an .xlsx file."""
    from xlsxwriter import Workbook

    file = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(file, {**plain, "in_memory": True}) as workbook:
        workbook.set_properties(
            {
                "title": packet.title,
                "author": packet.made_by,
                "created": packet.made_at.replace(tzinfo=None),
            }
        )
        formats = _Formats(workbook)
        _write_numbers(workbook, packet, formats)
        for sheet in _sheets(packet):
            _write_sheet(workbook, packet, sheet, formats)
    return file.getvalue()


class _Formats:
    """How cells look."""

    def __init__(self, workbook: "Workbook") -> None:
        cell = {"font_name": _BODY, "font_size": _BODY_PT, "valign": "top", "text_wrap": True}
        bordered = {**cell, "border": 1}
        self.title = workbook.add_format({"font_name": _HEADING, "font_size": 16})
        self.plain = workbook.add_format(cell)
        self.head = workbook.add_format(
            {**bordered, "font_name": _HEADING, "align": "center", "valign": "vcenter"}
        )
        self.cell = workbook.add_format(bordered)
        centred = {**bordered, "align": "center"}
        self.number = workbook.add_format(centred)
        self.score = workbook.add_format({**centred, "num_format": "0.0"})

    def of(self, cell: Cell) -> "Format":
        """Return how a cell of a table looks."""
        if isinstance(cell, float):
            return self.score
        is_number = isinstance(cell, int) or (isinstance(cell, str) and cell.endswith("%"))
        return self.number if is_number else self.cell


def _write_numbers(workbook: "Workbook", packet: Packet, formats: _Formats) -> None:
    sheet = _begin(workbook, packet, "汇总", formats)
    sheet.set_column(0, 0, _FIRST_OF_NUMBERS)
    sheet.set_column(1, 9, _OF_NUMBERS)
    widths = [_FIRST_OF_NUMBERS, *[_OF_NUMBERS] * 9]
    row = 2
    for paragraph in [*summary(packet), f"说明：{NOTICE}"]:
        sheet.merge_range(row, 0, row, 8, "", formats.plain)
        sheet.write_string(row, 0, str(*make_safe([paragraph])), formats.plain)
        sheet.set_row(row, _height([paragraph], [sum(widths[:9])]))
        row += 1
    for table in count_tables(packet):
        row += 1
        sheet.write_string(row, 0, table.title, formats.title)
        row = _write_table(sheet, row + 1, table.head, table.rows, widths, formats)


def _write_sheet(workbook: "Workbook", packet: Packet, list_: _Sheet, formats: _Formats) -> None:
    sheet = _begin(workbook, packet, list_.name, formats, paper=list_.paper)
    widths = [width for _, width in list_.head]
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(3, 0)
    sheet.repeat_rows(2)
    names = [name for name, _ in list_.head]
    last = _write_table(sheet, 2, names, list_.rows, widths, formats)
    if list_.rows:
        sheet.autofilter(2, 0, last - 1, len(names) - 1)
    else:
        sheet.write_string(3, 0, "无。", formats.plain)


def _begin(
    workbook: "Workbook", packet: Packet, name: str, formats: _Formats, *, paper: int = _A4
) -> "Worksheet":
    """Add a sheet with the title on it, ready to be printed."""
    sheet = workbook.add_worksheet(name)
    sheet.write_string(0, 0, str(*make_safe([f"{packet.title}（{name}）"])), formats.title)
    sheet.write_string(1, 0, str(*make_safe([f"{packet.days}的提案，{packet.made}"])))
    sheet.set_paper(paper)
    sheet.set_landscape()
    sheet.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.7)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C第 &P 页，共 &N 页")
    return sheet


def _write_table(
    sheet: "Worksheet",
    row: int,
    head: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    widths: Sequence[int],
    formats: _Formats,
) -> int:
    """Write a table and return the row below it."""
    for column, name in enumerate(head):
        sheet.write_string(row, column, name, formats.head)
    for cells in rows:
        row += 1
        sheet.set_row(row, _height(cells, widths))
        for column, cell in enumerate(make_safe(cells)):
            write: Any = sheet.write_string if isinstance(cell, str) else sheet.write_number
            if cell is None or cell == "":
                sheet.write_blank(row, column, None, formats.cell)
            else:
                write(row, column, cell, formats.of(cell))
    return row + 1


def _height(cells: Sequence[Cell], widths: Sequence[int]) -> float:
    """Return how high a row must be, in points: not every program fits it to its text."""
    lines = [
        sum(1 + int(_width(line) / (width - 1)) for line in str(cell).split("\n"))
        for cell, width in zip(cells, widths, strict=False)
        if cell is not None
    ]
    return min(_LINE_PT * max(lines, default=1), _HIGHEST_PT)


def _width(text: str) -> float:
    return sum(_WIDE if ord(letter) > 0x2E80 else 1 for letter in text)


def _sheets(packet: Packet) -> Sequence[_Sheet]:
    return [
        _list("全部提案", packet.rows, _EVERYTHING, paper=_A3),
        _list("立案", packet.decided(Disposition.FILED), _BRIEF),
        _merges(packet),
        _list("退回完善", packet.decided(Disposition.RETURNED), _BRIEF),
        _list("转意见建议", packet.decided(Disposition.CONVERTED), _BRIEF),
        _list("不予立案", packet.decided(Disposition.NOT_FILED), _BRIEF),
        _list("待审定", packet.open, _BRIEF),
        _units(packet),
    ]


def _list(
    name: str, found: Sequence[PacketRow], columns: "Sequence[_Column]", *, paper: int = _A4
) -> _Sheet:
    return _Sheet(
        name=name,
        paper=paper,
        head=[("序号", 6), *((title, width) for title, width, _ in columns)],
        rows=[[n, *(read(row) for _, _, read in columns)] for n, row in enumerate(found, start=1)],
    )


def _merges(packet: Packet) -> _Sheet:
    head = [("序号", 6), ("主案", 50), ("并入的提案", 60), ("全部提案者", 40)]
    rows: list[Sequence[Cell]] = [
        [n, it.lead, "\n".join(it.members), BETWEEN.join(it.submitters)]
        for n, it in enumerate(packet.merges, start=1)
    ]
    return _Sheet(name="并案", head=head, rows=rows)


def _units(packet: Packet) -> _Sheet:
    head = [("承办单位", 30), ("主办", 8), ("会办", 8), ("主办的提案", 50), ("会办的提案", 50)]
    rows: list[Sequence[Cell]] = [
        [it.name, len(it.leads), len(it.assists), BETWEEN.join(it.leads), BETWEEN.join(it.assists)]
        for it in packet.units
    ]
    return _Sheet(name="承办单位", head=head, rows=rows)
