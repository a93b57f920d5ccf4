import re

import pytest
from fastapi.openapi.models import OpenAPI

from nlp_service.api import (
    batch_schemas,
    import_schemas,
    issue_schemas,
    people_schemas,
    record_schemas,
    related_routes,
    related_schemas,
    review_schemas,
    schemas,
)
from nlp_service.api.documentation import BATCH_EXAMPLES, SUBMISSION_EXAMPLES
from nlp_service.api.examples import ASSESSMENT, PUBLIC_MESSAGE
from nlp_service.api.problems import PROBLEMS, Problem

MODELS = {"Problem": Problem}
for module in (
    schemas,
    record_schemas,
    people_schemas,
    import_schemas,
    batch_schemas,
    issue_schemas,
    related_schemas,
    related_routes,
    review_schemas,
):
    MODELS.update(vars(module))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
EXPECTED = {
    "post /v1/assessments",
    "post /v1/assessments:batch",
    "post /v1/quality",
    "post /v1/duplicates",
    "post /v1/pairs",
    "put /v1/submissions/{key}/relations/{other}",
    "delete /v1/submissions/{key}/relations/{other}",
    "get /v1/hot-issues",
    "get /v1/hot-issues/{group}/members",
    "post /v1/submissions:import",
    "get /v1/submissions",
    "get /v1/submissions:count",
    "get /v1/submissions/{key}",
    "get /v1/submissions/{key}/original",
    "delete /v1/submissions/{key}",
    "post /v1/submissions/{key}:restrict",
    "post /v1/submissions/{key}:unrestrict",
    "post /v1/submissions/{key}/outcomes",
    "post /v1/merges",
    "post /v1/submissions/{key}/reviews",
    "post /v1/reviews:confirm",
    "post /v1/reviews/{key}:undo",
    "get /v1/merges/{key}",
    "post /v1/merges/{key}:undo",
    "put /v1/merges/{key}/lead",
    "get /v1/imports",
    "get /v1/imports/{key}",
    "post /v1/session",
    "get /v1/session",
    "delete /v1/session",
    "put /v1/session/password",
    "get /v1/users",
    "post /v1/users",
    "put /v1/users/{key}/role",
    "post /v1/users/{key}:disable",
    "post /v1/users/{key}:enable",
    "post /v1/users/{key}:reset-password",
    "get /v1/keys",
    "post /v1/keys",
    "post /v1/keys/{key}:revoke",
    "get /v1/audit",
    "post /v1/batches",
    "get /v1/batches",
    "get /v1/batches/{key}",
    "get /v1/batches/{key}/events",
    "get /v1/batches/{key}/results",
    "delete /v1/batches/{key}",
    "get /v1/rubric",
    "get /v1/taxonomy",
    "get /healthz",
    "get /readyz",
    "get /metrics",
}


@pytest.fixture(scope="module")
def document(client):
    return client.get("/openapi.json").json()


@pytest.fixture(scope="module")
def operations(document):
    return {
        f"{method} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def walk(value):
    """Every dict of a JSON value."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from walk(part)


def contents(operations):
    """(Media type object, status or None for a request) of everything sent and answered."""
    for operation in operations.values():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            yield content, None
        for status, response in operation["responses"].items():
            for content in response.get("content", {}).values():
                yield content, int(status)


def examples_of(content):
    yield from (example["value"] for example in content.get("examples", {}).values())
    if "example" in content:
        yield content["example"]


def same_shape(example, real):
    """Whether both have the same keys and types, as deep as both have anything."""
    if isinstance(example, dict):
        return set(example) == set(real) and all(
            same_shape(example[key], real[key]) for key in real
        )
    if isinstance(example, list) and example and isinstance(real, list):
        return all(same_shape(example[0], item) for item in [*example, *real])
    return type(example) is type(real)


def test_get_openapi_is_a_valid_document(document):
    assert OpenAPI.model_validate(document).openapi.startswith("3.1")


def test_get_openapi_has_our_routes_and_no_other(operations):
    assert set(operations) == EXPECTED


def test_get_openapi_has_no_reference_to_nothing(document):
    references = {part["$ref"] for part in walk(document) if "$ref" in part}

    names = {reference.removeprefix("#/components/schemas/") for reference in references}
    assert names <= set(document["components"]["schemas"])
    assert set(document["components"]["schemas"]) <= names


def test_get_openapi_examples_fit_their_own_schemas(operations):
    checked = 0
    for content, _ in contents(operations):
        for example in examples_of(content):
            if content["schema"].get("type") == "string":  # an archive
                continue
            name = content["schema"]["$ref"].removeprefix("#/components/schemas/")
            model = MODELS[name].model_validate(example)
            if isinstance(model, schemas.BatchIn):
                assert all(isinstance(item, schemas.SubmissionIn) for item in model.items)
            checked += 1

    assert checked > len(PROBLEMS)


def test_get_openapi_problems_stand_under_their_status(operations):
    for content, status in contents(operations):
        for example in examples_of(content):
            if "code" in example:
                assert example["status"] == status == PROBLEMS[example["code"]].status


def test_get_openapi_documents_every_problem(document, operations):
    with_example = {
        example["code"]
        for content, _ in contents(operations)
        for example in examples_of(content)
        if "code" in example
    }

    everywhere = {"not_found", "method_not_allowed"}
    assert with_example | everywhere == set(PROBLEMS)
    assert document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"] == [*PROBLEMS]
    for code, kind in PROBLEMS.items():
        assert f"| `{code}` | {kind.status} | {kind.title} |" in document["info"]["description"]


def test_get_openapi_describes_everything_in_chinese(document, operations):
    for operation in operations.values():
        assert CHINESE.search(operation["summary"])
    for part in walk(document):
        if isinstance(description := part.get("description"), str):
            assert CHINESE.search(description), description


def test_get_openapi_states_the_limits(document):
    models = document["components"]["schemas"]

    assert models["SubmissionIn"]["properties"]["body"]["maxLength"] == 20_000
    assert models["BatchIn"]["properties"]["submissions"]["maxItems"] == 256


def test_post_example_is_answered_in_the_shape_of_the_documented_answer(client):
    answer = client.post("/v1/assessments", json=PUBLIC_MESSAGE).json()

    assert (answer.pop("stored"), answer.pop("duplicates")) == (None, None)
    assert same_shape(ASSESSMENT, answer)
    assert answer["topic"]["code"] == ASSESSMENT["topic"]["code"]
    assert (answer["id"], answer["text"]) == (ASSESSMENT["id"], ASSESSMENT["text"])
    assert answer["notice"] == ASSESSMENT["notice"]


@pytest.mark.parametrize("name", SUBMISSION_EXAMPLES)
def test_post_every_example_is_assessed(client, name):
    value = SUBMISSION_EXAMPLES[name]["value"]

    assert client.post("/v1/assessments", json=value).status_code == 200


def test_post_batch_example_is_answered_as_documented(client, operations):
    (example,) = BATCH_EXAMPLES.values()
    operation = operations["post /v1/assessments:batch"]
    documented = operation["responses"]["200"]["content"]["application/json"]["example"]

    answer = client.post("/v1/assessments:batch", json=example["value"]).json()

    assert (answer["count"], answer["failed"]) == (documented["count"], documented["failed"])
    for result, expected in zip(answer["results"], documented["results"], strict=True):
        assert (result["index"], result["status"]) == (expected["index"], expected["status"])
    error, expected = answer["results"][1]["error"], documented["results"][1]["error"]
    assert {**error, "instance": ""} == {**expected, "instance": ""}
