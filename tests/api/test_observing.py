"""Requests are numbered, counted, timed by stage and logged, without anything that was sent."""

import logging

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from nlp_service.api.observing import HEADER
from nlp_service.api.tracing import OpenTelemetryTracer
from nlp_service.app import create_app
from nlp_service.stages import Stage, timed
from tests.callers import BEARER, FORGETFUL

ONE = "/v1/assessments"
SECRET = "柳树湾举报人王某某，电话13800000000"


def read_samples(client):
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
    }


@pytest.fixture
def new_client(assessor):
    with TestClient(create_app(FORGETFUL, assessor=assessor), headers=BEARER) as client:
        yield client


def test_every_answer_has_a_number_of_its_own(client):
    numbers = [client.get(path).headers[HEADER] for path in ("/healthz", "/healthz", "/nothing")]

    assert len(set(numbers)) == 3


@pytest.mark.parametrize(
    ("given", "kept"), [("platform-7.1", True), ("a b", False), ("号", False), ("a" * 65, False)]
)
def test_a_number_that_came_with_the_request_is_kept_if_harmless(client, given, kept):
    answer = client.get("/healthz", headers={HEADER: given.encode()})

    assert (answer.headers[HEADER] == given) is kept


def test_the_log_has_a_line_for_each_request_and_no_word_of_it(client, caplog):
    caplog.set_level(logging.INFO, logger="nlp_service")

    client.post(f"{ONE}?words={SECRET}", json={"body": SECRET})

    (line,) = [record for record in caplog.records if record.message == "request"]
    assert (line.method, line.route, line.status) == ("POST", ONE, 200)
    assert line.ms > 0
    assert not any(SECRET[:4] in str(vars(record)) for record in caplog.records)


def test_stages_are_timed(new_client):
    new_client.post(ONE, json={"body": "路灯坏了半个月。", "kind": "proposal"})

    samples = read_samples(new_client)
    for stage in (Stage.WORDS, Stage.ENCODER, Stage.QUALITY):
        assert samples["nlp_stage_duration_seconds_count", stage] == 1


def test_a_stage_that_nobody_listens_to_is_not_timed():
    with timed(Stage.WORDS):
        pass


def test_labels_and_reasons_are_counted(new_client):
    answer = new_client.post(ONE, json={"body": "路灯坏了", "kind": "proposal"}).json()

    samples = read_samples(new_client)
    topic = answer["topic"]["code"]
    assert samples["nlp_labels_total", "topic", "proposal", topic] == 1
    codes = {reason["code"] for reason in answer["reasons"]}
    assert codes
    assert all(samples["nlp_review_reasons_total", code] == 1 for code in codes)
    assert ("nlp_label_drift", "topic", "proposal") in samples


def test_requests_are_followed_without_anything_that_was_sent(assessor):
    spans = InMemorySpanExporter()
    tracer = OpenTelemetryTracer(spans)
    parent = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    with TestClient(
        create_app(FORGETFUL, assessor=assessor, tracer=tracer), headers=BEARER
    ) as client:
        client.post(f"{ONE}?words={SECRET}", json={"body": SECRET}, headers=parent)
    tracer.close()

    found = {span.name: span for span in spans.get_finished_spans()}
    request = found[f"POST {ONE}"]
    assert format(request.context.trace_id, "032x") == parent["traceparent"].split("-")[1]
    assert request.attributes["http.response.status_code"] == 200
    assert found["words"].parent.span_id == request.context.span_id
    assert SECRET[:3] not in "".join(span.to_json() for span in found.values())
