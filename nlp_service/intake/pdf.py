"""Read the text layer of a PDF: runs of characters with their places, page by page.

pdfium gives characters in the order of the file, which need not be that of the page;
``intake.layout`` makes paragraphs of the runs.
"""

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, BinaryIO

from nlp_service.intake.containers import Refused
from nlp_service.intake.layout import Run, read_layout
from nlp_service.intake.limits import MOST_CHARACTERS, MOST_PAGES
from nlp_service.intake.messages import Message

_FEWEST_CHARACTERS = 10
"""On all pages together: below, the text layer is a stamp or a page number."""

_PASSWORD = 4
"""pdfium's code for a file that wants one."""


def read_pdf(file: BinaryIO) -> Iterator[Message]:
    """Yield what a PDF says, paragraph by paragraph.

    Raises:
        Refused: it is damaged, has a password, too many pages, or no text that can be read.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD:
            raise Refused("PDF 加了密码，请去掉密码再上传。") from None
        raise Refused("PDF 已损坏或没有传完，打不开；请重新导出。") from None
    if len(document) > MOST_PAGES:
        raise Refused(f"有 {len(document)} 页，上限是 {MOST_PAGES} 页；请只留下要分拣的那几页。")
    yield from read_layout(_read_pages(document))


def _read_pages(document: Any) -> Sequence[Sequence[Run]]:
    """Return each page's runs, in the order of the file."""
    pages: list[Sequence[Run]] = []
    read = garbled = 0
    for page in document:
        signs = _read_signs(page.get_textpage())
        page.close()
        read += len(signs)
        garbled += sum(_is_garbled(sign.text) for sign in signs)
        if read > MOST_CHARACTERS:
            raise Refused(f"文字超过 {MOST_CHARACTERS} 字，请分成几个文件。")
        pages.append(list(_runs(signs)))
    if read < _FEWEST_CHARACTERS:
        raise Refused("是扫描件，没有文字层，读不到文字；请先作文字识别（OCR），或上传 Word 原件。")
    if garbled * 5 > read:
        raise Refused("文字层用了不公开的字体编码，读出来是乱码；请上传 Word 原件。")
    return pages


def _is_garbled(text: str) -> bool:
    """Say whether a character stands for nothing: of private use, or no character at all."""
    return text == "\ufffd" or "\ue000" <= text <= "\uf8ff"


@dataclass(frozen=True, slots=True)
class _Sign:
    """A character and its place."""

    text: str
    left: float
    bottom: float
    right: float
    top: float

    @property
    def height(self) -> float:
        return self.top - self.bottom


def _read_signs(textpage: Any) -> Sequence[_Sign]:
    """Return a page's visible characters in the order of the file."""
    from pypdfium2 import raw

    signs = []
    box = raw.FS_RECTF()
    pending = 0
    for index in range(raw.FPDFText_CountChars(textpage)):
        code = raw.FPDFText_GetUnicode(textpage, index)
        if 0xD800 <= code < 0xDC00:  # the first half of a character beyond 16 bits
            pending = code
            continue
        if pending and 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((pending - 0xD800) << 10) + (code - 0xDC00)
        pending = 0
        text = chr(code)
        if code < 0x20 or text.isspace() or 0xD800 <= code < 0xE000:
            continue
        if raw.FPDFText_GetLooseCharBox(textpage, index, ctypes.byref(box)):
            signs.append(_Sign(text, box.left, box.bottom, box.right, box.top))
    return signs


def _runs(signs: Sequence[_Sign]) -> Iterator[Run]:
    """Join characters that follow each other on one line."""
    run: list[_Sign] = []
    for sign in signs:
        if run and not _is_beside(run[-1], sign):
            yield _run(run)
            run = []
        run.append(sign)
    if run:
        yield _run(run)


def _is_beside(one: _Sign, other: _Sign) -> bool:
    """Say whether two characters stand on one line, with no gap of more than two between them."""
    height = max(one.height, other.height, 0.1)
    gap = max(other.left - one.right, one.left - other.right)
    middle = (one.top + one.bottom - other.top - other.bottom) / 2
    return abs(middle) < height / 2 and gap < 2 * height


def _run(signs: Sequence[_Sign]) -> Run:
    """Make a run; what was written from right to left is put right."""
    steps = [after.left - before.left for before, after in pairwise(signs)]
    backward = len(steps) >= 2 and sum(step < 0 for step in steps) > 0.9 * len(steps)
    ordered = sorted(signs, key=lambda sign: sign.left) if backward else signs
    return Run(
        text=_spaced(ordered),
        left=min(sign.left for sign in signs),
        bottom=min(sign.bottom for sign in signs),
        right=max(sign.right for sign in signs),
        top=max(sign.top for sign in signs),
        backward=backward,
    )


def _spaced(signs: Sequence[_Sign]) -> str:
    """Join characters, with a blank where Latin words are apart."""
    text = signs[0].text
    for before, sign in pairwise(signs):
        apart = sign.left - before.right > 0.15 * sign.height
        if apart and before.text.isascii() and sign.text.isascii():
            text += " "
        text += sign.text
    return text
