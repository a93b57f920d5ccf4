"""Read a JSON Lines file of submissions: one object a line, UTF-8 with or without BOM."""

import codecs
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from nlp_service.domain.submission import Submission
from nlp_service.intake.rows import InvalidRow, read_row

MAX_LINE = 2 * 2**20
"""Bytes of one line: the longest submission many times over."""


def read_jsonl(path: Path) -> Iterator[tuple[int, Submission | InvalidRow]]:
    """Yield each line's number, from 1, and its submission; blank lines are no rows."""
    with path.open("rb") as lines:
        for number, columns in read_jsonl_columns(lines):
            yield number, columns if isinstance(columns, InvalidRow) else read_row(columns)


def read_jsonl_columns(
    file: BinaryIO,
) -> Iterator[tuple[int, Mapping[str, object] | InvalidRow]]:
    """Yield each line's number, from 1, and its object; blank lines are no rows.

    No more than ``MAX_LINE`` bytes are held, whatever the file is.
    """
    for number, line in enumerate(_lines(file), start=1):
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if line.strip():
            yield number, _read_object(line)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield the lines; of one that is too long only its beginning, itself one byte too long."""
    while line := file.readline(MAX_LINE + 1):
        yield line
        while len(line) > MAX_LINE and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE + 1)


def _read_object(line: bytes) -> Mapping[str, object] | InvalidRow:
    if len(line) > MAX_LINE:
        return InvalidRow("invalid_row", f"这一行超过 {MAX_LINE // 2**20} MiB，请检查换行。")
    try:
        columns = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError:
        return InvalidRow("invalid_encoding", "这一行不是 UTF-8 编码，请转换后再试。")
    except (ValueError, RecursionError):
        return InvalidRow("invalid_json", "这一行不是有效的 JSON。")
    if not isinstance(columns, dict):
        return InvalidRow("invalid_row", '这一行应为 JSON 对象，如 {"body": "…"}。')
    return columns
