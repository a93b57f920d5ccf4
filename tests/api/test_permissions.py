"""Without a key or a session nothing answers but what is open; with one, what the table says.

Every line of the table is asked, by every kind of caller, on a real store.
"""

import pytest
from fastapi.routing import iter_route_contexts
from starlette.datastructures import QueryParams
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from nlp_service.api.permissions import Access, Line, PermissionTable
from nlp_service.app import LINES
from nlp_service.domain.people import PERMISSIONS_OF, SCOPES, Permission, UserRole
from nlp_service.people.tokens import hash_token
from tests.api.addresses import GUARDED, ask, code_of, name_of
from tests.callers import BEARER, bearer

OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/login"),
    ("GET", "/static/{digest}/{name:path}"),
    ("POST", "/login"),
    ("POST", "/v1/session"),
}
ROLES_WITH = {
    Permission.ASSESS: "viewer secretary committee admin",
    Permission.READ: "viewer secretary committee admin",
    Permission.FILE: "secretary admin",
    Permission.HANDLE: "secretary committee admin",
    Permission.DECIDE: "secretary committee admin",
    Permission.DELETE: "secretary admin",
    Permission.READ_ORIGINAL: "secretary committee admin",
    Permission.EXPORT: "secretary committee admin",
    Permission.METRICS: "admin",
    Permission.READ_AUDIT: "admin",
    Permission.MANAGE: "admin",
    Permission.ACT_FOR_OTHERS: "",
}
"""As the office understands its roles; the program must agree."""


# --- the table ------------


def test_every_route_has_its_line_and_every_line_its_route(office):
    routes = [
        (method, route.path)
        for route in iter_route_contexts(office.app.routes)
        for method in route.methods - {"HEAD"}
    ]

    assert sorted(routes) == sorted((line.method, line.path) for line in LINES)


def test_only_health_and_signing_in_are_open():
    assert {(line.method, line.path) for line in LINES if line.needs is Access.OPEN} == OPEN


def test_roles_have_the_permissions_that_the_office_expects():
    for role in UserRole:
        expected = {one for one, roles in ROLES_WITH.items() if role in roles.split()}
        assert PERMISSIONS_OF[role] == expected


def test_no_key_can_be_given_what_makes_users_or_keys():
    assert set(Permission) - SCOPES == {Permission.MANAGE}


def test_of_two_lines_that_fit_an_address_both_count():
    lines = [
        Line(method="GET", path="/v1/x/{key}", needs=Permission.READ),
        Line(method="GET", path="/v1/x/all", needs=Permission.MANAGE),
    ]

    assert set(PermissionTable(lines).at("/v1/x/all")["GET"]) == set(lines)


# --- strangers ------------


@pytest.mark.parametrize("line", GUARDED, ids=name_of)
def test_a_stranger_is_answered_nothing(stranger, line):
    answer = ask(stranger, line)

    if line.page:
        assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    else:
        assert (answer.status_code, code_of(answer)) == (401, "not_signed_in")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "path",
    ["/v1/nothing", "/favicon.ico", "/docs", "/redoc", "//v1/users", "/v1/users/", "/V1/users"],
)
def test_a_stranger_learns_not_even_what_there_is(stranger, path):
    assert stranger.get(path).status_code == 401


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "SMUGGLE"])
def test_a_stranger_learns_no_methods(stranger, method):
    assert stranger.request(method, "/v1/merges").status_code == 401


def test_a_service_without_a_store_keeps_its_gate_shut_too(client):
    stranger = TestClient(client.app)

    for line in GUARDED:
        assert ask(stranger, line).status_code == (303 if line.page else 401)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer nlp_testtest_",
        f"Basic {BEARER['Authorization'][7:]}",
        BEARER["Authorization"][7:],
        f"{BEARER['Authorization']}x",
        f"Bearer {hash_token(BEARER['Authorization'][7:]).hex()}",
        "Bearer 路灯".encode(),
        "Bearer " + "x" * 10_000,
    ],
)
def test_what_is_no_key_lets_nobody_in(stranger, header):
    answer = stranger.get("/v1/submissions", headers={"Authorization": header})

    assert code_of(answer) == "not_signed_in"


def test_two_keys_at_once_are_none(office):
    headers = [("Authorization", BEARER["Authorization"]), ("Authorization", "Bearer x")]

    assert TestClient(office.app).get("/v1/submissions", headers=headers).status_code == 401


@pytest.mark.parametrize("cookie", ["x", "nlp_testtest_", "路灯".encode().decode("latin-1")])
def test_what_is_no_session_lets_nobody_in(stranger, cookie):
    headers = {"Cookie": f"nlp_session={cookie}".encode("latin-1")}

    assert stranger.get("/v1/submissions", headers=headers).status_code == 401


def test_a_key_is_no_session(stranger):
    stranger.cookies.set("nlp_session", BEARER["Authorization"][7:])

    assert stranger.get("/v1/submissions").status_code == 401


def test_a_websocket_is_refused(office):
    with pytest.raises(WebSocketDisconnect), office.websocket_connect("/v1/submissions"):
        pass


# --- who may what ------------


@pytest.mark.parametrize("role", UserRole)
def test_a_role_opens_what_its_permissions_say_and_nothing_else(user, role):
    client = user(role)
    for line in GUARDED:
        if isinstance(line.needs, Permission):
            needed = line.permissions_for(QueryParams(""))
            answer = ask(client, line)
            if set(needed) <= PERMISSIONS_OF[role]:
                assert answer.status_code not in (401, 403), name_of(line)
            else:
                assert (answer.status_code, code_of(answer)) == (403, "not_allowed"), name_of(line)


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_a_scope_opens_its_own_lines_and_no_other(office, store, scope):
    client = TestClient(office.app, headers=bearer(store, scopes={scope}))
    for line in GUARDED:
        if isinstance(line.needs, Permission):
            needed = set(line.permissions_for(QueryParams("")))
            assert (ask(client, line).status_code == 403) == (needed != {scope}), name_of(line)


def test_a_refusal_says_what_is_missing_and_for_whom(user):
    answer = user(UserRole.VIEWER).get("/v1/users")

    assert answer.json()["detail"] == "需要权限 manage，张三 没有。"


@pytest.mark.parametrize("query", ["store=false", "store=0", "store=No"])
def test_who_may_only_look_can_assess_without_storing(user, query):
    client = user(UserRole.VIEWER)

    answer = client.post(f"/v1/assessments?{query}", json={"body": "桥头的路灯坏了。"})
    assert (answer.status_code, answer.json()["stored"]) == (200, None)


@pytest.mark.parametrize("query", ["", "store=true", "store=false&store=true", "store=", "store=x"])
def test_who_may_only_look_cannot_store(user, query):
    client = user(UserRole.VIEWER)

    answer = client.post(f"/v1/assessments?{query}", json={"body": "桥头的路灯坏了。"})
    assert code_of(answer) == "not_allowed"
    assert client.get("/v1/submissions").json()["items"] == []


@pytest.mark.parametrize("query", ["show_restricted=true", "show_restricted=1&show_restricted=0"])
def test_who_may_only_look_cannot_see_what_is_restricted(user, query):
    client = user(UserRole.VIEWER)

    assert client.get(f"/v1/submissions/1?{query}").status_code == 403
    assert client.get("/v1/submissions/1?show_restricted=false").status_code == 404


@pytest.mark.parametrize(
    "query", ["format=csv", "format=xlsx", "format=ndjson&format=csv", "format=", "format=pdf"]
)
def test_who_may_only_look_cannot_take_tables_along(user, query):
    answer = user(UserRole.VIEWER).get(f"/v1/batches/1/results?{query}")

    assert (answer.status_code, code_of(answer)) == (403, "not_allowed")
    assert answer.json()["detail"] == "需要权限 export，张三 没有。"


@pytest.mark.parametrize("query", ["", "format=ndjson"])
def test_who_may_look_can_read_results_as_lines(user, query):
    assert user(UserRole.VIEWER).get(f"/v1/batches/1/results?{query}").status_code == 404


def test_who_is_let_in_is_told_what_there_is_not(office):
    assert code_of(office.get("/v1/nothing")) == "not_found"
    answer = office.patch("/v1/submissions/1")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, DELETE")


def test_the_document_says_what_each_address_needs(office):
    paths = office.get("/openapi.json").json()["paths"]

    for line in LINES:
        operation = paths.get(line.path, {}).get(line.method.lower())
        if operation is None:
            continue
        guarded = line.needs is not Access.OPEN
        assert ("security" in operation) == guarded
        if guarded:
            assert {"401", "403", "429"} <= operation["responses"].keys()
        if isinstance(line.needs, Permission):
            assert f"需要权限 `{line.needs}`" in operation["description"]
            for also in line.also:
                assert f"还需要 `{also.permission}`" in operation["description"]
