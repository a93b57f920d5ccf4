"""What the gate lets in beside the table: keys, sessions, our own pages, not too often."""

from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from nlp_service.api.headers import HEADERS
from nlp_service.api.rate import OF_SESSIONS, Rate, RateLimiter
from nlp_service.app import create_app
from nlp_service.domain.people import Permission, UserRole
from nlp_service.people.tokens import make_key
from nlp_service.settings import Settings
from tests.api.addresses import GUARDED, UNSAFE, ask, code_of, name_of
from tests.callers import BEARER, FORGETFUL, PASSWORD, bearer, passwords, sign_in

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
        office.get("/try"),
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
