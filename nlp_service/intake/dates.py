"""Read days and moments as offices write them, and as spreadsheets store them."""

import re
from datetime import date, datetime, time, timedelta

from nlp_service.domain.records import CHINA

YEARS = range(1900, 2200)
"""Beyond them a date is a slip of the pen."""

_DAY = re.compile(r"\s*(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})")
_EIGHT_DIGITS = re.compile(r"\s*(\d{4})(\d{2})(\d{2})(?!\d)")
_SERIAL = re.compile(r"\s*([2-7]\d{4})(?:\.\d+)?\s*$")
_SERIAL_BEGIN = date(1899, 12, 30)
"""Day 0 of Excel's count, which regards 1900 as a leap year."""
_TIMES = ("%H:%M:%S", "%H:%M")


def read_date(value: object) -> date | None:
    """Return the day at the start of a value, or None where there is none to be read.

    A number of five digits counts days, as Excel does where a format is unknown.

    >>> read_date("2018/8/26 9:30:00"), read_date("2024年3月5日"), read_date("去年冬天")
    (datetime.date(2018, 8, 26), datetime.date(2024, 3, 5), None)
    >>> read_date("20240305"), read_date("2024.3.5"), read_date("45356")
    (datetime.date(2024, 3, 5), datetime.date(2024, 3, 5), datetime.date(2024, 3, 5))
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    if serial := _SERIAL.match(value):
        return _SERIAL_BEGIN + timedelta(days=int(serial[1]))
    found = _DAY.match(value) or _EIGHT_DIGITS.match(value)
    if found is None:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def read_day(words: str) -> date:
    """Return a day that a record may bear.

    Raises:
        ValueError: none is told, or none of our times.
    """
    day = read_date(words)
    if day is None or day.year not in YEARS:
        raise ValueError(words)
    return day


def read_moment(words: str) -> datetime:
    """Return the moment at the start of a value, in Chinese time where no zone is told.

    Raises:
        ValueError: none is told, or none of our times.
    """
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        moment = datetime.combine(read_day(words), _time(words))
    if moment.year not in YEARS:
        raise ValueError(words)
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def _time(words: str) -> time:
    """Return the time of day behind a date's blank; midnight where there is none."""
    told = words.partition(" ")[2].strip()
    for form in _TIMES:
        try:
            return datetime.strptime(told, form).time()
        except ValueError:
            continue
    if told:
        raise ValueError(words)
    return time()
