"""Make anew what earlier texts are found by, while the service serves.

A new encoder's space is filled beside the active one, chunk by chunk; then its graph is built, the
questions go over to it, and the old space is dropped. What is there is the mark of how far it came:
a killed run is gone on with by the next one. Fingerprints are added where there are none.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Connection, Select, and_, exists, select, text

from nlp_service.domain.errors import StoreError
from nlp_service.domain.submission import Kind
from nlp_service.duplicates.fingerprints import find_fingerprints
from nlp_service.store.earlier_texts import part_document
from nlp_service.store.failures import explaining_failures
from nlp_service.store.index_tables import embeddings, wordings
from nlp_service.store.locks import taking
from nlp_service.store.meaning_index import EmbeddedText, write_embeddings
from nlp_service.store.opening import Store
from nlp_service.store.spaces import (
    Space,
    activate,
    build_graph,
    drop,
    ensure_space,
    read_others,
)
from nlp_service.store.tables import assessments, submissions
from nlp_service.store.wording_index import FingerprintedText, StoredWordingIndex
from nlp_service.text.normalise import Document

ACTOR = "nlp-service"
CHUNK = 500
_LOCK = 0x6E6C705F726978  # "nlp_rix"
_OLDER_WITHIN_S = 30.0
_LOOK_EVERY_S = 0.05
_DROP_WITHIN_S = 3
"""A drop waits for readers, and new readers wait for it."""

Embed = Callable[[Sequence[Document]], npt.NDArray[np.floating[Any]]]
"""Cleaned texts to their embeddings, (n_texts, DIMENSIONS)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reindexed:
    """What a run did; all 0 where there was nothing to do."""

    fingerprinted: int
    embedded: int
    left: int
    """Old spaces that long readers kept from being dropped; the next run drops them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Text:
    key: int
    document: Document
    submitter: str
    kind: Kind
    dated_on: date


def reindex(
    store: Store,
    *,
    space: str,
    embed: Embed,
    chunk: int = CHUNK,
    report: Callable[[int], None] = lambda done: None,
) -> Reindexed:
    """Bring all that is stored into an encoder's space, and let the questions go there.

    Args:
        store: may serve and take in meanwhile.
        space: the encoder's hash.
        embed: the encoder.
        chunk: texts a transaction.
        report: told after each chunk how many texts were embedded.

    Raises:
        StoreError: another process does so now, or the database refuses.
    """
    with taking(store, _LOCK) as alone:
        if not alone:
            raise StoreError(
                f"{store.address} 上已有一个进程在重建索引，请等它完成；若它已被终止，请稍后再试。"
            )
        fingerprinted = refill_fingerprints(store, chunk=chunk)
        with store.transaction(actor=ACTOR) as office:
            target = ensure_space(office.connection, space)
        embedded = _fill(store, target, embed, chunk, report)
        with store.transaction(actor=ACTOR) as office:
            build_graph(office.connection, target)
        embedded += _fill(store, target, embed, chunk, report)
        with store.transaction(actor=ACTOR) as office:
            activate(office.connection, target)
        quiet = _await_older(store)  # they may still store, or ask, by the old space
        embedded += _fill(store, target, embed, chunk, report)
        left = _drop_others(store, target) if quiet else _count_others(store, target)
        return Reindexed(fingerprinted=fingerprinted, embedded=embedded, left=left)


def refill_fingerprints(store: Store, *, chunk: int = CHUNK) -> int:
    """Add the fingerprints of stored texts that have none; return how many texts they were.

    Safe beside others that do so and beside those that store.

    Raises:
        StoreError: the database refuses.
    """
    return sum(
        _add_fingerprints(store, texts)
        for texts in _missing(store, chunk, wordings.c.key == submissions.c.key)
    )


def _add_fingerprints(store: Store, texts: Sequence[_Text]) -> int:
    with store.transaction(actor=ACTOR) as office:
        present = _keep_present(office.connection, texts)
        StoredWordingIndex(office.connection).add_all(
            [
                FingerprintedText(
                    key=each.key,
                    fingerprints=find_fingerprints(each.document.text),
                    submitter=each.submitter,
                )
                for each in present
            ]
        )
    return len(present)


def _fill(
    store: Store, space: Space, embed: Embed, chunk: int, report: Callable[[int], None]
) -> int:
    """Embed what the space lacks; return how many texts that were."""
    done = 0
    there = and_(embeddings.c.key == submissions.c.key, embeddings.c.space == space.number)
    for texts in _missing(store, chunk, there):
        vectors = embed([each.document for each in texts])
        by_key = dict(zip((each.key for each in texts), vectors, strict=True))
        with store.transaction(actor=ACTOR) as office:
            present = _keep_present(office.connection, texts)
            rows = [
                EmbeddedText(
                    key=each.key,
                    vector=by_key[each.key],
                    kind=each.kind,
                    dated_on=each.dated_on,
                )
                for each in present
            ]
            write_embeddings(office.connection, space, rows)
        done += len(present)
        report(len(present))
    return done


def _missing(store: Store, chunk: int, there: "ColumnElement[bool]") -> Iterator[Sequence[_Text]]:
    """Yield what may be found and for which no row is there, in chunks, ascending by key."""
    after = 0
    while True:
        with store.reading() as office:
            rows = office.connection.execute(_select_missing(there, after).limit(chunk)).all()
        if not rows:
            return
        yield [
            _Text(
                key=row.key,
                document=part_document(row.title, row.text),
                submitter=row.submitter,
                kind=Kind(row.kind),
                dated_on=row.dated_on,
            )
            for row in rows
        ]
        after = rows[-1].key


def _select_missing(
    there: "ColumnElement[bool]", after: int
) -> "Select[tuple[int, str, str, str, str, date]]":
    s = submissions.c
    return (
        select(s.key, s.title, s.text, s.submitter, assessments.c.kind, s.dated_on)
        .join_from(submissions, assessments)
        .where(
            assessments.c.current,
            s.deleted_at.is_(None),
            ~s.restricted,
            s.key > after,
            ~exists().where(there),
        )
        .order_by(s.key)
    )


def _keep_present(connection: Connection, texts: Sequence[_Text]) -> Sequence[_Text]:
    """Return those that may still be found; nobody deletes or restricts them meanwhile."""
    s = submissions.c
    rows = connection.execute(
        select(s.key)
        .where(s.key.in_([each.key for each in texts]), s.deleted_at.is_(None), ~s.restricted)
        .order_by(s.key)
        .with_for_update(read=True)
    )
    present = set(rows.scalars())
    return [each for each in texts if each.key in present]


def _await_older(store: Store) -> bool:
    """Wait until every transaction has ended that began before now; return False if some stay."""
    until = time.monotonic() + _OLDER_WITHIN_S
    with explaining_failures(store.address), store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        older = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
            " AND xact_start <= :now"
        )
        while connection.execute(older, {"now": now}).scalar_one():
            if time.monotonic() > until:
                return False
            time.sleep(_LOOK_EVERY_S)
    return True


def _drop_others(store: Store, space: Space) -> int:
    """Drop every space but one; return how many could not be dropped now."""
    with store.reading() as office:
        others = read_others(office.connection, space)
    left = 0
    for other in others:
        try:
            with store.transaction(actor=ACTOR) as office:
                office.connection.execute(text(f"SET LOCAL lock_timeout = '{_DROP_WITHIN_S}s'"))
                drop(office.connection, other)
        except StoreError:
            left += 1
    return left


def _count_others(store: Store, space: Space) -> int:
    with store.reading() as office:
        return len(read_others(office.connection, space))
