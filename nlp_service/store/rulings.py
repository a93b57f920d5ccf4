"""What an admin put in the place of a file of the settings: local names, rules of retention."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from nlp_service.domain.audit import Action, Change, RecordKind
from nlp_service.domain.in_force import Ruling, Subject
from nlp_service.domain.toml_tables import Table
from nlp_service.store.audit import Audit
from nlp_service.store.locks import wait_for_turn
from nlp_service.store.tables import rulings

_ONLY = 0
"""Key, in the audit, of the rulings of this installation."""

_LOCKS = {
    Subject.NAMES: 0x6E6C705F6E616D,  # "nlp_nam"
    Subject.RETENTION: 0x6E6C705F726574,  # "nlp_ret"
}
_TOLD_AS = {
    Subject.NAMES: (Action.NAMES_SET, RecordKind.NAMES),
    Subject.RETENTION: (Action.RETENTION_SET, RecordKind.RETENTION),
}


class Rulings:
    """The rulings, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._connection, self._audit = connection, audit

    def hold(self, subject: Subject) -> None:
        """Let nobody else set anything on a subject until the transaction ends."""
        wait_for_turn(self._connection, _LOCKS[subject])

    def newest(self, subject: Subject) -> Ruling | None:
        """Return what is in force; None where the settings are."""
        return next(iter(self.history(subject, limit=1)), None)

    def history(self, subject: Subject, *, limit: int = 20) -> Sequence[Ruling]:
        """Return what was put in force, the newest first."""
        newest = (
            select(rulings)
            .where(rulings.c.subject == subject)
            .order_by(rulings.c.key.desc())
            .limit(limit)
        )
        return [
            Ruling(content=row.content, set_at=row.set_at, set_by=row.set_by)
            for row in self._connection.execute(newest)
        ]

    def set(self, subject: Subject, content: Table, *, change: Change) -> None:
        """Put a content in force.

        Args:
            subject: what it is about.
            content: the whole of it, fit for JSON; checked by the caller.
            change: what the audit shall tell of it.
        """
        row = {
            "subject": subject,
            "content": content,
            "set_at": datetime.now(UTC),
            "set_by": self._audit.actor,
        }
        self._connection.execute(insert(rulings).values(row))
        self._audit.note_changes(*_TOLD_AS[subject], {_ONLY: change})
