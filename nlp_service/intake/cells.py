"""Show a typed cell of a workbook or a Parquet file as text, as a person reads it."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from nlp_service.intake.limits import MOST_CELL


def as_text(value: object) -> str:
    """Return a cell as a person reads it; of what is too long, enough to see that it is.

    >>> as_text(7.0), as_text(0.25), as_text(True), as_text(datetime(2024, 3, 5, 9, 30))
    ('7', '0.25', 'TRUE', '2024-03-05 09:30:00')
    """
    if isinstance(value, str):
        return value[: MOST_CELL + 1]
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e21 else f"{value:.15g}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time | timedelta | int | Decimal):
        return str(value)
    return ""
