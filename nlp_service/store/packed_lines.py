"""Rows and results of jobs as they lie in the database: lines of JSON, joined and compressed.

``jobs.lines`` says what stands in them; here is, of results, only what erasing must know.
"""

import json
import zlib
from collections.abc import Collection, Iterator, Sequence

_LEVEL = 1
"""zlib's quickest; answers repeat each other, so it still makes them five times smaller."""

encode_line = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def pack_lines(lines: Sequence[str]) -> bytes:
    """Join and compress lines."""
    return zlib.compress("\n".join(lines).encode(), _LEVEL)


def unpack_lines(content: bytes) -> Iterator[bytes]:
    """Yield the lines, in order, without their ends."""
    return iter(zlib.decompress(content).split(b"\n"))


def erase_lines(content: bytes, keys: Collection[int]) -> bytes:
    """Return packed results in which nothing is told of stored submissions any more."""
    told = [line.decode() for line in unpack_lines(content)]
    return pack_lines([_erased(line) if stored_key_of(line) in keys else line for line in told])


def stored_key_of(line: str | bytes) -> int | None:
    """Return which submission the row of a result became, or was already; None for none."""
    stored = (json.loads(line).get("assessment") or {}).get("stored")
    return int(stored["key"]) if stored else None


def _erased(line: str) -> str:
    """Return what is left of a result; where the row stood may name the sender's own file."""
    row = json.loads(line)["row"]
    error = {"code": "erased", "message": "这一件的全文已清除，结果不再给出。"}
    told = {"row": row, "where": f"第 {row} 件", "status": "erased", "id": "", "error": error}
    return encode_line(told)
