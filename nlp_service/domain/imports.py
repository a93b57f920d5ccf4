"""Imports of archives: how far each came, and what became of its rows.

Pure data. ``store.importing`` does the work, ``store.imports`` keeps these records.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

MOST_REFUSALS = 100
"""Refused rows whose line and reason an import keeps; it counts all of them."""


class ImportState(enum.StrEnum):
    """How an import stands."""

    UNFINISHED = "unfinished"
    """未完成: it runs now, or was interrupted; the same file again goes on behind its mark"""
    DONE = "done"
    """已完成"""
    FAILED = "failed"
    """无法继续: from some line on the file cannot be read"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that was not stored, and why; never anything of its text."""

    line: int
    """On which the row begins, from 1; of files without lines, which of their rows it is."""
    code: str
    message: str
    where: str = ""
    """For a person: 第 5 行; imports of earlier versions noted the line alone."""

    @property
    def place(self) -> str:
        """Return where it is, for a person."""
        return self.where or f"第 {self.line} 行"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTally:
    """What became of an import's rows up to a line."""

    mark: int = 0
    """The ``line`` of the last row that was dealt with; 0 before the first."""
    read: int = 0
    stored: int = 0
    known: int = 0
    """There already: the same text of the same submitter."""
    refused: int = 0
    refusals: Sequence[RefusedRow] = ()
    """The first ``MOST_REFUSALS`` of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One file that was, or is being, taken into the store for one source."""

    key: int
    digest: str
    """Of the file, in hexadecimal digits: the same file, read the same way, is the same import."""
    name: str
    """As the file was called when it came first; empty where nobody said."""
    source: str
    lines: int
    """Of text, the rows' own line breaks included; of other files rows: the mark's end, nearly."""
    state: ImportState
    problem: str
    """Why it cannot go on; empty unless it failed."""
    tally: ImportTally
    started_at: datetime
    started_by: str
    changed_at: datetime
    """When a chunk was written last."""
    finished_at: datetime | None
