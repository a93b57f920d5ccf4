"""Stored submissions: each once, with its assessment, listed, restricted, deleted.

A text is the same when its normalised form is; of whom and under which number it counts as the
same submission, the unique indices of ``tables.submissions`` say.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from nlp_service.domain.assessment import Assessment
from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import (
    MergeRefused,
    RecordUnknown,
    ReferenceTaken,
    StoreError,
)
from nlp_service.domain.queue import ListCounts, ListOrder
from nlp_service.domain.records import (
    CHINA,
    AssessedSubmission,
    Filing,
    ListedSubmission,
    ListFilter,
    ListPage,
    Origin,
    StoredOnce,
    StoredSubmission,
    check_name,
)
from nlp_service.domain.submission import Kind, Submission
from nlp_service.store.assessments import Assessments
from nlp_service.store.audit import Audit
from nlp_service.store.counting import count_each, count_list
from nlp_service.store.earlier_texts import read_documents, shown_document
from nlp_service.store.filtering import find_words
from nlp_service.store.forgetting import forget
from nlp_service.store.groups import Groups
from nlp_service.store.listing import list_keys, list_page
from nlp_service.store.originals import Originals
from nlp_service.store.presence import lock_present
from nlp_service.store.standings import Standings
from nlp_service.store.tables import submissions
from nlp_service.text.normalise import clean

_IDENTITY = ("source", "kind", "submitter", "reference", "content_hash")
"""Columns in which two stored submissions always differ."""

_TRIES = 3
"""A same submission may be deleted between not storing this one and looking for that one."""


class Submissions:
    """Submissions, in the caller's transaction."""

    def __init__(
        self,
        connection: Connection,
        originals: Originals,
        assessments: Assessments,
        groups: Groups,
        standings: Standings,
        audit: Audit,
    ) -> None:
        self._connection, self._originals, self._audit = connection, originals, audit
        self._assessments, self._groups, self._standings = assessments, groups, standings

    def store(
        self,
        submission: Submission,
        assessment: Assessment,
        *,
        origin: Origin | None = None,
        received_at: datetime | None = None,
    ) -> StoredOnce:
        """Store a submission with its assessment; what is there already only gets the assessment.

        ``received_at`` is now unless an archive knows better.

        Raises:
            InvalidSubmission: the reference is no number that an office would give.
            ReferenceTaken: its number already stands for another text.
        """
        check_name("编号", submission.id)
        row = _as_row(submission, assessment, origin or Origin(), received_at or datetime.now(UTC))
        for _ in range(_TRIES):
            key = self._insert(row)
            if key is not None:
                self._originals.keep({key: submission})
                self._audit.note(Action.STORED, RecordKind.SUBMISSION, key)
                self._assessments.add_first({key: assessment})
                return StoredOnce(key=key, created=True)
            key = self._find_same(row)
            if key is not None:
                self._assessments.add(key, assessment)
                return StoredOnce(key=key, created=False)
        raise StoreError("同一件来件正被反复删除和存入，未存入，请稍后再试。")

    def store_new(self, filings: Sequence[Filing]) -> Sequence[int | None]:
        """Store at once what is new and return the keys, in order; None for what is not.

        What repeats or contradicts a stored one, or may do so with an earlier one of these, is left
        to ``store``, in order: then all is as if each had been stored by itself.
        Names must have been checked.
        """
        now = datetime.now(UTC)
        rows = [
            _as_row(one.submission, one.assessment, one.origin, one.received_at or now)
            for one in filings
        ]
        statement = insert(submissions).on_conflict_do_nothing()
        made = self._connection.execute(
            statement.returning(submissions.c.key, *(submissions.c[name] for name in _IDENTITY)),
            _unrelated(rows),
        )
        key_of = {tuple(identity): key for key, *identity in made}
        keys = [key_of.pop(tuple(row[name] for name in _IDENTITY), None) for row in rows]
        made_of = {key: one for key, one in zip(keys, filings, strict=True) if key is not None}
        new = {key: one.assessment for key, one in made_of.items()}
        if new:
            self._originals.keep({key: one.submission for key, one in made_of.items()})
            self._audit.note(Action.STORED, RecordKind.SUBMISSION, *new)
            self._assessments.add_first(new)
        return keys

    def get(self, key: int, *, even_deleted: bool = False) -> AssessedSubmission:
        """Return a submission and its current assessment.

        Raises:
            RecordUnknown: there is none, or it was deleted.
        """
        row = self._connection.execute(
            select(submissions).where(submissions.c.key == key)
        ).one_or_none()
        assessment = self._assessments.current(key)
        if row is None or assessment is None or (row.deleted_at and not even_deleted):
            raise RecordUnknown(f"没有编号为 {key} 的来件，或者它已被删除。")
        return AssessedSubmission(submission=_read_submission(row), assessment=assessment)

    def with_reference(self, reference: str) -> Sequence[StoredSubmission]:
        """Return the submissions of any source and kind that bear the office's number."""
        rows = self._connection.execute(
            select(submissions)
            .where(
                submissions.c.reference == reference,
                submissions.c.reference != "",
                submissions.c.deleted_at.is_(None),
            )
            .order_by(submissions.c.key)
        )
        return [_read_submission(row) for row in rows]

    def list(
        self,
        wanted: ListFilter | None = None,
        *,
        order: ListOrder = ListOrder.LATEST,
        cursor: str | None = None,
        limit: int = 50,
    ) -> ListPage:
        """Return a page of a list; see ``listing.list_page``."""
        self._standings.settle()
        return list_page(
            self._connection, wanted or ListFilter(), order=order, cursor=cursor, limit=limit
        )

    def list_and_count(
        self, wanted: ListFilter, *, order: ListOrder = ListOrder.LATEST, limit: int = 50
    ) -> tuple[ListPage, ListCounts]:
        """Return the first page of a list and its counts; the texts are searched but once."""
        self._standings.settle()
        found = find_words(self._connection, wanted)
        page = list_page(self._connection, wanted, order=order, limit=limit, found=found)
        return page, count_list(self._connection, wanted, found=found)

    def count(self, wanted: ListFilter | None = None) -> ListCounts:
        """Return how many submissions a list holds, and of what; see ``counting.count_list``."""
        self._standings.settle()
        return count_list(self._connection, wanted or ListFilter())

    def count_each(self, several: Sequence[ListFilter]) -> Sequence[int]:
        """Return how many submissions each of several lists holds, in one reading.

        Raises:
            ValueError: one of them looks for words, for which each text would have to be read.
        """
        self._standings.settle()
        return count_each(self._connection, several)

    def texts(self, keys: Sequence[int]) -> Mapping[int, str]:
        """Return the texts of those submissions that may be shown, by key, title and body."""
        found = read_documents(self._connection, list(map(str, keys)))
        return {int(key): document.text for key, document in found.items()}

    def among(self, keys: Sequence[int]) -> Sequence[ListedSubmission]:
        """Return those of the submissions that are there, as lists show them, by ascending key."""
        self._standings.settle()
        return list_keys(self._connection, keys)

    def restrict(self, key: int, *, restricted: bool) -> None:
        """Stop indexing and open display of a submission, or allow it again.

        Raises:
            RecordUnknown: there is none.
        """
        lock_present(self._connection, [key])
        changed = self._connection.execute(
            update(submissions)
            .where(submissions.c.key == key, submissions.c.restricted != restricted)
            .values(restricted=restricted)
        )
        if changed.rowcount:
            if restricted:
                forget(self._connection, [key])
            action = Action.RESTRICTED if restricted else Action.UNRESTRICTED
            self._audit.note(
                action,
                RecordKind.SUBMISSION,
                key,
                before={"restricted": not restricted},
                after={"restricted": restricted},
            )

    def delete(self, key: int) -> None:
        """Take a submission out of every list and index; nothing of it is lost.

        Raises:
            RecordUnknown: there is none, or it was deleted before.
            MergeRefused: it is part of a merge.
        """
        merge = lock_present(self._connection, [key])[key]
        if merge is not None:
            raise MergeRefused(f"来件 {key} 属于并案 {merge}，不能删除，请先撤销并案。")
        self._connection.execute(
            update(submissions).where(submissions.c.key == key).values(deleted_at=datetime.now(UTC))
        )
        forget(self._connection, [key])
        self._groups.remove(key)
        self._audit.note(
            Action.DELETED,
            RecordKind.SUBMISSION,
            key,
            before={"deleted": False},
            after={"deleted": True},
        )

    def _insert(self, row: Mapping[str, Any]) -> int | None:
        """Return the new row's key; None where a same or conflicting one is there."""
        statement = insert(submissions).values(row).on_conflict_do_nothing()
        return self._connection.execute(statement.returning(submissions.c.key)).scalar_one_or_none()

    def _find_same(self, row: Mapping[str, Any]) -> int | None:
        """Return the key of the submission that a row repeats; None where it just went away."""
        c = submissions.c
        same_channel = and_(c.source == row["source"], c.kind == row["kind"])
        same_number = and_(same_channel, c.reference == row["reference"], c.reference != "")
        same_text = and_(c.content_hash == row["content_hash"], c.submitter == row["submitter"])
        whose = (
            c.kind == row["kind"]
            if row["submitter"]
            else and_(same_channel, c.reference == row["reference"])
        )
        found = self._connection.execute(
            select(c.key, c.content_hash, same_number.label("same_number"))
            .where(c.deleted_at.is_(None), or_(same_number, and_(same_text, whose)))
            .order_by(same_number.desc())
        ).first()
        if found is not None and found.content_hash != row["content_hash"]:
            raise ReferenceTaken(row["reference"], found.key)
        return None if found is None else found.key


def _unrelated(rows: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return the rows that no earlier one can be in the way of, so that their order is no matter.

    By the unique indices of ``tables.submissions``: a number, and a text of a submitter.
    """
    seen: set[tuple[Any, ...]] = set()
    unrelated = []
    for row in rows:
        text = ("submitter", "kind", "content_hash") if row["submitter"] else _IDENTITY
        marks = {tuple(row[name] for name in text)}
        if row["reference"]:
            marks.add(("number", row["source"], row["kind"], row["reference"]))
        if not marks & seen:
            unrelated.append(row)
        seen |= marks
    return unrelated


def day_of(submitted_at: date | None, received_at: datetime) -> date:
    """Return the day that a submission counts under, in Chinese time."""
    return submitted_at or received_at.astimezone(CHINA).date()


def _as_row(
    submission: Submission, assessment: Assessment, origin: Origin, received_at: datetime
) -> Mapping[str, Any]:
    if received_at.tzinfo is None:
        raise ValueError("received_at without a time zone")
    shown = shown_document(submission, assessment)
    # By the text itself: two that differ in a covered number are two.
    whole = clean(submission).text if assessment.privacy else assessment.text
    return {
        "reference": submission.id,
        "kind": submission.kind,
        "title": shown.title,
        "text": assessment.text,
        "content_hash": hashlib.sha256(whole.encode()).digest(),
        "submitted_at": submission.submitted_at,
        "received_at": received_at,
        "dated_on": day_of(submission.submitted_at, received_at),
        "submitter": origin.submitter,
        "district": origin.district,
        "source": origin.source,
        "restricted": assessment.restricted,
    }


def _read_submission(row: Row[Any]) -> StoredSubmission:
    return StoredSubmission(
        key=row.key,
        reference=row.reference,
        kind=Kind(row.kind),
        title=row.title,
        text=row.text,
        submitted_at=row.submitted_at,
        received_at=row.received_at,
        dated_on=row.dated_on,
        origin=Origin(submitter=row.submitter, district=row.district, source=row.source),
        restricted=row.restricted,
        deleted_at=row.deleted_at,
        merge_key=row.merge_key,
    )
