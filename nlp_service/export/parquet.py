"""Results as Parquet, for programs: the columns of the table, typed, and all of each as JSON."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nlp_service.export.flat import Line, column_names, flatten

if TYPE_CHECKING:
    from pyarrow import RecordBatch, Schema, Table

WHOLE = "评定（JSON）"
"""Column of the assessment with nothing left out; empty where there is none."""

_ROWS_OF_A_GROUP = 4_096
"""Written together, and held until then: enough to compress well."""

_NUMBERS: Mapping[str, str] = {
    "序号": "int64",
    "议题把握": "float64",
    "子议题把握": "float64",
    "质量总分": "float64",
    "入库编号": "int64",
}
"""Columns that are not text -> what they are."""


def as_batch(lines: Sequence[Line]) -> "RecordBatch":
    """Return results as rows of a Parquet file."""
    from pyarrow import RecordBatch

    rows = [[*flatten(line), _whole(line)] for line in lines]
    columns = zip(*rows, strict=True)
    schema = _schema()
    named = dict(zip(schema.names, map(list, columns), strict=True))
    return RecordBatch.from_pydict(named, schema=schema)


def write_parquet(path: Path, batches: Iterable["RecordBatch"]) -> None:
    """Write batches as they come.

    Raises:
        OSError: the file cannot be written.
    """
    from pyarrow.parquet import ParquetWriter

    with ParquetWriter(path, _schema(), compression="zstd") as writer:
        for group in _gather(batches):
            writer.write_table(group)


def _schema() -> "Schema":
    import pyarrow

    names = [*column_names(), WHOLE]
    return pyarrow.schema([(name, _NUMBERS.get(name, "string")) for name in names])


def _whole(line: Line) -> str | None:
    told = line.get("assessment")
    return None if told is None else json.dumps(told, ensure_ascii=False)


def _gather(batches: Iterable["RecordBatch"]) -> Iterator["Table"]:
    """Yield tables of enough rows for a group; the last has what is left."""
    from pyarrow import Table

    waiting: list[RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(one.num_rows for one in waiting) >= _ROWS_OF_A_GROUP:
            yield Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield Table.from_batches(waiting)
