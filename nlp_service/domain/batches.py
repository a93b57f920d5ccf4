"""Batch jobs: a file in, one result a row out; how far each came, and what became of its rows.

Pure data. ``jobs`` does the work, ``store.batches`` keeps these records.
"""

import enum
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nlp_service.domain.people import Caller, CallerKind
from nlp_service.domain.submission import Kind, Mode

MOST_PROBLEMS = 100
"""Refused and quarantined rows that a job lists; it counts all of them."""


class BatchState(enum.StrEnum):
    """How a job stands."""

    WAITING = "waiting"
    """等待处理: no worker has taken it up"""
    RUNNING = "running"
    """处理中"""
    DONE = "done"
    """已完成: every row has its result"""
    FAILED = "failed"
    """无法继续: the file cannot be read, or only its beginning; what was read has its results"""
    CANCELLED = "cancelled"
    """已取消: what was done stays"""

    @property
    def final(self) -> bool:
        """Nothing will change any more."""
        return self in (BatchState.DONE, BatchState.FAILED, BatchState.CANCELLED)


class NotifyState(enum.StrEnum):
    """How the notice to a job's webhook stands."""

    NONE = "none"
    """未要求"""
    WAITING = "waiting"
    """尚未送达: the job is not done, or the next try is due later"""
    DELIVERED = "delivered"
    """已送达"""
    FAILED = "failed"
    """未能送达: given up"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """What is to be done with the rows of a file."""

    mode: Mode | None = None
    """``auto`` where nobody says, as of every batch."""
    keep: bool = True
    """Its rows become submissions of the store."""
    explain: bool = False
    quality: bool = True
    kind: Kind = Kind.UNKNOWN
    """Of rows that name none."""
    source: str = ""
    """The channel, as ``Origin.source``."""
    mapping: Mapping[str, str] = field(default_factory=dict)
    """Column of the file -> what it holds, where a person said so."""
    webhook: str = ""
    """Where to tell that the job ended; empty for nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFile:
    """A file as it was handed in."""

    name: str
    digest: str
    """SHA-256 of its bytes, in hexadecimal digits."""
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFile:
    """A file that its holder looks over before it is started."""

    key: int
    file: BatchFile
    mapping: Mapping[str, str]
    """Column of the file -> what it holds, where the holder said so."""
    reports: Sequence[Mapping[str, Any]]
    """What was found in it, as ``jobs.holding`` writes it down."""
    held_by: str
    held_at: datetime
    until: datetime
    """When it is forgotten, unless it was started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """A row that has no assessment, and why; never anything of its text."""

    row: int
    """From 1, over the whole file."""
    where: str
    """In Chinese: 第 5 行."""
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchTally:
    """What became of a job's rows so far."""

    read: int = 0
    """Rows that the file was found to hold; all of them once ``read_whole`` is true."""
    read_whole: bool = False
    done: int = 0
    refused: int = 0
    """They hold no submission, or one that cannot be assessed or stored."""
    quarantined: int = 0
    """Assessing them failed; the rest did not suffer."""
    retries: int = 0
    """Chunks that were taken up again, because a worker ended in the middle."""
    problems: Sequence[RowProblem] = ()
    """The first ``MOST_PROBLEMS`` of the refused and quarantined rows, in their order."""

    @property
    def finished(self) -> int:
        """Rows that have a result."""
        return self.done + self.refused + self.quarantined


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One file that was, or is being, scored."""

    key: int
    state: BatchState
    file: BatchFile
    kind: str
    """Kind of the file, as ``intake`` names it; empty until it was opened."""
    columns: Mapping[str, str]
    """Column of the file -> what it was taken for; empty until it was opened, or of no table."""
    options: BatchOptions
    tally: BatchTally
    problem: str
    """Why it cannot go on; empty unless it failed."""
    notify_state: NotifyState
    notify_problem: str
    version: int
    """Grows with every change."""
    submitted_at: datetime
    submitted_by: str
    started_at: datetime | None
    changed_at: datetime
    finished_at: datetime | None
    results_until: datetime | None
    """When the results were taken out; None while they are there."""
    rows_per_s: float | None = None
    """Over the last minute of work; None while nobody can tell."""

    def belongs_to(self, caller: Caller) -> bool:
        """Say whether a caller handed it in; a key also where it did so for somebody."""
        for_others = caller.kind is CallerKind.KEY
        return self.submitted_by == caller.actor or (
            for_others and self.submitted_by.startswith(f"{caller.actor} 代 ")
        )

    @property
    def seconds_left(self) -> float | None:
        """How long it will take if it goes on so; None where nobody can tell."""
        if self.state.final:
            return 0.0
        if not self.rows_per_s or not self.tally.read_whole:
            return None
        return (self.tally.read - self.tally.finished) / self.rows_per_s


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """How much work waits, for monitors and for who hands in more."""

    waiting_jobs: int
    """Jobs that are not final."""
    waiting_rows: int
    """Rows read that have no result yet."""
    unread_bytes: int
    """Of files that were not read to their end."""
    rows_per_s: float
    """Of all jobs, over the last minute; 0 where nothing was done."""
    retries: int
    """Chunks taken up again since the records begin."""
    quarantined: int
    """Rows, likewise."""
    workers: int
    """Processes that lately gave a sign of life."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultChunk:
    """Results of consecutive rows."""

    first_row: int
    last_row: int
    restricted: Collection[int]
    """Keys of the submissions that they tell of and that are restricted now."""
    content: bytes
    """As ``jobs.lines`` packs them."""
