"""What workers count reaches the server's metrics, once, and outlasts both."""

import json
import math
from collections import Counter

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from nlp_service.api.batch_metrics import BatchCollector
from nlp_service.api.drift import FEWEST
from nlp_service.app import create_app
from nlp_service.domain.label_counts import Counted, LabelCount
from nlp_service.jobs.work import score_chunk
from nlp_service.jobs.worker import working
from tests.callers import BEARER
from tests.jobs.letters import jsonl, rows

NDJSON = {"Content-Type": "application/x-ndjson"}


def read_samples(client):
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
        if sample.name.startswith("nlp_batch_")
    }


@pytest.fixture
def worker(office, keeping_settings, session_store, quick_assessor, default_bundle_folder):
    settings = keeping_settings.model_copy(update={"bundle": default_bundle_folder})
    with working(settings, store=session_store, load=lambda settings: quick_assessor) as worker:
        yield worker


def score(client, letters):
    query = {"mode": "fast", "store": "false"}
    job = client.post("/v1/batches", content=jsonl(letters), headers=NDJSON, params=query).json()
    answer = client.get(f"/v1/batches/{job['key']}/results?follow=true")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    return job["key"], [line["assessment"] for line in lines if line["status"] == "ok"]


def test_labels_of_a_job_are_counted_once_and_told_by_every_server(
    office, worker, keeping_settings, session_store, quick_assessor
):
    key, assessments = score(office, rows(20, row4="！！"))
    score_chunk(worker.shop, key, 1)  # nothing is left of it, so nothing is counted again

    told = read_samples(office)

    kinds = Counter(one["kind"] for one in assessments)
    assert sum(kinds.values()) == 19
    for kind, texts in kinds.items():
        assert told["nlp_batch_assessed_submissions_total", kind] == texts
    topics = Counter((one["topic"]["code"], one["kind"]) for one in assessments)
    for (topic, kind), texts in topics.items():
        assert told["nlp_batch_labels_total", "topic", kind, topic] == texts
    reasons = Counter(
        (one["kind"], reason["code"]) for one in assessments for reason in one["reasons"]
    )
    assert reasons
    for (kind, reason), texts in reasons.items():
        assert told["nlp_batch_review_reasons_total", kind, reason] == texts
    again = create_app(keeping_settings, assessor=quick_assessor, store=session_store)
    with TestClient(again, headers=BEARER) as another:
        counted = read_samples(another)
    assert {name for name in told if name[0].endswith("_total")} == {
        name for name in counted if name[0].endswith("_total")
    }
    assert counted["nlp_batch_labels_total", "topic", *topics.most_common(1)[0][0][::-1]]


def test_a_job_that_is_cancelled_is_counted_no_further(office, worker):
    _, assessments = score(office, rows(3))
    key, _ = score(office, rows(2))
    office.delete(f"/v1/batches/{key}")

    told = read_samples(office)

    names = [name for name in told if name[0] == "nlp_batch_assessed_submissions_total"]
    assert sum(told[name] for name in names) == len(assessments) + 2


def test_without_a_job_there_are_no_counts_and_drift_is_unknown(office):
    told = read_samples(office)

    assert not any(name[0].endswith("_total") for name in told)
    drifts = [value for name, value in told.items() if name[0] == "nlp_batch_label_drift"]
    assert drifts
    assert all(map(math.isnan, drifts))


def drift_of(lately):
    collector = BatchCollector()
    collector.learnt = {"proposal": {"topic": {"T01": 0.5, "T02": 0.5}}}
    collector.counts = [
        LabelCount(
            counted=Counted(kind="proposal", what="topic", label=label), texts=10_000, lately=texts
        )
        for label, texts in lately.items()
    ]
    (family,) = [one for one in collector.collect() if one.name == "nlp_batch_label_drift"]
    (sample,) = family.samples
    return sample.value


def test_drift_is_of_what_came_lately_alone():
    assert drift_of({"T01": 500, "T02": 500}) == 0
    assert drift_of({"T01": 990, "T02": 10}) > 0.25
    assert math.isnan(drift_of({"T01": FEWEST - 2, "T02": 1}))
