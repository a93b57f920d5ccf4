"""Who did what with which record: entries that are added with the act itself and never change."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from nlp_service.domain.records import Action, AuditEntry, RecordKind
from nlp_service.store.tables import audit


class Audit:
    """The audit, in the caller's transaction; ``actor`` is who acts in it."""

    def __init__(self, connection: Connection, *, actor: str) -> None:
        self._connection, self.actor = connection, actor

    def note(self, action: Action, kind: RecordKind, *keys: int) -> None:
        """Add an entry for each record."""
        rows = [
            {"actor": self.actor, "action": action, "record_kind": kind, "record_key": key}
            for key in keys
        ]
        self._connection.execute(insert(audit), rows)

    def of(self, kind: RecordKind, key: int) -> Sequence[AuditEntry]:
        """Return what was done with a record, oldest first."""
        rows = self._connection.execute(
            select(audit)
            .where(audit.c.record_kind == kind, audit.c.record_key == key)
            .order_by(audit.c.key)
        )
        return [
            AuditEntry(
                key=row.key,
                at=row.at,
                actor=row.actor,
                action=Action(row.action),
                record_kind=RecordKind(row.record_kind),
                record_key=row.record_key,
            )
            for row in rows
        ]
