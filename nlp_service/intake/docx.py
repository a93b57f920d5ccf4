"""Read a Word file: its paragraphs and the rows of its tables, in the order of the page.

What Word shows is read, also in content controls and tracked insertions; what was deleted, text
boxes' second copies, field codes, headers, footers and footnotes are not.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from nlp_service.intake.containers import Refused
from nlp_service.intake.limits import MOST_CHARACTERS
from nlp_service.intake.messages import Message, Paragraph, TableRow

_HEADING = re.compile(r"(?i)heading|title|标题")
_HIDDEN = ("del", "moveFrom", "txbxContent", "Fallback", "rt")
"""Elements whose text does not stand where they are."""


def read_document(file: BinaryIO) -> Iterator[Message]:
    """Yield what a Word file says.

    Raises:
        Refused: it is damaged, or endless.
    """
    from docx import Document

    try:
        document = Document(file)
    except Exception:  # of lxml, zipfile and python-docx: all mean the same here
        raise Refused("Word 文档已损坏，打不开；请用 Word 打开并另存一份。") from None
    names = {style.style_id: style.name or "" for style in document.styles}
    read = 0
    for message in _read_blocks(document.element.body, names):
        read += (
            len(message.text) if isinstance(message, Paragraph) else sum(map(len, message.cells))
        )
        if read > MOST_CHARACTERS:
            raise Refused(f"文字超过 {MOST_CHARACTERS} 字，请分成几个文件。")
        yield message


def _read_blocks(parent: Any, styles: dict[str, str]) -> Iterator[Paragraph | TableRow]:
    """Yield the blocks of an element of lxml; content controls are walked through."""
    for element in parent:
        name = _name(element)
        if name == "p":
            heading = bool(_HEADING.search(styles.get(_style(element), "")))
            yield Paragraph(text=_text(element), heading=heading)
        elif name == "tbl":
            yield from (TableRow(cells=_cells(row)) for row in _rows(element))
        elif name in ("sdt", "sdtContent", "ins", "customXml", "smartTag"):
            yield from _read_blocks(element, styles)


def _rows(table: Any) -> Iterator[Any]:
    for element in table:
        if _name(element) == "tr":
            yield element
        elif _name(element) in ("sdt", "sdtContent", "customXml"):
            yield from _rows(element)


def _cells(row: Any) -> list[str]:
    """Return a row's cells; what continues a cell of the row above is none."""
    cells = []
    for cell in row.iter(_tag(row, "tc")):
        if cell.getparent() is row or _name(cell.getparent()) == "sdtContent":
            merged = cell.find(f"./{_tag(cell, 'tcPr')}/{_tag(cell, 'vMerge')}")
            if merged is None or merged.get(_tag(cell, "val")) == "restart":
                shown = [one for one in cell.iter(_tag(cell, "p")) if not _is_hidden(one, cell)]
                paragraphs = [_text(one) for one in shown]
                cells.append("\n".join(text for text in paragraphs if text.strip()))
    return cells


def _text(paragraph: Any) -> str:
    parts = []
    for element in paragraph.iter():
        name = _name(element)
        if name in ("t", "tab", "br", "cr", "noBreakHyphen") and not _is_hidden(element, paragraph):
            if name == "t":
                parts.append(element.text or "")
            elif name == "noBreakHyphen":
                parts.append("-")
            elif not _is_stop(element):
                parts.append("\t" if name == "tab" else "\n")
    return "".join(parts)


def _is_hidden(element: Any, within: Any) -> bool:
    while element is not within:
        element = element.getparent()
        if _name(element) in _HIDDEN:
            return True
    return False


def _is_stop(element: Any) -> bool:
    """Say whether a ``tab`` only sets where tabs stop."""
    return _name(element.getparent()) == "tabs"


def _style(paragraph: Any) -> str:
    found = paragraph.find(f"./{_tag(paragraph, 'pPr')}/{_tag(paragraph, 'pStyle')}")
    return "" if found is None else str(found.get(_tag(paragraph, "val")))


def _name(element: Any) -> str:
    """Return an element's name without its namespace; comments have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _tag(element: Any, name: str) -> str:
    """Return a name in the namespace of Word's own elements, of either edition of the format."""
    return f"{{{element.tag[1:].rpartition('}')[0]}}}{name}"
