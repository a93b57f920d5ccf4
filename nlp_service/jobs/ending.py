"""What the end of a job sets going, in the transaction that ends it."""

from nlp_service.domain.batches import Batch, BatchState
from nlp_service.jobs.queue import LOOK_UP, NOTIFY, JobQueue
from nlp_service.store.opening import Office, Store


def follow_up(office: Office, queue: JobQueue, before: Batch, now: Batch) -> None:
    """Put into the queue what follows where a job has just ended."""
    if before.state.final or not now.state.final:
        return
    if now.options.webhook:
        queue.put(office.connection, NOTIFY, now.key, 1)
    if now.options.keep and now.tally.done:
        queue.put(office.connection, LOOK_UP, now.key)


def cancel(store: Store, queue: JobQueue, key: int, *, actor: str) -> Batch:
    """Cancel a job; what is done stays. One that has ended stays as it is.

    Raises:
        RecordUnknown: there is none.
    """
    with store.transaction(actor=actor) as office:
        before = office.batches.hold(key)
        waiting = [workflow for _, workflow in office.batches.rows.waiting(key)]
        now = office.batches.cancel(key)
        follow_up(office, queue, before, now)
    if now.state is BatchState.CANCELLED and waiting:
        queue.withdraw(waiting)  # what is not withdrawn finds nothing to do
    return now
