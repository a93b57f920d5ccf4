"""What is assessed is stored: once, with where it came from, and only where it is wanted."""

import json
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from nlp_service.api.examples import PROPOSAL, PUBLIC_MESSAGE
from nlp_service.api.schemas import AssessmentOut, BatchOut
from nlp_service.app import create_app
from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.records import Origin
from tests.callers import ACTOR, BEARER

ONE, BATCH = "/v1/assessments", "/v1/assessments:batch"
BUS = {"id": "9", "body": "3路公交车早上七点半以后四十分钟才来一趟，学生天天迟到，请加密班次。"}


def post(client, submission, **options):
    response = client.post(ONE, json=submission, **options)
    assert response.status_code == 200, response.text
    return response.json()


def post_batch(client, submissions, **options):
    response = client.post(BATCH, json={"submissions": submissions}, **options)
    assert response.status_code == 200, response.text
    return response.json()


def count(store):
    with store.reading() as office:
        return len(office.submissions.list(limit=500).items)


def test_post_assessment_stores_the_text_and_what_was_answered(office, store):
    answer = post(office, BUS)

    stored, _ = answer.pop("stored"), answer.pop("duplicates")
    assert stored == {"key": 1, "created": True}
    with store.reading() as work:
        found = work.submissions.get(stored["key"])
        original = work.originals.read(stored["key"])
    assert (found.submission.reference, found.submission.text) == (BUS["id"], answer["text"])
    assert (original.title, original.body) == (BUS.get("title", ""), BUS["body"])
    assert found.assessment.answer == answer
    AssessmentOut.model_validate({**answer, "stored": stored})


def test_post_assessment_of_the_same_again_says_so(office, store):
    first, again = post(office, BUS), post(office, BUS)

    assert again["stored"] == {"key": first["stored"]["key"], "created": False}
    assert count(store) == 1


@pytest.mark.parametrize("path", [ONE, BATCH])
def test_post_with_store_false_keeps_nothing(office, store, path):
    body = BUS if path == ONE else {"submissions": [BUS]}

    answer = office.post(path, json=body, params={"store": "false"}).json()

    assert (answer if path == ONE else answer["results"][0]["assessment"])["stored"] is None
    assert count(store) == 0


def test_post_assessment_keeps_the_origin_and_scores_without_it(office, store):
    origin = {"submitter": "王五 女 高级工程师", "district": "城东区", "source": "热线"}
    known = post(office, {**PROPOSAL, **origin})
    unknown = post(office, PROPOSAL)

    with store.reading() as work:
        kept = work.submissions.get(known["stored"]["key"]).submission
    assert kept.origin == Origin(**origin)
    assert _scores(known) == _scores(unknown)
    assert "王五" not in json.dumps(known, ensure_ascii=False)
    assert "王五" not in kept.text


@pytest.mark.parametrize(
    ("header", "actor"),
    [
        ({}, ACTOR),
        ({"X-Actor": " "}, ACTOR),
        ({"X-Actor": "clerk-7"}, f"{ACTOR} 代 clerk-7"),
        ({"X-Actor": quote("张三")}, f"{ACTOR} 代 张三"),
        ({b"X-Actor": "张三".encode()}, f"{ACTOR} 代 张三"),
    ],
)
def test_post_assessment_notes_who_did_it(office, store, header, actor):
    key = post(office, BUS, headers=header)["stored"]["key"]

    with store.reading() as work:
        entries = work.audit.of(RecordKind.SUBMISSION, key)
    assert [(entry.action, entry.actor) for entry in entries] == [
        (Action.STORED, actor),
        (Action.ASSESSED, actor),
    ]


def test_post_quality_keeps_nothing(office, store):
    assert office.post("/v1/quality", json=PROPOSAL).status_code == 200
    assert office.post("/v1/quality", json={**PROPOSAL, "submitter": "王五"}).status_code == 422
    assert count(store) == 0


def test_post_batch_stores_each_and_tells_in_order(office, store):
    again = {**BUS, "body": BUS["body"] + "\u200b"}

    answer = post_batch(office, [PUBLIC_MESSAGE, BUS, again, PROPOSAL])

    BatchOut.model_validate(answer)
    stored = [result["assessment"]["stored"] for result in answer["results"]]
    assert [one["created"] for one in stored] == [True, True, False, True]
    assert stored[1]["key"] == stored[2]["key"]
    assert count(store) == 3


def test_post_batch_with_what_cannot_be_stored_fails_that_one_alone(office, store):
    post(office, BUS)
    other = {"id": BUS["id"], "body": "菜场门口的污水井盖破了，老人摔了两次，请尽快更换。"}
    unfit = [other, {"id": "号" * 201, "body": "路灯坏了。"}, {"body": "！！"}, {"submitter": "\n"}]

    answer = post_batch(office, [PUBLIC_MESSAGE, *unfit, PROPOSAL])

    assert [result["status"] for result in answer["results"]] == ["ok", *["error"] * 4, "ok"]
    assert [result["error"]["code"] for result in answer["results"][1:-1]] == [
        "reference_taken",
        "invalid_name",
        "empty_text",
        "invalid_request",
    ]
    assert "来件 1，" in answer["results"][1]["error"]["detail"]
    assert answer["failed"] == 4
    assert count(store) == 3


def test_post_batch_takes_a_wrong_name_for_an_error_of_its_item(office, store):
    answer = post_batch(office, [BUS, {"body": "路灯坏了。", "district": "城\n东"}])

    assert answer["results"][1]["error"]["code"] == "invalid_name"
    assert count(store) == 1


def test_a_quick_look_does_not_take_the_place_of_a_thorough_one(assessor, keeping_settings, store):
    app = create_app(keeping_settings, assessor=assessor, store=store)
    with TestClient(app, headers=BEARER) as client:
        key = post(client, BUS, params={"mode": "accurate"})["stored"]["key"]
        post(client, BUS, params={"mode": "fast"})
        post(client, BUS, params={"mode": "accurate", "quality": "false"})
        post(client, BUS, params={"mode": "accurate", "explain": "false"})

    with store.reading() as work:
        (kept,) = work.assessments.history(key)
    assert kept.answer["topic"]["path"] == "combined"
    assert kept.answer["quality"] is not None
    assert kept.answer["topic"]["spans"]


def test_a_thorough_look_takes_the_place_of_a_quick_one(assessor, keeping_settings, store):
    app = create_app(keeping_settings, assessor=assessor, store=store)
    with TestClient(app, headers=BEARER) as client:
        key = post(client, BUS, params={"mode": "fast"})["stored"]["key"]
        post(client, BUS, params={"mode": "accurate"})

    with store.reading() as work:
        paths = [one.answer["topic"]["path"] for one in work.assessments.history(key)]
    assert paths == ["linear", "combined"]


def _scores(answer):
    return {name: value for name, value in answer.items() if name not in ("stored", "duplicates")}
