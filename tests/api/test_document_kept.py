"""What requests made from the document once showed to be wrong, one by one."""

import pytest

from nlp_service.api.limits import MAX_KEY
from nlp_service.api.links import LINKS
from nlp_service.api.people_schemas import NewKeyOut
from tests.api.addresses import code_of

TEXT = {"body": "桥头的减速带磨平了，车开得很快。"}


@pytest.mark.parametrize("day", [0, 1769817600, 20260131.0, "1769817600", "2026-1-31", True, ""])
def test_a_number_is_no_day_in_a_body(office, day):
    answer = office.post("/v1/quality", json={**TEXT, "submitted_at": day})

    assert (answer.status_code, code_of(answer)) == (422, "invalid_request")
    assert answer.json()["detail"] == "submitted_at：应为日期，如 2026-01-31。"


@pytest.mark.parametrize(
    "query",
    [
        "/v1/submissions?dated_from=0",
        "/v1/submissions?dated_until=1769817600",
        "/v1/hot-issues?from=0",
        "/v1/hot-issues?until=2026-01-31T00:00:00",
    ],
)
def test_a_number_is_no_day_in_an_address(office, query):
    answer = office.get(query)

    assert answer.status_code == 422
    assert "应为日期，如 2026-01-31" in answer.json()["detail"]


@pytest.mark.parametrize("lead", ["1", True, [1], 1.5, MAX_KEY + 1])
def test_what_is_no_number_names_no_record(office, lead):
    answer = office.post("/v1/merges", json={"submissions": [1, 2], "lead": lead})

    assert (answer.status_code, code_of(answer)) == (422, "invalid_request")
    assert answer.json()["errors"][0]["where"] == "lead"


def test_the_largest_number_of_a_record_is_written_as_every_reader_holds_it(office):
    document = office.get("/openapi.json").json()
    written = document["components"]["schemas"]["LeadIn"]["properties"]["lead"]["maximum"]

    assert written == MAX_KEY == float(MAX_KEY) < float(MAX_KEY) + 1
    assert code_of(office.get(f"/v1/merges/{MAX_KEY}")) == "record_unknown"
    assert code_of(office.get(f"/v1/merges/{MAX_KEY + 1}")) == "invalid_request"


@pytest.mark.parametrize("confirm", [0, 1, "true", "yes"])
def test_only_true_confirms(office, confirm):
    answer = office.post("/v1/submissions/1/reviews", json={"confirm": confirm})

    assert answer.json()["detail"] == "confirm：应为 true 或 false。"


def test_an_empty_cursor_is_the_first_page(office):
    assert office.get("/v1/submissions?cursor=").json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    "query", ["/v1/submissions?lead_unit=D%0010", "/v1/submissions?topic=%00&words=a%00b"]
)
def test_a_character_that_no_database_holds_is_the_callers_to_mend(office, query):
    answer = office.get(query)

    assert (answer.status_code, code_of(answer)) == (422, "invalid_request")
    assert "U+0000" in answer.json()["detail"]
    assert "pg" not in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/merges/12:undo", "POST"),
        ("/v1/submissions/118:restrict", "POST"),
        ("/v1/reviews:confirm", "POST"),
        ("/v1/submissions/118", "GET, DELETE"),
    ],
)
def test_an_address_tells_its_own_methods_and_no_others(office, path, allowed):
    answer = office.patch(path)

    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


def test_a_key_is_named(user):
    admin = user("admin")

    for name in ("", "a\nb", "名" * 201):
        assert admin.post("/v1/keys", json={"name": name, "scopes": []}).status_code == 422
    made = admin.post("/v1/keys", json={"name": "平台", "scopes": ["read"], "valid_days": None})
    assert NewKeyOut.model_validate(made.json()).key.expires_at is None
    days = admin.post("/v1/keys", json={"name": "平台", "scopes": ["read"], "valid_days": "7"})
    assert code_of(days) == "invalid_request"


# --- the ways on from an answer ------------


def test_every_link_leads_to_an_address_and_gives_it_what_it_takes(office):
    document = office.get("/openapi.json").json()
    by_id = {
        operation["operationId"]: operation
        for methods in document["paths"].values()
        for operation in methods.values()
    }

    for method, path, status in LINKS:
        answer = document["paths"][path][method]["responses"][str(status)]
        for link in answer["links"].values():
            target = by_id[link["operationId"]]
            takes = {parameter["name"] for parameter in target["parameters"]}
            assert link["parameters"].keys() <= takes
            assert link["description"] == target["summary"]


def test_links_are_walked_from_a_text_to_the_undoing_of_its_review(office):
    document = office.get("/openapi.json").json()
    addresses = {
        operation["operationId"]: (method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }

    def follow(method, path, answer, name):
        responses = document["paths"][path][method]["responses"]
        link = responses[str(answer.status_code)]["links"][name]
        value = answer.json()
        for step in link["parameters"]["key"].removeprefix("$response.body#/").split("/"):
            value = value[int(step)] if isinstance(value, list) else value[step]
        method, path = addresses[link["operationId"]]
        sent = {"json": {"confirm": True}} if path.endswith("/reviews") else {}
        return method, path, office.request(method, path.replace("{key}", str(value)), **sent)

    stored = office.post("/v1/assessments", json=TEXT)
    review = follow("post", "/v1/assessments", stored, "review")
    undone = follow(*review, "undo")

    assert undone[-1].status_code == 200, undone[-1].text
    assert undone[-1].json()["undone_at"] is not None
