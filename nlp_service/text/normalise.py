"""Clean a text once, so that every later offset counts in the same characters.

Traditional characters stay: the office must see what was written. Nothing is corrected.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.submission import Submission
from nlp_service.text.authors import without_author

# Control, format (zero-width, bidi, soft hyphen, BOM) and private-use characters carry no text;
# line breaks and tabs do. Variation selectors only choose a glyph.
_BREAKS_AND_TABS = "\n\r\t\x0b\x0c\x85"
_INVISIBLE = re.compile(
    "["
    + "".join(
        re.escape(character)
        for character in map(chr, range(0x20000))
        if unicodedata.category(character) in ("Cc", "Cf", "Co")
        and character not in _BREAKS_AND_TABS
    )
    + "\ufe00-\ufe0f\U000e0000-\U000e0fff\U000f0000-\U0010ffff]+"
)
_LINE_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_BLANKS = re.compile(r"[^\S\n]+")
_BLANK_AROUND_BREAK = re.compile(r" ?\n[ \n]*")


def normalise(text: str) -> str:
    r"""Return the text in NFKC, without invisible characters, with single blanks and breaks.

    Idempotent. Full-width letters, digits and punctuation become half-width.

    >>> normalise("　Ａ３区\u200b停车难！\r\n\r\n请管一管 ")
    'A3区停车难!\n请管一管'
    """
    text = _LINE_BREAK.sub("\n", _INVISIBLE.sub("", text))
    text = _BLANKS.sub(" ", unicodedata.normalize("NFKC", text))
    return _BLANK_AROUND_BREAK.sub("\n", text).strip(" \n")


@dataclass(frozen=True, kw_only=True)
class Document:
    """A submission's text after cleaning. Spans count in ``text``."""

    title: str
    body: str

    @cached_property
    def text(self) -> str:
        """Title, one line break, body; only the one that is there when the other is empty."""
        return "\n".join(part for part in (self.title, self.body) if part)

    @cached_property
    def scored(self) -> "Document":
        """The same without its author's person, at the same offsets: what every score reads."""
        title, body = without_author(self.title), without_author(self.body)
        return (
            self if (title, body) == (self.title, self.body) else Document(title=title, body=body)
        )


def clean_title(title: str) -> str:
    """Return a title as cleaning leaves it: normalised, on one line."""
    return normalise(title).replace("\n", " ")


def clean(submission: Submission) -> Document:
    """Normalise a submission's title and body.

    Raises:
        InvalidSubmission: nothing is left to read.
    """
    document = Document(title=clean_title(submission.title), body=normalise(submission.body))
    if not any(character.isalnum() for character in document.text):
        raise InvalidSubmission("empty_text", "清理后没有可读的文字，请填写标题或正文。")
    return document
