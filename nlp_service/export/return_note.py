"""The note to a proposal's author (退回完善) as a Word document, ready to be printed or sent.

Its text is the draft of ``quality.advice`` or what a person made of it; nothing is added to it
but the form of a letter.
"""

from datetime import date, datetime

from nlp_service.domain.records import CHINA
from nlp_service.export.official import OfficialDocument

DRAFT = "【草稿：由系统草拟，请审定后发出】"
SIGNED = "提案委员会"


def write_return_note(
    text: str,
    *,
    title: str,
    number: str,
    submitter: str = "",
    signed: str = SIGNED,
    on: date | None = None,
    edited: bool = False,
) -> bytes:
    """Return the note as a .docx file.

    Args:
        text: of the note, a paragraph a line.
        title: of the proposal, as it may be shown.
        number: the office's number of it.
        submitter: who is addressed; empty where it is not known.
        signed: who signs.
        on: the day of the letter; today (Chinese time) unless told.
        edited: a person wrote or edited the text, so it is no draft of the machine any more.

    Raises:
        ValueError: there is no text.
    """
    if not text.strip():
        raise ValueError("a note without text")
    now = datetime.now(CHINA)
    day = on or now.date()
    document = OfficialDocument(title="提案退回完善通知", author=signed, made_at=now)
    if not edited:
        document.paragraph(DRAFT, indented=False)
    document.title("提案退回完善通知")
    document.under_title(f"编号：{number}")
    document.paragraph(f"案由：{title or '（无标题）'}", indented=False)
    document.paragraph(f"{submitter or '提案者'}：", indented=False)
    for line in text.splitlines():
        if line.strip():
            document.paragraph(line.strip())
    document.signature(signed, f"{day.year}年{day.month}月{day.day}日")
    return document.as_bytes()
