"""What a batch job is made of: the file in pieces, its rows in chunks, the results.

Of each row either its chunk is there or its result: the transaction that writes one takes out the
other.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from nlp_service.domain.batches import ResultChunk
from nlp_service.store.among import among
from nlp_service.store.batch_tables import batch_chunks, batch_pieces, batch_results
from nlp_service.store.packed_lines import erase_lines
from nlp_service.store.tables import submissions

PIECE = 2**20
"""Bytes of one piece of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChunk:
    """Consecutive rows that wait for their results."""

    first_row: int
    last_row: int
    tries: int
    """How often they were taken up, this time included."""
    content: bytes
    """As ``jobs.lines`` packs them."""


def stored_by(batch: int) -> Select[tuple[int]]:
    """Return the statement for the keys of what a job brought in, also of what was there already.

    Where the results of a job are gone, nobody knows any more.
    """
    results = batch_results.c
    return select(func.unnest(results.stored_keys)).where(results.batch_key == batch).distinct()


class BatchRows:
    """The parts of batch jobs, in the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_piece(self, batch: int, number: int, content: bytes) -> None:
        """Keep a piece of the file; pieces count from 0."""
        self._connection.execute(
            insert(batch_pieces).values(batch_key=batch, number=number, content=content)
        )

    def pieces(self, batch: int) -> Iterator[bytes]:
        """Yield the pieces of the file, one in memory at a time; none once it was read."""
        number = 0
        while (piece := self._piece(batch, number)) is not None:
            yield piece
            number += 1

    def _piece(self, batch: int, number: int) -> bytes | None:
        p = batch_pieces.c
        return self._connection.execute(
            select(p.content).where(p.batch_key == batch, p.number == number)
        ).scalar_one_or_none()

    def add_chunk(
        self, batch: int, *, first_row: int, last_row: int, content: bytes, workflow: str
    ) -> None:
        """Put down rows that wait for their results, and the workflow that will bring these."""
        self._connection.execute(
            insert(batch_chunks).values(
                batch_key=batch,
                first_row=first_row,
                last_row=last_row,
                tries=0,
                workflow=workflow,
                content=content,
            )
        )

    def take_chunk(self, batch: int, first_row: int) -> RowChunk | None:
        """Return a chunk and note that it was taken up; None where nothing waits any more."""
        c = batch_chunks.c
        row = self._connection.execute(
            update(batch_chunks)
            .where(c.batch_key == batch, c.first_row == first_row)
            .values(tries=c.tries + 1)
            .returning(c.first_row, c.last_row, c.tries, c.content)
        ).one_or_none()
        if row is None:
            return None
        return RowChunk(
            first_row=row.first_row, last_row=row.last_row, tries=row.tries, content=row.content
        )

    def give_back_chunk(self, batch: int, first_row: int) -> None:
        """Take back the note: who took the chunk was told to stop, nothing is wrong with it."""
        c = batch_chunks.c
        self._connection.execute(
            update(batch_chunks)
            .where(c.batch_key == batch, c.first_row == first_row, c.tries > 0)
            .values(tries=c.tries - 1)
        )

    def finish_chunk(
        self,
        batch: int,
        first_row: int,
        *,
        bundle: str,
        content: bytes,
        stored: Collection[int] = (),
    ) -> bool:
        """Put results in the place of a chunk; False where somebody else has done so.

        Args:
            batch: the job.
            first_row: of the chunk.
            bundle: that gave the answers.
            content: as ``jobs.lines`` packs them.
            stored: keys of the submissions that its rows became, or were already.
        """
        c = batch_chunks.c
        last_row = self._connection.execute(
            delete(batch_chunks)
            .where(c.batch_key == batch, c.first_row == first_row)
            .returning(c.last_row)
        ).scalar_one_or_none()
        if last_row is None:
            return False
        self._connection.execute(
            insert(batch_results).values(
                batch_key=batch,
                first_row=first_row,
                last_row=last_row,
                bundle=bundle,
                written_at=datetime.now(UTC),
                stored_keys=sorted(set(stored)),
                content=content,
            )
        )
        return True

    def erase(self, keys: Collection[int]) -> None:
        """Take out of the results of all jobs what they tell of submissions."""
        r, gone = batch_results.c, frozenset(keys)
        telling = self._connection.execute(
            select(r.batch_key, r.first_row, r.stored_keys, r.content)
            .where(r.stored_keys.overlap(sorted(gone)))
            .order_by(r.batch_key, r.first_row)
            .with_for_update()
        )
        for row in telling:
            self._connection.execute(
                update(batch_results)
                .where(r.batch_key == row.batch_key, r.first_row == row.first_row)
                .values(
                    content=erase_lines(row.content, gone),
                    stored_keys=sorted(set(row.stored_keys) - gone),
                )
            )

    def count_stored(self, batch: int) -> int:
        """Return how many submissions a job brought in, as far as its results are kept."""
        brought_in = stored_by(batch).subquery()
        return self._connection.execute(select(func.count()).select_from(brought_in)).scalar_one()

    def waiting(self, batch: int, *, limit: int | None = None) -> Sequence[tuple[int, str]]:
        """Return first row and workflow of the chunks that wait, in order."""
        c = batch_chunks.c
        rows = self._connection.execute(
            select(c.first_row, c.workflow)
            .where(c.batch_key == batch)
            .order_by(c.first_row)
            .limit(limit)
        )
        return [(row.first_row, row.workflow) for row in rows]

    def note_workflow(self, batch: int, first_row: int, workflow: str) -> None:
        """Note that another workflow will bring a chunk's results."""
        c = batch_chunks.c
        self._connection.execute(
            update(batch_chunks)
            .where(c.batch_key == batch, c.first_row == first_row)
            .values(workflow=workflow)
        )

    def forget_input(self, batch: int) -> None:
        """Take out whatever waits, and what is left of the file."""
        self._connection.execute(delete(batch_chunks).where(batch_chunks.c.batch_key == batch))
        self._connection.execute(delete(batch_pieces).where(batch_pieces.c.batch_key == batch))

    def results(self, batch: int, *, from_row: int) -> ResultChunk | None:
        """Return the first results that hold a row or come behind it; None where none do."""
        r = batch_results.c
        row = self._connection.execute(
            select(r.first_row, r.last_row, r.stored_keys, r.content)
            .where(r.batch_key == batch, r.last_row >= from_row)
            .order_by(r.first_row)
            .limit(1)
        ).one_or_none()
        if row is None:
            return None
        return ResultChunk(
            first_row=row.first_row,
            last_row=row.last_row,
            restricted=self._restricted(row.stored_keys),
            content=row.content,
        )

    def _restricted(self, keys: Collection[int]) -> Collection[int]:
        s = submissions.c
        return frozenset(
            self._connection.scalars(select(s.key).where(among(s.key, keys), s.restricted))
        )

    def ready_until(self, batch: int) -> int:
        """Return the last row before the first that still waits; 0 where the first waits."""
        waiting = self._connection.execute(
            select(batch_chunks.c.first_row)
            .where(batch_chunks.c.batch_key == batch)
            .order_by(batch_chunks.c.first_row)
            .limit(1)
        ).scalar_one_or_none()
        if waiting is not None:
            return int(waiting) - 1
        last = self._connection.execute(
            select(batch_results.c.last_row)
            .where(batch_results.c.batch_key == batch)
            .order_by(batch_results.c.first_row.desc())
            .limit(1)
        ).scalar_one_or_none()
        return int(last or 0)
