"""The audit's chain: each entry's SHA-256 covers its contents and the hash of the one before it.

Who changes, removes or inserts a row breaks it, and the check says where. Who may rewrite the
whole table could make the chain anew: against that, note its head elsewhere now and then.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

from sqlalchemy import Connection, Row, select

from nlp_service.domain.audit import AuditEntry, ChainCheck, ChainHead
from nlp_service.store.tables import audit

BEFORE_THE_FIRST = bytes(32)
"""Stands for the hash before the first entry's."""

MOST_FINDINGS = 20
"""That are told; a chain that is broken throughout is broken."""

_AT_ONCE = 5_000


_canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def hash_entry(previous: bytes, key: int, entry: AuditEntry) -> bytes:
    """Return the hash of an entry with that number, behind the one with that hash."""
    contents = [
        key,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.actor,
        entry.action,
        entry.record_kind,
        entry.record_key,
        entry.before,
        entry.after,
    ]
    canonical = _canonical(contents).encode("utf-8", "surrogatepass")
    return hashlib.sha256(previous + canonical).digest()


def hash_entries(head: ChainHead, entries: Sequence[AuditEntry]) -> Sequence[bytes]:
    """Return the head's hash and then that of each entry, as they will follow it."""
    hashes = [head.hash]
    for key, entry in enumerate(entries, start=head.key + 1):
        hashes.append(hash_entry(hashes[-1], key, entry))
    return hashes


def read_head(connection: Connection) -> ChainHead:
    """Return the newest entry's number and hash."""
    newest = select(audit.c.key, audit.c.hash).order_by(audit.c.key.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return ChainHead(key=0, hash=BEFORE_THE_FIRST) if row is None else ChainHead(**row._mapping)


def check_chain(connection: Connection, *, noted: ChainHead | None = None) -> ChainCheck:
    """Go through all entries, oldest first; a head that was noted must still be among them."""
    findings: list[str] = []
    entries, last = 0, ChainHead(key=0, hash=BEFORE_THE_FIRST)
    for row in _rows(connection):
        if len(findings) < MOST_FINDINGS:
            findings += _look_at(connection, row, last)
        entries, last = entries + 1, ChainHead(key=row.key, hash=row.hash)
    if noted is not None:
        findings += _compare_with_noted(connection, noted, last)
    return ChainCheck(entries=entries, head=last, findings=findings)


def _rows(connection: Connection) -> Iterator[Row[Any]]:
    oldest_first = select(audit).order_by(audit.c.key)
    yield from connection.execute(oldest_first, execution_options={"yield_per": _AT_ONCE})


def _look_at(connection: Connection, row: Row[Any], last: ChainHead) -> Sequence[str]:
    """Return what is wrong with an entry, and between it and the last one."""
    found = []
    if row.previous_hash != last.hash:
        found.append(_explain_gap(connection, row, last))
    if hash_entry(row.previous_hash, row.key, read_row(row)) != row.hash:
        found.append(f"第 {row.key} 条被改动过：内容与当时写下的不符。")
    return found


def _explain_gap(connection: Connection, row: Row[Any], last: ChainHead) -> str:
    """Say what came between two entries that should follow each other."""
    behind = connection.execute(
        select(audit.c.key).where(audit.c.hash == row.previous_hash, audit.c.key < row.key)
    ).scalar()
    if behind is not None:
        return (
            f"第 {behind} 条与第 {row.key} 条之间插入过记录（第 {behind + 1} 至 {last.key} 条）。"
        )
    if row.key > last.key + 1:
        first, end = last.key + 1, row.key - 1
        which = f"第 {first} 条" if first == end else f"第 {first} 至 {end} 条"
        return f"第 {row.key} 条之前少了记录：{which}被删除。"
    return f"第 {row.key} 条接不上第 {last.key} 条：其间有记录被删除，或第 {last.key} 条被换过。"


def _compare_with_noted(connection: Connection, noted: ChainHead, last: ChainHead) -> Sequence[str]:
    if noted.key > last.key:
        return [f"记下的末条是第 {noted.key} 条，现在只到第 {last.key} 条：末尾被截去。"]
    held = connection.execute(select(audit.c.hash).where(audit.c.key == noted.key)).scalar()
    if held != noted.hash:
        return [f"第 {noted.key} 条与当时记下的不同：它或它之前的记录被改写过。"]
    return []


def read_row(row: Row[Any]) -> AuditEntry:
    """Return what a row holds, but its hashes."""
    return AuditEntry(
        key=row.key,
        at=row.at,
        actor=row.actor,
        action=row.action,
        record_kind=row.record_kind,
        record_key=row.record_key,
        before=row.before,
        after=row.after,
    )
