import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from nlp_service.domain.submission import MAX_CHARACTERS, Kind


class Reader(HTMLParser):
    """Collects the elements with their attributes, and the content of script and style."""

    def __init__(self):
        super().__init__()
        self.elements = []
        self.inline = {}

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.elements and self.elements[-1][0] in ("script", "style"):
            self.inline.setdefault(self.elements[-1][0], data)

    def all(self, attribute):
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]


@pytest.fixture(scope="module")
def response(client):
    return client.get("/")


@pytest.fixture(scope="module")
def page(response):
    reader = Reader()
    reader.feed(response.text)
    return reader


def test_get_page_is_html_in_chinese(response, page):
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.elements[0] == ("html", {"lang": "zh-CN"})
    assert "辅助建议，由人审定" in response.text


def test_get_page_allows_only_its_own_script_and_style(response, page):
    directives = {
        name: sources
        for name, *sources in map(
            str.split, response.headers["Content-Security-Policy"].split("; ")
        )
    }

    for element in ("script", "style"):
        digest = hashlib.sha256(page.inline[element].encode()).digest()
        assert directives[f"{element}-src"] == [f"'sha256-{base64.b64encode(digest).decode()}'"]
    assert directives["default-src"] == ["'none'"]
    assert directives["connect-src"] == ["'self'"]


def test_get_page_has_nothing_that_its_policy_would_block(page):
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert [tag for tag, _ in page.elements].count("style") == 1
    assert page.all("style") == page.all("src") == []
    assert not [name for _, attributes in page.elements for name in attributes if name[:2] == "on"]


def test_get_page_loads_nothing_from_elsewhere(response, page):
    assert not re.search(r"https?:|url\(|@import|[\"'(]//", response.text)
    assert set(page.all("href")) == {"data:,", "openapi.json", "v1/taxonomy", "password"}


def test_get_page_never_parses_data_as_html(page):
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\("

    assert not re.search(forbidden, page.inline["script"])


def test_get_page_labels_every_field(page):
    fields = {
        attributes["id"]
        for tag, attributes in page.elements
        if tag in ("input", "textarea", "select")
    }

    assert fields == set(page.all("for")) == {"title", "body", "kind"}


def test_get_page_has_every_element_that_its_script_names(page):
    ids = page.all("id")

    named = set(re.findall(r'at\("([^"]+)"\)', page.inline["script"]))
    assert len(ids) == len(set(ids))
    assert {"form", "result", "error"} <= named <= set(ids)


def test_get_page_announces_results_and_errors(page):
    roles = {attributes.get("id"): attributes.get("role") for _, attributes in page.elements}

    assert (roles["status"], roles["error"]) == ("status", "alert")


def test_get_page_offers_every_kind(page):
    assert set(page.all("value")) == set(Kind)


def test_get_page_states_the_limit_that_holds(page):
    assert f"const MAX_CHARACTERS = {MAX_CHARACTERS};" in page.inline["script"]


def test_get_page_asks_only_addresses_that_answer(client, page):
    asked = re.findall(r'ask\("([^"]+)"', page.inline["script"])

    assert set(asked) == {"v1/assessments?store=false", "v1/session", "openapi.json", "readyz"}
    assert all(client.get(f"/{path}").status_code in (200, 405) for path in asked)
    examples = client.get("/openapi.json").json()["paths"]["/v1/assessments"]["post"]
    assert examples["requestBody"]["content"]["application/json"]["examples"]
