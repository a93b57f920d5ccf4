"""What the workflows do. Each may be done again, by anyone, at any time: nothing happens twice.

The transaction that writes a chunk's results takes the chunk away; who comes second finds none.
"""

import faulthandler
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from nlp_service.assess import Assessor
from nlp_service.domain.assessment import Assessment
from nlp_service.domain.batches import Batch, NotifyState
from nlp_service.domain.errors import (
    DatabaseFull,
    DatabaseUnreachable,
    ModeUnavailable,
    StoreBusy,
    WebhookRefused,
)
from nlp_service.domain.label_counts import count_labels
from nlp_service.domain.records import CHINA
from nlp_service.jobs.ending import follow_up
from nlp_service.jobs.isolation import Load, ScoringProcess
from nlp_service.jobs.lines import Quarantined, RowResult, pack_results, unpack_rows
from nlp_service.jobs.notices import WAITS_S, NoticeFailed, read_secret, send_notice, write_notice
from nlp_service.jobs.queue import NOTIFY, JobQueue
from nlp_service.jobs.reading import ACTOR, begin_reading, read_upload
from nlp_service.jobs.rows import JobRow
from nlp_service.jobs.scoring import (
    Answer,
    count_results,
    file_rows,
    join_results,
    prepare_filings,
    score_rows,
)
from nlp_service.settings import Settings
from nlp_service.store.batch_rows import RowChunk
from nlp_service.store.opening import Office, Store
from nlp_service.store.relating import Kept, Relator, relate_missing

log = logging.getLogger(__name__)

ALONE_FROM = 3
"""The try of a chunk from which its rows are scored in a process of their own."""

GIVEN_UP_FROM = 25
"""The try from which not even that is believed to help: the end of a worker beside the process in
which the rows are scored says little of the rows."""

CHUNK_WITHIN_S = 900
"""A worker that takes longer for a chunk hangs; it ends itself, and the chunk is taken up again."""

_LONGEST_WAIT_S = 5.0
_TELLS_AT_S = 0.8
"""A shorter trouble is not worth a line in the log."""

_Value = TypeVar("_Value")


class Stopped(BaseException):
    """The worker was told to stop; the work stays in the queue.

    No ``Exception``: of those DBOS takes note as the work's end.
    """


@dataclass(slots=True, kw_only=True)
class Workshop:
    """All that a worker works with."""

    store: Store
    queue: JobQueue
    assessor: Assessor
    relator: Relator | None
    settings: Settings
    load: Load
    unfit: Path | None = None
    """Folder of a chosen bundle that does not load here."""
    stopping: threading.Event = field(default_factory=threading.Event)
    scoring: threading.Lock = field(default_factory=threading.Lock)
    """One chunk is scored at a time: two at once would only take turns."""
    taken: set[tuple[int, int]] = field(default_factory=set)
    """Job and first row of the chunk that is being scored."""

    @property
    def folder(self) -> Path:
        """Where files lie while they are read."""
        return self.settings.data / "incoming"

    @property
    def settings_now(self) -> Settings:
        """The settings with the lines and names that are in force, for other processes."""
        policy = self.assessor.policy
        now = {
            "file_from": policy.file_from,
            "convert_from": policy.convert_from,
            "local_taxonomy": self.assessor.bundle.local_names,
        }
        return self.settings.model_copy(update=now)

    def insist(self, act: Callable[[], _Value]) -> _Value:
        """Do it until the database lets it happen.

        Raises:
            Stopped: the worker is told to stop meanwhile.
        """
        wait = 0.1
        while True:
            try:
                return act()
            except (DatabaseUnreachable, DatabaseFull, StoreBusy) as error:
                if wait == _TELLS_AT_S:
                    log.warning("数据库暂时不能用，等它恢复：%s", error)
            if self.stopping.wait(wait):
                raise Stopped
            wait = min(2 * wait, _LONGEST_WAIT_S)


class _Overtaken(Exception):
    """Another worker has written this chunk, or the job was cancelled: nothing of ours is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scored:
    """A chunk that is ready to be written."""

    job: Batch
    first_row: int
    rows: Sequence[JobRow]
    answers: Sequence[Answer]
    kept: Mapping[int, Kept]
    """What of it is to be stored, by its place."""


def read_file(shop: Workshop, batch: int) -> None:
    """Read the file of a job."""
    tries = shop.insist(lambda: begin_reading(shop.store, batch))
    shop.insist(lambda: read_upload(shop.store, shop.queue, batch, tries=tries, folder=shop.folder))


def score_chunk(shop: Workshop, batch: int, first_row: int) -> None:
    """Bring the results of a chunk."""
    with shop.scoring:
        if shop.stopping.is_set():
            raise Stopped
        taken = shop.insist(lambda: _take(shop, batch, first_row))
        if taken is None:
            return
        job, chunk = taken
        rows = unpack_rows(chunk.content)
        shop.taken.add((batch, first_row))
        try:
            answers = _score(shop, job, chunk, rows)
        except ModeUnavailable as error:
            problem = str(error)
            shop.insist(lambda: _fail(shop, batch, problem))
            return
        finally:
            shop.taken.discard((batch, first_row))
    kept = (
        prepare_filings(rows, answers, job.options, shop.assessor.bundle.taxonomy, shop.relator)
        if job.options.keep
        else {}
    )
    scored = _Scored(job=job, first_row=chunk.first_row, rows=rows, answers=answers, kept=kept)
    with suppress(_Overtaken):
        shop.insist(lambda: _write(shop, scored))


def give_back(shop: Workshop) -> None:
    """Let the chunk that was not scored in time count as not taken up: nothing is wrong with it."""
    with shop.store.transaction(actor=ACTOR) as office:
        for batch, first_row in list(shop.taken):
            office.batches.rows.give_back_chunk(batch, first_row)


def look_up_stored(shop: Workshop) -> None:
    """Look up what a job has stored, among all that is stored."""
    relator = shop.relator
    if relator is not None and relator.prepare(shop.store):
        shop.insist(lambda: relate_missing(shop.store, relator))


def notify(shop: Workshop, batch: int, number: int) -> None:
    """Tell a job's webhook that it ended; put the next try into the queue where that fails."""

    def read() -> Batch:
        with shop.store.reading() as office:
            return office.batches.get(batch)

    now = shop.insist(read)
    if now.notify_state is not NotifyState.WAITING:
        return
    state, problem = NotifyState.DELIVERED, ""
    try:
        send_notice(
            now.options.webhook,
            write_notice(now),
            hosts=shop.settings.webhook_hosts,
            secret=read_secret(shop.settings),
        )
    except WebhookRefused as error:
        state, problem = NotifyState.FAILED, str(error)
    except NoticeFailed as error:
        last = number > len(WAITS_S)
        state, problem = NotifyState.FAILED if last else NotifyState.WAITING, str(error)
    shop.insist(lambda: _note_notice(shop, batch, number, state, problem))


def _take(shop: Workshop, batch: int, first_row: int) -> tuple[Batch, RowChunk] | None:
    with shop.store.transaction(actor=ACTOR) as office:
        job = office.batches.hold(batch)
        chunk = office.batches.rows.take_chunk(batch, first_row)
        if chunk is None:
            return None
        if chunk.tries > 1:
            office.batches.note_retry(batch)
        return job, chunk


def _score(shop: Workshop, job: Batch, chunk: RowChunk, rows: Sequence[JobRow]) -> Sequence[Answer]:
    if chunk.tries >= GIVEN_UP_FROM:
        return [Quarantined(f"这一行所在的一段 {chunk.tries - 1} 次没有做成") for _ in rows]
    if chunk.tries >= ALONE_FROM:
        told = (job.key, chunk.first_row, chunk.tries - 1)
        log.warning("任务 %d 自第 %d 行起的一段中断了 %d 次，改为逐行单独分拣。", *told)
        return ScoringProcess(shop.settings_now, shop.load).score(rows, job.options)
    faulthandler.dump_traceback_later(CHUNK_WITHIN_S, exit=True)
    try:
        return score_rows(shop.assessor, rows, job.options)
    finally:
        faulthandler.cancel_dump_traceback_later()


def _write(shop: Workshop, scored: _Scored) -> None:
    """Write a chunk's results, its submissions and the job's counts, all in one transaction."""
    job = scored.job
    with shop.store.transaction(actor=job.submitted_by) as office:
        filed = file_rows(office, scored.kept, shop.relator)
        results = join_results(scored.rows, scored.answers, filed)
        before = office.batches.hold(job.key)
        there = office.batches.rows.finish_chunk(
            job.key,
            scored.first_row,
            bundle=shop.assessor.versions.bundle,
            content=pack_results(results, explain=job.options.explain),
            stored=[result.stored.key for result in results if result.stored],
        )
        if not there:
            raise _Overtaken
        now = office.batches.count(job.key, count_results(results))
        follow_up(office, shop.queue, before, now)
        _count_labels(shop, office, results)


def _count_labels(shop: Workshop, office: Office, results: Sequence[RowResult]) -> None:
    """Count what was said, for monitors; last, since others wait who count the same."""
    said = [result.answer for result in results if isinstance(result.answer, Assessment)]
    bundle, today = shop.assessor.versions.bundle, datetime.now(CHINA).date()
    office.label_counts.add(count_labels(said), bundle=bundle, on=today)


def _fail(shop: Workshop, batch: int, problem: str) -> None:
    with shop.store.transaction(actor=ACTOR) as office:
        before = office.batches.hold(batch)
        follow_up(office, shop.queue, before, office.batches.fail(batch, problem))


def _note_notice(shop: Workshop, batch: int, number: int, state: NotifyState, problem: str) -> None:
    with shop.store.transaction(actor=ACTOR) as office:
        office.batches.note_notified(batch, state, problem=problem)
        if state is NotifyState.WAITING:
            delay_s = WAITS_S[number - 1]
            shop.queue.put(office.connection, NOTIFY, batch, number + 1, delay_s=delay_s)
