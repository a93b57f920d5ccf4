"""试评: one submission is tried, and nothing of it kept."""

import re

import pytest

from nlp_service.domain.quality import Verdict
from nlp_service.domain.submission import MAX_CHARACTERS, Kind
from nlp_service.web.assets import FOLDER
from tests.web.reading import assert_strict, serious_violations

SCRIPT = (FOLDER / "try.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(client):
    return assert_strict(client.get("/try"))


def test_no_script_parses_data_as_html():
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\("

    for script in FOLDER.glob("*.js"):
        assert not re.search(forbidden, script.read_text(encoding="utf-8")), script


def test_get_page_labels_every_field(page):
    fields = {
        attributes["id"]
        for tag, attributes in page.elements
        if tag in ("input", "textarea", "select") and attributes.get("type") != "hidden"
    }

    assert fields == set(page.all("for")) == {"title", "body", "kind"}


def test_get_page_has_every_element_that_its_script_names(page):
    ids = page.all("id")

    named = set(re.findall(r'at\("([^"]+)"\)', SCRIPT))
    assert len(ids) == len(set(ids))
    assert {"form", "result", "error"} <= named <= set(ids)


def test_get_page_announces_results_and_errors(page):
    roles = {attributes.get("id"): attributes.get("role") for _, attributes in page.elements}

    assert (roles["status"], roles["error"]) == ("status", "alert")


def test_get_page_offers_every_kind(page):
    offered = {given["value"] for tag, given in page.elements if tag == "option"}
    assert offered == set(Kind)


def test_get_page_states_the_limit_that_holds(page):
    assert f"const MAX_CHARACTERS = {MAX_CHARACTERS};" in SCRIPT


def test_get_page_asks_only_addresses_that_answer(client, page):
    asked = re.findall(r'ask\("([^"]+)"', SCRIPT)

    assert set(asked) == {"/v1/assessments?store=false", "/openapi.json", "/readyz"}
    assert all(client.get(path).status_code in (200, 405) for path in asked)
    examples = client.get("/openapi.json").json()["paths"]["/v1/assessments"]["post"]
    assert examples["requestBody"]["content"]["application/json"]["examples"]


def test_the_script_knows_every_verdict_and_every_part_of_a_quality():
    verdicts = re.search(r"const VERDICTS = \{(.*?)\};", SCRIPT).group(1)

    assert set(re.findall(r"(\w+):", verdicts)) == set(Verdict)
    for name in ("answers", "levels", "marks", "items", "note"):
        assert re.search(rf"\b{name} = ", SCRIPT), name


def test_the_draft_that_the_script_makes_has_its_label():
    assert 'make("textarea", { id: "draft"' in SCRIPT
    assert 'make("label", { for: "draft"' in SCRIPT


def test_a_text_is_tried_and_its_words_are_shown(open_page):
    page = open_page("/try")
    page.get_by_role("button", name=re.compile("群众来信|路灯|来信")).first.click()

    page.get_by_text("主议题：").wait_for()
    page.locator("#text mark").first.wait_for()
    assert serious_violations(page) == []
