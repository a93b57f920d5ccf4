"""What holds for every page: nothing foreign runs in it, and it leads where the reader may go."""

import re

import pytest
from playwright.sync_api import expect

from nlp_service.domain.people import UserRole
from nlp_service.web.assets import FOLDER, asset_url
from nlp_service.web.navigation import PLACES
from nlp_service.web.permissions import PAGE_LINES
from tests.web.reading import Reader, assert_fits, assert_strict, serious_violations

FORMS = [line for line in PAGE_LINES if line.form and line.path != "/login"]
PARTS = {"format": "csv", "part": "topic", "figure": "issues"}
"""Of addresses, what is no number of a record."""
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


def address_of(line):
    return re.sub(r"\{\w+\}", "1", line.path)


@pytest.mark.parametrize("path", [place.path for place in PLACES])
def test_every_place_is_a_strict_page_that_loads_only_what_is_ours(user, path):
    reader = assert_strict(user(UserRole.ADMIN).get(path, headers=BROWSER))

    loaded = reader.all("src") + [given["href"] for tag, given in reader.elements if tag == "link"]
    assert loaded
    assert all(one.startswith("/static/") for one in loaded)


def test_what_pages_are_made_of_is_kept_for_ever_under_its_hash(stranger):
    for path in FOLDER.rglob("*.*"):
        sent = stranger.get(asset_url(path.relative_to(FOLDER).as_posix()))

        assert sent.status_code == 200
        assert sent.content == path.read_bytes()
        assert "immutable" in sent.headers["Cache-Control"]
    assert stranger.get("/static/000000000000/workbench.css").status_code == 404
    assert stranger.get("/static/x/../../settings.py").status_code in (401, 404)


@pytest.mark.parametrize("line", FORMS, ids=lambda line: line.path)
def test_no_form_is_taken_from_another_site(user, line):
    client = user(UserRole.ADMIN)
    del client.headers["X-CSRF-Token"]

    sent = client.post(address_of(line), data={"csrf_token": "x"}, follow_redirects=False)

    assert (sent.status_code, sent.json()["code"]) == (403, "csrf_refused")


@pytest.mark.parametrize(
    "line",
    [line for line in PAGE_LINES if {*re.findall(r"{(\w+)", line.path)} - {*PARTS, "digest"}],
    ids=lambda line: line.path,
)
def test_a_number_that_no_record_can_have_is_told_to_be_none(user, line):
    client = user(UserRole.ADMIN)
    path = re.sub(r"\{(\w+)\}", lambda found: PARTS.get(found[1], str(10**20)), line.path)

    asked = client.request(line.method, path, follow_redirects=False)

    assert asked.status_code in (404, 409, 422), asked.text


def test_a_stranger_is_led_to_sign_in(stranger):
    assert stranger.get("/try", follow_redirects=False).headers["Location"] == "/login"
    part = stranger.get("/try", headers={"HX-Request": "true"}, follow_redirects=False)
    assert (part.status_code, part.headers["HX-Redirect"]) == (200, "/login")


def test_what_goes_wrong_is_a_page_for_readers_and_a_document_for_programs(user):
    client = user(UserRole.VIEWER)

    page = client.get("/nowhere", headers=BROWSER)
    assert page.status_code == 404
    assert "没有这个地址" in page.text
    assert_strict(page)
    assert client.get("/nowhere").json()["code"] == "not_found"
    assert client.get("/nowhere", headers={**BROWSER, "HX-Request": "true"}).json()["code"]


def test_a_reader_is_shown_where_they_may_go_and_where_they_are(user):
    reader = Reader(user(UserRole.VIEWER).get("/try").text)

    assert reader.all("aria-current") == ["page"]
    assert set(reader.all("href")) >= {place.path for place in PLACES}


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/try", "/password", "/nowhere"])
def test_nothing_stands_in_the_way_of_reading(open_page, path, size, theme):
    page = open_page(path, size=size, color_scheme=theme)

    assert serious_violations(page) == []
    assert_fits(page)


def test_the_theme_is_kept_when_it_was_switched(open_page):
    page = open_page("/try")
    page.get_by_label("切换明暗").click()
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_keys_are_listed_by_one(open_page):
    page = open_page("/try")
    page.keyboard.press("?")

    expect(page.get_by_role("dialog").get_by_text("按键一览")).to_be_visible()
