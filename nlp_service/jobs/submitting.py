"""Hand a job in: its file into the database, its reading into the queue, in one transaction."""

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

from nlp_service.domain.batches import Batch, BatchFile, BatchOptions
from nlp_service.domain.errors import IdempotencyMismatch, QueueFull
from nlp_service.domain.records import check_name
from nlp_service.jobs.addresses import read_target
from nlp_service.jobs.notices import read_secret
from nlp_service.jobs.queue import READ, JobQueue
from nlp_service.settings import Settings
from nlp_service.store.batch_rows import PIECE
from nlp_service.store.opening import Office, Store

MOST_UNREAD_BYTES = 4 * 2**30
"""Of all files that wait to be read: they lie in the database."""

_SOONEST_S, _LATEST_S = 5, 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What became of a job that was handed in."""

    batch: Batch
    created: bool
    """False where its idempotency key brought back an earlier one."""


def submit(
    store: Store,
    queue: JobQueue,
    file: BinaryIO,
    *,
    name: str,
    options: BatchOptions,
    settings: Settings,
    actor: str,
    idempotency_key: str = "",
) -> Submitted:
    """Hand a file in as a job.

    Args:
        store: takes it.
        queue: takes its work.
        file: open; read from its beginning.
        name: what it is called; its ending says what it is.
        options: what is to be done with its rows.
        settings: how much may wait, whom a notice may go to.
        actor: who hands it in.
        idempotency_key: of the caller's choice; a second time it brings back the same job.

    Raises:
        InvalidSubmission: a name is none.
        WebhookRefused: nobody may be notified there.
        QueueFull: too much waits.
        IdempotencyMismatch: the key stands for another file or other options.
        StoreError: the database refuses; nothing was written.
    """
    check_name("文件名", name)
    check_name("来源", options.source)
    check_name("请求头 Idempotency-Key ", idempotency_key)
    _check_webhook(options, settings)
    digest, size = measure(file)
    told = BatchFile(name=name, digest=digest, size=size)
    queue.prepare()  # not inside a transaction, for which DBOS would wait
    with store.transaction(actor=actor) as office:
        if known := office.batches.with_idempotency_key(idempotency_key):
            return Submitted(batch=_check_same(known, told, options), created=False)
        _check_room(office, settings)
        begun = office.batches.begin(told, options, idempotency_key=idempotency_key)
        if begun is None:  # somebody was at the same, and this has waited for them
            known = office.batches.with_idempotency_key(idempotency_key)
            assert known is not None
            return Submitted(batch=_check_same(known, told, options), created=False)
        _keep(office, begun.key, file)
        office.batches.wait_for_turn()  # behind the file, so that nobody waits for its bytes
        _check_room(office, settings, own=told)
        office.batches.note_workflow(begun.key, queue.put(office.connection, READ, begun.key))
    return Submitted(batch=begun, created=True)


def _check_webhook(options: BatchOptions, settings: Settings) -> None:
    if not options.webhook:
        return
    read_secret(settings)
    read_target(options.webhook, settings.webhook_hosts)


def measure(file: BinaryIO) -> tuple[str, int]:
    """Return a file's SHA-256, in hexadecimal digits, and its bytes."""
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(PIECE):
        digest.update(block)
    return digest.hexdigest(), file.tell()


def _keep(office: Office, key: int, file: BinaryIO) -> None:
    file.seek(0)
    number = 0
    while piece := file.read(PIECE):
        office.batches.rows.add_piece(key, number, piece)
        number += 1


def _check_same(known: Batch, file: BatchFile, options: BatchOptions) -> Batch:
    if (known.file, known.options) != (file, options):
        raise IdempotencyMismatch(
            f"这个 Idempotency-Key 已用于任务 {known.key}，文件或选项却不同；请换一个键。"
        )
    return known


def _check_room(office: Office, settings: Settings, *, own: BatchFile | None = None) -> None:
    """Refuse what there is no room for; ``own`` was written already, and counts as not there.

    Raises:
        QueueFull: too much waits.
    """
    now = office.batches.queue()
    unread_bytes = now.unread_bytes - (own.size if own else 0)
    unfinished = office.batches.count_unfinished() - (1 if own else 0)
    wait_s = round(now.waiting_rows / now.rows_per_s) if now.rows_per_s else _SOONEST_S * 6
    retry_after_s = max(_SOONEST_S, min(wait_s, _LATEST_S))
    if now.waiting_rows >= settings.queue_rows or unread_bytes >= MOST_UNREAD_BYTES:
        raise QueueFull(
            f"等待分拣的已有 {now.waiting_rows} 行，暂不接受新任务，"
            f"请约 {retry_after_s} 秒后再试。",
            retry_after_s=retry_after_s,
        )
    if unfinished >= settings.queue_jobs:
        raise QueueFull(
            f"您已有 {settings.queue_jobs} 个任务没有完成，请等其中一个完成，"
            f"或取消一个（DELETE /v1/batches/编号），约 {retry_after_s} 秒后再试。",
            retry_after_s=retry_after_s,
        )
