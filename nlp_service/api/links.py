"""What /openapi.json tells of how answers lead on: where the number in one answer is wanted next.

Clients are made from it and tests walk along it; the service itself does not need it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nlp_service.api.limits import BATCHES_PATH


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One way on from an answer."""

    name: str
    leads_to: str
    """Method and path."""
    takes: Mapping[str, str]
    """Parameter there -> where its value stands here, a runtime expression of OpenAPI."""


def _by_key(pointer: str, **leads_to: str) -> Sequence[Link]:
    """Return links that want the number at that place of the answer as their ``key``."""
    takes = {"key": f"$response.body#{pointer}"}
    return [Link(name=name, leads_to=target, takes=takes) for name, target in leads_to.items()]


_SUBMISSION = {
    "submission": "get /v1/submissions/{key}",
    "original": "get /v1/submissions/{key}/original",
    "review": "post /v1/submissions/{key}/reviews",
    "outcome": "post /v1/submissions/{key}/outcomes",
    "relation": "put /v1/submissions/{key}/relations/{other}",
    "restrict": "post /v1/submissions/{key}:restrict",
    "unrestrict": "post /v1/submissions/{key}:unrestrict",
    "delete": "delete /v1/submissions/{key}",
}
_MERGE = {
    "merge": "get /v1/merges/{key}",
    "lead": "put /v1/merges/{key}/lead",
    "undo": "post /v1/merges/{key}:undo",
}
_BATCH = {
    "job": f"get {BATCHES_PATH}/{{key}}",
    "events": f"get {BATCHES_PATH}/{{key}}/events",
    "results": f"get {BATCHES_PATH}/{{key}}/results",
    "cancel": f"delete {BATCHES_PATH}/{{key}}",
}
_USER = {
    "role": "put /v1/users/{key}/role",
    "disable": "post /v1/users/{key}:disable",
    "enable": "post /v1/users/{key}:enable",
    "reset_password": "post /v1/users/{key}:reset-password",
}
_UNDO_REVIEW = {"undo": "post /v1/reviews/{key}:undo"}
_RELATION = {name: f"$request.path.{name}" for name in ("key", "other")}


def _next_page(path: str, parameter: str = "before", told: str = "next_before") -> Sequence[Link]:
    takes = {parameter: f"$response.body#/{told}"}
    return [Link(name="next", leads_to=f"get {path}", takes=takes)]


LINKS: Mapping[tuple[str, str, int], Sequence[Link]] = {
    ("post", "/v1/assessments", 200): _by_key("/stored/key", **_SUBMISSION),
    ("get", "/v1/submissions", 200): [
        *_next_page("/v1/submissions", "cursor", "next_cursor"),
        *_by_key("/items/0/key", first=_SUBMISSION["submission"]),
    ],
    ("get", "/v1/submissions/{key}", 200): _by_key("/merge/key", **_MERGE),
    ("put", "/v1/submissions/{key}/relations/{other}", 200): [
        Link(
            name="withdraw",
            leads_to="delete /v1/submissions/{key}/relations/{other}",
            takes=_RELATION,
        )
    ],
    ("post", "/v1/submissions/{key}/reviews", 200): _by_key("/key", **_UNDO_REVIEW),
    ("post", "/v1/reviews:confirm", 200): _by_key("/items/0/key", **_UNDO_REVIEW),
    ("post", "/v1/merges", 200): _by_key("/key", **_MERGE),
    ("get", "/v1/hot-issues", 200): [
        Link(
            name="members",
            leads_to="get /v1/hot-issues/{group}/members",
            takes={"group": "$response.body#/issues/0/group"},
        )
    ],
    ("get", "/v1/hot-issues/{group}/members", 200): [
        Link(
            name="next",
            leads_to="get /v1/hot-issues/{group}/members",
            takes={"group": "$request.path.group", "after": "$response.body#/next_member"},
        )
    ],
    ("post", BATCHES_PATH, 200): _by_key("/key", **_BATCH),
    ("post", BATCHES_PATH, 202): _by_key("/key", **_BATCH),
    ("get", BATCHES_PATH, 200): [
        *_next_page(BATCHES_PATH),
        *_by_key("/items/0/key", first=_BATCH["job"]),
    ],
    ("get", "/v1/imports", 200): [
        *_next_page("/v1/imports"),
        *_by_key("/items/0/key", first="get /v1/imports/{key}"),
    ],
    ("post", "/v1/users", 201): _by_key("/user/key", **_USER),
    ("post", "/v1/keys", 201): _by_key("/key/key", revoke="post /v1/keys/{key}:revoke"),
    ("get", "/v1/audit", 200): _next_page("/v1/audit"),
}
"""Method, path and status of an answer -> the ways on from it."""


def describe_links(openapi: dict[str, Any]) -> None:
    """Add the links to the answers, in place; what is said of them is what their target says."""
    for (method, path, status), links in LINKS.items():
        answer = openapi["paths"][path][method]["responses"][str(status)]
        answer["links"] = {link.name: _as_json(link, openapi) for link in links}


def _as_json(link: Link, openapi: dict[str, Any]) -> dict[str, Any]:
    method, path = link.leads_to.split(" ")
    target = openapi["paths"][path][method]
    return {
        "operationId": target["operationId"],
        "parameters": dict(link.takes),
        "description": target["summary"],
    }
