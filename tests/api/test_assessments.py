import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient

from nlp_service.api.examples import OPINION_REPORT, PROPOSAL, PUBLIC_MESSAGE
from nlp_service.api.schemas import AssessmentOut, SubmissionIn
from nlp_service.app import create_app
from nlp_service.domain.submission import MAX_CHARACTERS
from tests.callers import BEARER, FORGETFUL

EXAMPLES = [PUBLIC_MESSAGE, OPINION_REPORT, PROPOSAL]


def all_tags(answer):
    single = [answer[head] for head in ("topic", "subtopic", "request", "urgency")]
    return sum((answer[head] for head in ("other_topics", "sectors", "units", "gates")), single)


def post(client, submission, **options):
    response = client.post("/v1/assessments", json=submission, **options)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("example", EXAMPLES)
def test_post_assessment_answers_the_documented_shape(client, example):
    answer = post(client, example)

    assert AssessmentOut.model_validate(answer).model_dump(mode="json") == answer


@pytest.mark.parametrize("example", EXAMPLES)
def test_post_assessment_answers_what_the_assessor_says(client, assessor, example):
    expected = assessor.assess(SubmissionIn(**example).to_submission()).as_dict()

    assert post(client, example) == {
        **json.loads(json.dumps(expected)),
        "stored": None,
        "duplicates": None,
    }


def test_post_assessment_quotes_the_text_it_returns(client, nasty_text):
    answer = post(client, {"title": "🙏", "body": nasty_text})

    assert answer["text"].startswith("🙏\n")
    for tag in all_tags(answer):
        for span in tag["spans"]:
            assert answer["text"][span["start"] : span["end"]] == span["quote"] != ""


def test_post_assessment_explains_unless_told_not_to(client):
    explained = post(client, PUBLIC_MESSAGE)
    bare = post(client, PUBLIC_MESSAGE, params={"explain": "false"})

    assert any(tag["spans"] for tag in all_tags(explained))
    assert not any(tag["spans"] for tag in all_tags(bare) if tag not in bare["gates"])
    assert explained["topic"]["probability"] == bare["topic"]["probability"]


def test_post_assessment_takes_the_stated_kind(client):
    answer = post(client, {**PUBLIC_MESSAGE, "kind": "opinion_report"})

    assert answer["kind"] == "opinion_report"
    assert (answer["kind_source"], answer["kind_probability"]) == ("stated", 1.0)


def test_post_assessment_suggests_a_kind_where_none_is_stated(client):
    answer = post(client, {"body": PUBLIC_MESSAGE["body"]})

    assert answer["kind"] in ("proposal", "opinion_report", "public_message")
    assert answer["kind_source"] == "predicted"


def test_post_assessment_numbers_the_same_text_alike(client):
    first, again = (post(client, {"title": None, "id": None, "body": "路灯坏了"}) for _ in "12")
    other = post(client, {"body": "路灯又坏了"})

    assert first["id"].startswith("auto-")
    assert first["id"] == again["id"] != other["id"]


def test_post_assessment_accepts_a_text_at_the_limit(client):
    body = "停车难，" * (MAX_CHARACTERS // 4)

    assert len(post(client, {"body": body})["text"]) == MAX_CHARACTERS


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-8", "Application/JSON", "application/cppcc+json"]
)
def test_post_assessment_accepts_every_json_media_type(client, media_type):
    content = json.dumps(PUBLIC_MESSAGE).encode()
    headers = {"Content-Type": media_type}

    response = client.post("/v1/assessments", content=content, headers=headers)

    assert response.status_code == 200


def test_post_assessment_accepts_a_byte_order_mark(client):
    content = json.dumps(PUBLIC_MESSAGE, ensure_ascii=False).encode("utf-8-sig")
    headers = {"Content-Type": "application/json"}

    response = client.post("/v1/assessments", content=content, headers=headers)

    assert response.json() == post(client, PUBLIC_MESSAGE)


def test_post_assessment_answers_many_clients_at_once(client):
    expected = [post(client, example) for example in EXAMPLES]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda example: post(client, example), EXAMPLES * 8))

    assert answers == expected * 8


def test_post_assessment_leaves_the_service_answering_meanwhile(assessor):
    answered_meanwhile = threading.Event()

    class WaitingAssessor:
        bundle, versions = assessor.bundle, assessor.versions

        def assess(self, submission, **options):
            assert answered_meanwhile.wait(timeout=10)
            return assessor.assess(submission, **options)

    with (
        TestClient(create_app(FORGETFUL, assessor=WaitingAssessor()), headers=BEARER) as client,
        ThreadPoolExecutor(1) as threads,
    ):
        waiting = threads.submit(post, client, PUBLIC_MESSAGE)
        assert client.get("/healthz").status_code == 200
        answered_meanwhile.set()
        assert waiting.result()["id"] == PUBLIC_MESSAGE["id"]
