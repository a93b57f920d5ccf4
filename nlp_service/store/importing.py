"""Take an archive into the store, chunk by chunk; interrupted, it goes on where it was.

A chunk's texts, assessments and the import's mark are written in one transaction, so what is
behind the mark is there, and what is not will be read again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from nlp_service.assess import CHUNK, Assessor
from nlp_service.domain.assessment import Assessment
from nlp_service.domain.errors import InvalidSubmission, StoreBusy, UnreadableInput
from nlp_service.domain.imports import MOST_REFUSALS, Import, ImportState, ImportTally, RefusedRow
from nlp_service.domain.records import Filing, StoredOnce
from nlp_service.domain.submission import Mode
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.duplicates.matter import Vector
from nlp_service.intake.archive import Archive, ArchivedSubmission
from nlp_service.intake.rows import InvalidRow
from nlp_service.store.earlier_texts import shown_document
from nlp_service.store.filing import Refusal, file_submissions
from nlp_service.store.opening import Store
from nlp_service.store.relating import Relator

_TRIES = 5
"""A chunk is written again where another writer was in its way."""

Row = tuple[int, ArchivedSubmission | InvalidRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One run over an archive."""

    store: Store
    assessor: Assessor
    actor: str
    mode: Mode | None
    relator: Relator | None

    def embed(self, filings: Sequence[Filing]) -> Sequence[Vector | None]:
        """Return what the encoder makes of each text, unless it is to be spared."""
        if self.relator is None or self.mode is Mode.FAST:
            return [None] * len(filings)
        return self.relator.embed(
            [shown_document(each.submission, each.assessment) for each in filings]
        )


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
        for chunk in _chunks(archive.rows):
            while rest := [row for row in chunk if row[0] > now.tally.mark]:
                now = _import_chunk(run, now, rest)
                yield now
    except UnreadableInput as error:
        with store.transaction(actor=actor) as office:
            now = office.imports.fail(now.key, str(error))
        yield now
        return
    with store.transaction(actor=actor) as office:
        now = office.imports.finish(now.key)
    yield now


def _chunks(rows: Iterator[Row]) -> Iterator[Sequence[Row]]:
    """Yield the rows by chunks; those before an unreadable place come before its error."""
    ended: UnreadableInput | None = None

    def readable() -> Iterator[Row]:
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


def _import_chunk(run: _Run, before: Import, chunk: Sequence[Row]) -> Import:
    """Assess and write a chunk, unless another process has been there; return the import then."""
    taxonomy = run.assessor.bundle.taxonomy
    answers = run.assessor.assess_each(
        [item.submission if isinstance(item, ArchivedSubmission) else item for _, item in chunk],
        mode=run.mode,
    )
    prepared = [
        _filing(item, answer, taxonomy) for (_, item), answer in zip(chunk, answers, strict=True)
    ]
    embeddings = run.embed([one for one in prepared if isinstance(one, Filing)])
    for last in reversed(range(_TRIES)):
        try:
            return _write(run, before, [line for line, _ in chunk], prepared, embeddings)
        except StoreBusy:
            if not last:
                raise
    raise AssertionError("unreachable")


def _write(
    run: _Run,
    before: Import,
    lines: Sequence[int],
    prepared: Sequence[Filing | InvalidSubmission],
    embeddings: Sequence[Vector | None],
) -> Import:
    with run.store.transaction(actor=run.actor) as office:
        now = office.imports.hold(before.key)
        if now.tally.mark != before.tally.mark or now.state is ImportState.DONE:
            return now
        filings = [one for one in prepared if isinstance(one, Filing)]
        filed = file_submissions(office, filings)
        if run.relator is not None:
            run.relator.keep_created(office, filings, filed, embeddings)
        stored = iter(filed)
        results = [next(stored) if isinstance(one, Filing) else one for one in prepared]
        return office.imports.advance(now.key, _count(now.tally, lines, results))


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
    outcome = item.outcome and replace(
        item.outcome, handling_unit=taxonomy.unit_code(item.outcome.handling_unit)
    )
    return Filing(
        submission=item.submission,
        assessment=answer,
        origin=item.origin,
        received_at=item.received_at,
        outcome=outcome,
    )


def _count(
    tally: ImportTally, lines: Sequence[int], results: Sequence[StoredOnce | Refusal]
) -> ImportTally:
    refused = [
        RefusedRow(line=line, code=result.code, message=str(result))
        for line, result in zip(lines, results, strict=True)
        if not isinstance(result, StoredOnce)
    ]
    created = [result.created for result in results if isinstance(result, StoredOnce)]
    return ImportTally(
        mark=lines[-1],
        read=tally.read + len(results),
        stored=tally.stored + sum(created),
        known=tally.known + len(created) - sum(created),
        refused=tally.refused + len(refused),
        refusals=[*tally.refusals, *refused][:MOST_REFUSALS],
    )
