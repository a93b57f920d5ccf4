"""Work on an archive with Ray Data: the same chunks as in one process, by many, back in order.

One task reads the archive, on the machine where it was called; actors, one a core, take a chunk at
a time, each with an assessor that it loads once. A chunk is a row of Ray's with one cell, what is
pickled there; so nothing of Ray's own notion of rows can change what is scored together. Whoever
dies is started again, and its chunks are done anew.

What goes wrong comes back as a value, in its chunk's place: Ray would log an exception with its
message, which may quote a submission.
"""

import logging
import pickle
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nlp_service.assess import CHUNK, Assessor, load_assessor
from nlp_service.domain.assessment import Versions
from nlp_service.domain.errors import EngineFailed, NlpServiceError
from nlp_service.intake.columns import ColumnMapping
from nlp_service.intake.uploads import ReadRow, open_upload
from nlp_service.jobs.ray_cluster import Cluster, connected
from nlp_service.settings import Settings

if TYPE_CHECKING:
    from pyarrow import Table
    from ray.data import Dataset

T = TypeVar("T")
Work = Callable[[Assessor, Sequence[ReadRow]], T]
"""What is done with a chunk of rows; it and what it returns travel pickled."""

MOST_TRIES = 4
"""Of a chunk at which processes end; the cause is then not by chance."""

_CELL = "packed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A file to be worked on."""

    file: Path
    mapping: ColumnMapping


def in_chunks(rows: Iterator[ReadRow]) -> Iterator[Sequence[ReadRow]]:
    """Yield rows as they are scored together, ``CHUNK`` at a time."""
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def work_on_ray(
    archive: Archive, work: Work[T], *, settings: Settings, versions: Versions, cluster: Cluster
) -> Generator[T, None, None]:
    """Yield what ``work`` makes of each chunk of an archive, in order.

    Args:
        archive: lies on this machine.
        work: an importable function, or a partial of one.
        settings: of the assessor; passwords among them stay here.
        versions: what each worker's own assessor must say of itself.
        cluster: where, and with how many.

    Raises:
        EngineFailed: the cluster does not answer or gives up, or a worker's program or bundle is
            another one.
        NlpServiceError: whatever reading or working raised.
    """
    with connected(cluster) as workers:
        from ray.exceptions import RayError  # once it is known how Ray is to be imported

        scorer = {
            "settings": _for_workers(settings),
            "versions": versions,
            "work": work,
            "ledger": _start_ledger(),
        }
        try:
            yield from _outcomes(_plan(archive, scorer, workers))
        except (RayError, OSError) as error:
            raise EngineFailed(
                f"Ray 没有完成分拣（{type(error).__name__}）；集群的每台机器都要装有同一版本的 "
                "nlp-service，并在同一路径有同一模型包。也可改用 --engine plain。"
            ) from error


def _plan(archive: Archive, scorer: dict[str, Any], workers: int) -> "Dataset":
    """Say what is to be done; nothing runs before results are taken."""
    from ray import data

    _configure()
    return (
        data.from_items([{"archive": pickle.dumps(archive)}])
        .map_batches(
            _read,
            batch_size=None,
            batch_format="pyarrow",
            num_cpus=0,  # with a core of its own it would wait for those that wait for its rows
            label_selector=_here(),
        )
        .map_batches(
            _Scorer,
            fn_constructor_kwargs=scorer,
            batch_size=1,
            batch_format="pyarrow",
            num_cpus=1,
            compute=data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=2),
        )
    )


def _start_ledger() -> Any:
    import ray

    start = ray.remote(num_cpus=0, label_selector=_here(), max_restarts=-1, max_task_retries=-1)
    return start(_Ledger).remote()


def _here() -> dict[str, str]:
    """Return how Ray is told to do something on this machine."""
    import ray

    return {"ray.io/node-id": ray.get_runtime_context().get_node_id()}


def _configure() -> None:
    from ray import data

    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = data.DataContext.get_current()
    context.execution_options.preserve_order = True
    context.target_max_block_size = 1  # bytes: each chunk goes its way by itself, at once
    context.enable_progress_bars = False
    context.print_on_execution_start = False


def _for_workers(settings: Settings) -> Settings:
    """Return what an assessor needs of the settings, for processes with a core each."""
    local = settings.local_taxonomy
    return Settings.model_construct(
        bundle=settings.bundle.resolve(),
        local_taxonomy=local.resolve() if isinstance(local, Path) else local,
        encoder_threads=settings.encoder_threads or 1,
        file_from=settings.file_from,
        convert_from=settings.convert_from,
    )


def _outcomes(plan: "Dataset") -> Iterator[Any]:
    """Yield what came of the chunks, in order; raise what went wrong, in its place."""
    blocks = plan.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)
    for block in blocks:
        for outcome in _unpack(block):
            if isinstance(outcome, NlpServiceError):
                raise outcome
            yield outcome


# --- in Ray's processes ------------


def _read(batch: "Table") -> Iterator["Table"]:
    """Yield the chunks of an archive; what cannot be read of it is the last of them."""
    for told in batch["archive"].to_pylist():
        archive: Archive = pickle.loads(told)
        try:
            upload = open_upload(archive.file, mapping=archive.mapping)
            for chunk in in_chunks(upload.rows):
                yield _pack(chunk)
        except NlpServiceError as error:
            yield _pack(error)
        except Exception as error:
            yield _pack(EngineFailed(f"{archive.file.name} 读不下去（{type(error).__name__}）。"))


class _Ledger:
    """Counts how often each chunk was begun: a process that ends cannot tell the next one."""

    def __init__(self) -> None:
        self._begun: Counter[int] = Counter()

    def begin(self, chunk: int) -> int:
        """Return how often a chunk, named by its first row, was begun, this time included."""
        self._begun[chunk] += 1
        return self._begun[chunk]


class _Scorer:
    """Works on chunks with an assessor of its own."""

    def __init__(
        self, settings: Settings, versions: Versions, work: Work[Any], ledger: Any
    ) -> None:
        self._settings, self._versions = settings, versions
        self._work, self._ledger = work, ledger
        self._assessor: Assessor | None = None

    def __call__(self, batch: "Table") -> "Table":
        """Return what came of a chunk, or what went wrong."""
        (rows,) = _unpack(batch)
        return _pack(rows if isinstance(rows, NlpServiceError) else self._outcome(rows))

    def _outcome(self, rows: Sequence[ReadRow]) -> Any:
        import ray

        these = f"{rows[0].where}至{rows[-1].where}"
        try:
            if ray.get(self._ledger.begin.remote(rows[0].number)) > MOST_TRIES:
                return EngineFailed(
                    f"分拣 {these}的进程 {MOST_TRIES} 次中断；可能内存不足，或其中一件使程序中止。"
                )
            return self._work(self._own_assessor(), rows)
        except NlpServiceError as error:
            return error
        except Exception as error:
            return EngineFailed(
                f"分拣 {these}时程序出错（{type(error).__name__}）；"
                "请改用 --engine plain，它会指出错在程序的何处。"
            )

    def _own_assessor(self) -> Assessor:
        if self._assessor is None:
            self._assessor = load_assessor(self._settings)
            if self._assessor.versions != self._versions:
                self._assessor = None
                raise EngineFailed(
                    "集群里有机器的程序或模型包与本机不同；请装成同一版本，模型包放在同一路径。"
                )
        return self._assessor


def _pack(thing: object) -> "Table":
    import pyarrow

    return pyarrow.table({_CELL: pyarrow.array([pickle.dumps(thing)], pyarrow.large_binary())})


def _unpack(table: "Table") -> Iterator[Any]:
    for packed in table[_CELL].to_pylist():
        yield pickle.loads(packed)
