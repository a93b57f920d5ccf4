"""What the confined process says of a file: one JSON array a line, the kind of message first."""

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """What a container is."""

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file of an archive, and why not to open it, or nothing."""

    index: int
    name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet of a workbook begins."""

    name: str
    hidden: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The one table of a file whose columns have names begins; its rows follow, from 1."""

    names: Sequence[str]
    rows: int
    """How many the file says it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """A merged range of the sheet, from 0; all come before the rows."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the sheet."""

    line: int
    """From 1."""
    cells: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph of a document."""

    text: str
    heading: bool
    """By its style; a line that only looks like one is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row of a table in a document, a merged cell once."""

    cells: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something about the file that is worth telling."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Nothing more comes, and why."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Nothing more comes: that was all."""


Message: TypeAlias = (
    Container | Entry | Sheet | Columns | Merge | Row | Paragraph | TableRow | Note | Refusal | End
)
_KINDS = {
    kind.__name__: kind
    for kind in (
        Container, Entry, Sheet, Columns, Merge, Row, Paragraph, TableRow, Note, Refusal, End
    )
}  # fmt: skip


def dump(message: Message) -> bytes:
    """Write a message as a line; a lone surrogate, which is no text, as a question mark."""
    line = json.dumps([type(message).__name__, *astuple(message)], ensure_ascii=False)
    return line.encode("utf-8", "replace") + b"\n"


def load(line: bytes) -> Message:
    """Read a line that ``dump`` wrote."""
    name, *values = json.loads(line)
    kind = _KINDS[name]
    return kind(**dict(zip(kind.__slots__, values, strict=True)))
