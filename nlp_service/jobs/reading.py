"""Read the file of a job: its rows are put down in chunks, each with the work to score it.

Whatever was put down before stays: a read that was broken off goes on behind it, since the same
file always gives the same rows in the same order.
"""

import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from nlp_service.domain.batches import Batch, BatchOptions
from nlp_service.domain.errors import UnreadableInput
from nlp_service.domain.submission import Mode, Submission
from nlp_service.intake.columns import ColumnMapping, Field
from nlp_service.intake.uploads import Upload, open_upload
from nlp_service.jobs.ending import follow_up
from nlp_service.jobs.lines import pack_rows
from nlp_service.jobs.queue import SCORE, JobQueue
from nlp_service.jobs.rows import JobRow, job_row
from nlp_service.store.opening import Store

log = logging.getLogger(__name__)

QUICK_ROWS = 512
"""Rows of a chunk that the linear model scores alone: about a second's work."""

ROWS = 256
"""Rows of a chunk where the encoder may read."""

MOST_CHARACTERS = 2_000_000
"""Of a chunk: even the longest texts stay small in memory."""

MOST_TRIES = 3
"""A file at whose same place as many workers end is not read again."""

ACTOR = "nlp-service"


class Overtaken(Exception):
    """The job was cancelled, or another worker reads its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    store: Store
    queue: JobQueue
    batch: Batch

    def put_down(self, before: int, rows: Sequence[JobRow]) -> bool:
        """Write a chunk; it begins right behind the last one, so that no row lies between.

        Returns False where reading on is of no use: cancelled, or somebody else reads, too.
        """
        until, first = rows[-1].number, before + 1
        with self.store.transaction(actor=ACTOR) as office:
            now = office.batches.hold(self.batch.key)
            if now.state.final or now.tally.read != before:
                return False
            workflow = self.queue.put(office.connection, SCORE, self.batch.key, first)
            office.batches.rows.add_chunk(
                self.batch.key,
                first_row=first,
                last_row=until,
                content=pack_rows(rows),
                workflow=workflow,
            )
            office.batches.note_read(self.batch.key, until_row=until)
        return True


def begin_reading(store: Store, key: int) -> int:
    """Note that one more worker takes the file of a job up; return the how-manieth it is.

    Once for each worker, not again where the database lets it wait: that says nothing of the file.

    Raises:
        StoreError: the database refuses.
    """
    with store.transaction(actor=ACTOR) as office:
        return 0 if _is_read(office.batches.hold(key)) else office.batches.begin_reading(key)


def read_upload(store: Store, queue: JobQueue, key: int, *, tries: int, folder: Path) -> Batch:
    """Read the file of a job to its end, or as far as it can be; return the job.

    Args:
        store: holds the file, takes the chunks.
        queue: takes the work.
        key: of the job.
        tries: as ``begin_reading`` counted them.
        folder: where the file lies while it is read, without a name: no kill leaves it behind.

    Raises:
        StoreError: the database refuses; what was put down stays.
    """
    with store.reading() as office:
        batch = office.batches.get(key)
    if _is_read(batch):
        return batch
    if tries > MOST_TRIES:
        problem = f"读取时进程 {MOST_TRIES} 次中断，不再读取；请检查文件。"
        return _finish(store, queue, key, problem)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as unnamed:
        file = cast(BinaryIO, unnamed)
        _copy_out(store, key, file)
        try:
            mapping = _mapping_of(batch.options)
            upload = open_upload(file, name=batch.file.name, mapping=mapping)
            _note_opened(store, key, upload)
            problem = _put_down_all(_Reading(store=store, queue=queue, batch=batch), upload)
        except UnreadableInput as error:
            problem = str(error)
        except Overtaken:
            return batch
    return _finish(store, queue, key, problem)


def _is_read(batch: Batch) -> bool:
    return batch.state.final or batch.tally.read_whole


def _copy_out(store: Store, key: int, file: BinaryIO) -> None:
    with store.reading() as office:
        for piece in office.batches.rows.pieces(key):
            file.write(piece)


def _mapping_of(options: BatchOptions) -> ColumnMapping:
    return ColumnMapping(fields={name: Field(it) for name, it in options.mapping.items()})


def _note_opened(store: Store, key: int, upload: Upload) -> None:
    columns = {name: str(field or "") for name, field in upload.columns.items()}
    with store.transaction(actor=ACTOR) as office:
        office.batches.note_opened(key, kind=str(upload.kind), columns=columns)


def _put_down_all(reading: _Reading, upload: Upload) -> str:
    """Put all rows down; return what kept the rest from being read, or nothing."""
    before, problem, options = reading.batch.tally.read, "", reading.batch.options

    def readable() -> Iterator[JobRow]:
        nonlocal problem
        try:
            for row in upload.rows:
                if row.number > reading.batch.tally.read:
                    yield job_row(row, keep=options.keep, source=options.source, kind=options.kind)
        except UnreadableInput as error:
            problem = str(error)

    for rows in _chunks(readable(), quick=reading.batch.options.mode is Mode.FAST):
        if not reading.put_down(before, rows):
            raise Overtaken
        before = rows[-1].number
    return problem or ("" if before else f"{upload.name} 里没有一件来件，请检查文件。")


def _chunks(rows: Iterator[JobRow], *, quick: bool) -> Iterator[Sequence[JobRow]]:
    most = QUICK_ROWS if quick else ROWS
    chunk: list[JobRow] = []
    characters = 0
    for row in rows:
        chunk.append(row)
        if isinstance(row.item, Submission):
            characters += len(row.item.title) + len(row.item.body)
        if len(chunk) == most or characters >= MOST_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk


def _finish(store: Store, queue: JobQueue, key: int, problem: str) -> Batch:
    with store.transaction(actor=ACTOR) as office:
        before = office.batches.hold(key)
        now = office.batches.finish_reading(key, problem=problem)
        follow_up(office, queue, before, now)
        return now
