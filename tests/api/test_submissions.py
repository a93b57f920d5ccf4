"""Stored submissions by HTTP: lists by filter and page, one with its records, restriction."""

import json

import pytest

from nlp_service.api.record_schemas import (
    OutcomeOut,
    RestrictionOut,
    SubmissionCountsOut,
    SubmissionListOut,
    SubmissionOut,
)
from nlp_service.domain.submission import Kind
from nlp_service.text.normalise import normalise
from tests.callers import ACTOR

LIST = "/v1/submissions"
SECRET = "匿名反映：水利站站长李某某收受砂石老板的好处费，请查处。"
LETTERS = [
    {
        "id": "1",
        "kind": "proposal",
        "title": "关于在二中门口设置学生过街天桥的建议",
        "body": "二中门口车流大，上学时段家长和学生挤在一起过街，去年发生三起擦碰。建议由交通局"
        "和公安局在学期前修建过街天桥，费用约一百二十万元，并在天桥建成前安排人员疏导。",
        "submitted_at": "2025-03-02",
        "submitter": "张三",
    },
    {
        "id": "2",
        "kind": "public_message",
        "body": "老粮站后面的路灯坏了一周，请修。",
        "district": "城西",
    },
    {"id": "3", "kind": "public_message", "body": "３路公交末班车太早，下晚班回不了家。"},
    {
        "id": "4",
        "kind": "public_message",
        "body": SECRET,
        "title": "站长收钱",
        "submitter": "知情人",
    },
]


@pytest.fixture
def keys(office):
    """The letters' keys, the last of which is restricted."""
    found = [office.post("/v1/assessments", json=one).json()["stored"]["key"] for one in LETTERS]
    answer = office.post(f"{LIST}/{found[-1]}:restrict")
    assert RestrictionOut(**answer.json()) == RestrictionOut(key=found[-1], restricted=True)
    return found


def listed(office, **filters):
    response = office.get(LIST, params=filters)
    assert response.status_code == 200, response.text
    return SubmissionListOut.model_validate(response.json())


def shown(office, key, **options):
    response = office.get(f"{LIST}/{key}", **options)
    assert response.status_code == 200, response.text
    return SubmissionOut.model_validate(response.json())


def test_list_shows_the_latest_first(office, keys):
    page = listed(office)

    assert [item.key for item in page.items] == keys[::-1]
    assert page.next_cursor is None
    first = page.items[-1]
    assert (first.reference, first.kind, first.title) == ("1", Kind.PROPOSAL, LETTERS[0]["title"])
    assert (first.submitter, str(first.dated_on)) == ("张三", "2025-03-02")
    assert first.score is not None


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_list_goes_through_all_pages(office, keys, limit):
    seen, cursor = [], None
    while True:
        page = listed(office, limit=limit, **({"cursor": cursor} if cursor else {}))
        seen += [item.key for item in page.items]
        if (cursor := page.next_cursor) is None:
            break

    assert seen == keys[::-1]


@pytest.mark.parametrize(
    ("filters", "places"),
    [
        ({"kind": "proposal"}, [0]),
        ({"kind": "public_message", "restricted": "false"}, [2, 1]),
        ({"restricted": "true"}, [3]),
        ({"dated_until": "2025-03-02"}, [0]),
        ({"dated_from": "2025-03-03"}, [3, 2, 1]),
        ({"least_score": 0}, [0]),
        ({"words": "3路"}, [2]),
        ({"words": "好处费"}, []),  # restricted: not searched
        ({"words": "100%"}, []),
        ({"topic": "T00"}, []),
        ({"least_urgency": 4}, []),
        ({"band": "优秀"}, []),
        ({"words": "末班车 公交"}, [2]),
        ({"words": "张三"}, [0]),
        ({"stage": "waiting"}, [3, 2, 1, 0]),
        ({"stage": "decided"}, []),
        ({"received_days": 1}, [3, 2, 1, 0]),
        ({"received_until": "2025-12-31"}, []),
        ({"example": "true"}, []),
    ],
)
def test_list_by_filter(office, keys, filters, places):
    assert [item.key for item in listed(office, **filters).items] == [keys[at] for at in places]


def test_list_by_what_was_assessed(office, keys):
    by_key = {item.key: item for item in listed(office).items}
    lamp = by_key[keys[1]]

    for name in ("topic", "subtopic", "lead_unit"):
        found = listed(office, **{name: getattr(lamp, name)}).items
        assert lamp in found
        assert {getattr(item, name) for item in found} == {getattr(lamp, name)}
    waiting = {item.key for item in listed(office, needs_review="true").items}
    assert waiting == {key for key, item in by_key.items() if item.needs_review}


@pytest.mark.parametrize("order", ["latest", "urgent", "doubtful", "best", "worst"])
def test_list_in_order(office, keys, order):
    everything = listed(office, order=order).items
    compared = {
        "latest": lambda item: 0,
        "urgent": lambda item: (item.look_first, item.urgency),
        "doubtful": lambda item: item.doubt,
        "best": lambda item: -1 if item.score is None else item.score,
        "worst": lambda item: -101 if item.score is None else -item.score,
    }[order]
    assert everything == sorted(
        everything, key=lambda item: (compared(item), item.received_at, item.key), reverse=True
    )

    first = listed(office, order=order, limit=3)
    rest = listed(office, order=order, limit=3, cursor=first.next_cursor)
    assert [*first.items, *rest.items] == everything


def test_an_unknown_order_says_which_there_are(office):
    answer = office.get(LIST, params={"order": "quick"})

    assert answer.status_code == 422
    assert "latest、urgent、doubtful、best、worst" in answer.json()["detail"]


def test_counts(office, keys):
    answer = office.get(f"{LIST}:count", params={"kind": "proposal"})
    counts = SubmissionCountsOut.model_validate(answer.json())

    (proposal,) = listed(office, kind="proposal").items
    assert counts.total == 1
    assert counts.by["kind"] == {"proposal": 1, "public_message": 3}
    assert counts.by["topic"] == {proposal.topic: 1}
    assert counts.by["band"] == {proposal.band: 1}
    assert counts.by["stage"] == {"waiting": 1}


def test_a_cursor_of_other_filters_is_refused(office, keys):
    cursor = listed(office, limit=1).next_cursor

    response = office.get(LIST, params={"cursor": cursor, "kind": "proposal"})

    assert (response.status_code, response.json()["code"]) == (422, "invalid_cursor")


def test_one_is_shown_with_all_its_records(office, keys):
    one = shown(office, keys[0])

    assert (one.title, one.body) == (LETTERS[0]["title"], normalise(LETTERS[0]["body"]))
    assert (one.stated_kind, one.submitter, one.withheld) == (Kind.PROPOSAL, "张三", False)
    assert one.assessment.answer["quality"]["score"] == one.listed.score
    assert (one.merge, one.outcomes) == (None, [])
    assert [entry.action for entry in one.audit] == ["stored", "assessed"]


# --- restricted ones ------------


def test_a_list_never_shows_what_is_restricted(office, keys):
    answer = office.get(LIST, params={"restricted": "true"})

    (item,) = answer.json()["items"]
    assert (item["title"], item["submitter"]) == (None, None)
    for word in ("站长", "知情人", "砂石"):
        assert word not in answer.text


def test_what_names_whom_it_accuses_is_restricted_from_the_start(office):
    body = "实名举报石桥村村主任李大有收受包工头贿赂五万元，侵吞征地补偿款，请纪委查处。"
    answer = office.post("/v1/assessments", json={"title": "举报李大有", "body": body}).json()

    (item,) = listed(office).items
    assert answer["restricted"]
    assert (item.restricted, item.title) == (True, None)
    assert shown(office, item.key).withheld


def test_a_restricted_one_is_withheld_unless_it_is_asked_for(office, keys):
    answer = office.get(f"{LIST}/{keys[-1]}")
    one = SubmissionOut.model_validate(answer.json())

    assert one.withheld
    assert (one.title, one.body, one.submitter, one.assessment.answer) == (None,) * 4
    for word in ("站长", "知情人", "砂石"):
        assert word not in answer.text


def test_who_reads_a_restricted_one_is_noted(office, keys):
    one = shown(office, keys[-1], params={"show_restricted": "true"}, headers={"X-Actor": "reader"})

    assert not one.withheld
    assert (one.body, one.submitter) == (normalise(SECRET), "知情人")
    assert "砂石" in json.dumps(one.assessment.answer, ensure_ascii=False)
    assert (one.audit[-1].action, one.audit[-1].actor) == ("displayed", f"{ACTOR} 代 reader")
    assert len(shown(office, keys[-1]).audit) == len(one.audit)  # nobody has read it since


def test_reading_what_is_open_leaves_no_note(office, keys):
    before = shown(office, keys[0]).audit

    assert shown(office, keys[0], params={"show_restricted": "true"}).audit == before


def test_a_restriction_is_lifted_by_hand_alone(office, keys):
    office.post("/v1/assessments", json=LETTERS[-1])
    assert shown(office, keys[-1]).withheld

    answer = office.post(f"{LIST}/{keys[-1]}:unrestrict", headers={"X-Actor": "chief"})

    assert answer.json() == {"key": keys[-1], "restricted": False}
    one = shown(office, keys[-1])
    assert (one.withheld, one.title) == (False, LETTERS[-1]["title"])
    assert (one.audit[-1].action, one.audit[-1].actor) == ("unrestricted", f"{ACTOR} 代 chief")


# --- outcomes and deletion ------------


def test_outcomes_are_kept_and_the_last_one_counts(office, keys, assessor):
    unit = assessor.bundle.taxonomy.units[3]
    path = f"{LIST}/{keys[1]}/outcomes"
    first = office.post(path, json={"disposition": "filed", "handling_unit": unit.name})
    second = office.post(
        path,
        json={
            "disposition": "filed",
            "handling_unit": "原市政公司",
            "filing_number": "2025年第9号",
            "reply_class": "A",
            "replied_on": "2025-09-30",
        },
    )

    assert first.status_code == second.status_code == 200
    assert OutcomeOut(**first.json()).handling_unit == unit.code
    one = shown(office, keys[1])
    assert [outcome.handling_unit for outcome in one.outcomes] == [unit.code, "原市政公司"]
    assert one.outcomes[-1].filing_number == "2025年第9号"
    assert [entry.action for entry in one.audit][2:] == ["outcome_recorded"] * 2


def test_the_same_outcome_is_recorded_once(office, keys):
    path = f"{LIST}/{keys[1]}/outcomes"

    one, other = (office.post(path, json={"disposition": "returned"}).json() for _ in range(2))

    assert one == other


@pytest.mark.parametrize(
    ("outcome", "detail"),
    [
        (
            {"disposition": "立案"},
            "disposition：不是允许的取值，可用：filed、merged、converted、returned、not_filed。",
        ),
        ({}, "disposition：缺少这一项。"),
        (
            {"disposition": "filed", "reply_class": "E"},
            "reply_class：不是允许的取值，可用：A、B、C、D。",
        ),
        ({"disposition": "filed", "handling_unit": "单" * 201}, "handling_unit：至多 200 字。"),
        ({"disposition": "filed", "replied_on": "秋天"}, "replied_on：应为日期，如 2026-01-31。"),
    ],
)
def test_an_unfit_outcome_says_what_is_wrong(office, keys, outcome, detail):
    response = office.post(f"{LIST}/{keys[1]}/outcomes", json=outcome)

    assert (response.status_code, response.json()["detail"]) == (422, detail)


def test_a_deleted_one_is_gone(office, keys):
    assert office.delete(f"{LIST}/{keys[1]}").status_code == 204

    assert keys[1] not in [item.key for item in listed(office).items]
    for response in (
        office.get(f"{LIST}/{keys[1]}"),
        office.delete(f"{LIST}/{keys[1]}"),
        office.post(f"{LIST}/{keys[1]}:restrict"),
        office.post(f"{LIST}/{keys[1]}/outcomes", json={"disposition": "filed"}),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "record_unknown")
    assert office.post("/v1/assessments", json=LETTERS[1]).json()["stored"]["created"]
