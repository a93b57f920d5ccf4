"""Signing in over HTTP, by JSON and by the pages; cookies; what is told of it."""

import re
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from nlp_service.app import create_app
from nlp_service.domain.people import UserRole
from nlp_service.settings import Settings
from nlp_service.store.sign_ins import FREE_BY_NAME
from tests.callers import FORGETFUL, KEY, PASSWORD, add_user, passwords, sign_in
from tests.web.reading import assert_strict

NEW = "雨后竹笋九十九辆单车"
SESSION, LOGIN, CHANGE = "/v1/session", "/login", "/v1/session/password"


@pytest.fixture
def browser(office, store):
    """A browser in which nobody has signed in; 张三 may."""
    add_user(store, "张三")
    return TestClient(office.app, follow_redirects=False)


@pytest.fixture
def safe_browser(office, store):
    """The same by https."""
    add_user(store, "张三")
    return TestClient(office.app, base_url="https://testserver", follow_redirects=False)


def code_of(response):
    return response.json()["code"]


def cookies_set(response):
    return {cookie.partition("=")[0]: cookie for cookie in response.headers.get_list("set-cookie")}


class Form(HTMLParser):
    """Reads the fields of a page's first form, and what the page says is wrong."""

    def __init__(self, page):
        super().__init__()
        self.fields, self.said, self._alert = {}, "", False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "input":
            self.fields.setdefault(attributes["name"], attributes.get("value", ""))
        self._alert = attributes.get("role") == "alert"

    def handle_data(self, data):
        if self._alert:
            self.said += data
            self._alert = False


def fill_in(browser, path, **values):
    """Fetch a page and send its form with these values."""
    form = Form(browser.get(path).text)
    return browser.post(path, data={**form.fields, **values})


def enter(browser, password=PASSWORD, name="张三"):
    return fill_in(browser, LOGIN, name=name, password=password)


# --- by JSON ------------


def test_signing_in_tells_who_one_is_and_what_one_may(browser):
    told = browser.post(SESSION, json={"name": "张三", "password": PASSWORD})

    assert told.status_code == 200
    session = told.json()
    assert (session["kind"], session["name"], session["role"]) == ("user", "张三", "secretary")
    assert "file" in session["permissions"]
    assert "manage" not in session["permissions"]
    assert not session["must_change_password"]
    assert browser.get(SESSION).json() == session
    token = cookies_set(told)["nlp_session"]
    assert session["csrf_token"] not in token


def test_the_session_cookie_is_out_of_reach(browser):
    plain = cookies_set(browser.post(SESSION, json={"name": "张三", "password": PASSWORD}))

    assert re.fullmatch(
        r"nlp_session=[\w-]{43}; HttpOnly; Path=/; SameSite=lax", plain["nlp_session"]
    )


def test_by_https_the_cookie_is_for_https_and_this_host_alone(safe_browser):
    answer = safe_browser.post(SESSION, json={"name": "张三", "password": PASSWORD})

    assert re.fullmatch(
        r"__Host-nlp_session=[\w-]{43}; HttpOnly; Path=/; SameSite=lax; Secure",
        cookies_set(answer)["__Host-nlp_session"],
    )
    assert safe_browser.get(SESSION).status_code == 200
    token = safe_browser.cookies["__Host-nlp_session"]
    stolen = TestClient(safe_browser.app, cookies={"__Host-nlp_session": token})
    assert stolen.get(SESSION).status_code == 401  # by plain http it is not even looked at


def test_each_signing_in_makes_another_token_and_ends_the_former(browser):
    tokens = []
    for _ in range(2):
        browser.post(SESSION, json={"name": "张三", "password": PASSWORD})
        tokens.append(browser.cookies["nlp_session"])

    assert tokens[0] != tokens[1]
    former = TestClient(browser.app, cookies={"nlp_session": tokens[0]})
    assert former.get(SESSION).status_code == 401


def test_a_token_that_somebody_else_chose_never_becomes_a_session(browser):
    browser.cookies.set("nlp_session", "chosen-by-somebody-else")
    browser.post(SESSION, json={"name": "张三", "password": PASSWORD})

    chosen = TestClient(browser.app, cookies={"nlp_session": "chosen-by-somebody-else"})
    assert chosen.get(SESSION).status_code == 401


def test_a_wrong_sign_in_is_answered_alike_whoever_it_names(browser):
    answers = [
        browser.post(SESSION, json={"name": name, "password": "不是这个口令呀"})
        for name in ("张三", "无此人", "", "\x00", "a" * 900)
    ]

    assert {(one.status_code, code_of(one)) for one in answers} == {(401, "sign_in_failed")}
    assert len({one.json()["detail"] for one in answers}) == 1
    assert not any("set-cookie" in one.headers for one in answers)


@pytest.mark.parametrize("name", ["张三", "无此人"])
def test_after_some_failures_one_is_told_how_long_to_wait(browser, name):
    told = {"name": name, "password": "不是这个口令呀"}
    for _ in range(FREE_BY_NAME):
        assert browser.post(SESSION, json=told).status_code == 401

    answer = browser.post(SESSION, json={"name": name, "password": PASSWORD})
    assert (answer.status_code, code_of(answer)) == (429, "sign_in_paused")
    assert 50 <= int(answer.headers["Retry-After"]) <= 60


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": {"name": "张三", "password": PASSWORD}}, 415),
        ({"content": '{"name": "张三"}', "headers": {"Content-Type": "text/plain"}}, 415),
        ({"json": {"name": "张三"}}, 422),
        ({"json": {"name": "张三", "password": PASSWORD, "role": "admin"}}, 422),
        ({"json": {"name": "张三", "password": "x" * 1_001}}, 422),
        (
            {
                "content": r'{"name": "\ud83d", "password": "x"}',
                "headers": {"Content-Type": "application/json"},
            },
            422,
        ),
    ],
)
def test_what_is_no_sign_in_is_refused_without_being_repeated(browser, sent, status):
    answer = browser.post(SESSION, **sent)

    assert answer.status_code == status
    assert PASSWORD not in answer.text


def test_signing_out_ends_the_session(browser):
    session = browser.post(SESSION, json={"name": "张三", "password": PASSWORD}).json()
    token = browser.cookies["nlp_session"]

    answer = browser.delete(SESSION, headers={"X-CSRF-Token": session["csrf_token"]})

    assert answer.status_code == 204
    assert "nlp_session" not in browser.cookies
    assert TestClient(browser.app, cookies={"nlp_session": token}).get(SESSION).status_code == 401


def test_changing_the_password_goes_on_in_a_new_session(browser):
    sign_in(browser, "张三")
    elsewhere = TestClient(browser.app)
    sign_in(elsewhere, "张三")
    before = browser.cookies["nlp_session"]

    answer = browser.put(CHANGE, json={"current": PASSWORD, "new": NEW})

    assert answer.status_code == 200
    assert browser.cookies["nlp_session"] != before
    assert browser.get(SESSION).json()["csrf_token"] == answer.json()["csrf_token"]
    assert elsewhere.get(SESSION).status_code == 401
    assert sign_in(elsewhere, "张三", NEW)


@pytest.mark.parametrize(
    ("current", "new"), [("不是这个口令呀", NEW), (PASSWORD, "12345678"), (PASSWORD, PASSWORD)]
)
def test_a_password_that_will_not_do_is_refused_in_chinese(browser, current, new):
    sign_in(browser, "张三")
    answer = browser.put(CHANGE, json={"current": current, "new": new})

    assert (answer.status_code, code_of(answer)) == (422, "password_refused")
    assert new not in answer.text


def test_a_key_has_neither_session_nor_password(office):
    told = office.get(SESSION).json()

    assert (told["kind"], told["name"], told["role"]) == ("key", "测试", None)
    assert told["csrf_token"] is None
    assert office.delete(SESSION).status_code == 403
    assert office.put(CHANGE, json={"current": "x", "new": NEW}).status_code == 403


# --- by the pages ------------


def test_the_sign_in_page_leads_in_and_the_way_out_leads_back(browser):
    assert browser.get("/").headers["Location"] == "/login"
    entered = enter(browser)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/")
    assert "nlp_login" not in browser.cookies
    assert browser.get("/try").status_code == 200

    token = browser.get(SESSION).json()["csrf_token"]
    left = browser.post("/logout", data={"csrf_token": token})
    assert (left.status_code, left.headers["Location"]) == (303, "/login")
    assert browser.get("/").headers["Location"] == "/login"


@pytest.mark.parametrize("query", ["?next=https://example.org", "?next=//example.org"])
def test_no_address_that_was_sent_is_gone_to(browser, query):
    form = Form(browser.get(LOGIN + query).text)
    filled = {**form.fields, "name": "张三", "password": PASSWORD}

    assert browser.post(LOGIN + query, data=filled).headers["Location"] == "/"


def test_a_wrong_sign_in_is_explained_above_the_form(browser):
    answer = enter(browser, password="不是<b>这个")

    assert answer.status_code == 401
    assert Form(answer.text).said.startswith("用户名或口令不对")
    assert "这个" not in answer.text
    assert "nlp_session" not in browser.cookies


def test_the_page_tells_how_long_to_wait(browser):
    for _ in range(FREE_BY_NAME):
        enter(browser, password="不是这个口令呀")
    answer = enter(browser)

    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)
    assert "秒后再试" in Form(answer.text).said


def test_a_form_that_is_not_from_our_page_signs_nobody_in(browser):
    filled = {"name": "张三", "password": PASSWORD}
    strange = browser.post(LOGIN, data=filled)
    browser.get(LOGIN)
    forged = browser.post(LOGIN, data={**filled, "csrf_token": "0" * 64})

    for answer in (strange, forged):
        assert answer.status_code == 403
        assert "再填一次" in Form(answer.text).said
    assert "nlp_session" not in browser.cookies


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {"name": "张三"}}, 415),
        ({"content": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 415),
        ({"data": {f"f{n}": "x" for n in range(3000)}}, 422),
        ({"content": b"%ff=%00&name", "headers": {}}, 415),
    ],
)
def test_what_is_no_form_is_refused(browser, sent, status):
    assert browser.post(LOGIN, **sent).status_code == status


def test_a_one_time_password_leads_to_the_page_where_it_is_changed(browser, store):
    with store.transaction(actor="admin") as office:
        kept = passwords().hash("k7fp-2mxw-9dqe-vb4t")
        office.users.add("李四", UserRole.VIEWER, password_hash=kept)

    entered = enter(browser, name="李四", password="k7fp-2mxw-9dqe-vb4t")
    assert entered.headers["Location"] == "/password"
    assert browser.get("/").headers["Location"] == "/password"

    values = {"current": "k7fp-2mxw-9dqe-vb4t", "new": NEW, "again": NEW}
    uneven = fill_in(browser, "/password", **{**values, "again": "另一个"})
    assert (uneven.status_code, Form(uneven.text).said) == (
        422,
        "两次输入的新口令不一样，请再输一次。",
    )
    weak = fill_in(browser, "/password", **{**values, "new": "1234567890", "again": "1234567890"})
    assert "太容易猜到" in Form(weak.text).said
    done = fill_in(browser, "/password", **values)
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    assert browser.get("/try").status_code == 200


def test_the_pages_are_strict_and_load_only_what_is_ours(browser):
    page = browser.get(LOGIN)
    sign_in(browser, "张三")

    for answer in (page, browser.get("/password")):
        assert_strict(answer)
        assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
        assert not re.search(r"https?:|url\(|@import", answer.text)
        ids = set(re.findall(r'<input id="(\w+)"', answer.text))
        assert ids == set(re.findall(r'<label for="(\w+)"', answer.text))


# --- where there is no store ------------


def test_without_a_store_one_signs_in_by_a_key(quick_assessor):
    with TestClient(
        create_app(FORGETFUL, assessor=quick_assessor), follow_redirects=False
    ) as browser:
        assert "密钥" in browser.get(LOGIN).text
        wrong = fill_in(browser, LOGIN, password="nlp_testtest_x")
        assert (wrong.status_code, Form(wrong.text).said) == (401, "密钥不对，或已失效。")
        assert fill_in(browser, LOGIN, password=f" {KEY} ").headers["Location"] == "/"
        assert browser.get("/try").status_code == 200
        session = browser.get(SESSION).json()
        path, body = "/v1/assessments?store=false", {"body": "桥头的路灯坏了。"}
        assert browser.post(path, json=body).status_code == 403
        csrf = {"X-CSRF-Token": session["csrf_token"]}
        assert browser.post(path, json=body, headers=csrf).status_code == 200
        left = browser.post("/logout", data={"csrf_token": session["csrf_token"]})
        assert left.headers["Location"] == "/login"
        assert browser.get(SESSION).status_code == 401


def test_without_store_and_keys_nobody_gets_in(quick_assessor):
    with TestClient(create_app(Settings(store=False), assessor=quick_assessor)) as browser:
        assert fill_in(browser, LOGIN, password="").status_code == 401
        answer = browser.post(SESSION, json={"name": "admin", "password": PASSWORD})
        assert (answer.status_code, code_of(answer)) == (409, "store_disabled")
