"""Score a chunk of rows: one answer a row, whatever a row does to the assessor.

A row at which it raises is found by halving; one that ends the whole process, by scoring row after
row in a process of its own (``jobs.isolation``). Such a row is quarantined, the rest is as ever.
"""

import logging
from collections.abc import Mapping, Sequence

from sqlalchemy.exc import SQLAlchemyError

from nlp_service.assess import Assessor
from nlp_service.domain.assessment import Assessment
from nlp_service.domain.batches import BatchOptions, BatchTally, RowProblem
from nlp_service.domain.errors import (
    DatabaseFull,
    DatabaseUnreachable,
    DataDamaged,
    InvalidSubmission,
    ModeUnavailable,
    StoreBusy,
    StoreError,
)
from nlp_service.domain.records import Filing, StoredOnce
from nlp_service.domain.submission import Mode, Submission
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.duplicates.matter import Vector
from nlp_service.jobs.lines import Quarantined, RowResult
from nlp_service.jobs.rows import JobRow
from nlp_service.store.filing import Refusal, with_unit_code
from nlp_service.store.opening import Office
from nlp_service.store.relating import Kept, Relator, embed_filings, file_and_keep

log = logging.getLogger(__name__)

Answer = Assessment | InvalidSubmission


def score_rows(
    assessor: Assessor, rows: Sequence[JobRow], options: BatchOptions
) -> Sequence[Answer]:
    """Return an answer for each row, in order.

    Raises:
        ModeUnavailable: the bundle has no encoder, and the job asks for it.
    """
    try:
        return assessor.assess_each(
            [row.item for row in rows],
            explain=options.explain,
            quality=options.quality,
            mode=options.mode,
        )
    except ModeUnavailable:
        raise
    except Exception as error:
        if len(rows) == 1:
            kind = type(error).__name__
            log.error("一行不能分拣，已隔离：%s（%s）", rows[0].where, kind)
            return [Quarantined(f"分拣这一行时出错（{kind}）")]
    middle = len(rows) // 2
    halves = rows[:middle], rows[middle:]
    return [answer for half in halves for answer in score_rows(assessor, half, options)]


def prepare_filings(
    rows: Sequence[JobRow],
    answers: Sequence[Answer],
    options: BatchOptions,
    taxonomy: Taxonomy,
    relator: Relator | None,
) -> dict[int, Kept]:
    """Return what is to be stored, by its place in the chunk."""
    filings = {
        place: Filing(
            submission=row.item,
            assessment=answer,
            origin=row.origin,
            received_at=row.received_at,
            outcome=row.outcome and with_unit_code(row.outcome, taxonomy),
        )
        for place, (row, answer) in enumerate(zip(rows, answers, strict=True))
        if isinstance(row.item, Submission) and isinstance(answer, Assessment)
    }
    vectors = _embed(relator, list(filings.values()), fast=options.mode is Mode.FAST)
    return {
        place: Kept(filing=filing, embedding=vector)
        for (place, filing), vector in zip(filings.items(), vectors, strict=True)
    }


def _embed(
    relator: Relator | None, filings: Sequence[Filing], *, fast: bool
) -> Sequence[Vector | None]:
    """Return each text's embedding; None of one at which that fails: it is found by its words."""
    if not filings:
        return []
    try:
        return embed_filings(relator, filings, fast=fast)
    except Exception as error:
        if len(filings) == 1:
            log.error("一件的文意向量没有做成（%s）", type(error).__name__)
            return [None]
    middle = len(filings) // 2
    halves = filings[:middle], filings[middle:]
    return [vector for half in halves for vector in _embed(relator, half, fast=fast)]


def file_rows(
    office: Office, kept: Mapping[int, Kept], relator: Relator | None
) -> dict[int, StoredOnce | Refusal]:
    """Store what is to be stored; return what became of it, by its place in the chunk.

    What the database will not have is quarantined: found by halving, each half in a savepoint.
    """
    if not kept:
        return {}
    try:
        with office.attempt():
            results = file_and_keep(office, relator, list(kept.values()))
        return dict(zip(kept, results, strict=True))
    except (SQLAlchemyError, StoreError) as error:
        if _passes(error):
            raise
        if len(kept) == 1:
            kind = type(error).__name__
            return dict.fromkeys(kept, Quarantined(f"存入这一行时出错（{kind}）"))
    places = list(kept)
    parts = places[: len(places) // 2], places[len(places) // 2 :]
    filed: dict[int, StoredOnce | Refusal] = {}
    for part in parts:
        filed |= file_rows(office, {place: kept[place] for place in part}, relator)
    return filed


def _passes(error: Exception) -> bool:
    """Say whether the same may well succeed at another time: no row is to blame."""
    if isinstance(error, DatabaseUnreachable | DatabaseFull | StoreBusy | DataDamaged):
        return True
    code = getattr(getattr(error, "orig", None), "sqlstate", None)
    if getattr(error, "connection_invalidated", False):
        return True
    return code is not None and code[:2] in ("08", "40", "53", "55", "57", "58", "XX", "25")


def join_results(
    rows: Sequence[JobRow],
    answers: Sequence[Answer],
    filed: Mapping[int, StoredOnce | Refusal],
) -> Sequence[RowResult]:
    """Return what became of each row, in order."""
    results = []
    for place, (row, answer) in enumerate(zip(rows, answers, strict=True)):
        stored = filed.get(place)
        if stored is None or isinstance(stored, StoredOnce):
            results.append(RowResult(row=row, answer=answer, stored=stored))
        else:
            results.append(RowResult(row=row, answer=stored))
    return results


def count_results(results: Sequence[RowResult]) -> BatchTally:
    """Count what became of the rows, and list those without an assessment."""
    problems = [
        RowProblem(
            row=result.row.number,
            where=result.row.where,
            code=result.answer.code,
            message=str(result.answer),
        )
        for result in results
        if not isinstance(result.answer, Assessment)
    ]
    quarantined = sum(isinstance(result.answer, Quarantined) for result in results)
    return BatchTally(
        done=len(results) - len(problems),
        refused=len(problems) - quarantined,
        quarantined=quarantined,
        problems=problems,
    )
