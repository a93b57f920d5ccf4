"""Personal data are covered in whatever goes out, found by nobody, and read whole only by name."""

import json
import logging

import pytest
from sqlalchemy import text

from nlp_service.api.record_schemas import OriginalOut, SubmissionOut
from nlp_service.api.schemas import AssessmentOut, QualityReportOut
from nlp_service.store.tables import SCHEMA
from nlp_service.text.normalise import normalise
from tests.callers import ACTOR

PHONE, CARD, NAME = "13800007531", "621799520000000000", "周建国"
LETTER = {
    "title": f"代{NAME}反映柳湖小区电梯停运",
    "body": f"我叫{NAME}，家住柳湖小区3栋2单元501室，电话{PHONE}。电梯停了两个月，四楼以上的老人"
    f"下不了楼，物业说没有钱修。退款请打到银行卡{CARD}。建议由住建局督促物业本月内修好，并公开维修基金的账目。",
    "submitter": "来信人",
}
PLAIN = {key: LETTER[key] for key in ("title", "body")}
MARKS = (PHONE, CARD, NAME, "501室", "周建")


def post(office, path, body, **query):
    answer = office.post(path, json=body, params=query)
    assert answer.status_code == 200, answer.text
    return answer


def stored(office, letter=LETTER, **query):
    return post(office, "/v1/assessments", letter, **query).json()


def hides(answer, *marks):
    return not any(mark in answer.text for mark in marks or MARKS)


@pytest.mark.parametrize("kind", ["proposal", "opinion_report", "public_message"])
def test_an_answer_covers_text_quotes_and_note_and_says_where(office, kind):
    answer = post(office, "/v1/assessments", {**LETTER, "kind": kind})

    found = AssessmentOut.model_validate(answer.json())
    assert hides(answer)
    assert "138****7531" in found.text
    whole = normalise(LETTER["title"]) + "\n" + normalise(LETTER["body"])
    assert {(one.type, whole[one.start : one.end]) for one in found.privacy} == {
        ("name", NAME),
        ("address", "3栋2单元501室"),
        ("phone", PHONE),
        ("bank_card", CARD),
    }
    assert len(found.text) == len(whole)
    for quote in quotes(answer.json()):
        assert found.text[quote["start"] : quote["end"]] == quote["quote"]


def quotes(value):
    if isinstance(value, dict):
        if {"start", "end", "quote"} <= value.keys():
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from quotes(part)


def test_a_text_without_personal_data_says_so(office):
    assert stored(office, {"body": "路灯坏了半个月，请尽快维修。"})["privacy"] == []


def test_nothing_that_is_shown_later_tells_it(office):
    key = stored(office)["stored"]["key"]
    second = stored(office, {**LETTER, "submitter": "又一人"})
    merged = {"submissions": [key, second["stored"]["key"]], "lead": key}

    answers = [
        office.get("/v1/submissions"),
        office.get(f"/v1/submissions/{key}"),
        office.get("/v1/hot-issues"),
        post(office, "/v1/merges", merged),
        post(office, "/v1/duplicates", PLAIN),
        post(office, "/v1/pairs", {"first": PLAIN, "second": PLAIN}),
        post(office, "/v1/quality", PLAIN),
        post(office, "/v1/assessments:batch", {"submissions": [LETTER]}, explain=True),
    ]

    assert [hides(answer) for answer in answers] == [True] * len(answers)
    assert "代周**反映" in answers[0].text
    assert "138****7531" in answers[1].text
    assert second["duplicates"][0]["relation"] == "copy"
    QualityReportOut.model_validate(answers[6].json())


@pytest.mark.parametrize("words", [PHONE, CARD, "0007", NAME])
def test_a_number_cannot_be_searched_for(office, words):
    stored(office)

    assert office.get("/v1/submissions", params={"words": words}).json()["items"] == []
    assert office.get("/v1/submissions", params={"words": "电梯停了"}).json()["items"]


def test_only_the_table_of_originals_holds_it(office, store):
    stored(office)

    with store.engine.connect() as connection:
        holding = {
            table
            for table in tables(connection)
            for mark in MARKS
            if mark in whole(connection, table)
        }

    assert holding == {"originals"}


def tables(connection):
    found = connection.execute(
        text(f"SELECT tablename FROM pg_tables WHERE schemaname = '{SCHEMA}'")
    )
    return found.scalars().all()


def whole(connection, table):
    """All that a table holds, as text; bytes as the text that they may be."""
    rows = connection.execute(text(f"SELECT * FROM {SCHEMA}.{table}")).all()
    return "\n".join(
        bytes(value).decode(errors="replace") if isinstance(value, bytes) else str(value)
        for row in rows
        for value in row
    )


def test_the_original_is_shown_to_the_character_and_noted(office):
    key = stored(office)["stored"]["key"]

    answer = office.get(f"/v1/submissions/{key}/original", headers={"X-Actor": "reader"})

    found = OriginalOut.model_validate(answer.json())
    assert (found.title, found.body) == (LETTER["title"], LETTER["body"])
    assert answer.headers["cache-control"] == "no-store"
    audit = SubmissionOut.model_validate(office.get(f"/v1/submissions/{key}").json()).audit
    assert (audit[-1].action, audit[-1].actor) == ("original_shown", f"{ACTOR} 代 reader")


def test_the_original_of_what_is_restricted_is_noted_too(office):
    key = stored(office)["stored"]["key"]
    office.post(f"/v1/submissions/{key}:restrict")

    assert office.get(f"/v1/submissions/{key}/original").json()["body"] == LETTER["body"]
    assert office.get(f"/v1/submissions/{key}").json()["audit"][-1]["action"] == "original_shown"


def test_there_is_no_original_of_what_is_not_there(office):
    key = stored(office)["stored"]["key"]
    office.delete(f"/v1/submissions/{key}")

    for gone in (key, 4711):
        answer = office.get(f"/v1/submissions/{gone}/original")
        assert (answer.status_code, answer.json()["code"]) == (404, "record_unknown")


def test_a_copy_in_which_only_the_number_differs_is_found_and_kept_apart(office):
    first = stored(office, {**LETTER, "submitter": ""})
    other = {**LETTER, "body": LETTER["body"].replace(PHONE, "15900008642"), "submitter": ""}

    again = stored(office, other)

    assert again["stored"]["created"]
    (earlier,) = again["duplicates"]
    assert (earlier["key"], earlier["relation"]) == (first["stored"]["key"], "copy")
    assert earlier["share"] > 0.9
    key = again["stored"]["key"]
    assert "15900008642" in office.get(f"/v1/submissions/{key}/original").text


def test_a_number_made_from_the_text_cannot_be_turned_back_into_it(office):
    """The few digits that are covered could be guessed from a hash of the whole text."""
    one = stored(office, LETTER, store=False)["id"]
    another = {**LETTER, "body": LETTER["body"].replace(PHONE, "13811117531")}
    other = stored(office, another, store=False)

    assert one == other["id"] != stored(office, {"body": "路灯坏了。"}, store=False)["id"]


def test_g1_and_g9_are_not_indexed(office, store):
    body = "实名举报石桥村村主任李大有收受包工头贿赂五万元，侵吞征地补偿款，请纪委查处。"

    answer = stored(office, {"title": "举报", "body": body})

    assert answer["restricted"]
    with store.engine.connect() as connection:
        for table in ("fingerprints", "wordings", "embeddings", "related_texts"):
            assert whole(connection, table) == "", table
    assert stored(office, {"title": "举报", "body": body + "望回复。"})["duplicates"] == []


# --- logs ------------

FAILING = {
    "taken number": ("POST", "/v1/assessments", {**LETTER, "id": "1", "body": "另一件" + PHONE}),
    "too long": ("POST", "/v1/assessments", {"body": PHONE * 2000}),
    "not text": ("POST", "/v1/assessments", {"body": [PHONE]}),
    "bad name": ("POST", "/v1/assessments", {**LETTER, "submitter": f"{PHONE}\n"}),
    "odd key": ("POST", "/v1/assessments", {**LETTER, PHONE: PHONE}),
    "bad batch": ("POST", "/v1/assessments:batch", {"submissions": [{"title": PHONE}, PHONE]}),
    "bad quality": ("POST", "/v1/quality", {"title": PHONE}),
    "bad duplicates": ("POST", "/v1/duplicates", {"body": {PHONE: PHONE}}),
    "bad pair": ("POST", "/v1/pairs", {"first": PHONE, "second": {"body": PHONE}}),
    "bad outcome": ("POST", "/v1/submissions/1/outcomes", {"disposition": PHONE}),
    "bad merge": ("POST", "/v1/merges", {"submissions": [f"电{PHONE}"], "lead": f"电{PHONE}"}),
    "bad lead": ("PUT", "/v1/merges/1/lead", {"lead": PHONE}),
    "bad relation": ("PUT", "/v1/submissions/1/relations/2", {"relation": PHONE}),
    "bad list": ("GET", f"/v1/submissions?kind={PHONE}&cursor={PHONE}", None),
    "bad window": ("GET", f"/v1/hot-issues?from={PHONE}&topic={PHONE}", None),
    "no route": ("GET", f"/v1/{PHONE}", None),
    "no record": ("GET", "/v1/submissions/4711/original", None),
    "no import": ("GET", f"/v1/imports/{PHONE}{PHONE}", None),
}


@pytest.mark.parametrize("case", FAILING)
def test_what_fails_leaves_no_word_in_the_log(office, caplog, case):
    caplog.set_level(logging.DEBUG, logger="nlp_service")
    caplog.set_level(logging.DEBUG, logger="sqlalchemy")
    stored(office, {**LETTER, "id": "1"})
    caplog.clear()
    method, path, body = FAILING[case]

    answer = office.request(method, path, json=body)

    assert answer.status_code >= 400 or '"error"' in answer.text
    assert PHONE not in caplog.text
    assert NAME not in caplog.text
    assert PHONE not in json.dumps(answer.json().get("detail", ""))


def test_an_archive_that_fails_leaves_no_word_in_the_log(office, caplog):
    caplog.set_level(logging.DEBUG)
    lines = [json.dumps(LETTER), f'{{"body": "{PHONE}"', json.dumps({"body": [PHONE]}), PHONE]

    answer = office.post(
        "/v1/submissions:import?source=a",
        content="\n".join(lines).encode(),
        headers={"Content-Type": "application/x-ndjson"},
    )

    assert json.loads(answer.text.splitlines()[-1])["summary"]["refused"] == 3
    assert PHONE not in caplog.text + answer.text
