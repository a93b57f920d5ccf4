"""One row of a file, its values already named, becomes a Submission or says why it cannot."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.submission import Kind, Submission
from nlp_service.intake.columns import Column, Field, on_one_line
from nlp_service.intake.dates import read_date
from nlp_service.intake.order import mend_order

KINDS: Mapping[str, Kind] = {
    **{kind.value: kind for kind in Kind},
    "": Kind.UNKNOWN,
    "提案": Kind.PROPOSAL,
    "委员提案": Kind.PROPOSAL,
    "集体提案": Kind.PROPOSAL,
    "党派提案": Kind.PROPOSAL,
    "界别提案": Kind.PROPOSAL,
    "社情民意": Kind.OPINION_REPORT,
    "社情民意信息": Kind.OPINION_REPORT,
    "群众来信": Kind.PUBLIC_MESSAGE,
    "群众来信来电": Kind.PUBLIC_MESSAGE,
    "来信": Kind.PUBLIC_MESSAGE,
    "群众留言": Kind.PUBLIC_MESSAGE,
    "留言": Kind.PUBLIC_MESSAGE,
    "类型不明": Kind.UNKNOWN,
}
"""What may stand in the column ``kind``: our codes, or the names that offices use."""


class InvalidRow(InvalidSubmission):
    """A row that holds no submission; it keeps the number that the office gave it, if any."""

    def __init__(self, code: str, message: str, *, id: str = "", column: str = "") -> None:
        super().__init__(code, message)
        self.id = id
        self.column = column
        """Of the value at fault, as the file calls it; empty where the whole row is."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Let other processes be told of all of it."""
        return *super().__reduce__(), {"id": self.id, "column": self.column}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A row's values by what they stand for."""

    values: Mapping[Field, object]
    names: Mapping[Field, str] = field(default_factory=dict)
    """How the file calls them; what it does not have is called as ours."""

    def name(self, wanted: Field) -> str:
        """Return how an error calls a value."""
        return self.names.get(wanted, wanted.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row, line, form or letter of a file, before anybody judged its values."""

    line: int
    """On which it begins, from 1; of a document, which of its submissions it is."""
    where: str
    """The same for a person: 第 5 行. Empty where it is the whole file."""
    fields: "Fields | InvalidRow"
    notes: Sequence[str] = ()
    """What was mended, or should be looked at."""


def gather(pairs: Iterable[tuple[Column, object]]) -> Fields:
    """Name a row's values; sections are joined into the body under their own names."""
    values: dict[Field, object] = {}
    names: dict[Field, str] = {}
    sections: list[str] = []
    for column, value in pairs:
        if column.field is Field.SECTION:
            names.setdefault(Field.BODY, column.name)
            if isinstance(value, str) and value.strip():
                sections.append(f"{on_one_line(column.name)}：\n{value.strip()}")
        elif column.field not in (None, Field.CONTACT, Field.UNUSED):
            values[column.field], names[column.field] = value, column.name
    if sections or (Field.BODY in names and Field.BODY not in values):
        values[Field.BODY] = "\n".join([*_told(values.get(Field.BODY)), *sections])
    return Fields(values=values, names=names)


def _told(value: object) -> Sequence[str]:
    return [value.strip()] if isinstance(value, str) and value.strip() else []


def read_row(fields: Fields) -> tuple[Submission | InvalidRow, Sequence[str]]:
    """Make a submission of a row's values, and say what was mended of its text."""
    id = ""
    try:
        id = _id(fields)
        body, notes = mend_order(_text(fields, Field.BODY))
        submission = Submission(
            id=id,
            title=_text(fields, Field.TITLE, missing=""),
            body=body,
            kind=_kind(fields),
            submitted_at=read_date(fields.values.get(Field.SUBMITTED_AT)),
        )
        return submission, notes
    except InvalidSubmission as error:
        column = getattr(error, "column", "")
        shown = id if id.isprintable() else ""
        return InvalidRow(error.code, str(error), id=shown, column=column), ()


def _id(fields: Fields) -> str:
    """Return the office's number as text; many files write it as a JSON number."""
    value = fields.values.get(Field.REFERENCE)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _invalid(fields, Field.REFERENCE, "应为文字或整数")
    return str(value).strip()


def _text(fields: Fields, wanted: Field, *, missing: str | None = None) -> str:
    value = fields.values.get(wanted)
    if value is None and missing is not None:
        return missing
    if value is None:
        raise InvalidRow("invalid_row", "缺少正文（body）。")
    if isinstance(value, str):
        return value
    raise _invalid(fields, wanted, "应为文字")


def _kind(fields: Fields) -> Kind:
    value = fields.values.get(Field.KIND)
    kind = KINDS.get(str("" if value is None else value).strip())
    if kind is None:
        codes = "、".join(kind.value for kind in Kind)
        name = fields.name(Field.KIND)
        raise _invalid(
            fields,
            Field.KIND,
            f"应为 {codes} 之一，或其中文名称；“{name}”若另有所指，请把它对应为“不用”",
        )
    return kind


def _invalid(fields: Fields, wanted: Field, rule: str) -> InvalidRow:
    name = fields.name(wanted)
    return InvalidRow("invalid_row", f"{name} {rule}。", column=name)
