import json

import pytest

from nlp_service.api.examples import OPINION_REPORT, PROPOSAL, PUBLIC_MESSAGE
from nlp_service.api.limits import MAX_BATCH
from nlp_service.api.schemas import BatchOut
from nlp_service.domain.submission import MAX_CHARACTERS

GOOD = [PUBLIC_MESSAGE, OPINION_REPORT, PROPOSAL]
BAD = {
    "empty after cleaning": ({"body": "\u200b　！！"}, "empty_text", "请填写标题或正文"),
    "too long": ({"body": "字" * (MAX_CHARACTERS + 1)}, "text_too_long", str(MAX_CHARACTERS)),
    "lone surrogate in the body": ({"body": "路灯\ud83d"}, "invalid_unicode", "正文"),
    "lone surrogate in the number": ({"body": "路灯", "id": "\udc00"}, "invalid_unicode", "编号"),
    "lone surrogate as a field": ({"body": "路灯", "\ud83d": 1}, "invalid_unicode", "[1]"),
    "no body": ({"title": "路灯"}, "invalid_request", "submissions[1].body：缺少"),
    "body not a string": ({"body": 5}, "invalid_request", "submissions[1].body：应为字符串"),
    "unknown field": ({"body": "路灯", "text": ""}, "invalid_request", "submissions[1].text"),
    "unknown kind": ({"body": "路灯", "kind": "letter"}, "invalid_request", "public_message"),
    "no date": ({"body": "路灯", "submitted_at": "昨天"}, "invalid_request", "2026-01-31"),
    "not an object": ("路灯坏了", "invalid_request", "submissions[1]：应为 JSON 对象"),
    "null": (None, "invalid_request", "submissions[1]：应为 JSON 对象"),
}


def post(client, submissions, **options):
    content = json.dumps({"submissions": submissions})
    headers = {"Content-Type": "application/json"}
    return client.post("/v1/assessments:batch", content=content, headers=headers, **options)


def test_post_batch_answers_in_the_order_of_the_request(client):
    answer = post(client, GOOD).json()

    assert [result["assessment"]["id"] for result in answer["results"]] == [
        example["id"] for example in GOOD
    ]
    assert [result["index"] for result in answer["results"]] == [0, 1, 2]
    assert (answer["count"], answer["failed"]) == (3, 0)


def test_post_batch_answers_as_the_single_route_does(client):
    batch = post(client, GOOD, params={"explain": "true", "mode": "accurate"}).json()

    for example, result in zip(GOOD, batch["results"], strict=True):
        single = client.post("/v1/assessments", json=example).json()
        assert result["assessment"]["topic"]["spans"] == single["topic"]["spans"]
        for head in ("topic", "subtopic", "request"):
            tag, expected = result["assessment"][head], single[head]
            assert tag["code"] == expected["code"]
            assert tag["probability"] == pytest.approx(expected["probability"], abs=0.01)  # 8 bits


def test_post_batch_explains_only_when_told_to(client):
    (result,) = post(client, [PUBLIC_MESSAGE]).json()["results"]

    assert result["assessment"]["topic"]["spans"] == []


@pytest.mark.parametrize(("item", "code", "words"), BAD.values(), ids=BAD.keys())
def test_post_batch_with_a_bad_item_fails_that_one_alone(client, item, code, words):
    response = post(client, [PUBLIC_MESSAGE, item, PROPOSAL])

    answer = response.json()
    first, bad, last = answer["results"]
    assert response.status_code == 200
    assert (answer["count"], answer["failed"]) == (3, 1)
    assert [first["status"], bad["status"], last["status"]] == ["ok", "error", "ok"]
    assert bad["error"]["code"] == code
    assert words in bad["error"]["detail"]
    assert first["assessment"]["id"] == PUBLIC_MESSAGE["id"]
    assert last["assessment"]["id"] == PROPOSAL["id"]
    BatchOut.model_validate(answer)


def test_post_batch_of_bad_items_alone_is_answered(client):
    items = [item for item, _, _ in BAD.values()]

    answer = post(client, items).json()

    assert answer["failed"] == answer["count"] == len(items)
    assert [result["error"]["code"] for result in answer["results"]] == [
        code for _, code, _ in BAD.values()
    ]


def test_post_batch_at_the_limit_is_answered(client):
    answer = post(client, [{"body": f"第{number}盏路灯坏了"} for number in range(MAX_BATCH)]).json()

    assert (answer["count"], answer["failed"]) == (MAX_BATCH, 0)


def test_post_batch_above_the_limit_is_refused_naming_it(client):
    response = post(client, [PUBLIC_MESSAGE] * (MAX_BATCH + 1))

    assert response.status_code == 422
    assert response.json()["code"] == "batch_too_large"
    assert str(MAX_BATCH) in response.json()["detail"]


@pytest.mark.parametrize(
    ("submissions", "detail"),
    [([], "submissions：至少要有 1 项。"), ({}, "submissions：应为数组。")],
)
def test_post_batch_without_a_list_of_items_is_refused(client, submissions, detail):
    response = post(client, submissions)

    assert response.status_code == 422
    assert response.json()["detail"] == detail
