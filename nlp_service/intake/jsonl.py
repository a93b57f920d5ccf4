"""Read a JSON Lines file of submissions: one object a line, UTF-8 with or without BOM."""

import codecs
import json
from collections.abc import Iterator
from pathlib import Path

from nlp_service.domain.submission import Submission
from nlp_service.intake.rows import InvalidRow, read_row


def read_jsonl(path: Path) -> Iterator[tuple[int, Submission | InvalidRow]]:
    """Yield each line's number, from 1, and its submission; blank lines are no rows."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            if line.strip():
                yield number, _read_line(line)


def _read_line(line: bytes) -> Submission | InvalidRow:
    try:
        columns = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return InvalidRow("invalid_encoding", "这一行不是 UTF-8 编码，请转换后再试。")
    except (ValueError, RecursionError):
        return InvalidRow("invalid_json", "这一行不是有效的 JSON。")
    if not isinstance(columns, dict):
        return InvalidRow("invalid_row", '这一行应为 JSON 对象，如 {"body": "…"}。')
    return read_row(columns)
