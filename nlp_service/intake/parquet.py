"""Read a Parquet file: its columns have names and types, so no header is looked for.

``unpack_parquet`` runs confined, a few rows at a time; ``read_parquet`` makes records of what it
says. A row reads as the same row of a CSV would: each value as a person reads it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from nlp_service.domain.errors import UnreadableInput
from nlp_service.domain.records import CHINA
from nlp_service.intake.cells import as_text
from nlp_service.intake.columns import COLUMNS, Field, read_columns
from nlp_service.intake.containers import Refused
from nlp_service.intake.findings import Findings
from nlp_service.intake.limits import MIB, MOST_COLUMNS
from nlp_service.intake.messages import Columns, Message, Note, Row
from nlp_service.intake.rows import Record
from nlp_service.intake.tables import NoTextColumn, is_blank, names_text, record_of

if TYPE_CHECKING:
    from pyarrow import DataType, RecordBatch, Schema

_ROWS_AT_ONCE = 32
"""Decoded together: even cells of the greatest length fit into the process's memory."""
_MOST_SHOWN = 30
_MISSING = (
    "读 Parquet 文件要装 pyarrow：请运行 pip install 'nlp-service[parquet]'，或把文件另存为 .csv。"
)


def unpack_parquet(file: BinaryIO) -> Iterator[Message]:
    """Yield the names of the columns that hold text, numbers or times, then row after row.

    Raises:
        Refused: pyarrow is not installed, or the file holds too many columns.
        pyarrow.ArrowException: it is damaged.
    """
    try:
        import pyarrow
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise Refused(_MISSING) from None
    pyarrow.set_memory_pool(pyarrow.system_memory_pool())  # the others set much aside beforehand
    table = ParquetFile(file, buffer_size=MIB, pre_buffer=False)
    names, passed_over = _sort_columns(table.schema_arrow)
    if len(names) > MOST_COLUMNS:
        raise Refused(f"有 {len(names)} 列，最多 {MOST_COLUMNS} 列；请去掉无关的列。")
    yield Columns(names=names, rows=table.metadata.num_rows)
    for name in passed_over:
        yield Note(text=f"列“{as_text(name)[:40]}”不是文字、数或时间，未读")
    line = 0
    for batch in table.iter_batches(_ROWS_AT_ONCE, columns=names, use_threads=False):
        for cells in _rows(batch):
            line += 1
            yield Row(line=line, cells=cells)


def _sort_columns(schema: "Schema") -> tuple[Sequence[str], Sequence[str]]:
    """Return the names of the columns that can be told as text, and those of the others.

    Of columns of one name none could be told from the other, so all of them are read.
    """
    readable = {field.name for field in schema if _is_readable(field.type)}
    readable -= {field.name for field in schema if not _is_readable(field.type)}
    names = [name for name in schema.names if name in readable]
    return names, [name for name in schema.names if name not in readable]


def _is_readable(kind: "DataType") -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _is_readable(kind.value_type)
    tests = (
        types.is_string,
        types.is_large_string,
        types.is_string_view,
        types.is_integer,
        types.is_floating,
        types.is_decimal,
        types.is_boolean,
        types.is_date,
        types.is_timestamp,
        types.is_null,
    )
    return any(test(kind) for test in tests)


def _rows(batch: "RecordBatch") -> Iterator[Sequence[str]]:
    columns = [[_tell(value) for value in _values(column)] for column in batch.columns]
    yield from zip(*columns, strict=True)


def _values(column: Any) -> Sequence[object]:
    """Return a column's values as Python has them, which counts no nanoseconds."""
    import pyarrow

    if pyarrow.types.is_timestamp(column.type):
        column = column.cast(pyarrow.timestamp("us", column.type.tz), safe=False)
    values: Sequence[object] = column.to_pylist()
    return values


def _tell(value: object) -> str:
    """Return a value as a CSV would have it; a moment in Chinese time."""
    if isinstance(value, datetime) and value.tzinfo:
        value = value.astimezone(CHINA).replace(tzinfo=None)
    if isinstance(value, float) and value != value:  # pandas' way to say that there is none
        return ""
    return as_text(value)


def read_parquet(
    columns: Columns, messages: Iterable[Message], found: Findings
) -> Iterator[Record]:
    """Yield the rows; blank ones are none.

    Raises:
        NoTextColumn: no column is known to hold the text.
        UnreadableInput: the rest cannot be read.
    """
    if not names_text(columns.names, found.mapping):
        raise NoTextColumn(_explain_missing(found.name, columns.names))
    meant = read_columns(columns.names, found.mapping)
    found.add_columns(meant)
    read = 0
    for message in messages:
        if isinstance(message, Note):
            found.note(message.text)
        elif isinstance(message, Row):
            read = message.line
            if not is_blank(message.cells):
                yield record_of(message.line, f"第 {message.line} 行", message.cells, meant)
    if read != columns.rows:
        raise UnreadableInput(f"{found.name} 自称有 {columns.rows} 行，只读到 {read} 行。")


def _explain_missing(file: str, names: Sequence[str]) -> str:
    usual = "、".join(COLUMNS[Field.BODY][:4])
    there = "、".join(" ".join(name.split())[:40] for name in names[:_MOST_SHOWN])
    return (
        f"{file} 里没有正文列（如 {usual}）；文字和数的列有：{there or '无'}。"
        "请改列名，或指明哪一列是正文（命令行写 --column 正文=列名）。"
    )
