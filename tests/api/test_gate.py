"""Without a key or a session nothing answers but what is open; with one, what the table says.

Every line of the table is asked, by every kind of caller, on a real store.
"""

from urllib.parse import quote

import pytest
from fastapi.routing import iter_route_contexts
from starlette.datastructures import QueryParams
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from nlp_service.api.app import create_app
from nlp_service.api.headers import HEADERS
from nlp_service.api.permissions import LINES, Access, Line, PermissionTable
from nlp_service.api.problems import Problem
from nlp_service.api.rate import OF_SESSIONS, Rate, RateLimiter
from nlp_service.domain.people import PERMISSIONS_OF, SCOPES, Permission, UserRole
from nlp_service.people.tokens import hash_token, make_key
from nlp_service.settings import Settings
from tests.callers import BEARER, FORGETFUL, PASSWORD, add_user, bearer, passwords, sign_in

OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/login"),
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

GUARDED = [line for line in LINES if line.needs is not Access.OPEN]
UNSAFE = [line for line in GUARDED if line.method != "GET"]


def name_of(line):
    return f"{line.method} {line.path}"


def ask(client, line, **options):
    """Ask an address of a line; what its parameters name is not there."""
    path = line.path.replace("{key}", "999").replace("{other}", "998").replace("{group}", "999")
    if line.method in ("POST", "PUT") and not line.form:
        options.setdefault("json", {})
    elif line.form:
        options.setdefault("data", {"csrf_token": "x"})
    return client.request(line.method, path, follow_redirects=False, **options)


def code_of(response):
    return Problem.model_validate(response.json()).code


@pytest.fixture
def stranger(office):
    """A client of the same service whom nobody let in."""
    return TestClient(office.app)


@pytest.fixture
def user(office, store):
    """Sign a user of a role in; each has a client of their own."""

    def make(role, name="张三"):
        add_user(store, name, role)
        client = TestClient(office.app)
        sign_in(client, name)
        return client

    return make


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


def test_who_is_let_in_is_told_what_there_is_not(office):
    assert code_of(office.get("/v1/nothing")) == "not_found"
    answer = office.patch("/v1/submissions/1")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, DELETE")


# --- keys ------------


def test_a_revoked_key_lets_nobody_in_from_the_next_request_on(office, store):
    client = TestClient(office.app, headers=bearer(store))
    assert client.get("/v1/submissions").status_code == 200
    with store.transaction(actor="admin") as work:
        (key,) = work.api_keys.list()
        assert key.used_at is not None
        work.api_keys.revoke(key.key)

    assert client.get("/v1/submissions").status_code == 401


def test_a_key_may_act_for_others_only_with_that_scope(office, store):
    client = TestClient(office.app, headers=bearer(store, name="平台", scopes={"handle", "file"}))
    answer = client.post("/v1/submissions/1:restrict", headers={"X-Actor": "admin"})

    assert (answer.status_code, code_of(answer)) == (403, "not_allowed")
    assert client.post("/v1/submissions/1:restrict").status_code == 404


def test_a_user_acts_as_nobody_else(user, store):
    client = user(UserRole.SECRETARY)
    body = {"body": "桥头的减速带磨平了，车开得很快。"}

    answer = client.post("/v1/assessments", json=body, headers={"X-Actor": quote("李四")})
    assert code_of(answer) == "not_allowed"
    key = client.post("/v1/assessments", json=body).json()["stored"]["key"]
    assert client.get(f"/v1/submissions/{key}").json()["audit"][0]["actor"] == "张三"


@pytest.mark.parametrize(
    ("settings", "host", "opened"),
    [
        (Settings(store=False), "127.0.0.1", {"assess", "metrics"}),
        (Settings(store=False), "10.0.0.9", {"assess", "metrics"}),
        (FORGETFUL, "127.0.0.1", {"assess"}),
        (FORGETFUL, "::1", {"assess"}),
        (FORGETFUL, "10.0.0.9", set()),
    ],
)
def test_the_key_of_a_start_opens_all_only_where_there_is_no_other(
    quick_assessor, settings, host, opened
):
    token = make_key().token
    headers = {"Authorization": f"Bearer {token}"}
    app = create_app(settings, assessor=quick_assessor, start_key=token)
    with TestClient(app, headers=headers, client=(host, 5000)) as client:
        answers = {"assess": client.get("/v1/rubric"), "metrics": client.get("/metrics")}

    assert {name for name, answer in answers.items() if answer.status_code == 200} == opened


# --- requests that another site makes a browser send ------------


@pytest.mark.parametrize("token", [None, "", "x", "0" * 64])
def test_a_cookie_alone_changes_nothing(user, token):
    client = user(UserRole.ADMIN)
    del client.headers["X-CSRF-Token"]
    headers = {} if token is None else {"X-CSRF-Token": token}
    for line in UNSAFE:
        answer = ask(client, line, headers=headers)
        assert (answer.status_code, code_of(answer)) == (403, "csrf_refused"), name_of(line)

    assert client.get("/v1/session").status_code == 200


def test_the_token_of_another_session_does_not_count(user):
    one, other = user(UserRole.ADMIN), user(UserRole.ADMIN, "李四")
    one.headers["X-CSRF-Token"] = other.headers["X-CSRF-Token"]

    assert code_of(one.post("/v1/users", json={"name": "王五"})) == "csrf_refused"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_a_browser_says_comes_from_elsewhere_is_refused(user, stranger, site):
    client = user(UserRole.ADMIN)
    elsewhere = {"Sec-Fetch-Site": site}

    assert client.post("/v1/users", json={"name": "王五"}, headers=elsewhere).status_code == 403
    told = {"name": "张三", "password": "whatever"}
    assert code_of(stranger.post("/v1/session", json=told, headers=elsewhere)) == "csrf_refused"
    assert client.get("/v1/users", headers=elsewhere).status_code == 200


def test_a_key_needs_no_csrf_token_also_beside_a_cookie(office, user):
    client = user(UserRole.VIEWER)
    client.headers.pop("X-CSRF-Token")
    client.headers.update(BEARER)

    assert client.post("/v1/quality", json={"body": "桥头的路灯坏了。"}).status_code == 200


# --- who must change their password ------------


def test_a_one_time_password_opens_nothing_but_its_change(office, store):
    with store.transaction(actor="admin") as work:
        work.users.add("李四", UserRole.ADMIN, password_hash=passwords().hash(PASSWORD))
    client = TestClient(office.app)
    assert sign_in(client, "李四")["must_change_password"]

    for line in GUARDED:
        if isinstance(line.needs, Permission):
            answer = ask(client, line)
            if line.page:
                assert (answer.status_code, answer.headers["Location"]) == (303, "/password")
            else:
                assert code_of(answer) == "password_change_required", name_of(line)
    assert client.get("/password").status_code == 200


# --- too many, and the headers of all ------------


def test_who_asks_too_often_is_told_to_wait(user):
    client = user(UserRole.VIEWER)
    asked = (client.get("/v1/session") for _ in range(4 * OF_SESSIONS.at_once))
    slowed = next(answer for answer in asked if answer.status_code != 200)

    assert (slowed.status_code, code_of(slowed)) == (429, "too_many_requests")
    assert int(slowed.headers["Retry-After"]) >= 1
    assert user(UserRole.VIEWER, "李四").get("/v1/session").status_code == 200


def test_a_bucket_fills_again_evenly():
    now = 1000.0
    limiter = RateLimiter(clock=lambda: now)
    rate = Rate(per_second=2, at_once=4)

    assert [limiter.take("a", rate) for _ in range(6)] == [0, 0, 0, 0, 1, 1]
    assert limiter.take("b", rate) == 0
    now += 0.5
    assert [limiter.take("a", rate) for _ in range(2)] == [0, 1]
    now += 60
    assert [limiter.take("a", rate) for _ in range(5)] == [0, 0, 0, 0, 1]


def test_every_answer_bears_the_headers(office, stranger, failing_client):
    answers = [
        stranger.get("/healthz"),
        stranger.get("/v1/users"),
        stranger.get("/", follow_redirects=False),
        stranger.get("/login"),
        office.get("/v1/nothing"),
        office.get("/"),
        office.get("/openapi.json"),
        office.get("/v1/submissions"),
        failing_client.post("/v1/assessments", json={"body": "路灯坏了"}),
    ]

    statuses = [answer.status_code for answer in answers]
    assert statuses == [200, 401, 303, 200, 404, 200, 200, 200, 500]
    for answer in answers:
        for name in HEADERS:
            assert len(answer.headers.get_list(name)) == 1
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_documents_that_seldom_change_may_be_kept_by_who_asks_again(office):
    assert office.get("/v1/taxonomy").headers["Cache-Control"] == "no-cache"


def test_refusals_are_counted_under_their_address_alone(quick_assessor):
    with TestClient(create_app(FORGETFUL, assessor=quick_assessor)) as stranger:
        stranger.get("/v1/submissions/13800000000")
        stranger.get("/某某举报")
        counted = stranger.get("/metrics", headers=BEARER).text

    told = 'nlp_requests_total{method="GET",route="%s",status="401"} 1.0'
    assert told % "/v1/submissions/{key}" in counted
    assert told % "unmatched" in counted


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
