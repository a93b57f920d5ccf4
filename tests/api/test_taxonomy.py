import pytest
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from nlp_service.app import create_app
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.settings import Settings
from tests.callers import BEARER, KEYS


def test_get_taxonomy_answers_that_of_the_bundle(client, assessor):
    answer = client.get("/v1/taxonomy").json()

    assert TypeAdapter(Taxonomy).dump_python(assessor.bundle.taxonomy, mode="json") == answer


def test_get_taxonomy_names_every_code_of_an_assessment(client):
    taxonomy = client.get("/v1/taxonomy").json()
    answer = client.post("/v1/assessments", json={"body": "小区路灯坏了，请尽快维修。"}).json()

    names = {unit["code"]: unit["name"] for unit in taxonomy["units"]}
    assert all(names[unit["code"]] == unit["name"] for unit in answer["units"])


@pytest.mark.parametrize("pattern", ["{}", "W/{}", '"other", {}'])
def test_get_taxonomy_unchanged_is_not_sent_again(client, pattern):
    etag = client.get("/v1/taxonomy").headers["ETag"]

    response = client.get("/v1/taxonomy", headers={"If-None-Match": pattern.format(etag)})

    assert (response.status_code, response.content) == (304, b"")
    assert response.headers["ETag"] == etag


def test_get_taxonomy_changed_is_sent(client):
    response = client.get("/v1/taxonomy", headers={"If-None-Match": '"1.0.0-0123456789abcdef"'})

    assert response.status_code == 200


def test_get_taxonomy_with_local_names_has_them_and_another_etag(
    client, default_bundle_folder, tmp_path
):
    local = tmp_path / "local.toml"
    local.write_text('[unit.D01]\nname = "市发改委"\n', encoding="utf-8")
    settings = Settings(bundle=default_bundle_folder, local_taxonomy=local, store=False, keys=KEYS)

    with TestClient(create_app(settings), headers=BEARER) as local_client:
        response = local_client.get("/v1/taxonomy")

    assert "市发改委" in [unit["name"] for unit in response.json()["units"]]
    assert response.headers["ETag"] != client.get("/v1/taxonomy").headers["ETag"]
