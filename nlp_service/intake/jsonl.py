"""Read a JSON Lines file of submissions: one object a line, its keys the columns' names.

JSON is UTF-8 by its standard; what a Chinese Windows saved in GB18030 or UTF-16 is read as well.
"""

import codecs
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import BinaryIO

from nlp_service.intake.columns import Column, read_columns
from nlp_service.intake.encodings import encoding_name
from nlp_service.intake.findings import Findings
from nlp_service.intake.limits import MIB, MOST_LINE
from nlp_service.intake.rows import Fields, InvalidRow, Record, gather

_MOST_SHAPES = 1_000
"""Sets of keys that are remembered: files have a handful, attacks one a line."""


def read_jsonl(file: BinaryIO, *, encoding: str, found: Findings) -> Iterator[Record]:
    """Yield a record a line, from 1; blank lines are none.

    No more than ``MOST_LINE`` bytes are held, whatever the file is.
    """
    shapes: dict[tuple[str, ...], Sequence[Column]] = {}
    file.seek(0)
    for number, line in enumerate(_lines(file, encoding), start=1):
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if line.strip():
            fields = _read_object(line, encoding, found, shapes)
            yield Record(line=number, where=f"第 {number} 行", fields=fields)


def _lines(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    """Yield the lines; of one that is too long only its beginning, itself one byte too long."""
    if encoding.startswith("utf-16"):
        yield from _wide_lines(file, encoding)
        return
    while line := file.readline(MOST_LINE + 1):
        yield line
        while len(line) > MOST_LINE and not line.endswith(b"\n"):
            line = file.readline(MOST_LINE + 1)


def _wide_lines(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    """Yield the lines of UTF-16 in UTF-8: a line break is not one byte there."""
    text = io.TextIOWrapper(file, encoding=encoding)
    try:
        while line := text.readline(MOST_LINE):
            yield line.encode()
    finally:
        with suppress(ValueError):  # the caller has closed its file
            text.detach()


def _read_object(
    line: bytes,
    encoding: str,
    found: Findings,
    shapes: dict[tuple[str, ...], Sequence[Column]],
) -> Fields | InvalidRow:
    if len(line) > MOST_LINE:
        return InvalidRow("invalid_row", f"这一行超过 {MOST_LINE // MIB} MiB，请检查换行。")
    try:
        columns = json.loads(line.decode("utf-8" if encoding.startswith("utf") else encoding))
    except UnicodeDecodeError:
        name = encoding_name(encoding)
        return InvalidRow("invalid_encoding", f"这一行不是 {name} 编码，请转换后再试。")
    except (ValueError, RecursionError):
        return InvalidRow("invalid_json", "这一行不是有效的 JSON。")
    if not isinstance(columns, dict):
        return InvalidRow("invalid_row", '这一行应为 JSON 对象，如 {"body": "…"}。')
    return gather(zip(_columns(columns, found, shapes), columns.values(), strict=True))


def _columns(
    row: Mapping[str, object], found: Findings, shapes: dict[tuple[str, ...], Sequence[Column]]
) -> Sequence[Column]:
    """Return what an object's keys stand for, looked up once for all of the same keys."""
    keys = tuple(row)
    if keys not in shapes:
        if len(shapes) >= _MOST_SHAPES:
            shapes.clear()
        shapes[keys] = read_columns(keys, found.mapping)
        found.add_columns(shapes[keys])
    return shapes[keys]
