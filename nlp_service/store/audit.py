"""Who did what with which record: entries that are added with the act itself and never change.

What a transaction notes is written as its very last act, under a lock that is held until it has
ended: so entries have one order, their numbers have no gaps, and the chain cannot fork.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, text

from nlp_service.domain.audit import (
    Action,
    AuditEntry,
    AuditFilter,
    Change,
    Export,
    Facts,
    RecordKind,
)
from nlp_service.store.chaining import hash_entries, read_head, read_row
from nlp_service.store.locks import wait_for_turn
from nlp_service.store.tables import audit

EVERYTHING = AuditFilter()

_LOCK = 0x6E6C705F617564  # "nlp_aud"; whoever has it waits for nothing else


class Audit:
    """The audit, in the caller's transaction; ``actor`` is who acts in it."""

    def __init__(self, connection: Connection, *, actor: str) -> None:
        self._connection, self.actor = connection, actor
        self._noted: list[AuditEntry] = []

    def note(
        self,
        action: Action,
        kind: RecordKind,
        *keys: int,
        before: Facts | None = None,
        after: Facts | None = None,
    ) -> None:
        """Note an act for each record, of which the same can be told."""
        self.note_changes(action, kind, dict.fromkeys(keys, Change(before=before, after=after)))

    def note_export(
        self,
        what: Export,
        told: Facts | None = None,
        *,
        kind: RecordKind = RecordKind.DATABASE,
        key: int = 0,
    ) -> None:
        """Note that something is taken out of the service; it is sent when this is written.

        Args:
            what: is taken out.
            told: as what, of which part, how much.
            kind: of the record that it is of; the database where it is of many.
            key: of that record.
        """
        self.note(Action.EXPORTED, kind, key, after=_of_export(what, told))

    def has_noted_export(self, what: Export, told: Facts, *, kind: RecordKind, key: int) -> bool:
        """Say whether this actor has taken the same out before."""
        sought = (self.actor, Action.EXPORTED, _of_export(what, told))
        return any((one.actor, one.action, one.after) == sought for one in self.of(kind, key))

    def note_changes(self, action: Action, kind: RecordKind, changes: Mapping[int, Change]) -> None:
        """Note an act for each record, by key, with what it made of it."""
        now = datetime.now(UTC)
        self._noted += [
            AuditEntry(
                key=0,
                at=now,
                actor=self.actor,
                action=action,
                record_kind=kind,
                record_key=key,
                before=_as_stored(change.before),
                after=_as_stored(change.after),
            )
            for key, change in changes.items()
        ]

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Forget what the block noted if it raises: what it did is undone with its savepoint."""
        before = len(self._noted)
        try:
            yield
        except BaseException:
            del self._noted[before:]
            raise

    @property
    def noted(self) -> int:
        """How many entries wait to be written."""
        return len(self._noted)

    def noted_since(self, count: int, kind: RecordKind) -> Collection[int]:
        """Return the keys of records of a kind of which something was noted behind so many."""
        return {one.record_key for one in self._noted[count:] if one.record_kind is kind}

    def settle(self) -> None:
        """Write what was noted; the transaction must end next."""
        if not self._noted:
            return
        wait_for_turn(self._connection, _LOCK)
        head = read_head(self._connection)
        hashes = hash_entries(head, self._noted)
        _insert(self._connection, head.key + 1, self._noted, hashes)
        self._noted.clear()

    def of(self, kind: RecordKind, key: int) -> Sequence[AuditEntry]:
        """Return what was done with a record, oldest first, by this transaction, too."""
        rows = self._connection.execute(
            select(audit)
            .where(audit.c.record_kind == kind, audit.c.record_key == key)
            .order_by(audit.c.key)
        )
        of_it = [one for one in self._noted if (one.record_kind, one.record_key) == (kind, key)]
        return [*map(_read_entry, rows), *of_it]

    def latest(
        self,
        *,
        before: int | None = None,
        limit: int = 50,
        wanted: AuditFilter = EVERYTHING,
    ) -> Sequence[AuditEntry]:
        """Return entries, the newest first; only those with a lower number than ``before``."""
        statement = select(audit).order_by(audit.c.key.desc()).limit(limit)
        statement = statement.where(*_conditions(wanted))
        if before is not None:
            statement = statement.where(audit.c.key < before)
        return [_read_entry(row) for row in self._connection.execute(statement)]


def _conditions(wanted: AuditFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.actor:
        yield audit.c.actor == wanted.actor
    if wanted.action is not None:
        yield audit.c.action == wanted.action
    if wanted.since is not None:
        yield audit.c.at >= wanted.since
    if wanted.until is not None:
        yield audit.c.at < wanted.until


def _of_export(what: Export, told: Facts | None) -> Facts:
    return {"what": str(what), **(told or {})}


def _as_stored(facts: Facts | None) -> Facts | None:
    """Return facts as they will be read again: what is hashed must be what is found later."""
    return None if facts is None else json.loads(json.dumps(facts))


_INSERT = text(
    f"""
    INSERT INTO {audit.fullname} (
        key, at, actor, action, record_kind, record_key, before, after, previous_hash, hash
    )
    SELECT key, at, actor, action, record_kind, record_key, before, after,
        decode(previous, 'hex'), decode(own, 'hex')
    FROM json_to_recordset(CAST(:rows AS json)) AS entry (
        key bigint, at timestamptz, actor text, action text, record_kind text, record_key bigint,
        before json, after json, previous text, own text
    )
    """
)
"""One statement whatever their number: row by row a chunk's hundreds would take twice as long."""


def _insert(
    connection: Connection, first_key: int, entries: Sequence[AuditEntry], hashes: Sequence[bytes]
) -> None:
    """Add entries behind the one with the first hash; the other hashes are their own."""
    rows = [
        {
            "key": key,
            "at": entry.at.isoformat(),
            "actor": entry.actor,
            "action": entry.action,
            "record_kind": entry.record_kind,
            "record_key": entry.record_key,
            "before": entry.before,
            "after": entry.after,
            "previous": previous.hex(),
            "own": own.hex(),
        }
        for key, (entry, (previous, own)) in enumerate(
            zip(entries, pairwise(hashes), strict=True), start=first_key
        )
    ]
    connection.execute(_INSERT, {"rows": json.dumps(rows, ensure_ascii=False)})


def _read_entry(row: Row[Any]) -> AuditEntry:
    entry = read_row(row)
    return replace(entry, action=Action(entry.action), record_kind=RecordKind(entry.record_kind))
