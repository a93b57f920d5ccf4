"""Batch jobs as a program sees them.

For example::

client = Client("http://127.0.0.1:8000", key="…")
job = client.submit(Path("来信.xlsx"), mode="fast", store=False)
for line in client.results(job.key, follow=True):
    print(line["row"], line["status"])
"""

import http.client
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from nlp_service.client.requests import Sender

FINAL = ("done", "failed", "cancelled")
_BROKEN = (ConnectionError, TimeoutError, http.client.HTTPException)
_BLOCK = 2**20
_MOST_IN_VAIN = 20
"""Connections that break without a single row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as the service tells of it."""

    key: int
    state: str
    """``waiting``, ``running``, ``done``, ``failed`` or ``cancelled``."""
    read: int
    finished: int
    done: int
    refused: int
    quarantined: int
    problem: str
    told: Mapping[str, Any]
    """All of it, as JSON has it."""

    @property
    def final(self) -> bool:
        """Nothing will change any more."""
        return self.state in FINAL


class Client:
    """Hands jobs in and reads their results. Repeats what can be repeated safely."""

    def __init__(
        self, url: str, *, key: str = "", timeout_s: float = 60, patience_s: float = 120
    ) -> None:
        """Name the service and, where it wants one, the API key."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._sender = Sender(
            url=url.rstrip("/"), headers=headers, timeout_s=timeout_s, patience_s=patience_s
        )

    def submit(
        self,
        file: Path | bytes,
        *,
        name: str = "",
        mode: str = "",
        store: bool = True,
        source: str = "",
        columns: Mapping[str, str] | None = None,
        webhook: str = "",
        idempotency_key: str = "",
    ) -> Job:
        """Hand a file in.

        Args:
            file: a path, or the content itself.
            name: what it is called; of a path, its own name.
            mode: ``fast``, ``auto`` or ``accurate``; the service's choice where nobody says.
            store: whether its rows become submissions.
            source: where they come from.
            columns: what is meant (正文, 标题, 提交人 …) -> how the file calls that column.
            webhook: where the service is to tell of the end.
            idempotency_key: made up where nobody says, so that a repeated request is one job.

        Raises:
            ServiceError: the service refused.
            OSError: it was not reached, or the file cannot be read.
        """
        named = name or (file.name if isinstance(file, Path) else "batch.jsonl")
        query = {
            "name": named,
            "store": str(store).lower(),
            "mode": mode,
            "source": source,
            "webhook": webhook,
            "columns": json.dumps(dict(columns), ensure_ascii=False) if columns else "",
        }
        headers = {
            "Content-Type": "application/octet-stream",
            "Idempotency-Key": idempotency_key or uuid.uuid4().hex,
        }
        given = {key: value for key, value in query.items() if value}
        with self._sender.open(
            "POST", "/v1/batches", given, headers=headers, body=lambda: _open(file)
        ) as answer:
            return _read_job(json.load(answer))

    def look(self, key: int) -> Job:
        """Return a job as it stands now."""
        with self._sender.open("GET", f"/v1/batches/{key}") as answer:
            return _read_job(json.load(answer))

    def wait(
        self, key: int, *, every_s: float = 2.0, report: Callable[[Job], None] = lambda job: None
    ) -> Job:
        """Wait for a job's end and return it; ``report`` hears how it goes."""
        while not (job := self.look(key)).final:
            report(job)
            time.sleep(every_s)
        report(job)
        return job

    def results(
        self, key: int, *, from_row: int = 1, follow: bool = False
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the results in the order of the rows; with ``follow`` until the job ends.

        A connection that breaks is made again behind the last row that came.
        """
        in_vain = 0
        while True:
            try:
                for line in self._lines(key, from_row, follow):
                    from_row, in_vain = int(line["row"]) + 1, 0
                    yield line
                return
            except _BROKEN:
                in_vain += 1
                if in_vain > _MOST_IN_VAIN:
                    raise
                time.sleep(0.5)

    def download(self, key: int, path: Path, *, format: str) -> None:
        """Write the results there are into a file.

        Args:
            key: of the job.
            path: of the file.
            format: ``ndjson`` or, where the API key has the scope ``export``, ``csv`` or ``xlsx``.

        Raises:
            ServiceError: the service refused; with 403 where the scope is missing.
            OSError: it was not reached, or the file cannot be written.
        """
        with (
            self._sender.open("GET", f"/v1/batches/{key}/results", {"format": format}) as answer,
            path.open("wb") as file,
        ):
            while block := answer.read(_BLOCK):
                file.write(block)

    def cancel(self, key: int) -> Job:
        """Cancel a job; what is done stays."""
        with self._sender.open("DELETE", f"/v1/batches/{key}") as answer:
            return _read_job(json.load(answer))

    def _lines(self, key: int, from_row: int, follow: bool) -> Iterator[Mapping[str, Any]]:
        query = {"from": from_row, "follow": str(follow).lower()}
        with self._sender.open("GET", f"/v1/batches/{key}/results", query) as answer:
            rest = b""
            while part := answer.read1(_BLOCK):  # unlike readline, it tells of a broken connection
                *lines, rest = (rest + part).split(b"\n")
                yield from map(json.loads, lines)


def _open(file: Path | bytes) -> tuple[IO[bytes], int]:
    if isinstance(file, bytes):
        return BytesIO(file), len(file)
    return file.open("rb"), file.stat().st_size


def _read_job(told: Mapping[str, Any]) -> Job:
    names = ("key", "state", "read", "finished", "done", "refused", "quarantined", "problem")
    return Job(**{name: told[name] for name in names}, told=told)
