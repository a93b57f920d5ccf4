"""Take an archive into the store, chunk by chunk; interrupted, it goes on where it was.

A chunk's texts, assessments and the import's mark are written in one transaction, so what is
behind the mark is there, and what is not will be read again. While one chunk is written, the next
is read and assessed: the database works in a process of its own.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from nlp_service.assess import CHUNK, Assessor
from nlp_service.domain.assessment import Assessment
from nlp_service.domain.errors import InvalidSubmission, StoreBusy, UnreadableInput
from nlp_service.domain.imports import MOST_REFUSALS, Import, ImportState, ImportTally, RefusedRow
from nlp_service.domain.records import Filing, StoredOnce
from nlp_service.domain.submission import Mode
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.intake.archive import Archive, ArchivedRow, ArchivedSubmission
from nlp_service.intake.rows import InvalidRow
from nlp_service.store.filing import Refusal, with_unit_code
from nlp_service.store.opening import Store
from nlp_service.store.relating import Kept, Relator, embed_filings, file_and_keep

_TRIES = 5
"""A chunk is written again where another writer was in its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """What is to be written of a row."""

    row: ArchivedRow
    text: Kept | InvalidSubmission


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One run over an archive."""

    store: Store
    assessor: Assessor
    actor: str
    mode: Mode | None
    relator: Relator | None

    def prepare(self, rows: Sequence[ArchivedRow]) -> Sequence[_Prepared]:
        """Assess rows, and embed those that can be stored."""
        taxonomy = self.assessor.bundle.taxonomy
        items = [row.item for row in rows]
        answers = self.assessor.assess_each(
            [item.submission if isinstance(item, ArchivedSubmission) else item for item in items],
            mode=self.mode,
        )
        filings = [
            _filing(item, answer, taxonomy) for item, answer in zip(items, answers, strict=True)
        ]
        good = [one for one in filings if isinstance(one, Filing)]
        embeddings = iter(embed_filings(self.relator, good, fast=self.mode is Mode.FAST))
        return [
            _Prepared(
                row=row,
                text=Kept(filing=filing, embedding=next(embeddings))
                if isinstance(filing, Filing)
                else filing,
            )
            for row, filing in zip(rows, filings, strict=True)
        ]


def import_archive(
    store: Store,
    assessor: Assessor,
    archive: Archive,
    *,
    actor: str,
    mode: Mode | None = None,
    relator: Relator | None = None,
) -> Iterator[Import]:
    """Yield the import as it is found, then after each chunk; the last one says how it ended.

    The same file goes on behind its mark, whoever brought it so far, also at the same time; one
    that was done before is yielded once, as it is. Without a mode it is ``auto``, as in
    ``Assessor.assess_many``. ``Import.tally.mark`` over ``Import.lines`` is how far it is. With a
    relator the texts can be found by others; ``relating.relate_missing`` looks them up themselves.

    Raises:
        ModeUnavailable: as in ``assess_many``; nothing was written.
        StoreError: the database refuses; all up to the last yielded mark is stored.
    """
    assessor.assess_each([], mode=mode)  # refuses a mode before anything is noted
    run = _Run(store=store, assessor=assessor, actor=actor, mode=mode, relator=relator)
    with store.transaction(actor=actor) as office:
        now = office.imports.begin(
            digest=archive.digest, name=archive.name, source=archive.source, lines=archive.lines
        )
    yield now
    if now.state is ImportState.DONE:
        return
    try:
        for chunk in _prepare_ahead(run, archive.rows, behind=now.tally.mark):
            while rest := [one for one in chunk if one.row.line > now.tally.mark]:
                now = _write_patiently(run, now, rest)
                yield now
    except UnreadableInput as error:
        with store.transaction(actor=actor) as office:
            now = office.imports.fail(now.key, str(error))
        yield now
        return
    with store.transaction(actor=actor) as office:
        now = office.imports.finish(now.key)
    yield now


def _chunks(rows: Iterator[ArchivedRow]) -> Iterator[Sequence[ArchivedRow]]:
    """Yield the rows by chunks; those before an unreadable place come before its error."""
    ended: UnreadableInput | None = None

    def readable() -> Iterator[ArchivedRow]:
        nonlocal ended
        try:
            yield from rows
        except UnreadableInput as error:
            ended = error

    source = readable()
    while chunk := list(islice(source, CHUNK)):
        yield chunk
    if ended is not None:
        raise ended


def _prepare_ahead(
    run: _Run, rows: Iterator[ArchivedRow], *, behind: int
) -> Iterator[Sequence[_Prepared]]:
    """Yield the chunks that hold lines behind a mark; the next one is made meanwhile."""
    chunks = _chunks(rows)

    def prepare_next() -> Sequence[_Prepared]:
        for chunk in chunks:
            if rest := [row for row in chunk if row.line > behind]:
                return run.prepare(rest)
        return []

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="import") as aside:
        coming = aside.submit(prepare_next)
        while prepared := coming.result():
            coming = aside.submit(prepare_next)
            yield prepared


def _write_patiently(run: _Run, before: Import, rows: Sequence[_Prepared]) -> Import:
    """Write rows, unless another process has been there; return the import then."""
    for last in reversed(range(_TRIES)):
        try:
            return _write(run, before, rows)
        except StoreBusy:
            if not last:
                raise
    raise AssertionError("unreachable")


def _write(run: _Run, before: Import, rows: Sequence[_Prepared]) -> Import:
    with run.store.transaction(actor=run.actor) as office:
        now = office.imports.hold(before.key)
        if now.tally.mark != before.tally.mark or now.state is ImportState.DONE:
            return now
        texts = [one.text for one in rows if isinstance(one.text, Kept)]
        stored = iter(file_and_keep(office, run.relator, texts))
        results = [next(stored) if isinstance(one.text, Kept) else one.text for one in rows]
        return office.imports.advance(now.key, _count(now.tally, rows, results))


def _filing(
    item: ArchivedSubmission | InvalidRow,
    answer: Assessment | InvalidSubmission,
    taxonomy: Taxonomy,
) -> Filing | InvalidSubmission:
    """Return what is to be stored of a row, its handling unit by the code of the taxonomy."""
    if isinstance(item, InvalidRow):
        return item
    if not isinstance(answer, Assessment):
        return answer
    return Filing(
        submission=item.submission,
        assessment=answer,
        origin=item.origin,
        received_at=item.received_at,
        outcome=item.outcome and with_unit_code(item.outcome, taxonomy),
    )


def _count(
    tally: ImportTally, rows: Sequence[_Prepared], results: Sequence[StoredOnce | Refusal]
) -> ImportTally:
    refused = [
        RefusedRow(line=row.line, code=result.code, message=str(result), where=row.where)
        for row, result in zip((one.row for one in rows), results, strict=True)
        if not isinstance(result, StoredOnce)
    ]
    created = [result.created for result in results if isinstance(result, StoredOnce)]
    return ImportTally(
        mark=rows[-1].row.line,
        read=tally.read + len(results),
        stored=tally.stored + sum(created),
        known=tally.known + len(created) - sum(created),
        refused=tally.refused + len(refused),
        refusals=[*tally.refusals, *refused][:MOST_REFUSALS],
    )
