"""Read the results of a job in the order of its rows, also while it runs, a chunk in memory."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nlp_service.domain.batches import Batch
from nlp_service.domain.errors import ResultsGone
from nlp_service.domain.people import Caller, Permission
from nlp_service.jobs.lines import row_of_line, withhold_restricted
from nlp_service.store.opening import Store
from nlp_service.store.packed_lines import unpack_lines

LOOKS_EVERY_S = 0.5
"""For further results, where they are waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """How far the results of a job can be read now."""

    batch: Batch
    until_row: int
    """The last row before the first that has no result."""
    withholds: bool
    """Whether restricted rows are kept back from who asks."""


def look_at(store: Store, key: int, *, caller: Caller) -> Ready:
    """Return how far the results of a job can be read, and whether all of it by this caller.

    Restricted rows are for who may read originals, and for who handed the file in.

    Raises:
        RecordUnknown: there is no such job.
        ResultsGone: they were kept as long as the installation wants.
        StoreError: the database refuses.
    """
    with store.reading() as office:
        batch = office.batches.get(key)
        until = office.batches.rows.ready_until(key)
    if batch.results_until is not None:
        raise ResultsGone(f"任务 {key} 的结果已满保存期，于 {batch.results_until:%Y-%m-%d} 删除。")
    withholds = not (batch.belongs_to(caller) or caller.may(Permission.READ_ORIGINAL))
    return Ready(batch=batch, until_row=until, withholds=withholds)


def read_results(
    store: Store,
    key: int,
    *,
    from_row: int = 1,
    follow: bool = False,
    withhold: bool = False,
    waits: Callable[[float], object] = time.sleep,
) -> Iterator[list[bytes]]:
    """Yield the lines of consecutive rows, chunk by chunk.

    Args:
        store: holds them; each chunk is read in a transaction of its own.
        key: of the job.
        from_row: the first row that is wanted.
        follow: wait for what is not there yet, until the job ends; else end before it.
        withhold: keep back the rows that are restricted.
        waits: for so many seconds.

    Raises:
        StoreError: the database refuses.
    """
    while True:
        with store.reading() as office:
            final = office.batches.get(key).state.final
            chunk = office.batches.rows.results(key, from_row=from_row)
            # Behind a row that has no result nothing is told, unless it will never have one.
            ready = chunk is not None and (final or chunk.first_row <= from_row)
        if chunk is not None and ready:
            lines = list(unpack_lines(chunk.content))
            if chunk.first_row < from_row:
                lines = [line for line in lines if row_of_line(line) >= from_row]
            if withhold:
                lines = [withhold_restricted(line, chunk.restricted) for line in lines]
            from_row = chunk.last_row + 1
            yield lines
        elif final or not follow:
            return
        else:
            yield []  # whoever is gone is noticed when something is sent
            waits(LOOKS_EVERY_S)
