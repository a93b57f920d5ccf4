"""The stretch of days that a page looks at: from its form, or one of those that it offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from nlp_service.api.hot_issue_routes import LONGEST_DAYS, read_days, unfit
from nlp_service.domain.records import CHINA
from nlp_service.duplicates.hot_issues import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A stretch of days that a page offers."""

    name: str
    window: Window


def read_window(first: str, until: str, *, usual_days: int) -> Window:
    """Return the window between two days of a form; what is left empty is today, and before it.

    Raises:
        InvalidItem: one is no day, or they are no window, as ``read_days`` says.
    """
    last = _read("until", until) or today()
    usual = last - timedelta(days=usual_days - 1)
    return read_days(_read("from", first) or usual, last)


def offers(whole: Window | None) -> Sequence[Offer]:
    """Return the stretches that are offered, the last one all that there is."""
    now = today()
    found = [
        Offer(name=name, window=Window(first=now - timedelta(days=days - 1), last=now))
        for name, days in (("近 7 天", 7), ("近 30 天", 30), ("近 12 个月", 365))
    ]
    found.append(Offer(name="今年", window=Window(first=now.replace(month=1, day=1), last=now)))
    return [*found, Offer(name="全部", window=whole)] if whole else found


def whole_window(first: date, last: date) -> Window:
    """Return the window of all that there is, of the last ten years at most."""
    return Window(first=max(first, last - timedelta(days=LONGEST_DAYS - 1)), last=last)


def query_of(window: Window, **others: str | None) -> str:
    """Return the part of an address that asks for a window, and for what else is not empty."""
    days = {"from": window.first.isoformat(), "until": window.last.isoformat()}
    return urlencode(days | {name: value for name, value in others.items() if value})


def today() -> date:
    """Return the day in China."""
    return datetime.now(CHINA).date()


def _read(name: str, value: str) -> date | None:
    try:
        return date.fromisoformat(value) if value.strip() else None
    except ValueError:
        raise unfit(name, "应为日期，如 2026-01-31。") from None
