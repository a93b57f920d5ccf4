"""Batch jobs by HTTP, from the file to the tables, with a real worker beside the server."""

import csv
import io
import json

import openpyxl
import pytest
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient

from nlp_service.api.batch_schemas import BatchJobListOut, BatchJobOut, BatchLineOut
from nlp_service.api.problems import PROBLEMS
from nlp_service.app import create_app
from tests.api.batches import BATCHES, FAST, NDJSON, events, submit
from tests.callers import BEARER
from tests.jobs.letters import jsonl, rows


def test_a_file_goes_in_and_its_results_come_out_in_every_form(desk, worker):
    letters = rows(30, row4="！！")

    job = submit(desk, jsonl(letters), name="一月来信.jsonl", source="热线")
    told = events(desk, job["key"])
    listed = desk.get(BATCHES).json()
    answer = desk.get(f"{BATCHES}/{job['key']}/results")

    BatchJobOut.model_validate(job)
    BatchJobListOut.model_validate(listed)
    assert (job["name"], job["state"], job["options"]["source"]) == (
        "一月来信.jsonl",
        "waiting",
        "热线",
    )
    assert [event["event"] for event in told[-1:]] == ["end"]
    last = json.loads(told[-1]["data"])
    assert last == desk.get(f"{BATCHES}/{job['key']}").json() == listed["items"][0]
    assert (last["state"], last["done"], last["refused"], last["read"]) == ("done", 29, 1, 30)
    assert last["problems"][0]["where"] == "第 4 行"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    for line in lines:
        BatchLineOut.model_validate(line)
    assert [line["row"] for line in lines] == list(range(1, 31))
    assert answer.headers["Nlp-Next-Row"] == "31"
    rest = desk.get(f"{BATCHES}/{job['key']}/results?from=29").text.splitlines()
    assert [json.loads(line)["row"] for line in rest] == [29, 30]
    table = desk.get(f"{BATCHES}/{job['key']}/results?format=csv")
    assert table.content.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"), newline="")))
    assert (len(read), read[4][3]) == (31, "未分拣")
    book = desk.get(f"{BATCHES}/{job['key']}/results?format=xlsx")
    assert (
        "%E4%B8%80%E6%9C%88%E6%9D%A5%E4%BF%A1-%E7%BB%93%E6%9E%9C.xlsx"
        in book.headers["Content-Disposition"]
    )
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).active
    assert [cell.value for cell in sheet["A"]] == ["序号", *range(1, 31)]


def test_results_are_followed_while_the_job_runs(desk, worker):
    job = submit(desk, jsonl(rows(700)))

    answer = desk.get(f"{BATCHES}/{job['key']}/results?follow=true")

    assert len(answer.text.splitlines()) == 700
    assert answer.text == desk.get(f"{BATCHES}/{job['key']}/results").text


def test_events_begin_behind_the_one_that_was_heard_last(desk, worker):
    key = submit(desk, jsonl(rows(3)))["key"]
    heard = events(desk, key)

    again = events(desk, key, last_event_id=heard[-1]["id"])

    assert [event["event"] for event in again] == ["end"]


def test_the_same_key_with_the_same_file_is_the_same_job(desk):
    headers = {**NDJSON, "Idempotency-Key": "2026-01"}
    first = submit(desk, jsonl(rows(2)), headers=headers)

    again = submit(desk, jsonl(rows(2)), headers=headers, status=200)

    assert again["key"] == first["key"]
    for content, query in ((jsonl(rows(3)), {}), (jsonl(rows(2)), {"explain": "true"})):
        problem = submit(desk, content, headers=headers, status=422, **query)
        assert problem["code"] == "idempotency_mismatch"
    digits = str.maketrans("", "", "0123456789")
    assert problem["detail"].translate(digits) == PROBLEMS[problem["code"]].detail.translate(digits)
    assert len(desk.get(BATCHES).json()["items"]) == 1


def test_a_caller_with_too_many_jobs_is_told_when_to_come_again(desk):
    for _ in range(3):
        submit(desk, jsonl(rows(1)))

    response = desk.post(BATCHES, content=jsonl(rows(1)), headers=NDJSON, params=FAST)

    assert (response.status_code, response.json()["code"]) == (429, "queue_full")
    assert 1 <= int(response.headers["Retry-After"]) <= 600
    other = {**NDJSON, "X-Actor": "li"}
    assert desk.post(BATCHES, content=jsonl(rows(1)), headers=other, params=FAST).is_success


def test_rows_beyond_what_may_wait_are_told_to_come_again(desk, session_store):
    key = submit(desk, jsonl(rows(1)))["key"]
    with session_store.engine.begin() as connection:
        connection.execute(text(f"UPDATE nlp.batches SET rows_read = 1000000 WHERE key = {key}"))

    problem = submit(desk, jsonl(rows(1)), status=429)

    assert problem["detail"].startswith("等待分拣的已有 1000000 行")


def test_a_job_that_is_cancelled_stays_so(desk):
    key = submit(desk, jsonl(rows(5)))["key"]

    cancelled = desk.delete(f"{BATCHES}/{key}").json()

    assert cancelled["state"] == "cancelled"
    assert (
        desk.delete(f"{BATCHES}/{key}").json() == desk.get(f"{BATCHES}/{key}").json() == cancelled
    )
    assert desk.get(f"{BATCHES}/{key}/results?follow=true").text == ""
    assert [event["event"] for event in events(desk, key)] == ["end"]


def test_columns_can_be_mapped_by_hand(desk):
    columns = json.dumps({"正文": "诉求描述", "标题": "比例 1:2"})

    job = submit(desk, b"a\n1\n", name="a.csv", columns=columns)

    assert job["options"]["mapping"] == {"诉求描述": "body", "比例12": "title"}
    problem = submit(desk, b"a\n1\n", name="a.csv", columns="诉求描述", status=422)
    assert "JSON 对象" in problem["detail"]


@pytest.mark.parametrize(
    ("query", "headers", "status", "words"),
    [
        ({"name": "来信.exe"}, {}, 415, "来信.xlsx"),
        ({}, {"Content-Type": "application/octet-stream"}, 415, "name"),
        ({"name": "a\tb.csv"}, {}, 422, "文件名"),
        ({"mode": "accurate"}, NDJSON, 409, "没有编码器"),
        ({"mode": "slow"}, NDJSON, 422, "mode"),
        ({"webhook": "http://127.0.0.1/"}, NDJSON, 422, "NLP_WEBHOOK_SECRET"),
    ],
    ids=str,
)
def test_what_cannot_be_a_job_is_refused_at_once(desk, query, headers, status, words):
    response = desk.post(BATCHES, content=b"{}", headers=headers, params={**FAST, **query})

    assert response.status_code == status, response.text
    assert words in response.json()["detail"]
    assert desk.get(BATCHES).json()["items"] == []


def test_a_webhook_that_is_not_listed_is_refused(working_settings, session_store, quick_assessor):
    settings = working_settings.model_copy(
        update={"webhook_secret": SecretStr("s"), "webhook_hosts": ("platform.example.cn",)}
    )
    app = create_app(settings, assessor=quick_assessor, store=session_store)
    with TestClient(app, headers=BEARER) as client:
        query = {**FAST, "webhook": "https://example.com/"}
        response = client.post(BATCHES, content=b"{}", headers=NDJSON, params=query)

    assert (response.status_code, response.json()["code"]) == (422, "webhook_refused")
    assert response.json()["detail"] == PROBLEMS["webhook_refused"].detail


def test_results_that_were_kept_long_enough_are_gone(desk, session_store):
    key = submit(desk, jsonl(rows(1)))["key"]
    with session_store.engine.begin() as connection:
        connection.execute(text(f"UPDATE nlp.batches SET results_until = now() WHERE key = {key}"))

    response = desk.get(f"{BATCHES}/{key}/results")

    assert (response.status_code, response.json()["code"]) == (410, "results_gone")
    assert desk.get(f"{BATCHES}/{key}").json()["results_deleted_at"] is not None


@pytest.mark.parametrize("path", ["", "/events", "/results"])
def test_a_job_that_is_not_there_is_not_found(desk, path):
    response = desk.get(f"{BATCHES}/4711{path}")

    assert (response.status_code, response.json()["code"]) == (404, "record_unknown")


def test_a_workbook_cannot_be_followed(desk):
    response = desk.get(f"{BATCHES}/1/results?format=xlsx&follow=true")

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


def test_rows_that_name_no_kind_take_the_jobs(desk, worker):
    letters = rows(3)
    letters[1]["kind"] = "提案"

    job = submit(desk, jsonl(letters), kind="public_message")
    events(desk, job["key"])

    answer = desk.get(f"{BATCHES}/{job['key']}/results").text.splitlines()
    kinds = [json.loads(line)["assessment"]["kind"] for line in answer]
    assert job["options"]["kind"] == "public_message"
    assert kinds == ["public_message", "proposal", "public_message"]


def test_rows_without_an_assessment_are_sent_by_themselves(desk, worker):
    job = submit(desk, jsonl(rows(600, row4="！！", row599="？")), name="一月.jsonl")
    events(desk, job["key"])

    address = f"{BATCHES}/{job['key']}/results?refused=true"
    lines = [json.loads(line) for line in desk.get(address).text.splitlines()]
    table = desk.get(f"{address}&format=xlsx")

    assert [(line["row"], line["status"]) for line in lines] == [(4, "refused"), (599, "refused")]
    sheet = openpyxl.load_workbook(io.BytesIO(table.content)).active
    assert [cell.value for cell in sheet["A"]] == ["序号", 4, 599]
    assert "%E6%9C%AA%E5%88%86%E6%8B%A3" in table.headers["Content-Disposition"]


def test_a_job_notes_what_it_brought_in(desk, worker, store):
    first = submit(desk, jsonl(rows(3)), store="true")
    events(desk, first["key"])
    again = submit(desk, jsonl(rows(4)), store="true")
    events(desk, again["key"])

    with store.reading() as office:
        counts = [office.batches.rows.count_stored(one["key"]) for one in (first, again)]
    assert counts == [3, 4], "also what was there already"
