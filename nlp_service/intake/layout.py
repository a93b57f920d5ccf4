"""Make paragraphs of the runs of a PDF: what stands on a page, in the order in which it is read.

Page numbers, and what repeats at the head or foot of pages, are left out. A page of one column has
one order, from top to bottom, whatever the file says; of several columns the file's order is kept,
and the page is named where even that goes back and forth.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from statistics import median

from nlp_service.intake.columns import field_of
from nlp_service.intake.messages import Note, Paragraph, TableRow

_PAGE_NUMBER = re.compile(
    r"(?P<mark>[-–—－·•\s]*(?:第\s*)?)(?P<number>\d{1,4})(?P<end>\s*页?(?:\s*[,，/／共]\s*\d{1,4}\s*页?)?[-–—－·•\s]*)"
)
_ITEM = re.compile(
    r"[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[.、．](?!\d)"
)
_DIGITS = re.compile(r"\d+")
_GOES_ON = ("，", "、", ",", "的")
"""What no paragraph ends with, however short its last line is."""
_LARGER = 1.15
"""Of two heights, from which ratio on they are of different fonts."""
_AT_EDGE = 2
"""Lines at the head or foot of a page among which repeated ones are sought."""


@dataclass(frozen=True, slots=True)
class Run:
    """Characters that stand beside each other on a page; places in points from its lower left."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    backward: bool = False
    """They followed from right to left in the file, and were put right."""


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """Runs that stand on one line of a page, from left to right."""

    page: int
    runs: Sequence[Run]

    @property
    def left(self) -> float:
        return min(run.left for run in self.runs)

    @property
    def right(self) -> float:
        return max(run.right for run in self.runs)

    @property
    def middle(self) -> float:
        return (self.runs[0].top + self.runs[0].bottom) / 2

    @property
    def height(self) -> float:
        return max(run.top - run.bottom for run in self.runs) or 1.0

    @property
    def text(self) -> str:
        return " ".join(run.text for run in self.runs)


def read_layout(pages: Sequence[Sequence[Run]]) -> Iterator[Paragraph | TableRow | Note]:
    """Yield a PDF's paragraphs, rows of labels with what stands beside them, and what is odd.

    Of each page its runs, in the order of the file.
    """
    for number, page in enumerate(pages, start=1):
        if not page:
            yield Note(text=f"第 {number} 页没有文字，可能是图片")
        elif any(run.backward for run in page):
            yield Note(text=f"第 {number} 页有倒序的文字，已按版面复原")
    lines: list[_Line] = []
    for page_lines in _without_furniture([_lines(*page) for page in enumerate(pages, start=1)]):
        ordered, note = _in_order(page_lines)
        lines += ordered
        if note:
            yield Note(text=note)
    yield from _paragraphs(lines)


def _lines(page: int, runs: Sequence[Run]) -> Sequence[_Line]:
    """Return a page's lines in the file's order."""
    lines: list[_Line] = []
    for run in runs:
        _add(lines, run, page=page)
    return lines


def _add(lines: list[_Line], run: Run, *, page: int) -> None:
    if lines and abs(lines[-1].middle - (run.top + run.bottom) / 2) < lines[-1].height / 2:
        runs = sorted([*lines[-1].runs, run], key=lambda one: one.left)
        lines[-1] = _Line(page, runs)
    else:
        lines.append(_Line(page, [run]))


# --- page numbers, heads and feet ------------


def _without_furniture(pages: Sequence[Sequence[_Line]]) -> Sequence[Sequence[_Line]]:
    edges = [_edges(page) if len(page) > 1 else frozenset[_Line]() for page in pages]
    repeated, numbers = _repeated(edges), _page_numbers(edges)
    return [
        [
            line
            for line in page
            if not (line in edge and (_place(line) in repeated or line in numbers))
        ]
        for page, edge in zip(pages, edges, strict=True)
    ]


def _edges(page: Sequence[_Line]) -> frozenset[_Line]:
    """Return the lines that stand highest and lowest on a page."""
    by_height = sorted(page, key=lambda line: line.middle)
    return frozenset([*by_height[:_AT_EDGE], *by_height[-_AT_EDGE:]])


def _place(line: _Line) -> tuple[str, int]:
    """Return what is the same of a head on every page: its words without digits, and its height."""
    return _DIGITS.sub("#", line.text), round(line.middle / 4)


def _repeated(edges: Sequence[frozenset[_Line]]) -> set[tuple[str, int]]:
    """Return what stands at the same place of at least three pages, and of half of them."""
    counts = Counter(place for edge in edges for place in {_place(line) for line in edge})
    enough = max(3, len(edges) / 2)
    return {place for place, count in counts.items() if count >= enough}


def _page_numbers(edges: Sequence[frozenset[_Line]]) -> frozenset[_Line]:
    """Return the lines that are page numbers: marked as such, or counting with the pages."""
    bare: list[tuple[int, _Line]] = []
    marked: list[_Line] = []
    for line in (line for edge in edges for line in edge):
        told = _PAGE_NUMBER.fullmatch(line.text.strip())
        if told and (told["mark"].strip() or told["end"].strip()):
            marked.append(line)
        elif told:
            bare.append((int(told["number"]) - line.page, line))
    usual = Counter(offset for offset, _ in bare)
    alone = len(edges) == 1
    counting = [line for offset, line in bare if usual[offset] > 1 or (alone and not offset)]
    return frozenset([*marked, *counting])


# --- order ------------


def _in_order(page: Sequence[_Line]) -> tuple[Sequence[_Line], str]:
    """Return a page's lines as they are read, and what to say of it, or nothing."""
    jumps = [
        place
        for place, (one, other) in enumerate(pairwise(page), start=1)
        if other.middle > one.middle + one.height / 2
    ]
    if not jumps:
        return page, ""
    by_height = sorted(page, key=lambda line: -line.middle)
    apart = all(one.middle - other.middle > one.height / 2 for one, other in pairwise(by_height))
    if apart:
        return by_height, f"第 {page[0].page} 页行序与版面不符，已按版面从上到下复原"
    if _are_columns(page, jumps):
        return page, ""
    return page, f"第 {page[0].page} 页的分栏或行序不明，请核对原件"


def _are_columns(page: Sequence[_Line], jumps: Sequence[int]) -> bool:
    """Say whether the file goes down one column after the other, from left to right."""
    starts = [0, *jumps, len(page)]
    columns = [page[begin:end] for begin, end in pairwise(starts)]
    return all(
        max(line.right for line in one) <= min(line.left for line in other)
        for one, other in pairwise(columns)
    )


# --- paragraphs ------------


def _paragraphs(lines: Sequence[_Line]) -> Iterator[Paragraph | TableRow]:
    """Join the lines of each paragraph."""
    if not lines:
        return
    usual = median(line.height for line in lines)
    pages = {page: [*group] for page, group in groupby(lines, key=lambda line: line.page)}
    text, before = "", None
    for line in [*lines, None]:
        if before and not (line and _goes_on(before, line, pages, usual)):
            yield _paragraph(text, before, usual)
            text, before = "", None
        if line:
            text, before = _joined(text, line.text) if before else line.text, line


def _paragraph(text: str, last: _Line, usual: float) -> Paragraph | TableRow:
    if _is_row(last):
        return TableRow(cells=[run.text for run in last.runs])
    return Paragraph(text=text, heading=last.height > _LARGER * usual)


def _is_row(line: _Line) -> bool:
    """Say whether a line has a label and, apart from it, what it labels."""
    return len(line.runs) > 1 and field_of(line.runs[0].text) is not None


def _goes_on(
    before: _Line, line: _Line, pages: Mapping[int, Sequence[_Line]], usual: float
) -> bool:
    """Say whether a line continues the paragraph of the one before it."""
    larger = max(before.height, line.height) > _LARGER * min(before.height, line.height)
    if larger or _is_row(before) or _is_row(line) or _ITEM.match(line.text):
        return False
    if before.height > _LARGER * usual:  # a title of several lines
        return before.page == line.page and before.middle - line.middle < 2.5 * before.height
    indent = line.left - _margin(line, pages[line.page])
    by_two = 1.2 * line.height < indent < 2.6 * line.height  # as paragraphs begin in Chinese
    indented = by_two or (indent > 0 and before.left < line.left - line.height)
    short = before.right < _edge(before, pages[before.page]) - 2.2 * before.height
    return not indented and (not short or before.text.endswith(_GOES_ON))


def _margin(line: _Line, page: Sequence[_Line]) -> float:
    """Return where the lines of a line's column begin."""
    return min(one.left for one in page if one.left < line.right and one.right > line.left)


def _edge(line: _Line, page: Sequence[_Line]) -> float:
    """Return where full lines of a line's column end: farthest right where two of its kind do."""
    ends = sorted(
        one.right
        for one in page
        if one.left < line.right
        and one.right > line.left
        and max(one.height, line.height) <= _LARGER * min(one.height, line.height)
    )
    shared = [one for one, other in pairwise(ends) if other - one < line.height]
    return shared[-1] if shared else ends[-1]


def _joined(text: str, more: str) -> str:
    latin = text[-1:].isascii() and more[:1].isascii()
    return f"{text} {more}" if latin else text + more
