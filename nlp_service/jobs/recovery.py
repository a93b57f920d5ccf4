"""Find work that nobody does any more and put it back into the queue.

DBOS itself takes up what a process left only when one of the same name starts again. Here every
living worker looks: work whose worker is gone is resumed, wherever it runs then; what waits in our
tables without work in the queue (a restored backup, a workflow that failed) gets new work: files,
chunks, notices.
"""

import logging
import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, select

from nlp_service.domain.batches import NotifyState
from nlp_service.jobs.notices import WAITS_S
from nlp_service.jobs.queue import NOTIFY, QUEUES, READ, SCORE, JobQueue
from nlp_service.jobs.reading import ACTOR
from nlp_service.store.batch_tables import batches
from nlp_service.store.locks import taking
from nlp_service.store.opening import Store
from nlp_service.store.workers import read_living

if TYPE_CHECKING:
    from dbos import WorkflowStatus

log = logging.getLogger(__name__)

STALLED_AFTER = timedelta(seconds=30)
"""A job that nothing has happened to for so long is looked at."""

LEFT_AFTER_S = 10
"""Work that is this worker's by the queue's records but not in its hands."""

_MOST = 200
"""Chunks of a stalled job that are looked at in one go."""

_LOCK = 0x6E6C705F726563  # "nlp_rec"
_ALIVE = frozenset({"ENQUEUED", "PENDING", "DELAYED"})


def resume_orphans(store: Store, *, me: str, in_hands: Collection[str]) -> int:
    """Resume work whose worker is gone; return how much it was.

    Args:
        store: tells who lives.
        me: this worker.
        in_hands: names of the work that it does now.

    Raises:
        StoreError: the database refuses.
    """
    from dbos import DBOS

    with taking(store, _LOCK) as alone:
        if not alone:
            return 0
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        with store.transaction(actor=ACTOR) as office:  # later: who took work lives by then
            living = read_living(office.connection)
        orphans = [one for one in pending if _is_orphan(one, living, me, in_hands)]
        for queue in QUEUES.values():
            names = [one.workflow_id for one in orphans if one.queue_name == queue.name]
            if names:
                DBOS.resume_workflows(names, queue_name=queue.name)
    if orphans:
        log.warning("接手 %d 项中断的工作。", len(orphans))
    return len(orphans)


def revive_stalled(store: Store, queue: JobQueue) -> int:
    """Put into the queue what waits in jobs without work for it; return how much it was.

    Raises:
        StoreError: the database refuses.
    """
    revived = 0
    with taking(store, _LOCK) as alone:
        if not alone:
            return 0
        for key in _stalled(store):
            revived += _revive(store, queue, key)
        for key in _untold(store):
            revived += _revive_notice(store, queue, key)
    if revived:
        log.warning("为停滞的任务重新排入 %d 项工作。", revived)
    return revived


def _is_orphan(
    work: "WorkflowStatus", living: Collection[str], me: str, in_hands: Collection[str]
) -> bool:
    if work.executor_id != me:
        return work.executor_id not in living
    age_s = time.time() - (work.updated_at or 0) / 1000
    return work.workflow_id not in in_hands and age_s > LEFT_AFTER_S


def _stalled(store: Store) -> list[int]:
    return _at_rest(store, batches.c.finished_at.is_(None))


def _untold(store: Store) -> list[int]:
    """Return the jobs that have ended, and of whose end their webhooks do not know yet."""
    b = batches.c
    return _at_rest(store, b.finished_at.is_not(None), b.notify_state == NotifyState.WAITING)


def _at_rest(store: Store, *conditions: "ColumnElement[bool]") -> list[int]:
    """Return the jobs for which that holds and nothing was done for a while."""
    unchanged = batches.c.changed_at < datetime.now(UTC) - STALLED_AFTER
    with store.reading() as office:
        statement = select(batches.c.key).where(*conditions, unchanged)
        return list(office.connection.execute(statement).scalars())


def _revive_notice(store: Store, queue: JobQueue, key: int) -> int:
    """Put the next try of a notice into the queue, unless one is there or all have been."""
    with store.transaction(actor=ACTOR) as office:
        if office.batches.hold(key).notify_state is not NotifyState.WAITING:
            return 0
        known = queue.of_batch(NOTIFY, key)
        if any(status in _ALIVE for _, status in known):
            return 0
        number = 1 + max((number for number, _ in known), default=0)
        if number > 1 + len(WAITS_S):
            problem = "发送通知的工作每次都中断了"
            office.batches.note_notified(key, NotifyState.FAILED, problem=problem)
            return 0
        queue.put(office.connection, NOTIFY, key, number)
    return 1


def _revive(store: Store, queue: JobQueue, key: int) -> int:
    revived = 0
    with store.transaction(actor=ACTOR) as office:
        now = office.batches.hold(key)
        if now.state.final:
            return 0
        waiting = office.batches.rows.waiting(key, limit=_MOST)
        reading = office.batches.workflow(key)
        alive = {
            status.workflow_id
            for status in queue.statuses([reading, *(name for _, name in waiting)])
            if status.status in _ALIVE
        }
        if not now.tally.read_whole and reading not in alive:
            office.batches.note_workflow(key, queue.put(office.connection, READ, key))
            revived += 1
        for first_row, name in waiting:
            if name not in alive:
                new = queue.put(office.connection, SCORE, key, first_row)
                office.batches.rows.note_workflow(key, first_row, new)
                revived += 1
    return revived
