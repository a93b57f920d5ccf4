"""Files that somebody looks over before they are started: each its holder's alone, for a day.

They lie in the database, so that it does not matter which server process takes the next click.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from nlp_service.domain.batches import BatchFile, HeldFile
from nlp_service.domain.errors import RecordUnknown
from nlp_service.store.batch_tables import held_files, held_pieces

HELD_FOR = timedelta(days=1)

_h, _p = held_files.c, held_pieces.c


class HeldFiles:
    """Files that wait for a person, in the caller's transaction; whose, ``holder`` says."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        file: BatchFile,
        *,
        mapping: Mapping[str, str],
        reports: Sequence[Mapping[str, Any]],
        holder: str,
    ) -> HeldFile:
        """Hold a file; one with the same bytes and name of the same holder goes."""
        digest, now = bytes.fromhex(file.digest), datetime.now(UTC)
        same = (_h.held_by == holder, _h.digest == digest, _h.name == file.name)
        self._connection.execute(delete(held_files).where(*same))
        row = {
            "name": file.name,
            "digest": digest,
            "size": file.size,
            "mapping": mapping,
            "reports": reports,
            "held_by": holder,
            "held_at": now,
            "until": now + HELD_FOR,
        }
        key = self._connection.execute(insert(held_files).values(row).returning(_h.key))
        return self.get(key.scalar_one(), holder=holder)

    def get(self, key: int, *, holder: str) -> HeldFile:
        """Return a file.

        Raises:
            RecordUnknown: there is none, or it is somebody else's.
        """
        row = self._connection.execute(
            select(held_files).where(_h.key == key, _h.held_by == holder, _h.until > func.now())
        ).one_or_none()
        if row is None:
            raise RecordUnknown(
                f"没有编号为 {key} 的待确认文件：可能已经开始或放弃，或放了一天以上。请重新上传。"
            )
        return _read(row)

    def list(self, *, holder: str) -> Sequence[HeldFile]:
        """Return somebody's files, the newest first."""
        rows = self._connection.execute(
            select(held_files)
            .where(_h.held_by == holder, _h.until > func.now())
            .order_by(_h.key.desc())
        )
        return [_read(row) for row in rows]

    def total_bytes(self) -> int:
        """Return how much all files take."""
        total = select(func.coalesce(func.sum(_h.size), 0))
        return int(self._connection.execute(total).scalar_one())

    def add_piece(self, key: int, number: int, content: bytes) -> None:
        """Keep a piece of a file; pieces count from 0."""
        row = {"held_key": key, "number": number, "content": content}
        self._connection.execute(insert(held_pieces).values(row))

    def pieces(self, key: int) -> Iterator[bytes]:
        """Yield the pieces of a file, one in memory at a time."""
        number = 0
        while (piece := self._piece(key, number)) is not None:
            yield piece
            number += 1

    def note_check(
        self, key: int, *, mapping: Mapping[str, str], reports: Sequence[Mapping[str, Any]]
    ) -> None:
        """Note what was found with a mapping that a person gave."""
        self._connection.execute(
            update(held_files).where(_h.key == key).values(mapping=mapping, reports=reports)
        )

    def forget(self, key: int, *, holder: str) -> bool:
        """Take a file out; False where it was not there."""
        gone = delete(held_files).where(_h.key == key, _h.held_by == holder)
        return bool(self._connection.execute(gone).rowcount)

    def expire(self) -> int:
        """Take out what nobody started in time; return how many files."""
        over = delete(held_files).where(_h.until <= func.now())
        return self._connection.execute(over).rowcount

    def _piece(self, key: int, number: int) -> bytes | None:
        one = select(_p.content).where(_p.held_key == key, _p.number == number)
        return self._connection.execute(one).scalar_one_or_none()


def _read(row: Row[Any]) -> HeldFile:
    return HeldFile(
        key=row.key,
        file=BatchFile(name=row.name, digest=row.digest.hex(), size=row.size),
        mapping=row.mapping,
        reports=row.reports,
        held_by=row.held_by,
        held_at=row.held_at,
        until=row.until,
    )
