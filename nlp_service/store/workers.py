"""Which worker processes live: each holds a lock by a connection of its own, and beats.

The lock falls with the process, so a killed one is seen at once; a beat that stays away tells of
what the lock cannot: a machine that lost its network or its power.
"""

import socket
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from nlp_service.store.batch_tables import workers
from nlp_service.store.failures import explaining_failures, name_address

GONE_AFTER = timedelta(seconds=3)
"""Without its lock; after a restart of the database everybody first takes theirs again."""

GONE_AT_LAST_AFTER = timedelta(seconds=30)
"""Without a beat, whatever its lock says."""

_SPACE = 0x6E6C7077  # "nlpw": the first half of the locks' numbers


class Presence:
    """One worker's lock and beat."""

    def __init__(self, engine: Engine, *, executor: str, pid: int, bundle: str) -> None:
        self._engine, self._executor = engine, executor
        self._told = {"host": socket.gethostname(), "pid": pid, "bundle": bundle}
        self._connection: Connection | None = None
        self._number = 0  # of the lock

    def beat(self) -> None:
        """Say that this worker lives; connects, and takes its lock, where it has none.

        Raises:
            StoreError: the database does not answer.
        """
        with explaining_failures(name_address(self._engine.url)):
            try:
                if self._connection is None or self._note(self._connection) != self._number:
                    self.drop()
                    self._enter()
            except BaseException:
                self.drop()
                raise

    def leave(self) -> None:
        """Say that this worker is gone, so that others go on with what it leaves."""
        with explaining_failures(name_address(self._engine.url)):
            if self._connection is not None:
                self._connection.execute(
                    delete(workers).where(workers.c.executor == self._executor)
                )
        self.drop()

    def drop(self) -> None:
        """Let the connection go, and the lock with it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()  # not back into the pool: the lock would go with it
            connection.close()

    def _enter(self) -> None:
        self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._number = self._note(self._connection)
        self._connection.execute(
            text("SELECT pg_advisory_lock(:space, :number)"),
            {"space": _SPACE, "number": self._number},
        )

    def _note(self, connection: Connection) -> int:
        now = func.now()
        statement = insert(workers).values(
            executor=self._executor, started_at=now, beat_at=now, **self._told
        )
        statement = statement.on_conflict_do_update(
            index_elements=[workers.c.executor], set_={"beat_at": now}
        )
        return int(connection.execute(statement.returning(workers.c.number)).scalar_one())


def count_living(connection: Connection) -> int:
    """Return how many workers beat not long ago; unlike ``read_living`` it only looks.

    The last worker of all leaves its row behind when it is killed: nobody is there to take it out.
    """
    beating = workers.c.beat_at >= func.now() - GONE_AT_LAST_AFTER
    return connection.execute(select(func.count()).select_from(workers).where(beating)).scalar_one()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLine:
    """A worker as it last said of itself."""

    host: str
    pid: int
    bundle: str
    started_at: datetime


def list_workers(connection: Connection) -> Sequence[WorkerLine]:
    """Return the workers that have told of themselves of late, by machine."""
    w = workers.c
    rows = connection.execute(
        select(w.host, w.pid, w.bundle, w.started_at)
        .where(w.beat_at > func.now() - GONE_AT_LAST_AFTER)
        .order_by(w.host, w.pid)
    )
    return [WorkerLine(**row._mapping) for row in rows]


def read_living(connection: Connection) -> Collection[str]:
    """Return the executors that live; who is gone for long is forgotten."""
    w = workers.c
    unlocked = text(f"pg_try_advisory_xact_lock({_SPACE}, number::int)")
    rows = connection.execute(
        select(
            w.executor,
            (w.beat_at < func.now() - GONE_AFTER).label("late"),
            (w.beat_at < func.now() - GONE_AT_LAST_AFTER).label("lost"),
        )
    ).all()
    late = [row.executor for row in rows if row.late]
    gone = {row.executor for row in rows if row.lost}
    gone |= set(
        connection.execute(select(w.executor).where(w.executor.in_(late)).where(unlocked)).scalars()
    )
    connection.execute(delete(workers).where(w.executor.in_(gone)))
    return {row.executor for row in rows} - gone
