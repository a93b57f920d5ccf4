"""Confirming and correcting by HTTP: what a workbench does all day."""

import pytest

from nlp_service.api.review_schemas import MOST_CONFIRMED, ReviewOut
from tests.api.test_problems import check

ONE = "/v1/assessments"
STREET_LAMPS = "解放路东段的路灯坏了一个多月，晚上学生下自习看不清路，请尽快派人维修。"


@pytest.fixture
def key(office):
    return office.post(ONE, json={"body": STREET_LAMPS}).json()["stored"]["key"]


def review(office, key, **said):
    response = office.post(f"/v1/submissions/{key}/reviews", json=said)
    assert response.status_code == 200, response.text
    return ReviewOut.model_validate(response.json())


def shown(office, key):
    return office.get(f"/v1/submissions/{key}").json()


def test_a_correction_stands_beside_the_machines_answer(office, key):
    before = shown(office, key)["listed"]

    made = review(office, key, findings={"subtopic": "T1003"}, note="是医院，不是道路。")

    assert (made.person.topic, made.person.subtopic) == ("T10", "T1003")
    assert made.machine.topic == before["topic"]
    after = shown(office, key)
    assert after["listed"]["topic"] == "T10"
    assert after["assessment"]["answer"]["topic"]["code"] == before["topic"]
    assert [ReviewOut.model_validate(one) for one in after["reviews"]] == [made]
    assert after["audit"][-1]["action"] == "reviewed"


def test_several_are_confirmed_at_once_and_one_is_taken_back(office, key):
    other = office.post(ONE, json={"body": "河堤护栏断了两处，孩子常去玩，请修。"}).json()
    keys = [key, other["stored"]["key"]]

    response = office.post("/v1/reviews:confirm", json={"submissions": [*keys, key]})

    made = [ReviewOut.model_validate(one) for one in response.json()["items"]]
    assert [one.submission_key for one in made] == keys
    assert all(one.corrected == [] for one in made)
    listed = office.get("/v1/submissions?reviewed=true").json()["items"]
    assert {item["key"] for item in listed} == set(keys)
    undone = office.post(f"/v1/reviews/{made[0].key}:undo").json()
    assert undone["undone_at"] is not None
    rest = office.get("/v1/submissions?reviewed=false").json()["items"]
    assert [item["key"] for item in rest] == [key]
    check(office.post(f"/v1/reviews/{made[0].key}:undo"), "review_refused")


def test_one_that_is_not_there_leaves_all_unconfirmed(office, key):
    check(office.post("/v1/reviews:confirm", json={"submissions": [key, 4711]}), "record_unknown")

    assert shown(office, key)["reviews"] == []


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        ({"topic": "T42"}, "议题的代码 T42 不在分类体系中"),
        ({"subtopic": "T1003", "topic": "T09"}, "子议题 T1003 属于 T10"),
        ({"gates": ["G2", "G2"]}, "审查提示有重复的代码"),
        ({"lead_unit": "D10", "assist_units": ["D10"]}, "不能同时是会办单位"),
        ({"urgency": 5}, "紧急程度应为 1–4"),
        ({"levels": {"Q9": 2}}, "质量等级应为"),
        ({"levels": {"Q1": 5}}, "质量等级应为"),
    ],
)
def test_what_cannot_be_held_is_refused_with_the_reason(office, key, findings, told):
    response = office.post(f"/v1/submissions/{key}/reviews", json={"findings": findings})

    assert told in check(response, "invalid_review").detail
    assert shown(office, key)["reviews"] == []


def test_nothing_said_is_refused(office, key):
    response = office.post(f"/v1/submissions/{key}/reviews", json={})

    assert "至少一项" in check(response, "invalid_review").detail
    check(office.post("/v1/submissions/4711/reviews", json={"confirm": True}), "record_unknown")
    too_many = {"submissions": [1] * (MOST_CONFIRMED + 1)}
    check(office.post("/v1/reviews:confirm", json=too_many), "invalid_request")


def test_the_note_of_a_restricted_submission_is_withheld(office, key):
    review(office, key, confirm=True, note="举报人是他的邻居。")
    office.post(f"/v1/submissions/{key}:restrict")

    assert [one["note"] for one in shown(office, key)["reviews"]] == [""]
    full = office.get(f"/v1/submissions/{key}?show_restricted=true").json()
    assert [one["note"] for one in full["reviews"]] == ["举报人是他的邻居。"]
