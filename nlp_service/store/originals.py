"""Originals, kept apart from all that is listed, searched and indexed: read only for a reason."""

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import RecordUnknown
from nlp_service.domain.records import Original
from nlp_service.domain.submission import Submission
from nlp_service.store.audit import Audit
from nlp_service.store.private_tables import originals
from nlp_service.store.tables import submissions


class Originals:
    """Originals, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._connection, self._audit = connection, audit

    def keep(self, new: Mapping[int, Submission]) -> None:
        """Keep what came in, by the key of the submission that was just made."""
        rows = [
            {"submission_key": key, "title": each.title, "body": each.body}
            for key, each in new.items()
        ]
        if rows:
            self._connection.execute(insert(originals), rows)

    def read(self, key: int) -> Original:
        """Return what came in, for the program's own use; for a person there is ``show``.

        Raises:
            RecordUnknown: there is no such submission, it was deleted, or its text was erased.
        """
        row = self._connection.execute(
            select(originals.c.title, originals.c.body)
            .join_from(originals, submissions)
            .where(originals.c.submission_key == key, submissions.c.deleted_at.is_(None))
        ).one_or_none()
        if row is None:
            raise RecordUnknown(f"没有编号为 {key} 的来件的原文，或者它已被删除。")
        return Original(title=row.title, body=row.body)

    def show(self, key: int) -> Original:
        """Return what came in to a person; the audit says to whom.

        Raises:
            RecordUnknown: as ``read``.
        """
        found = self.read(key)
        self._audit.note(Action.ORIGINAL_SHOWN, RecordKind.SUBMISSION, key)
        return found
