"""The table of permissions: what a caller needs for each address. What has no line, nobody gets.

The gate looks every request up here; a test holds the lines to the routes.
"""

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.datastructures import QueryParams
from starlette.routing import compile_path

from nlp_service.api.limits import BATCHES_PATH, IMPORT_PATH
from nlp_service.domain.people import Permission


class Access(enum.Enum):
    """What does without a permission."""

    OPEN = "open"
    """Nobody need say who they are: health, signing in."""
    SIGNED_IN = "signed_in"
    """Any caller, also one who must change their password first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """A query parameter that asks for more than its address alone."""

    parameter: str
    permission: Permission
    by_default: bool
    """Whether it is asked for where the parameter is left out."""
    unless: str = ""
    """The only value that does not ask for it; empty where the parameter is a yes or no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table."""

    method: str
    path: str
    """As its route has it: ``/v1/merges/{key}:undo``."""
    needs: Permission | Access
    also: Sequence[Also] = ()
    page: bool = False
    """A person's browser asks: strangers are sent to sign in instead of getting a problem."""
    form: bool = False
    """A form is sent: its route looks for the CSRF token among the fields."""

    def permissions_for(self, query: QueryParams) -> Sequence[Permission]:
        """Return all that a request with that query needs."""
        further = [one.permission for one in self.also if _is_asked_for(one, query)]
        return [self.needs, *further] if isinstance(self.needs, Permission) else further


_FALSE = frozenset({"0", "off", "f", "false", "n", "no"})
"""What pydantic reads as false; whatever else comes may be read as true."""


def _is_asked_for(also: Also, query: QueryParams) -> bool:
    values = query.getlist(also.parameter)
    if not values:
        return also.by_default
    harmless = {also.unless} if also.unless else _FALSE
    return any(value.lower() not in harmless for value in values)


_STORES = [Also(parameter="store", permission=Permission.FILE, by_default=True)]
_AS_TABLE = [
    Also(parameter="format", permission=Permission.EXPORT, by_default=False, unless="ndjson")
]
"""Tables are for people to take along; as JSON lines other systems read what they may read."""
SHOWS_RESTRICTED = [
    Also(parameter="show_restricted", permission=Permission.READ_ORIGINAL, by_default=False)
]
"""Of addresses that show a submission, and a restricted one where that is asked for."""

LINES: Sequence[Line] = (
    # running
    Line(method="GET", path="/healthz", needs=Access.OPEN),
    Line(method="GET", path="/readyz", needs=Access.OPEN),
    # Prometheus sends a key like any client; "from this machine only" would let in whoever comes
    # by way of a proxy on it.
    Line(method="GET", path="/metrics", needs=Permission.METRICS),
    # signing in
    Line(method="POST", path="/v1/session", needs=Access.OPEN),
    Line(method="GET", path="/v1/session", needs=Access.SIGNED_IN),
    Line(method="DELETE", path="/v1/session", needs=Access.SIGNED_IN),
    Line(method="PUT", path="/v1/session/password", needs=Access.SIGNED_IN),
    # what answers are made of
    Line(method="GET", path="/openapi.json", needs=Permission.ASSESS),
    Line(method="GET", path="/v1/taxonomy", needs=Permission.ASSESS),
    Line(method="GET", path="/v1/rubric", needs=Permission.ASSESS),
    # assessing
    Line(method="POST", path="/v1/assessments", needs=Permission.ASSESS, also=_STORES),
    Line(method="POST", path="/v1/assessments:batch", needs=Permission.ASSESS, also=_STORES),
    Line(method="POST", path="/v1/quality", needs=Permission.ASSESS),
    Line(method="POST", path="/v1/pairs", needs=Permission.ASSESS),
    # what is stored
    Line(method="POST", path="/v1/duplicates", needs=Permission.READ),
    Line(method="GET", path="/v1/submissions", needs=Permission.READ),
    Line(method="GET", path="/v1/submissions:count", needs=Permission.READ),
    Line(
        method="GET",
        path="/v1/submissions/{key}",
        needs=Permission.READ,
        also=SHOWS_RESTRICTED,
    ),
    Line(method="GET", path="/v1/submissions/{key}/original", needs=Permission.READ_ORIGINAL),
    Line(method="DELETE", path="/v1/submissions/{key}", needs=Permission.DELETE),
    Line(method="POST", path="/v1/submissions/{key}:restrict", needs=Permission.HANDLE),
    Line(method="POST", path="/v1/submissions/{key}:unrestrict", needs=Permission.HANDLE),
    Line(method="POST", path="/v1/submissions/{key}/outcomes", needs=Permission.DECIDE),
    Line(method="PUT", path="/v1/submissions/{key}/relations/{other}", needs=Permission.HANDLE),
    Line(method="DELETE", path="/v1/submissions/{key}/relations/{other}", needs=Permission.HANDLE),
    Line(method="GET", path="/v1/hot-issues", needs=Permission.READ),
    Line(method="GET", path="/v1/hot-issues/{group}/members", needs=Permission.READ),
    # merges
    Line(method="POST", path="/v1/merges", needs=Permission.HANDLE),
    Line(method="GET", path="/v1/merges/{key}", needs=Permission.READ),
    Line(method="POST", path="/v1/merges/{key}:undo", needs=Permission.HANDLE),
    Line(method="PUT", path="/v1/merges/{key}/lead", needs=Permission.HANDLE),
    # reviews
    Line(method="POST", path="/v1/submissions/{key}/reviews", needs=Permission.HANDLE),
    Line(method="POST", path="/v1/reviews:confirm", needs=Permission.HANDLE),
    Line(method="POST", path="/v1/reviews/{key}:undo", needs=Permission.HANDLE),
    # batches
    Line(method="POST", path=BATCHES_PATH, needs=Permission.ASSESS, also=_STORES),
    Line(method="GET", path=BATCHES_PATH, needs=Permission.READ),
    Line(method="GET", path=f"{BATCHES_PATH}/{{key}}", needs=Permission.READ),
    Line(method="GET", path=f"{BATCHES_PATH}/{{key}}/events", needs=Permission.READ),
    Line(
        method="GET",
        path=f"{BATCHES_PATH}/{{key}}/results",
        needs=Permission.READ,
        also=_AS_TABLE,
    ),
    Line(method="DELETE", path=f"{BATCHES_PATH}/{{key}}", needs=Permission.FILE),
    # archives
    Line(method="POST", path=IMPORT_PATH, needs=Permission.FILE),
    Line(method="GET", path="/v1/imports", needs=Permission.READ),
    Line(method="GET", path="/v1/imports/{key}", needs=Permission.READ),
    # people
    Line(method="GET", path="/v1/users", needs=Permission.MANAGE),
    Line(method="POST", path="/v1/users", needs=Permission.MANAGE),
    Line(method="PUT", path="/v1/users/{key}/role", needs=Permission.MANAGE),
    Line(method="POST", path="/v1/users/{key}:disable", needs=Permission.MANAGE),
    Line(method="POST", path="/v1/users/{key}:enable", needs=Permission.MANAGE),
    Line(method="POST", path="/v1/users/{key}:reset-password", needs=Permission.MANAGE),
    Line(method="GET", path="/v1/keys", needs=Permission.MANAGE),
    Line(method="POST", path="/v1/keys", needs=Permission.MANAGE),
    Line(method="POST", path="/v1/keys/{key}:revoke", needs=Permission.MANAGE),
    Line(method="GET", path="/v1/audit", needs=Permission.READ_AUDIT),
)


class PermissionTable:
    """The lines, ready to be looked up."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._by_pattern: dict[re.Pattern[str], dict[str, Line]] = {}
        for line in lines:
            self._by_pattern.setdefault(_pattern_of(line.path), {})[line.method] = line

    def at(self, path: str) -> Mapping[str, Sequence[Line]]:
        """Return the lines of an address by method; of two that fit, both count."""
        found: dict[str, list[Line]] = {}
        for pattern, lines in self._by_pattern.items():
            if pattern.match(path):
                for method, line in lines.items():
                    found.setdefault(method, []).append(line)
        if "GET" in found:
            found.setdefault("HEAD", found["GET"])
        return found


def _pattern_of(path: str) -> re.Pattern[str]:
    """Return what the addresses of a path look like; behind a colon comes a verb, never a key."""
    return re.compile(compile_path(path)[0].pattern.replace("[^/]+", "[^/:]+"))
