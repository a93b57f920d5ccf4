"""The durable queue: work is put into it in the transaction that makes it, and never lost.

DBOS's own tables lie in the same database, in the schema ``nlp_jobs``. Nothing here runs work.
"""

import logging
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from nlp_service.store.failures import explaining_failures, name_address

if TYPE_CHECKING:  # half a second, which a command that hands in nothing need not wait
    from dbos import DBOSClient, WorkflowStatus

APPLICATION = "nlp-service"
SCHEMA = "nlp_jobs"

VERSION = "1"
"""Of what the workflows' names and arguments mean; workers of another leave them alone."""

READ = "read_upload"
SCORE = "score_chunk"
LOOK_UP = "look_up_stored"
NOTIFY = "notify"


@dataclass(frozen=True, slots=True, kw_only=True)
class DurableQueue:
    """How one kind of work is taken from the database."""

    name: str
    at_once: int
    """Of one worker. Two chunks: one is scored while the other is read or written."""
    asks_every_s: float


QUEUES = {
    READ: DurableQueue(name="uploads", at_once=1, asks_every_s=1),
    SCORE: DurableQueue(name="chunks", at_once=2, asks_every_s=0.5),
    LOOK_UP: DurableQueue(name="lookups", at_once=1, asks_every_s=5),
    NOTIFY: DurableQueue(name="notices", at_once=4, asks_every_s=1),
}
"""Workflow -> its queue. Chunks are taken from the jobs in turn, none waits for a larger one."""


class JobQueue:
    """Puts work into the queue. One for a process; safe for threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._made: DBOSClient | None = None

    def put(
        self,
        connection: Connection,
        workflow: str,
        batch: int,
        number: int = 0,
        *,
        delay_s: float = 0,
    ) -> str:
        """Put work of a job into the queue, in the caller's transaction; return its name.

        Args:
            connection: of the transaction; until it is committed nobody sees the work.
            workflow: one of ``QUEUES``.
            batch: key of the job.
            number: which of its parts: the first row of a chunk, the try of a notice. The lower
                comes first.
            delay_s: it is not taken up before.
        """
        from dbos import EnqueueOptions

        name = f"{_beginning(workflow, batch)}{number}-{uuid.uuid4().hex[:8]}"
        options = EnqueueOptions(
            workflow_name=workflow,
            queue_name=QUEUES[workflow].name,
            workflow_id=name,
            app_version=VERSION,
            priority=min(max(number, 1), 2**31 - 1),
            queue_partition_key=str(batch),
        )
        if delay_s:
            options["delay_seconds"] = delay_s
        self._client().enqueue_in_transaction(connection, options, batch, number)
        return name

    def withdraw(self, names: Sequence[str]) -> None:
        """Let work that waits not be taken up; what a worker is doing, it ends by itself."""
        for begin in range(0, len(names), 1000):
            with self._explaining():
                self._client().cancel_workflows(list(names[begin : begin + 1000]))

    def statuses(self, names: Sequence[str]) -> "Sequence[WorkflowStatus]":
        """Return what DBOS knows of work by its names."""
        with self._explaining():
            return self._client().list_workflows(
                workflow_ids=list(names), load_input=False, load_output=False
            )

    def of_batch(self, workflow: str, batch: int) -> Sequence[tuple[int, str]]:
        """Return number and status of what DBOS knows of one kind of work of a job."""
        beginning = _beginning(workflow, batch)
        with self._explaining():
            known = self._client().list_workflows(
                workflow_id_prefix=beginning, load_input=False, load_output=False
            )
        names = [(one.workflow_id.removeprefix(beginning), one.status) for one in known]
        return [(int(name.partition("-")[0]), status) for name, status in names]

    def prepare(self) -> None:
        """Make or update DBOS's tables."""
        self._client()

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        with explaining_failures(name_address(self._engine.url)):
            yield

    def _client(self) -> "DBOSClient":
        """Return the client; the first time, see to its tables."""
        with self._lock:
            if self._made is None:
                from dbos import DBOS, DBOSClient

                quiet_dbos()
                with self._explaining():
                    DBOS.migrate(
                        self._engine.url.render_as_string(hide_password=False), schema=SCHEMA
                    )
                    self._made = DBOSClient(
                        system_database_engine=self._engine,
                        dbos_system_schema=SCHEMA,
                        application_name=APPLICATION,
                        lazy=True,
                        retry_connection_errors=False,
                    )
            return self._made


def _beginning(workflow: str, batch: int) -> str:
    return f"batch-{batch}-{workflow}-"


def quiet_dbos() -> None:
    """Let DBOS speak by our log alone, never of an exception's message, and not at every retry."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())  # with one of ours it makes none of its own
        logger.addFilter(_plain_once())
    logger.setLevel(logging.WARNING)


def _plain_once() -> logging.Filter:
    """Return a filter that lets each sort of message pass once a minute, without its details."""
    told: dict[tuple[str, int], float] = {}

    class PlainOnce(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            """Strip the record; say whether it is let through."""
            place = (record.filename, record.lineno)
            if record.created - told.get(place, -60.0) < 60:
                return False
            told[place] = record.created
            kind = record.exc_info[0] if record.exc_info else None
            record.msg = f"DBOS（{record.filename}:{record.lineno}）：" + (
                kind.__name__ if kind else str(record.getMessage()).splitlines()[0][:80]
            )
            record.args, record.exc_info, record.exc_text = (), None, None
            return True

    return PlainOnce()
