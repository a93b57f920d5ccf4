"""A submission as it comes in, and the limits that it must keep.

Cleaning happens in ``text``; here only what holds of any text is checked.
"""

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from nlp_service.domain.errors import InvalidSubmission

MAX_CHARACTERS = 20_000
"""Longest title and body together, in characters. Real proposals stay under 5,000."""


class Kind(enum.StrEnum):
    """What sort of text it is; the codes are those of ``kinds.toml``."""

    PROPOSAL = "proposal"
    """提案"""
    OPINION_REPORT = "opinion_report"
    """社情民意信息"""
    PUBLIC_MESSAGE = "public_message"
    """群众来信来电"""
    UNKNOWN = "unknown"
    """Not stated: the service suggests one."""


KIND_NAMES: Mapping[Kind, str] = {
    Kind.PROPOSAL: "提案",
    Kind.OPINION_REPORT: "社情民意",
    Kind.PUBLIC_MESSAGE: "群众来信",
    Kind.UNKNOWN: "类型不明",
}
"""Short, as lists and sentences have them."""


class Mode(enum.StrEnum):
    """How much work a text is worth."""

    FAST = "fast"
    """The linear model alone."""
    ACCURATE = "accurate"
    """The linear model and the encoder together."""
    AUTO = "auto"
    """The encoder reads only what the linear model leaves in doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One text somebody wrote to the office, exactly as it came in."""

    body: str
    title: str = ""
    id: str = ""
    """The office's own number; empty means none was given."""
    kind: Kind = Kind.UNKNOWN
    submitted_at: date | None = None

    def __post_init__(self) -> None:
        """Refuse what no later step could handle.

        Raises:
            InvalidSubmission: too long, or not valid Unicode (a lone surrogate).
        """
        length = len(self.title) + len(self.body)
        if length > MAX_CHARACTERS:
            raise InvalidSubmission(
                "text_too_long",
                f"文本共 {length} 字，超过上限 {MAX_CHARACTERS} 字，请分件提交。",
            )
        for name, value in (("标题", self.title), ("正文", self.body), ("编号", self.id)):
            if not _is_unicode(value):
                raise InvalidSubmission(
                    "invalid_unicode", f"{name}含有不成对的代理字符，不是有效文本，请检查编码。"
                )

    @property
    def reference(self) -> str:
        """The given number, or one made from the text, so that the same text has the same one."""
        if self.id:
            return self.id
        digest = hashlib.sha256(f"{self.title}\n{self.body}".encode()).hexdigest()
        return f"auto-{digest[:16]}"


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
