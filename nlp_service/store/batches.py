"""Batch jobs in the store: handed in once, moved on with each chunk's results, ended once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.batches import (
    MOST_PROBLEMS,
    Batch,
    BatchFile,
    BatchOptions,
    BatchState,
    BatchTally,
    NotifyState,
    QueueState,
    RowProblem,
)
from nlp_service.domain.errors import RecordUnknown
from nlp_service.domain.submission import Kind, Mode
from nlp_service.store.audit import Audit
from nlp_service.store.batch_rows import BatchRows
from nlp_service.store.batch_tables import batch_pieces, batch_results, batches
from nlp_service.store.locks import wait_for_turn
from nlp_service.store.workers import count_living

RATE_OVER = timedelta(seconds=60)
"""A job's rate is told over its last minute."""

_LOCK = 0x6E6C705F626174  # "nlp_bat"


class Batches:
    """Batch jobs, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._connection, self._audit = connection, audit
        self.rows = BatchRows(connection)

    def begin(
        self, file: BatchFile, options: BatchOptions, *, idempotency_key: str = ""
    ) -> Batch | None:
        """Note a job; None where this caller has used the idempotency key for one before.

        Where another transaction is using it now, this waits for that one's end.
        """
        now = datetime.now(UTC)
        row = {
            "state": BatchState.WAITING,
            "name": file.name,
            "digest": bytes.fromhex(file.digest),
            "size": file.size,
            "kind": "",
            "columns": {},
            "options": asdict(options),
            "idempotency_key": idempotency_key,
            "workflow": "",
            "read_tries": 0,
            **dict.fromkeys(("rows_read", "rows_done", "rows_refused"), 0),
            **dict.fromkeys(("rows_quarantined", "retries"), 0),
            "read_whole": False,
            "problems": [],
            "problem": "",
            "notify_state": NotifyState.WAITING if options.webhook else NotifyState.NONE,
            "notify_problem": "",
            "version": 1,
            "submitted_at": now,
            "submitted_by": self._audit.actor,
            "changed_at": now,
        }
        statement = insert(batches).values(row).on_conflict_do_nothing()
        key = self._connection.execute(statement.returning(batches.c.key)).scalar_one_or_none()
        if key is None:
            return None
        self._audit.note(Action.BATCH_SUBMITTED, RecordKind.BATCH, key)
        return self.get(key)

    def with_idempotency_key(self, idempotency_key: str) -> Batch | None:
        """Return the job that this caller handed in under a key; None where there is none."""
        found = self._connection.execute(
            _select().where(
                batches.c.submitted_by == self._audit.actor,
                batches.c.idempotency_key == idempotency_key,
                batches.c.idempotency_key != "",
            )
        ).one_or_none()
        return None if found is None else _read_batch(found)

    def with_digest(self, digest: str) -> Batch | None:
        """Return the newest job of a file with the same bytes; None where there is none."""
        same = _select().where(batches.c.digest == bytes.fromhex(digest))
        row = self._connection.execute(same.order_by(batches.c.key.desc()).limit(1)).one_or_none()
        return None if row is None else _read_batch(row)

    def get(self, key: int) -> Batch:
        """Return a job.

        Raises:
            RecordUnknown: there is none.
        """
        return self._get(_select().where(batches.c.key == key), key)

    def hold(self, key: int) -> Batch:
        """Return a job, which until the transaction ends nobody else moves on."""
        held = _select().where(batches.c.key == key).with_for_update(of=batches)
        return self._get(held, key)

    def list(self, *, before: int | None = None, limit: int = 50) -> Sequence[Batch]:
        """Return jobs, the newest first; only those with a lower key than ``before``."""
        statement = _select().order_by(batches.c.key.desc()).limit(limit)
        if before is not None:
            statement = statement.where(batches.c.key < before)
        return [_read_batch(row) for row in self._connection.execute(statement)]

    def wait_for_turn(self) -> None:
        """Let one job after the other be counted and committed, so that limits hold."""
        wait_for_turn(self._connection, _LOCK)

    def count_unfinished(self) -> int:
        """Return how many of this caller's jobs are not final."""
        return self._connection.execute(
            select(func.count()).where(
                batches.c.submitted_by == self._audit.actor, batches.c.finished_at.is_(None)
            )
        ).scalar_one()

    def queue(self) -> QueueState:
        """Return how much work waits."""
        return read_queue(self._connection)

    def note_workflow(self, key: int, workflow: str) -> None:
        """Note by which durable workflow the file is read."""
        self._connection.execute(
            update(batches).where(batches.c.key == key).values(workflow=workflow)
        )

    def workflow(self, key: int) -> str:
        """Return by which durable workflow the file is read."""
        named = select(batches.c.workflow).where(batches.c.key == key)
        return str(self._connection.execute(named).scalar_one())

    def begin_reading(self, key: int) -> int:
        """Note one more try to read the file on; return the how-manieth it is at this place."""
        tries = self._connection.execute(
            update(batches)
            .where(batches.c.key == key)
            .values(read_tries=batches.c.read_tries + 1)
            .returning(batches.c.read_tries)
        ).scalar_one()
        self._change(
            key,
            state=BatchState.RUNNING,
            started_at=func.coalesce(batches.c.started_at, datetime.now(UTC)),
        )
        return int(tries)

    def note_opened(self, key: int, *, kind: str, columns: dict[str, str]) -> None:
        """Note what the file turned out to be."""
        self._change(key, kind=kind, columns=columns)

    def note_read(self, key: int, *, until_row: int) -> None:
        """Note that the rows up to one were put down in chunks; tries count anew from there."""
        self._change(key, rows_read=until_row, read_tries=0)

    def finish_reading(self, key: int, *, problem: str = "") -> Batch:
        """Note that the file was read to its end or, with a problem, as far as it can be."""
        self._connection.execute(batch_pieces.delete().where(batch_pieces.c.batch_key == key))
        self._change(key, read_whole=True, problem=problem)
        return self._end_if_complete(key)

    def count(self, key: int, results: BatchTally) -> Batch:
        """Add what became of a chunk's rows."""
        now = self.hold(key)
        problems = sorted([*now.tally.problems, *results.problems], key=lambda one: one.row)
        self._change(
            key,
            rows_done=now.tally.done + results.done,
            rows_refused=now.tally.refused + results.refused,
            rows_quarantined=now.tally.quarantined + results.quarantined,
            problems=[asdict(problem) for problem in problems[:MOST_PROBLEMS]],
        )
        return self._end_if_complete(key)

    def note_retry(self, key: int) -> None:
        """Note that a chunk was taken up again."""
        self._change(key, retries=batches.c.retries + 1)

    def cancel(self, key: int) -> Batch:
        """End a job; what is not done will not be. One that is final stays as it is."""
        return self._end(key, BatchState.CANCELLED)

    def fail(self, key: int, problem: str) -> Batch:
        """End a job of which no more rows can be scored, and say why."""
        return self._end(key, BatchState.FAILED, problem=problem)

    def note_notified(self, key: int, state: NotifyState, *, problem: str = "") -> None:
        """Note how the notice to its webhook stands."""
        self._change(key, notify_state=state, notify_problem=problem)

    def expire(self, *, before: datetime) -> int:
        """Take out the results of jobs that ended before a moment; return how many jobs."""
        expired = self._connection.execute(
            update(batches)
            .where(batches.c.finished_at < before, batches.c.results_until.is_(None))
            .values(results_until=datetime.now(UTC), version=batches.c.version + 1)
            .returning(batches.c.key)
        ).scalars()
        keys = list(expired)
        self._connection.execute(batch_results.delete().where(batch_results.c.batch_key.in_(keys)))
        return len(keys)

    def _end_if_complete(self, key: int) -> Batch:
        now = self.hold(key)
        complete = now.tally.read_whole and now.tally.finished == now.tally.read
        if now.state.final or not complete:
            return now
        return self._end(key, BatchState.FAILED if now.problem else BatchState.DONE)

    def _end(self, key: int, state: BatchState, **columns: object) -> Batch:
        now = self.hold(key)
        if now.state.final:
            return now
        ended = datetime.now(UTC)
        self._change(key, state=state, finished_at=ended, **columns)
        self.rows.forget_input(key)
        self._audit.note(_ENDS[state], RecordKind.BATCH, key)
        return self.get(key)

    def _change(self, key: int, **columns: object) -> None:
        self._connection.execute(
            update(batches)
            .where(batches.c.key == key)
            .values(changed_at=datetime.now(UTC), version=batches.c.version + 1, **columns)
        )

    def _get(self, statement: Select[Any], key: int) -> Batch:
        row = self._connection.execute(statement).one_or_none()
        if row is None:
            raise RecordUnknown(f"没有编号为 {key} 的批量任务。")
        return _read_batch(row)


_ENDS = {
    BatchState.DONE: Action.BATCH_FINISHED,
    BatchState.FAILED: Action.BATCH_FINISHED,
    BatchState.CANCELLED: Action.BATCH_CANCELLED,
}


def read_queue(connection: Connection) -> QueueState:
    """Return how much work waits, in few and cheap questions."""
    b = batches.c
    finished = b.rows_done + b.rows_refused + b.rows_quarantined
    unfinished = b.finished_at.is_(None)
    totals = connection.execute(
        select(
            func.count().filter(unfinished).label("jobs"),
            func.coalesce(func.sum(b.rows_read - finished).filter(unfinished), 0).label("rows"),
            func.coalesce(func.sum(b.size).filter(unfinished, ~b.read_whole), 0).label("unread"),
            func.coalesce(func.sum(b.retries), 0).label("retries"),
            func.coalesce(func.sum(b.rows_quarantined), 0).label("quarantined"),
        )
    ).one()
    return QueueState(
        waiting_jobs=totals.jobs,
        waiting_rows=int(totals.rows),
        unread_bytes=int(totals.unread),
        rows_per_s=connection.execute(select(_rate_of_all())).scalar_one() or 0.0,
        retries=int(totals.retries),
        quarantined=int(totals.quarantined),
        workers=count_living(connection),
    )


def _rate_of_all() -> Any:
    r = batch_results.c
    rows = func.sum(r.last_row - r.first_row + 1)
    return (
        select(rows / RATE_OVER.total_seconds())
        .where(r.written_at > func.now() - RATE_OVER)
        .scalar_subquery()
    )


def _select() -> Select[Any]:
    """Return the question for jobs, each with how many rows of the last minute it has."""
    r = batch_results.c
    recent = (
        select(func.sum(r.last_row - r.first_row + 1))
        .where(r.batch_key == batches.c.key, r.written_at > func.now() - RATE_OVER)
        .scalar_subquery()
    )
    return select(batches, recent.label("recent_rows"))


def _read_batch(row: Row[Any]) -> Batch:
    tally = BatchTally(
        read=row.rows_read,
        read_whole=row.read_whole,
        done=row.rows_done,
        refused=row.rows_refused,
        quarantined=row.rows_quarantined,
        retries=row.retries,
        problems=[RowProblem(**problem) for problem in row.problems],
    )
    return Batch(
        key=row.key,
        state=BatchState(row.state),
        file=BatchFile(name=row.name, digest=row.digest.hex(), size=row.size),
        kind=row.kind,
        columns=row.columns,
        options=_read_options(row.options),
        tally=tally,
        problem=row.problem,
        notify_state=NotifyState(row.notify_state),
        notify_problem=row.notify_problem,
        version=row.version,
        submitted_at=row.submitted_at,
        submitted_by=row.submitted_by,
        started_at=row.started_at,
        changed_at=row.changed_at,
        finished_at=row.finished_at,
        results_until=row.results_until,
        rows_per_s=_rate(row, tally),
    )


def _read_options(options: Mapping[str, Any]) -> BatchOptions:
    mode, kind = options["mode"], options.get("kind", Kind.UNKNOWN)
    told = {"mode": mode and Mode(mode), "kind": Kind(kind)}
    return BatchOptions(**{**options, **told})


def _rate(row: Row[Any], tally: BatchTally) -> float | None:
    """Return rows a second: of the whole job when it is over, else of its last minute."""
    if row.started_at is None or not tally.finished:
        return None
    if row.finished_at is not None:
        took_s = float((row.finished_at - row.started_at).total_seconds())
        return tally.finished / max(took_s, 1e-3)
    if not row.recent_rows:
        return None
    worked_s: float = min(datetime.now(UTC) - row.started_at, RATE_OVER).total_seconds()
    return int(row.recent_rows) / max(worked_s, 1e-3)
