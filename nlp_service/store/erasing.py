"""Erase the text of submissions for good; a tombstone says what was there, by which rule, who did.

What stays tells nothing of text or person: kind, days, district, tags, outcomes, merges. Backups
that were made before still hold the text: after a restore the rules are to be applied again.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.store.forgetting import forget
from nlp_service.store.index_tables import wording_submitters
from nlp_service.store.opening import Office, Store
from nlp_service.store.private_tables import originals, tombstones
from nlp_service.store.review_tables import reviews
from nlp_service.store.tables import assessments, submissions

_TOUCHED = (
    "originals",
    "submissions",
    "assessments",
    "reviews",
    "fingerprints",
    "embeddings",
    "batch_results",
)


def erase(office: Office, keys: Sequence[int], *, rule: str) -> None:
    """Erase the texts of submissions, and all that is made of them, in the office's transaction.

    Results of jobs that told of them are among it; those of jobs that stored nothing are not.

    Of keys that were erased before nothing happens.
    """
    connection, s = office.connection, submissions.c
    rows = connection.execute(
        select(s.key, s.source, s.kind, s.reference, s.submitter)
        .where(s.key.in_(keys), s.key.not_in(select(tombstones.c.submission_key)))
        .order_by(s.key)
        .with_for_update()
    ).all()
    if not rows:
        return
    found, now = [row.key for row in rows], datetime.now(UTC)
    forget(connection, found)
    for key in found:
        office.groups.remove(key)
    office.batches.rows.erase(found)
    connection.execute(delete(originals).where(originals.c.submission_key.in_(found)))
    connection.execute(
        update(assessments).where(assessments.c.submission_key.in_(found)).values(answer={})
    )
    connection.execute(update(reviews).where(reviews.c.submission_key.in_(found)).values(note=""))
    connection.execute(
        update(submissions)
        .where(s.key.in_(found))
        .values(
            **dict.fromkeys(("title", "text", "reference", "submitter"), ""),
            content_hash=b"",
            deleted_at=func.coalesce(s.deleted_at, now),
        )
    )
    _forget_submitters(connection, {row.submitter for row in rows if row.submitter})
    connection.execute(
        insert(tombstones),
        [
            {
                "submission_key": row.key,
                "rule": rule,
                "reference_hash": hash_reference(row.source, row.kind, row.reference),
                "erased_at": now,
                "erased_by": office.audit.actor,
            }
            for row in rows
        ],
    )
    office.audit.note(Action.ERASED, RecordKind.SUBMISSION, *found)


def hash_reference(source: str, kind: str, reference: str) -> bytes | None:
    """Return by what an office that knows a number finds its tombstone; None without a number."""
    if not reference:
        return None
    return hashlib.sha256("\n".join((source, kind, reference)).encode()).digest()


def tidy(store: Store) -> None:
    """Let the server write over what was erased: until then its pages still hold the bytes."""
    with store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in _TOUCHED:
            connection.exec_driver_sql(f"VACUUM nlp.{table}")


def _forget_submitters(connection: Connection, names: set[str]) -> None:
    """Forget the names of those of whom nothing is indexed any more; their numbers stay theirs."""
    c = wording_submitters.c
    connection.execute(
        update(wording_submitters)
        .where(c.name.in_(names), c.texts == 0)
        .values(name=func.concat("#", c.number))
    )
