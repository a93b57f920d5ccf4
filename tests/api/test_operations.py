from dataclasses import asdict, replace

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from nlp_service.app import create_app
from nlp_service.assess import Assessor
from nlp_service.domain.errors import BundleMissing
from nlp_service.settings import Settings
from tests.callers import BEARER, FORGETFUL


@pytest.fixture
def fresh_client(assessor):
    """A client of an app that has counted nothing yet."""
    with TestClient(create_app(FORGETFUL, assessor=assessor), headers=BEARER) as client:
        yield client


def read_samples(client):
    """The counters as {(name, label values in order of label): value}."""
    response = client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_get_healthz_before_the_bundle_is_loaded_is_ok(idle_client):
    assert idle_client.get("/healthz").json() == {"status": "ok"}


def test_get_readyz_before_the_bundle_is_loaded_is_not_ready(idle_client):
    response = idle_client.get("/readyz")

    assert (response.status_code, response.json()["code"]) == (503, "not_ready")


def test_get_readyz_with_the_bundle_loaded_names_its_versions(client, assessor):
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ready",
        "versions": asdict(assessor.versions),
        "store": "off",
        "queue": None,
    }


def test_get_readyz_after_the_end_is_not_ready(assessor):
    app = create_app(FORGETFUL, assessor=assessor)
    with TestClient(app, headers=BEARER) as client:
        assert client.get("/readyz").status_code == 200

    assert TestClient(app).get("/readyz").status_code == 503


def test_start_without_a_bundle_fails_and_says_where_it_looked(tmp_path):
    with (
        pytest.raises(BundleMissing, match=str(tmp_path)),
        TestClient(create_app(Settings(bundle=tmp_path, store=False)), headers=BEARER),
    ):
        pass


def test_get_metrics_names_the_bundle(fresh_client, assessor):
    versions = asdict(assessor.versions)

    labels = [versions[name] for name in sorted(versions)]
    assert read_samples(fresh_client)["nlp_bundle_info", *labels] == 1


def test_get_metrics_counts_requests_by_route_method_and_status(fresh_client):
    fresh_client.post("/v1/assessments", json={"body": "路灯坏了"})
    fresh_client.post("/v1/assessments", json={"body": ""})
    fresh_client.post("/v1/assessments:batch", json={"submissions": [{"body": "路灯坏了"}]})

    samples = read_samples(fresh_client)
    assert samples["nlp_requests_total", "POST", "/v1/assessments", "200"] == 1
    assert samples["nlp_requests_total", "POST", "/v1/assessments", "422"] == 1
    assert samples["nlp_requests_total", "POST", "/v1/assessments:batch", "200"] == 1
    assert samples["nlp_request_duration_seconds_count", "POST", "/v1/assessments"] == 2


def test_get_metrics_counts_assessments_by_kind_and_need_of_review(assessor):
    class SettledAssessor(Assessor):
        """Sends to a person what is numbered so, and nothing else."""

        def assess_many(self, submissions, **options):
            for assessment in super().assess_many(submissions, **options):
                yield replace(assessment, needs_review=assessment.id == "review")

    light = {"body": "路灯坏了半个月，请尽快维修。", "kind": "proposal"}
    with TestClient(
        create_app(FORGETFUL, assessor=SettledAssessor(assessor.bundle)), headers=BEARER
    ) as client:
        submissions = [light, light, {**light, "id": "review"}, {"body": ""}]
        client.post("/v1/assessments:batch", json={"submissions": submissions})
        samples = read_samples(client)

    assert samples["nlp_assessed_submissions_total", "proposal"] == 3
    assert samples["nlp_submissions_needing_review_total", "proposal"] == 1


def test_get_metrics_counts_failures(failing_client):
    failing_client.post("/v1/assessments", json={"body": "路灯坏了"})

    assert read_samples(failing_client)["nlp_requests_total", "POST", "/v1/assessments", "500"] >= 1


def test_get_metrics_has_no_label_that_a_sender_chose(fresh_client):
    fresh_client.request("SMUGGLE", "/某某举报/13800000000?text=小区停车")

    text = fresh_client.get("/metrics").text
    assert 'nlp_requests_total{method="other",route="unmatched",status="404"} 1.0' in text
    assert not any(sent in text for sent in ("SMUGGLE", "举报", "13800000000", "%"))


def test_readiness_and_metrics_tell_what_work_waits(office):
    office.post(
        "/v1/batches?store=false&mode=fast",
        content=b'{"body": "\xe8\xb7\xaf\xe7\x81\xaf\xe5\x9d\x8f\xe4\xba\x86"}\n',
        headers={"Content-Type": "application/x-ndjson"},
    )

    assert office.get("/readyz").json()["queue"] == {
        "waiting_jobs": 1,
        "waiting_rows": 0,
        "workers": 0,
    }
    assert read_samples(office)["nlp_batch_queue", "waiting_jobs"] == 1
