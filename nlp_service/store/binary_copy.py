"""Move many small rows at once: columns of numbers to and from PostgreSQL's binary COPY.

Row by row in Python it would take ten times as long. The format is that of PostgreSQL's manual,
COPY, "Binary Format"; every field here has a fixed length and is never null.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
from sqlalchemy import Connection, Table

from nlp_service.store.failures import explain, name_address

Column = npt.NDArray[np.integer[Any]]

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"


def write_rows(connection: Connection, table: Table, columns: Mapping[str, Column]) -> None:
    """Add rows to a table, in the caller's transaction.

    Args:
        connection: of the transaction.
        table: with a bigint for each column of int64, an integer for each of int32.
        columns: by name; all equally long.
    """
    rows = np.zeros(
        len(next(iter(columns.values()))),
        dtype=_row_type([column.dtype for column in columns.values()]),
    )
    rows["n"] = len(columns)
    for number, column in enumerate(columns.values()):
        rows[f"length{number}"], rows[f"field{number}"] = column.dtype.itemsize, column
    statement = f"COPY {table.fullname} ({', '.join(columns)}) FROM STDIN (FORMAT binary)"
    try:
        with _cursor(connection) as cursor, cursor.copy(statement.encode()) as copy:
            copy.write(_HEADER + rows.tobytes() + _END)
    except psycopg.Error as error:
        raise explain(error, name_address(connection.engine.url)) from None


def read_rows(
    connection: Connection, query: str, types: Sequence[npt.DTypeLike]
) -> Sequence[Column]:
    """Return the columns of a query's answer.

    Args:
        connection: of the transaction.
        query: complete, without parameters.
        types: int64 for each bigint, int32 for each integer; none may be null.
    """
    try:
        with (
            _cursor(connection) as cursor,
            cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)".encode()) as copy,
        ):
            read = b"".join(copy)
    except psycopg.Error as error:
        raise explain(error, name_address(connection.engine.url)) from None
    dtypes = [np.dtype(each) for each in types]
    rows = np.frombuffer(read[len(_HEADER) : -len(_END)], dtype=_row_type(dtypes))
    return [rows[f"field{number}"].astype(dtype) for number, dtype in enumerate(dtypes)]


def _row_type(types: Sequence[np.dtype[Any]]) -> np.dtype[Any]:
    fields: list[tuple[str, str]] = [("n", ">i2")]
    for number, each in enumerate(types):
        fields += [(f"length{number}", ">i4"), (f"field{number}", f">{each.kind}{each.itemsize}")]
    return np.dtype(fields)


def _cursor(connection: Connection) -> "psycopg.Cursor[Any]":
    """Return the driver's own cursor: SQLAlchemy has no COPY."""
    cursor: psycopg.Cursor[Any] = connection.connection.cursor()  # type: ignore[assignment]
    return cursor
