"""Lay a Word document out as offices do: A4, the margins, fonts and page numbers of GB/T 9704.

Of each font a name that offices have is used, with the names under which others have it.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from nlp_service.export.cells import leave_out_unfit

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_TITLE, _HEADING, _SUBHEADING, _BODY = "方正小标宋简体", "黑体", "楷体_GB2312", "仿宋_GB2312"
_INSTEAD = {
    _TITLE: "方正小标宋_GBK,华文中宋,宋体,SimSun,Noto Serif CJK SC",
    _HEADING: "SimHei,Heiti SC,Noto Sans CJK SC",
    _SUBHEADING: "楷体,KaiTi,STKaiti",
    _BODY: "仿宋,FangSong,STFangsong,Noto Serif CJK SC",
}
_TITLE_PT, _BODY_PT, _TABLE_PT, _FOOTER_PT = 22, 16, 10.5, 14  # 二号、三号、五号、四号
_TABLE_HEAD, _TABLE_SHORT, _TABLE_TEXT = "表头", "表格数字", "表格文字"
_LINE_PT, _TITLE_LINE_PT = 28, 35
_INDENT_PT = 2 * _BODY_PT  # two characters
_MARGINS_MM = {"top": 37, "bottom": 35, "left": 28, "right": 26}
_WIDTH_MM = 210 - 28 - 26


class OfficialDocument:
    """A document in the making."""

    def __init__(self, *, title: str, author: str, made_at: datetime) -> None:
        from docx import Document

        self._document: Any = Document()
        self._style_ids: dict[str, str] = {}
        self._set_page()
        self._set_styles()
        self._set_properties(title, author, made_at)
        self._add_page_number()

    def title(self, *lines: str) -> None:
        """Write the title, a line each."""
        for line in lines:
            self._centred(line, _TITLE, _TITLE_PT, line_pt=_TITLE_LINE_PT)

    def under_title(self, text: str) -> None:
        """Write what stands in brackets under the title, and a blank line."""
        self._centred(f"（{text}）", _SUBHEADING, _BODY_PT, line_pt=_LINE_PT)
        self._document.add_paragraph()

    def heading(self, text: str) -> None:
        """Write a heading of the first level (一、…)."""
        self._document.add_paragraph(leave_out_unfit(text), style="Heading 1")

    def subheading(self, text: str) -> None:
        """Write a heading of the second level (（一）…)."""
        self._document.add_paragraph(leave_out_unfit(text), style="Heading 2")

    def paragraph(self, text: str, *, indented: bool = True) -> None:
        """Write a paragraph, its first line indented by two characters."""
        from docx.shared import Pt

        paragraph = self._document.add_paragraph(leave_out_unfit(text))
        paragraph.paragraph_format.first_line_indent = Pt(_INDENT_PT if indented else 0)

    def signature(self, *lines: str) -> None:
        """Write who signs and when, to the right."""
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        self._document.add_paragraph()
        for line in lines:
            paragraph = self._document.add_paragraph(leave_out_unfit(line))
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            paragraph.paragraph_format.right_indent = Pt(_INDENT_PT)
            paragraph.paragraph_format.keep_together = True

    def table(
        self, head: Sequence[str], rows: Sequence[Sequence[object]], *, widths: Sequence[int]
    ) -> None:
        """Write a table whose head is repeated on each page and whose rows are not parted.

        Args:
            head: names of the columns.
            rows: their cells; None is left empty.
            widths: shares of the page's width.
        """
        from docx.shared import Mm

        table = self._document.add_table(rows=0, cols=len(head), style="Table Grid")
        table.autofit = False
        whole = sum(widths)
        millimetres = [_WIDTH_MM * width / whole for width in widths]
        for column, width in zip(table.columns, millimetres, strict=True):
            column.width = Mm(width)  # Word goes by the cells, WPS and LibreOffice by this
        for number, cells in enumerate([head, *rows]):
            self._add_row(table, cells, millimetres, is_head=number == 0)
        self._document.add_paragraph()

    def as_bytes(self) -> bytes:
        """Return the file."""
        _name_fonts(self._document)
        file = io.BytesIO()
        self._document.save(file)
        return file.getvalue()

    def _add_row(
        self, table: Any, cells: Sequence[object], millimetres: Sequence[float], *, is_head: bool
    ) -> None:
        from docx.shared import Mm

        row = table.add_row()
        _keep_row(row, is_head=is_head)
        for place, (cell, value, width) in enumerate(
            zip(row.cells, cells, millimetres, strict=True)
        ):
            cell.width = Mm(width)
            text = "" if value is None else leave_out_unfit(str(value))
            short = place == 0 or isinstance(value, int | float) or text.endswith("%")
            style = _TABLE_HEAD if is_head else _TABLE_SHORT if short else _TABLE_TEXT
            paragraph = cell.paragraphs[0]
            paragraph._p.style = self._style_ids[style]  # by name, each cell would look it up
            paragraph.add_run(text)

    def _centred(self, text: str, font: str, size: float, *, line_pt: float) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Pt

        paragraph = self._document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.line_spacing = Pt(line_pt)
        _set_font(paragraph.add_run(leave_out_unfit(text)).font, font, size)

    def _set_page(self) -> None:
        from docx.shared import Mm

        (section,) = self._document.sections
        section.page_width, section.page_height = Mm(210), Mm(297)
        for side, millimetres in _MARGINS_MM.items():
            setattr(section, f"{side}_margin", Mm(millimetres))
        section.footer_distance = Mm(25)

    def _set_styles(self) -> None:
        from docx.shared import Pt, RGBColor

        for name, font in (("Normal", _BODY), ("Heading 1", _HEADING), ("Heading 2", _SUBHEADING)):
            style = self._document.styles[name]
            _set_font(style.font, font, _BODY_PT)
            style.font.bold = False
            style.font.color.rgb = RGBColor(0, 0, 0)
            layout = style.paragraph_format
            layout.line_spacing, layout.space_before, layout.space_after = Pt(_LINE_PT), 0, 0
            if name != "Normal":
                layout.first_line_indent = Pt(_INDENT_PT)
                layout.keep_with_next = True
        self._add_table_styles()

    def _add_table_styles(self) -> None:
        from docx.enum.style import WD_STYLE_TYPE
        from docx.enum.text import WD_ALIGN_PARAGRAPH

        for name, font in ((_TABLE_HEAD, _HEADING), (_TABLE_SHORT, _BODY), (_TABLE_TEXT, _BODY)):
            style = self._document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            self._style_ids[name] = style.style_id
            style.base_style = self._document.styles["Normal"]
            _set_font(style.font, font, _TABLE_PT)
            style.paragraph_format.line_spacing = 1.15
            if name != _TABLE_TEXT:
                style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER

    def _set_properties(self, title: str, author: str, made_at: datetime) -> None:
        told = self._document.core_properties
        told.title, told.author = leave_out_unfit(title), leave_out_unfit(author)
        told.last_modified_by, told.comments, told.language = told.author, "", "zh-CN"
        told.created = told.modified = made_at.replace(tzinfo=None)

    def _add_page_number(self) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.oxml import parse_xml
        from docx.oxml.ns import nsdecls

        paragraph = self._document.sections[0].footer.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for part in ("— ", "PAGE", " —"):
            run = paragraph.add_run("1" if part == "PAGE" else part)
            _set_font(run.font, "宋体", _FOOTER_PT)
            if part == "PAGE":
                field = parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr=" PAGE "/>')
                run._r.addprevious(field)
                field.append(run._r)


def _set_font(font: Any, name: str, size: float) -> None:
    """Name a font for Chinese and Latin letters alike."""
    from docx.oxml.ns import qn
    from docx.shared import Pt

    font.size, font.name = Pt(size), name
    fonts = font.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for script in ("w:eastAsia", "w:ascii", "w:hAnsi"):
        fonts.set(qn(script), name)


def _keep_row(row: Any, *, is_head: bool) -> None:
    from docx.oxml import OxmlElement

    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if is_head:
        properties.append(OxmlElement("w:tblHeader"))


def _name_fonts(document: Any) -> None:
    """Write into the font table what to use where a font is not installed."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml.ns import nsdecls

    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/></w:font>'
        for name, others in _INSTEAD.items()
    )
    table = document.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    written = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts {nsdecls("w")}>'
    table._blob = f"{written}{fonts}</w:fonts>".encode()
