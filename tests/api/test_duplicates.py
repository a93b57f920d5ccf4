"""What is like a text in the store: told with it, asked for by itself, kept as links."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from nlp_service.api.related_routes import PairOut
from nlp_service.api.related_schemas import DuplicatesOut, EarlierOut
from nlp_service.app import create_app
from nlp_service.assess import Assessor
from tests.callers import ACTOR, BEARER, KEYS

LIFTS = {
    "title": "关于支持柳湖小区老旧楼栋加装电梯的建议",
    "body": "柳湖小区建于1996年，共有7层楼房18栋，没有一部电梯。我们今年4月走访了其中5栋，住在"
    "四楼以上的老人有63位，其中11位一年里没有下过楼。业主多次商量加装电梯，都因为低层住户担心采光、费用分摊谈不拢"
    "而搁置。建议：一、由市住建局出台分摊办法的示范文本，写明一至三楼可以不出资或者得到补偿；二、由街道"
    "组织业主协商，三个月内给出结果；三、市财政对每部电梯补助20万元，先在柳湖小区试点三栋。",
    "kind": "proposal",
    "submitter": "周海燕",
}
CHARGERS = {
    "title": "关于在柳湖小区加装充电桩的建议",
    "body": "柳湖小区停车位有210个，电动汽车已有74辆，却只有两根充电桩，还常常是坏的。"
    "晚上下班回来，车主只好从楼上拉线，去年12月就烧坏过一个插座。建议由供电公司把小区变压器增容到630千伏安，"
    "物业在地面车位划出12个充电车位，由社区统一招标运营，电价不高于公共充电站。",
    "kind": "proposal",
}
LAMPS = {
    "title": "",
    "body": "清水路从粮站到二桥这一段，路灯有七八盏不亮，晚上放学的孩子只能摸黑走，请尽快修好。",
    "kind": "public_message",
    "submitter": "王五",
}


def post(office, path, body, **query):
    answer = office.post(path, json=body, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def stored(office, body, **query):
    return post(office, "/v1/assessments", body, **query)


def copied_from(text, *, by):
    """The text again, in other hands, with a few words changed and one sentence put before."""
    body = text["body"].replace("今年4月", "今年三月").replace("63位", "六十余位")
    return {**text, "body": "反映人再次提出此事。" + body, "submitter": by}


def test_the_first_of_a_matter_has_nothing_before_it(office):
    assert stored(office, LIFTS)["duplicates"] == []


def test_a_copy_is_told_with_its_share_and_where_the_wording_stands(office):
    first = stored(office, LIFTS)
    again = stored(office, copied_from(LIFTS, by="陈默"))

    (earlier,) = again["duplicates"]
    EarlierOut.model_validate(earlier)
    assert earlier["key"] == first["stored"]["key"]
    assert (earlier["relation"], earlier["relation_name"]) == ("copy", "文本重复")
    assert earlier["share"] > 0.8
    for passage in earlier["passages"]:
        for run in passage["runs"]:
            here, there = run["here"], run["there"]
            assert again["text"][here["start"] : here["end"]] == here["quote"]
            assert first["text"][there["start"] : there["end"]] == there["quote"]


def test_the_same_text_handed_in_again_does_not_find_itself(office):
    stored(office, LIFTS)

    again = stored(office, LIFTS)

    assert not again["stored"]["created"]
    assert again["duplicates"] == []


def test_another_ask_for_the_same_estate_is_no_one_case(office):
    stored(office, LIFTS)

    found = stored(office, CHARGERS)["duplicates"]

    assert all(each["one_case"] < 0.5 for each in found)


def test_what_became_of_the_earlier_one_is_told(office):
    key = stored(office, LIFTS)["stored"]["key"]
    post(
        office,
        f"/v1/submissions/{key}/outcomes",
        {
            "disposition": "filed",
            "filing_number": "2023年第118号",
            "reply_class": "B",
            "replied_on": "2023-09-15",
        },
    )

    (earlier,) = stored(office, copied_from(LIFTS, by="陈默"))["duplicates"]

    assert earlier["outcome"]["text"] == "2023年第118号，立案，已办复 B 类"


def test_a_text_may_be_looked_up_without_being_stored(office):
    stored(office, LIFTS)

    answer = post(office, "/v1/duplicates", {"body": copied_from(LIFTS, by="")["body"]})

    DuplicatesOut.model_validate(answer)
    assert [each["relation"] for each in answer["duplicates"]] == ["copy"]
    assert office.get("/v1/submissions").json()["items"][0]["key"] == 1
    assert len(office.get("/v1/submissions").json()["items"]) == 1


def test_store_false_looks_up_and_leaves_nothing(office):
    stored(office, LIFTS)

    tried = stored(office, copied_from(LIFTS, by="陈默"), store=False, keys=KEYS)

    assert (tried["stored"], len(tried["duplicates"])) == (None, 1)
    assert len(office.get("/v1/submissions").json()["items"]) == 1


def test_deleted_and_restricted_ones_are_never_told(office):
    first, second = (stored(office, copied_from(LIFTS, by=by))["stored"]["key"] for by in "甲乙")
    assert office.delete(f"/v1/submissions/{first}").status_code in (200, 204)
    assert office.post(f"/v1/submissions/{second}:restrict").status_code in (200, 204)

    assert stored(office, LIFTS)["duplicates"] == []


def test_no_look_up_where_none_is_wanted(office):
    stored(office, LIFTS)

    assert stored(office, copied_from(LIFTS, by="陈默"), duplicates=0)["duplicates"] is None


def test_a_batch_is_looked_up_after_the_answer_and_makes_one_group(office, store):
    senders = ["甲", "乙", "丙"]
    batch = {"submissions": [copied_from(LIFTS, by=by) for by in senders] + [LAMPS]}

    answer = post(office, "/v1/assessments:batch", batch)

    assert all(each["assessment"]["duplicates"] is None for each in answer["results"])
    with store.reading() as work:
        assert len(work.groups.of(1).members) == 3
    today = answer["results"][0]["assessment"] and office.get("/v1/hot-issues").json()
    (issue,) = today["issues"]
    assert (issue["count"], issue["submitters"]) == (3, 3)


def test_two_texts_are_compared_the_same_either_way(office):
    pair = {"first": {"body": LIFTS["body"]}, "second": {"body": copied_from(LIFTS, by="")["body"]}}

    answer = post(office, "/v1/pairs", pair)
    turned = post(office, "/v1/pairs", {"first": pair["second"], "second": pair["first"]})

    PairOut.model_validate(answer)
    assert answer["relation"] == turned["relation"] == "copy"
    assert answer["probability"] == pytest.approx(turned["probability"], abs=1e-6)
    assert answer["share"] == turned["share_there"]


def test_strangers_share_nothing(office):
    answer = post(office, "/v1/pairs", {"first": {"body": LIFTS["body"]}, "second": LAMPS_TEXT})

    assert (answer["relation"], answer["passages"]) == ("none", [])


LAMPS_TEXT = {"body": LAMPS["body"]}


def test_a_person_may_hold_two_apart_and_take_it_back(office, store):
    first, second = (stored(office, copied_from(LIFTS, by=by))["stored"]["key"] for by in "甲乙")
    path = f"/v1/submissions/{first}/relations/{second}"

    def together():
        with store.reading() as work:
            return second in work.groups.of(first).members

    assert together()
    said = office.put(path, json={"relation": "related"}, headers={"X-Actor": "zhang"}).json()
    assert (said["relation"], said["decided_by"]) == ("related", f"{ACTOR} 代 zhang")
    assert not together()
    assert office.delete(path).status_code == 204
    assert together()


def test_what_cannot_be_decided_is_refused(office):
    key = stored(office, LIFTS)["stored"]["key"]

    itself = office.put(f"/v1/submissions/{key}/relations/{key}", json={"relation": "same"})
    nobody = office.put(f"/v1/submissions/{key}/relations/4711", json={"relation": "same"})

    assert (itself.status_code, itself.json()["code"]) == (409, "decision_refused")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "record_unknown")


def test_a_bundle_that_cannot_tell_relations_says_so(assessor, keeping_settings, store):
    mute = Assessor(replace(assessor.bundle, stage=None, pairs=None))
    with TestClient(
        create_app(keeping_settings, assessor=mute, store=store), headers=BEARER
    ) as client:
        answer = client.post("/v1/duplicates", json={"body": LAMPS["body"]})
        told = client.post("/v1/assessments", json=LAMPS).json()

    assert (answer.status_code, answer.json()["code"]) == (409, "relations_unavailable")
    assert told["duplicates"] is None
