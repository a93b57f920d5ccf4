"""Results as CSV: UTF-8 with a BOM, by which Excel knows the encoding, and Windows' line ends."""

import csv
import io
from collections.abc import Iterable

from nlp_service.export.cells import make_safe
from nlp_service.export.flat import Line, column_names, flatten

MEDIA_TYPE = "text/csv; charset=utf-8"

_BOM = "\ufeff"


def write_csv_head() -> bytes:
    """Return the beginning of a CSV file of results."""
    return (_BOM + _write([column_names()])).encode()


def write_csv_rows(lines: Iterable[Line]) -> bytes:
    """Return rows of a CSV file. Text stands in quotation marks, so no other sign can part it."""
    return _write(make_safe(flatten(line)) for line in lines).encode()


def _write(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n").writerows(rows)
    return text.getvalue()
