import pytest

from nlp_service.api.record_schemas import MergeOut
from tests.callers import ACTOR

MERGES = "/v1/merges"


@pytest.fixture
def keys(office):
    """Four complaints of one kind, each with a submitter of its own."""
    return [
        office.post(
            "/v1/assessments",
            json={"body": f"汽车站出站口黑车拉客，{who}上周被拦过，请整治。", "submitter": who},
        ).json()["stored"]["key"]
        for who in ("甲", "乙", "丙", "丁")
    ]


def merge(office, members, lead):
    response = office.post(MERGES, json={"submissions": members, "lead": lead})
    assert response.status_code == 200, response.text
    return MergeOut.model_validate(response.json())


def shown(office, key):
    return MergeOut.model_validate(office.get(f"{MERGES}/{key}").json())


def merge_of(office, key):
    return office.get(f"/v1/submissions/{key}").json()["merge"]


def test_a_merge_keeps_every_submitter(office, keys):
    made = merge(office, keys[:3], keys[1])

    assert (made.members, made.lead) == (keys[:3], keys[1])
    assert [item.submitter for item in made.submissions] == ["甲", "乙", "丙"]
    assert {item.merge_key for item in made.submissions} == {made.key}
    assert shown(office, made.key) == made
    assert merge_of(office, keys[0])["key"] == made.key
    assert merge_of(office, keys[3]) is None


def test_a_merge_takes_whole_merges_in_and_undoing_gives_them_back(office, keys):
    first = merge(office, keys[:2], keys[0])
    second = merge(office, [keys[1], keys[2]], keys[2])
    assert second.members == keys[:3]

    refused = office.post(f"{MERGES}/{first.key}:undo")
    assert (refused.status_code, refused.json()["code"]) == (409, "merge_refused")
    undone = office.post(f"{MERGES}/{second.key}:undo", headers={"X-Actor": "chief"}).json()

    assert undone["undone_by"] == f"{ACTOR} 代 chief"
    assert shown(office, second.key).undone_at is not None
    assert [(merge_of(office, key) or {}).get("key") for key in keys] == [
        first.key,
        first.key,
        None,
        None,
    ]


def test_the_lead_case_may_change_and_its_history_stays(office, keys):
    made = merge(office, keys, keys[0])

    for lead in (keys[2], keys[2], keys[0]):
        answer = office.put(f"{MERGES}/{made.key}/lead", json={"lead": lead})
        assert answer.json()["lead"] == lead

    assert [choice.submission_key for choice in shown(office, made.key).leads] == [
        keys[0],
        keys[2],
        keys[0],
    ]


def test_a_restricted_member_is_not_shown(office, keys):
    office.post(f"/v1/submissions/{keys[0]}:restrict")

    made = merge(office, keys[:2], keys[0])

    assert [item.submitter for item in made.submissions] == [None, "乙"]


def test_an_undone_merge_still_names_a_member_that_was_deleted(office, keys):
    made = merge(office, keys[:2], keys[0])
    office.post(f"{MERGES}/{made.key}:undo")
    assert office.delete(f"/v1/submissions/{keys[0]}").status_code == 204

    past = shown(office, made.key)

    assert past.members == keys[:2]
    assert [item.key for item in past.submissions] == [keys[1]]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"submissions": [1], "lead": 1}, 409, "至少要有两件"),
        ({"submissions": [1, 1], "lead": 1}, 409, "至少要有两件"),
        ({"submissions": [1, 2], "lead": 3}, 409, "主案 3 不在"),
        ({"submissions": [1, 4711], "lead": 1}, 404, "没有编号为 4711 的来件"),
        ({"submissions": [], "lead": 1}, 422, "submissions：至少要有 1 项。"),
        ({"submissions": ["甲"], "lead": 1}, 422, "submissions[0]：应为整数。"),
        ({"submissions": [0, 1], "lead": 1}, 422, "submissions[0]：应不小于 1。"),
        ({"submissions": [1] * 1001, "lead": 1}, 422, "submissions：至多 1000 项。"),
        ({"submissions": [1, 2]}, 422, "lead：缺少这一项。"),
    ],
)
def test_a_merge_that_cannot_be_says_why(office, keys, body, status, words):
    response = office.post(MERGES, json=body)

    assert response.status_code == status
    assert words in response.json()["detail"]


def test_what_is_no_merge_is_not_found(office):
    for response in (
        office.get(f"{MERGES}/4711"),
        office.post(f"{MERGES}/4711:undo"),
        office.put(f"{MERGES}/4711/lead", json={"lead": 1}),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "record_unknown")


def test_a_lead_case_is_a_member_and_the_merge_in_force(office, keys):
    made = merge(office, keys[:2], keys[0])
    stranger = office.put(f"{MERGES}/{made.key}/lead", json={"lead": keys[3]})
    office.post(f"{MERGES}/{made.key}:undo")

    late = office.put(f"{MERGES}/{made.key}/lead", json={"lead": keys[1]})
    again = office.post(f"{MERGES}/{made.key}:undo")

    assert [one.status_code for one in (stranger, late, again)] == [409] * 3
    assert "早已撤销" in again.json()["detail"]
