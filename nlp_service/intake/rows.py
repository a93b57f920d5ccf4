"""One row of a file, its columns already named, becomes a Submission or says why it cannot."""

import re
from collections.abc import Mapping
from datetime import date

from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.submission import Kind, Submission

KINDS: Mapping[str, Kind] = {
    **{kind.value: kind for kind in Kind},
    "": Kind.UNKNOWN,
    "提案": Kind.PROPOSAL,
    "社情民意": Kind.OPINION_REPORT,
    "社情民意信息": Kind.OPINION_REPORT,
    "群众来信": Kind.PUBLIC_MESSAGE,
    "群众来信来电": Kind.PUBLIC_MESSAGE,
    "类型不明": Kind.UNKNOWN,
}
"""What may stand in the column ``kind``: our codes, or the names that offices use."""

_DATE = re.compile(r"\s*(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})")


class InvalidRow(InvalidSubmission):
    """A row that holds no submission; it keeps the number that the office gave it, if any."""

    def __init__(self, code: str, message: str, *, id: str = "") -> None:
        super().__init__(code, message)
        self.id = id


def read_row(columns: Mapping[str, object]) -> Submission | InvalidRow:
    """Make a submission of a row's named values; columns of other names do not count."""
    id = ""
    try:
        id = _id(columns.get("id"))
        return Submission(
            id=id,
            title=_text("title", columns.get("title") or ""),
            body=_text("body", columns.get("body")),
            kind=_kind(columns.get("kind")),
            submitted_at=read_date(columns.get("submitted_at")),
        )
    except InvalidSubmission as error:
        return InvalidRow(error.code, str(error), id=id if id.isprintable() else "")


def read_date(value: object) -> date | None:
    """Return the day at the start of a value, or None where there is none to be read.

    >>> read_date("2018/8/26 9:30:00"), read_date("2019年1月2日"), read_date("去年冬天")
    (datetime.date(2018, 8, 26), datetime.date(2019, 1, 2), None)
    """
    found = _DATE.match(value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def _id(value: object) -> str:
    """Return the office's number as text; many files write it as a JSON number."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidRow("invalid_row", "id 应为文字或整数。")
    return str(value).strip()


def _text(column: str, value: object) -> str:
    if isinstance(value, str):
        return value
    problem = f"缺少 {column}" if value is None else f"{column} 应为文字"
    raise InvalidRow("invalid_row", f"{problem}。")


def _kind(value: object) -> Kind:
    kind = KINDS.get(str("" if value is None else value).strip())
    if kind is None:
        codes = "、".join(kind.value for kind in Kind)
        raise InvalidRow("invalid_row", f"kind 应为 {codes} 之一，或其中文名称。")
    return kind
