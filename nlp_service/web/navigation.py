"""The places of the workbench, in the order in which the office walks through them."""

from collections.abc import Sequence
from dataclasses import dataclass

from nlp_service.domain.people import Caller, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One entry of the navigation."""

    name: str
    path: str
    needs: Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A place as a page shows it."""

    place: Place
    here: bool
    """Whether the page belongs to it."""


PLACES: Sequence[Place] = (
    Place(name="收件箱", path="/inbox", needs=Permission.READ),
    Place(name="审查", path="/screening", needs=Permission.READ),
    Place(name="批量", path="/batches", needs=Permission.READ),
    Place(name="热点", path="/hot-issues", needs=Permission.READ),
    Place(name="统计", path="/statistics", needs=Permission.READ),
    Place(name="试评", path="/try", needs=Permission.ASSESS),
    Place(name="设置", path="/settings", needs=Permission.READ),
)


def entries_for(caller: Caller | None, path: str) -> Sequence[Entry]:
    """Return what a caller may go to; nobody goes anywhere."""
    return [
        Entry(place=place, here=path == place.path or path.startswith(place.path + "/"))
        for place in PLACES
        if caller is not None and caller.may(place.needs)
    ]
