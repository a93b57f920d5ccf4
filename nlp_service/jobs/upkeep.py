"""Take out what nobody needs any more: results kept long enough, work that is done, old counts."""

import logging
from datetime import UTC, datetime, timedelta

from nlp_service.domain.records import CHINA
from nlp_service.jobs.queue import QUEUES
from nlp_service.jobs.reading import ACTOR
from nlp_service.store.opening import Store

log = logging.getLogger(__name__)

DONE_KEPT_FOR = timedelta(days=1)
"""Records of work that is done are only read by who looks for a fault."""

COUNTED_BY_DAY_FOR = timedelta(days=90)
"""Of older labels a count by year does."""

_AT_ONCE = 500


def tidy_up(store: Store, *, results_before: datetime) -> None:
    """Take out results of jobs that ended before a moment, held files, records of work long done.

    Raises:
        StoreError: the database refuses.
    """
    today = datetime.now(CHINA).date()
    with store.transaction(actor=ACTOR) as office:
        expired = office.batches.expire(before=results_before)
        office.label_counts.fold(before=today - COUNTED_BY_DAY_FOR)
        office.held_files.expire()
    if expired:
        log.info("%d 个任务的结果已满保存期，已删除。", expired)
    while _forget_done(datetime.now(UTC) - DONE_KEPT_FOR):
        pass


def _forget_done(before: datetime) -> int:
    """Delete some of the records of work that ended before a moment; return how many."""
    from dbos import DBOS

    done = DBOS.list_workflows(
        queue_name=[queue.name for queue in QUEUES.values()],
        completed_before=before.isoformat(),
        limit=_AT_ONCE,
        load_input=False,
        load_output=False,
    )
    names = [one.workflow_id for one in done]
    if names:
        DBOS.delete_workflows(names)
    return len(names)
