"""The sample submissions (示例): put into a new store, so that the first look is not at nothing.

They are there once: a store that ever had a submission gets none, also when they were removed.
"""

import json
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlalchemy import Connection, delete, exists, func, select, update

from nlp_service.assess import Assessor
from nlp_service.domain.errors import InvalidSubmission, StoreError
from nlp_service.domain.records import CHINA, Filing, Origin
from nlp_service.domain.submission import Kind, Submission
from nlp_service.store.erasing import erase
from nlp_service.store.first_admin import MAKER
from nlp_service.store.locks import wait_for_turn
from nlp_service.store.opening import Office, Store
from nlp_service.store.relating import (
    Kept,
    embed_filings,
    file_and_keep,
    make_relator,
    relate_missing,
)
from nlp_service.store.review_tables import reviewed, reviews
from nlp_service.store.tables import outcomes, submissions

log = logging.getLogger(__name__)

SOURCE = "示例"
"""Of every sample; one of an office's own by that name has another number."""
RULE = "移除示例"
"""By what they were erased, as their tombstones say."""
SPREAD = timedelta(days=27)
"""The samples are dated, in their order, over the last four weeks."""

_FILE = Path(__file__).with_name("samples.jsonl")
_NUMBERS = "sample-"
_MORNING = time(9, tzinfo=CHINA)
_CHUNK = 10
_LOCK = 0x6E6C705F73616D  # "nlp_sam"
_s = submissions.c


def read_samples(today: date) -> Sequence[Submission]:
    """Return the samples, dated so that the newest is of today."""
    lines = [json.loads(line) for line in _FILE.read_text(encoding="utf-8").splitlines()]
    days = [date.fromisoformat(line["submitted_at"]) for line in lines]
    first, last = min(days), max(days)
    return [
        Submission(
            id=line["id"],
            kind=Kind(line["kind"]),
            title=line["title"],
            body=line["body"],
            submitted_at=today - SPREAD * ((last - day) / (last - first)),
        )
        for line, day in zip(lines, days, strict=True)
    ]


def is_new(connection: Connection) -> bool:
    """Say whether a store never had a submission; what was deleted or erased was one."""
    return not connection.execute(select(exists().select_from(submissions))).scalar_one()


def fill_samples(
    store: Store, assessor: Assessor, *, ends: Callable[[], bool] = lambda: False
) -> int:
    """Assess the samples and store them where the store is new; return how many were stored.

    They are stored together or not at all. While they are assessed, somebody may store a first
    submission: then none of them is.

    Args:
        store: may serve meanwhile.
        assessor: of the service.
        ends: asked now and then; once it says yes, nothing is stored any more.

    Raises:
        StoreError: the database refuses.
    """
    with store.reading() as office:
        if not is_new(office.connection):
            return 0
    relator = make_relator(assessor.bundle)
    filings = list(_assess(assessor, read_samples(datetime.now(CHINA).date()), ends))
    if ends():
        return 0
    vectors = embed_filings(relator, filings, fast=False)
    kept = [
        Kept(filing=one, embedding=vector) for one, vector in zip(filings, vectors, strict=True)
    ]
    with store.transaction(actor=MAKER) as office:
        wait_for_turn(office.connection, _LOCK)
        if not is_new(office.connection):
            return 0
        file_and_keep(office, relator, kept)
    if relator is not None:
        relate_missing(store, relator)
    return len(kept)


@contextmanager
def filling_samples(store: Store, assessor: Assessor) -> Iterator[None]:
    """Fill a new store aside while the block runs; its end waits only for what is being done."""
    ending = threading.Event()

    def fill() -> None:
        try:
            fill_samples(store, assessor, ends=ending.is_set)
        except StoreError as error:
            log.warning("示例来件没有存入：%s", error)

    aside = threading.Thread(target=fill, name="samples")
    aside.start()
    try:
        yield
    finally:
        ending.set()
        aside.join()


def count_samples(connection: Connection) -> int:
    """Return how many samples are there."""
    return connection.execute(
        select(func.count())
        .select_from(submissions)
        .where(_s.source == SOURCE, _s.reference.startswith(_NUMBERS), _s.deleted_at.is_(None))
    ).scalar_one()


def remove_samples(store: Store, *, actor: str) -> int:
    """Erase the samples with all that was tried on them; return how many they were.

    Merges with them are undone, so submissions of the office's own stand as before. Of reviews
    only stays that there were some; outcomes go. The audit has a line for each. Call
    ``erasing.tidy`` afterwards.

    Raises:
        StoreError: the database refuses.
    """
    with store.transaction(actor=actor) as office:
        keys = _lock_samples(office.connection)
        if keys:
            _unmerge(office, keys)
            _forget_words(office, keys)
            erase(office, keys, rule=RULE)
    return len(keys)


def _assess(
    assessor: Assessor, samples: Sequence[Submission], ends: Callable[[], bool]
) -> Iterator[Filing]:
    """Yield what is to be stored of each sample, received on the morning of its day."""
    now = datetime.now(CHINA)
    for start in range(0, len(samples), _CHUNK):
        if ends():
            return
        chunk = samples[start : start + _CHUNK]
        for sample, answer in zip(chunk, assessor.assess_each(chunk, explain=True), strict=True):
            if isinstance(answer, InvalidSubmission):
                raise answer
            morning = datetime.combine(sample.submitted_at or now, _MORNING)
            yield Filing(
                submission=sample,
                assessment=answer,
                origin=Origin(source=SOURCE),
                received_at=min(morning, now),
            )


def _lock_samples(connection: Connection) -> Sequence[int]:
    return connection.scalars(
        select(_s.key)
        .where(_s.source == SOURCE, _s.reference.startswith(_NUMBERS), _s.deleted_at.is_(None))
        .order_by(_s.key)
        .with_for_update()
    ).all()


def _unmerge(office: Office, keys: Sequence[int]) -> None:
    """Undo every merge in which a sample is, the latest first."""
    latest = select(func.max(_s.merge_key)).where(_s.key.in_(keys))
    while (merge := office.connection.execute(latest).scalar_one()) is not None:
        office.merges.unmerge(merge)


def _forget_words(office: Office, keys: Sequence[int]) -> None:
    """Take out what persons said of submissions, and what came of these."""
    connection, of_them = office.connection, reviews.c.submission_key.in_(keys)
    connection.execute(delete(reviewed).where(reviewed.c.submission_key.in_(keys)))
    connection.execute(
        update(reviews)
        .where(of_them)
        .values(
            person={},
            machine={},
            note="",
            undone_at=func.coalesce(reviews.c.undone_at, func.now()),
            undone_by=office.audit.actor,
        )
    )
    connection.execute(delete(outcomes).where(outcomes.c.submission_key.in_(keys)))
