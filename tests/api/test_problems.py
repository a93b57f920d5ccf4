import json
import logging
import uuid

import pytest
from fastapi import HTTPException
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient

from nlp_service.api.limits import MAX_BATCH, MAX_BODY_BYTES
from nlp_service.api.permissions import Line, PermissionTable
from nlp_service.api.problems import PROBLEMS, Problem
from nlp_service.api.validation import MOST_ERRORS
from nlp_service.app import create_app
from nlp_service.domain.people import Permission
from nlp_service.domain.submission import MAX_CHARACTERS
from tests.callers import BEARER, FORGETFUL

SECRET = "柿树湾老人举报13800000000"
ONE = "/v1/assessments"
BATCH = "/v1/assessments:batch"
JSON = {"Content-Type": "application/json"}


def post(client, content, *, path=ONE, headers=JSON):
    return client.post(path, content=content, headers=headers)


def in_chunks(size):
    """A body whose length nobody announces."""
    yield from (b" " * 65_536 for _ in range(size // 65_536 + 1))


PROVOCATIONS = {
    "invalid_json": lambda client: post(client, "[" * 100_000),
    "invalid_encoding": lambda client: post(client, '{"body":"路灯坏了"}'.encode("gbk")),
    "not_found": lambda client: client.get("/v1/nothing"),
    "method_not_allowed": lambda client: client.get(ONE),
    "request_too_large": lambda client: post(client, in_chunks(MAX_BODY_BYTES)),
    "unsupported_media_type": lambda client: client.post(ONE, data={"body": "路灯坏了"}),
    "invalid_request": lambda client: client.post(ONE, json={"body": "路灯", "urgency": 4}),
    "invalid_unicode": lambda client: post(client, r'{"body":"\ud83d"}'),
    "empty_text": lambda client: client.post(ONE, json={"title": " ", "body": "！！\u200b"}),
    "text_too_long": lambda client: client.post(
        ONE, json={"title": "字", "body": "字" * MAX_CHARACTERS}
    ),
    "batch_too_large": lambda client: client.post(
        BATCH, json={"submissions": [{"body": "路灯"}] * (MAX_BATCH + 1)}
    ),
}


def check(response, code):
    """Hold a response to RFC 9457 and our table; return the problem."""
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = Problem.model_validate(response.json())
    assert problem.code == code
    assert problem.type == f"urn:nlp-service:problem:{code}"
    assert (response.status_code, problem.status, problem.title) == (
        PROBLEMS[code].status,
        PROBLEMS[code].status,
        PROBLEMS[code].title,
    )
    assert uuid.UUID(problem.instance).urn == problem.instance
    return problem


@pytest.mark.parametrize("code", PROVOCATIONS)
def test_answer_problem_is_as_documented(client, code):
    problem = check(PROVOCATIONS[code](client), code)

    assert problem.detail == PROBLEMS[code].detail


def test_answer_problem_is_provoked_for_every_code():
    by_themselves = {"internal_error", "not_ready", "mode_unavailable"}
    of_the_store = {  # test_store_problems.py
        "record_unknown",
        "reference_taken",
        "merge_refused",
        "invalid_cursor",
        "invalid_name",
        "unreadable_archive",
        "store_disabled",
        "store_unavailable",
        "store_full",
    }
    of_reviews = {"invalid_review", "review_refused"}  # test_reviews.py
    of_duplicates = {"relations_unavailable", "decision_refused"}  # test_duplicates.py
    of_people = {  # test_gate.py, test_signing_in.py, test_people.py
        "not_signed_in",
        "not_allowed",
        "csrf_refused",
        "too_many_requests",
        "sign_in_failed",
        "sign_in_paused",
        "password_change_required",
        "password_refused",
        "account_refused",
    }
    of_batches = {  # test_batches.py
        "idempotency_mismatch",
        "webhook_refused",
        "queue_full",
        "results_gone",
    }
    others = by_themselves | of_the_store | of_duplicates | of_reviews | of_people | of_batches
    assert set(PROVOCATIONS) | others == set(PROBLEMS)


@pytest.mark.parametrize("mode", ["accurate", "auto"])
@pytest.mark.parametrize(
    ("path", "body"),
    [(ONE, {"body": "路灯坏了"}), (BATCH, {"submissions": [{"body": "路灯坏了"}]})],
)
def test_post_for_an_encoder_that_is_not_there_is_refused(linear_client, path, body, mode):
    problem = check(linear_client.post(f"{path}?mode={mode}", json=body), "mode_unavailable")

    assert f"不能用 {mode} 方式" in problem.detail
    assert linear_client.post(f"{path}?mode=fast", json=body).status_code == 200


def test_answer_problem_has_a_number_of_its_own(client):
    numbers = {client.get("/v1/nothing").json()["instance"] for _ in range(3)}

    assert len(numbers) == 3


@pytest.mark.parametrize("path", [ONE, BATCH])
def test_post_before_the_bundle_is_loaded_is_not_ready(idle_client, path):
    problem = check(idle_client.post(path, json={"body": "路灯坏了"}), "not_ready")

    assert problem.detail == PROBLEMS["not_ready"].detail


def test_call_with_another_method_names_the_allowed_ones(client):
    assert client.delete(ONE).headers["Allow"] == "POST"


# --- the form of the body ------------


def test_post_broken_json_says_where(client):
    problem = check(post(client, '{"body": "路灯" "title": ""}'), "invalid_json")

    assert problem.detail == "请求体第 14 个字符附近：不是有效的 JSON。"


@pytest.mark.parametrize("content", [b"", b"null", b"[]", b'"text"', b"5"])
def test_post_json_that_is_no_object_is_refused(client, content):
    assert check(post(client, content), "invalid_request").detail.startswith("请求体：")


@pytest.mark.parametrize("content", ["[" * 500_000, '{"body":' * 200_000, '{"body":[[[[["x"]]]]]}'])
def test_post_deeply_nested_json_is_refused(client, content):
    assert post(client, content).status_code in (400, 422)


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "text/plain"}, {"Content-Type": "json"}])
@pytest.mark.parametrize("path", [ONE, BATCH])
def test_post_without_a_json_content_type_is_refused(client, path, headers):
    check(post(client, b'{"body": "x"}', path=path, headers=headers), "unsupported_media_type")


@pytest.mark.parametrize("path", [ONE, BATCH])
def test_post_an_announced_body_above_the_limit_is_refused(client, path):
    problem = check(post(client, b" " * (MAX_BODY_BYTES + 1), path=path), "request_too_large")

    assert "2 MiB" in problem.detail


@pytest.mark.parametrize("announced", ["5", "-1", "many", "²"])
def test_post_a_body_above_the_limit_with_a_false_length_is_refused(client, announced):
    headers = [(b"Content-Type", b"application/json"), (b"Content-Length", announced.encode())]

    check(post(client, in_chunks(MAX_BODY_BYTES), headers=headers), "request_too_large")


def test_post_a_body_at_the_limit_is_read(client):
    content = b'{"body": "\xe8\xb7\xaf\xe7\x81\xaf\xe5\x9d\x8f\xe4\xba\x86"}'

    assert post(client, content.ljust(MAX_BODY_BYTES)).status_code == 200


# --- the content of the body ------------


@pytest.mark.parametrize(
    ("submission", "detail"),
    [
        ({}, "body：缺少这一项。"),
        ({"body": None}, "body：应为字符串。"),
        ({"body": ["路灯"]}, "body：应为字符串。"),
        ({"body": "路灯", "title": 7}, "title：应为字符串。"),
        (
            {"body": "路灯", "kind": "letter"},
            "kind：不是允许的取值，可用：proposal、opinion_report、public_message、unknown。",
        ),
        ({"body": "路灯", "submitted_at": "上周"}, "submitted_at：应为日期，如 2026-01-31。"),
        ({"body": "路灯", "submitted_at": []}, "submitted_at：应为日期，如 2026-01-31。"),
        (
            {"body": "路灯", "submitted_at": "2026-01-31T08:00"},
            "submitted_at：应为日期，如 2026-01-31，不带时间。",
        ),
        ({"body": "路灯", "正文 ": ""}, "（未知字段）：没有这个字段，请删去或检查拼写。"),
        ({"text": "路灯"}, "body：缺少这一项。另有 1 处不合要求，见 errors。"),
    ],
)
def test_post_an_unfit_submission_says_where_and_what_to_do(client, submission, detail):
    assert check(client.post(ONE, json=submission), "invalid_request").detail == detail


def test_post_an_unfit_query_says_where(client):
    response = client.post(f"{ONE}?explain=maybe", json={"body": "路灯"})

    problem = check(response, "invalid_request")
    assert problem.detail == "查询参数 explain：应为 true 或 false。"


def test_post_many_errors_lists_only_the_first(client):
    submission = {"body": "路灯", **{f"field_{number}": 1 for number in range(50)}}

    problem = check(client.post(ONE, json=submission), "invalid_request")

    assert len(problem.errors) == MOST_ERRORS
    assert "另有 49 处" in problem.detail


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"body": SECRET * 2000}),
        json.dumps({"body": "路灯", "kind": SECRET}),
        json.dumps({"body": "路灯", "submitted_at": SECRET}),
        json.dumps({"body": "路灯", SECRET: 1}),
        json.dumps({"body": [SECRET]}),
        json.dumps(SECRET),
        json.dumps({"body": SECRET + "\ud83d"}),
        json.dumps({"submissions": [{"body": [SECRET], SECRET: SECRET, "kind": SECRET}, SECRET]}),
        f'{{"body": "{SECRET}"'.encode(),
        f'{{"body": "{SECRET}"}}'.encode("gbk"),
    ],
)
@pytest.mark.parametrize("path", [ONE, BATCH])
def test_post_anything_unfit_is_answered_without_a_word_of_it(client, caplog, content, path):
    caplog.set_level(logging.DEBUG)

    response = post(client, content, path=path)

    assert '"error' in response.text or response.status_code >= 400
    for word in (SECRET, SECRET[:3], SECRET[-11:], SECRET.encode("gbk").decode("latin-1")):
        assert word not in response.text
        assert word not in caplog.text


# --- failures ------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (ONE, {"title": SECRET, "body": SECRET}),
        (BATCH, {"submissions": [{"title": SECRET, "body": SECRET}]}),
    ],
)
def test_post_when_the_assessor_fails_logs_where_but_no_text(failing_client, caplog, path, body):
    caplog.set_level(logging.DEBUG)

    response = failing_client.post(path, json=body)

    problem = check(response, "internal_error")
    assert problem.detail == PROBLEMS["internal_error"].detail
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert problem.instance in record.getMessage()
    assert "RuntimeError\n" in record.getMessage()
    assert "conftest.py" in record.getMessage()
    assert SECRET not in caplog.text
    assert SECRET not in response.text


def test_post_when_the_assessor_fails_logs_the_cause_too(failing_client, caplog):
    failing_client.post(ONE, json={"title": SECRET, "body": SECRET})

    assert "KeyError\n" in caplog.text


@pytest.fixture
def odd_client(assessor):
    """A client of an app with two routes that misbehave."""
    app = create_app(FORGETFUL, assessor=assessor)

    @app.get("/teapot")
    def refuse():
        raise HTTPException(418, detail=SECRET)

    @app.get("/torn")
    def tear():
        def parts():
            yield "begun"
            raise RuntimeError(SECRET)

        return StreamingResponse(parts())

    odd = [Line(method="GET", path=path, needs=Permission.ASSESS) for path in ("/teapot", "/torn")]
    app.state.permissions = PermissionTable(odd)
    with TestClient(app, headers=BEARER) as client:
        yield client


def test_get_with_an_unforeseen_http_exception_is_a_logged_failure(odd_client, caplog):
    problem = check(odd_client.get("/teapot"), "internal_error")

    assert problem.instance in caplog.text
    assert SECRET not in caplog.text


def test_get_an_answer_that_fails_midway_is_logged(odd_client, caplog):
    response = odd_client.get("/torn")

    assert response.text == "begun"
    assert "RuntimeError\n" in caplog.text
    assert SECRET not in caplog.text
