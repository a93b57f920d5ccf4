"""Imports in the store: begun once a file and source, their mark moved with each chunk's rows."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.dialects.postgresql import insert

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import RecordUnknown
from nlp_service.domain.imports import Import, ImportState, ImportTally, RefusedRow
from nlp_service.store.audit import Audit
from nlp_service.store.import_tables import imports


class Imports:
    """Imports, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._connection, self._audit = connection, audit

    def begin(self, *, digest: str, name: str, source: str, lines: int) -> Import:
        """Return the import of a file for a source; the same file again is the same import."""
        now, file = datetime.now(UTC), bytes.fromhex(digest)
        row = {
            "digest": file,
            "name": name,
            "source": source,
            "lines": lines,
            "state": ImportState.UNFINISHED,
            "problem": "",
            "started_at": now,
            "started_by": self._audit.actor,
            "changed_at": now,
            **_as_columns(ImportTally()),
        }
        statement = insert(imports).values(row).on_conflict_do_nothing()
        key = self._connection.execute(statement.returning(imports.c.key)).scalar_one_or_none()
        if key is not None:
            told = {"digest": digest, "source": source, "lines": lines}
            self._audit.note(Action.IMPORT_BEGUN, RecordKind.IMPORT, key, after=told)
            return self.get(key)
        same = select(imports).where(imports.c.digest == file, imports.c.source == source)
        return _read_import(self._connection.execute(same).one())

    def get(self, key: int) -> Import:
        """Return an import.

        Raises:
            RecordUnknown: there is none.
        """
        return self._get(key, lock=False)

    def hold(self, key: int) -> Import:
        """Return an import, which until the transaction ends nobody else moves on."""
        return self._get(key, lock=True)

    def advance(self, key: int, tally: ImportTally) -> Import:
        """Note what became of the rows up to the tally's mark."""
        return self._change(key, state=ImportState.UNFINISHED, problem="", **_as_columns(tally))

    def finish(self, key: int) -> Import:
        """Note that every row was dealt with; a second time changes nothing."""
        now = self.hold(key)
        if now.state is ImportState.DONE:
            return now
        counted = {
            "stored": now.tally.stored,
            "known": now.tally.known,
            "refused": now.tally.refused,
        }
        self._audit.note(Action.IMPORT_FINISHED, RecordKind.IMPORT, key, after=counted)
        return self._change(key, state=ImportState.DONE, problem="", finished_at=datetime.now(UTC))

    def fail(self, key: int, problem: str) -> Import:
        """Note why the rest of the file cannot be read; what came before it stays."""
        return self._change(key, state=ImportState.FAILED, problem=problem)

    def list(self, *, before: int | None = None, limit: int = 50) -> Sequence[Import]:
        """Return imports, the newest first; only those with a lower key than ``before``."""
        statement = select(imports).order_by(imports.c.key.desc()).limit(limit)
        if before is not None:
            statement = statement.where(imports.c.key < before)
        return [_read_import(row) for row in self._connection.execute(statement)]

    def _get(self, key: int, *, lock: bool) -> Import:
        statement = select(imports).where(imports.c.key == key)
        row = self._connection.execute(
            statement.with_for_update() if lock else statement
        ).one_or_none()
        if row is None:
            raise RecordUnknown(f"没有编号为 {key} 的导入。")
        return _read_import(row)

    def _change(self, key: int, **columns: object) -> Import:
        self._connection.execute(
            update(imports)
            .where(imports.c.key == key)
            .values(changed_at=datetime.now(UTC), **columns)
        )
        return self.get(key)


def _as_columns(tally: ImportTally) -> dict[str, Any]:
    return {
        "mark": tally.mark,
        "rows_read": tally.read,
        "rows_stored": tally.stored,
        "rows_known": tally.known,
        "rows_refused": tally.refused,
        "refusals": [asdict(refusal) for refusal in tally.refusals],
    }


def _read_import(row: Row[Any]) -> Import:
    return Import(
        key=row.key,
        digest=row.digest.hex(),
        name=row.name,
        source=row.source,
        lines=row.lines,
        state=ImportState(row.state),
        problem=row.problem,
        tally=ImportTally(
            mark=row.mark,
            read=row.rows_read,
            stored=row.rows_stored,
            known=row.rows_known,
            refused=row.rows_refused,
            refusals=[RefusedRow(**refusal) for refusal in row.refusals],
        ),
        started_at=row.started_at,
        started_by=row.started_by,
        changed_at=row.changed_at,
        finished_at=row.finished_at,
    )
