"""Views of the queue: a filter and an order under a name, built in or saved by a user.

A filter is kept as JSON; what a later program added to it and this one does not know is left out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from nlp_service.domain.queue import ListOrder, Stage
from nlp_service.domain.records import ListFilter
from nlp_service.domain.submission import Kind

LONGEST_VIEW_NAME = 30
MOST_VIEWS = 50
"""That one user may keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A filter and an order under a name."""

    name: str
    wanted: ListFilter
    order: ListOrder = ListOrder.LATEST


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView(View):
    """A view that a user saved."""

    key: int
    user_key: int
    owner: str
    """The user's name."""
    shared: bool
    """Everybody sees it; only its owner changes it."""
    saved_at: datetime


BUILT_IN: Sequence[View] = (
    View(name="待处理", wanted=ListFilter(stage=Stage.WAITING)),
    View(
        name="紧急",
        wanted=ListFilter(stage=Stage.WAITING, urgent=True),
        order=ListOrder.URGENT,
    ),
    View(
        name="请人工",
        wanted=ListFilter(stage=Stage.WAITING, needs_review=True),
        order=ListOrder.DOUBTFUL,
    ),
    View(
        name="提案待审",
        wanted=ListFilter(stage=Stage.WAITING, kind=Kind.PROPOSAL),
        order=ListOrder.WORST,
    ),
    View(name="今日收到", wanted=ListFilter(received_days=1)),
    View(name="已审", wanted=ListFilter(stage=Stage.REVIEWED)),
    View(name="全部", wanted=ListFilter()),
)
"""What every user finds."""

_READERS: Mapping[str, Callable[[str], Any]] = {
    "kind": Kind,
    "stage": Stage,
    **dict.fromkeys(
        ("dated_from", "dated_until", "received_from", "received_until"), date.fromisoformat
    ),
}


def filter_as_dict(wanted: ListFilter) -> dict[str, Any]:
    """Return what a filter asks for, as JSON has it."""
    asked = {each.name: getattr(wanted, each.name) for each in fields(wanted)}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in asked.items()
        if value is not None and value != ""
    }


def filter_from_dict(asked: Mapping[str, Any]) -> ListFilter:
    """Return the filter that ``filter_as_dict`` wrote."""
    known = {each.name for each in fields(ListFilter)}
    return ListFilter(
        **{
            name: _READERS[name](value) if name in _READERS else value
            for name, value in asked.items()
            if name in known
        }
    )
