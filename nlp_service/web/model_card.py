"""Read a bundle's model card for a page: headings, paragraphs, lists and tables, nothing else.

The Chinese one, where training wrote it; of an older bundle the English one, its headings in
Chinese.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

CARDS = ("MODEL_CARD.zh-CN.md", "MODEL_CARD.md")
"""The files that may be there, the one for the office first."""

_MARKS = re.compile(r"\*\*|`")
_RULE = re.compile(r"\|[-:| ]+\|")

IN_CHINESE: Mapping[str, str] = {
    "For": "用途",
    "Not for": "不宜用于",
    "Data": "训练和测量用的数据",
    "Held-out figures": "留出数据上的成绩",
    "Quality": "质量评分的成绩",
    "source": "来源",
    "rows": "件数",
    "tag": "标签",
    "n": "件数",
    "accuracy or micro-F1": "正确率或微平均 F1",
    "macro-F1": "宏平均 F1",
    "top-2": "前两名含正确",
    "calibration error": "校准误差",
    "model": "模型",
    "gate": "审查提示",
    "shown": "提示件数",
    "recall": "查全率",
    "precision": "查准率",
    "false alarms": "误报率",
    "error": "误差",
}
"""Words of the card that stand in headings -> for readers of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of the card; which, ``kind`` says: h2, h3, p, ul or table."""

    kind: str
    lines: Sequence[str] = ()
    """Of a heading or paragraph one, of a list each item."""
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def read_card(bundle: Path) -> Sequence[Block]:
    """Return the parts of a bundle's card; none where it has no card."""
    there = [bundle / name for name in CARDS if (bundle / name).is_file()]
    return list(blocks_of(there[0].read_text(encoding="utf-8"))) if there else []


def blocks_of(text: str) -> Iterator[Block]:
    r"""Yield the parts of a text in Markdown, as model cards use it.

    >>> [block.kind for block in blocks_of("# A\n\n## B\ntext\n- one\n- two")]
    ['h2', 'p', 'ul']
    """
    for kind, group in groupby(text.splitlines(), key=_kind_of):
        lines = list(group)
        if kind == "table":
            cells = [_cells(line) for line in lines if not _RULE.fullmatch(line)]
            yield Block(kind=kind, head=[_in_chinese(name) for name in cells[0]], rows=cells[1:])
        elif kind == "ul":
            yield Block(kind=kind, lines=[_plain(line[2:]) for line in lines])
        elif kind in ("h2", "h3"):
            yield from (
                Block(kind=kind, lines=[_in_chinese(_plain(line.lstrip("# ")))]) for line in lines
            )
        elif kind == "p":
            yield Block(kind=kind, lines=[_plain(" ".join(lines))])


def _kind_of(line: str) -> str:
    if line.startswith("# ") or not line.strip():
        return ""
    if line.startswith("## "):
        return "h2"
    if line.startswith(("### ", "**")):
        return "h3"
    if line.startswith("|"):
        return "table"
    return "ul" if line.startswith("- ") else "p"


def _cells(line: str) -> Sequence[str]:
    return [_plain(cell.strip()) for cell in line.strip().strip("|").split("|")]


def _plain(words: str) -> str:
    return _MARKS.sub("", words)


def _in_chinese(words: str) -> str:
    return IN_CHINESE.get(words, words)
