"""Hold a file until its sender has looked over what was found in it: check, map by hand, start.

What is started is the file that was looked over: it lies in the database from the first moment on.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from nlp_service.domain.batches import Batch, BatchFile, BatchOptions, HeldFile
from nlp_service.domain.errors import QueueFull, UnreadableInput
from nlp_service.domain.records import check_name
from nlp_service.intake.columns import ColumnMapping, Field
from nlp_service.intake.kinds import FileKind
from nlp_service.intake.report import FileReport, Refusal, check_upload
from nlp_service.jobs.queue import JobQueue
from nlp_service.jobs.submitting import measure, submit
from nlp_service.settings import Settings
from nlp_service.store.batch_rows import PIECE
from nlp_service.store.opening import Store

MOST_HELD = 10
"""Files of one person."""

MOST_HELD_BYTES = 2 * 2**30
"""Of all files that are held: they lie in the database."""

MOST_CHECKED = 20_000
"""Rows that a check reads: a few seconds. What lies behind is checked as it is read."""

_FULL_FOR_S = 600


def hold(store: Store, file: BinaryIO, *, name: str, holder: str, keep: bool) -> HeldFile:
    """Check a file and hold it for a day.

    Args:
        store: takes it.
        file: open, with a place in the system; read from its beginning.
        name: what it is called; its ending says what it is.
        holder: whose it is.
        keep: check also what only refuses rows that are to be stored.

    Raises:
        InvalidSubmission: the name is none.
        UnreadableInput: there is nothing in it that could be read, whatever a person says of it.
        QueueFull: too much is held.
        StoreError: the database refuses; nothing was written.
    """
    check_name("文件名", name)
    reports = check_upload(file, name=name, keep=keep, most_rows=MOST_CHECKED)
    _refuse_hopeless(reports)
    digest, size = measure(file)
    told = BatchFile(name=name, digest=digest, size=size)
    with store.transaction(actor=holder) as office:
        office.held_files.expire()
        held = office.held_files.add(told, mapping={}, reports=_as_json(reports), holder=holder)
        if len(office.held_files.list(holder=holder)) > MOST_HELD:
            raise QueueFull(
                f"您已有 {MOST_HELD} 份文件等待确认，请先开始或放弃其中一份。",
                retry_after_s=_FULL_FOR_S,
            )
        if office.held_files.total_bytes() > MOST_HELD_BYTES:
            raise QueueFull(
                "等待确认的文件太多，暂不接收，请过一会儿再试。", retry_after_s=_FULL_FOR_S
            )
        file.seek(0)
        for number, piece in enumerate(iter(lambda: file.read(PIECE), b"")):
            office.held_files.add_piece(held.key, number, piece)
    return held


def check_again(
    store: Store, key: int, *, mapping: Mapping[str, Field], holder: str, keep: bool, folder: Path
) -> HeldFile:
    """Check a held file with what a person says of its columns; ``folder`` is for a copy of it.

    Raises:
        RecordUnknown: there is no such file of this holder.
        StoreError: the database refuses.
    """
    with store.reading() as office:
        held = office.held_files.get(key, holder=holder)
        copy = _copy_out(office.held_files.pieces(key), folder)
    with copy:
        reports = check_upload(
            copy,
            name=held.file.name,
            mapping=ColumnMapping(fields=mapping),
            keep=keep,
            most_rows=MOST_CHECKED,
        )
    said = {name: str(field) for name, field in mapping.items()}
    with store.transaction(actor=holder) as office:
        office.held_files.get(key, holder=holder)
        office.held_files.note_check(key, mapping=said, reports=_as_json(reports))
        return office.held_files.get(key, holder=holder)


def start(
    store: Store,
    queue: JobQueue,
    key: int,
    *,
    options: BatchOptions,
    settings: Settings,
    actor: str,
) -> Batch:
    """Hand a held file in as a job; a second click brings back the same job.

    Raises:
        RecordUnknown: there is no such file of this holder.
        Exception: whatever ``submit`` raises; the file stays held.
    """
    idempotency_key = f"待确认文件 {key}"
    with store.transaction(actor=actor) as office:
        if started := office.batches.with_idempotency_key(idempotency_key):
            return started
    with store.reading() as office:
        held = office.held_files.get(key, holder=actor)
        copy = _copy_out(office.held_files.pieces(key), settings.data / "incoming")
    with copy:
        submitted = submit(
            store,
            queue,
            copy,
            name=held.file.name,
            options=replace(options, mapping=held.mapping),
            settings=settings,
            actor=actor,
            idempotency_key=idempotency_key,
        )
    with store.transaction(actor=actor) as office:
        office.held_files.forget(key, holder=actor)
    return submitted.batch


def reports_of(held: HeldFile) -> Sequence[FileReport]:
    """Return what was found in a held file, or in each file of an archive."""
    return [_read_report(told) for told in held.reports]


def mapping_of(held: HeldFile) -> dict[str, Field]:
    """Return what its holder said of its columns."""
    return {name: Field(said) for name, said in held.mapping.items()}


def _refuse_hopeless(reports: Sequence[FileReport]) -> None:
    """Refuse a file of which no row was read and no column is there to be named."""
    if not any(each.rows_read or each.columns or each.unknown_columns for each in reports):
        raise UnreadableInput(reports[0].problem or f"{reports[0].name} 里没有一件来件。")


def _copy_out(pieces: Iterator[bytes], folder: Path) -> BinaryIO:
    """Write pieces into a file that has no name."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = cast(BinaryIO, tempfile.TemporaryFile(dir=folder))
    try:
        for piece in pieces:
            copy.write(piece)
        copy.flush()
    except BaseException:
        copy.close()
        raise
    return copy


def _as_json(reports: Sequence[FileReport]) -> Sequence[Mapping[str, Any]]:
    return [asdict(report) for report in reports]


def _read_report(told: Mapping[str, Any]) -> FileReport:
    return FileReport(
        **{
            **told,
            "kind": told["kind"] and FileKind(told["kind"]),
            "columns": {name: Field(meant) for name, meant in told["columns"].items()},
            "refusals": [Refusal(**refusal) for refusal in told["refusals"]],
        }
    )
