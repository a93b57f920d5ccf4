"""What an office does with a year's archive in one evening, from the import to the last reply."""

import json

from tests.callers import ACTOR

SOURCE = "2023年群众来信"
ASKS = ("请尽快维修", "请安排人员查看", "建议更换为太阳能路灯")


def letter(number):
    return {
        "reference": f"信{number}",
        "kind": "群众来信",
        "body": f"青石街{number % 5 + 1}号院外的路灯坏了，{ASKS[number % 3]}。来信第{number}封。",
        "submitter": f"住户{number}",
        "district": "城东区" if number % 2 else "城西区",
        "received_at": f"2023-05-{number % 28 + 1:02d} 08:{number % 60:02d}",
    }


def all_pages(office, **filters):
    items, query = [], {"limit": 7, **filters}
    while True:
        page = office.get("/v1/submissions", params=query).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        query["cursor"] = page["next_cursor"]


def take_in(office, archive):
    """Import an archive and return the summary."""
    answer = office.post(
        "/v1/submissions:import",
        content=archive.encode(),
        params={"source": SOURCE, "name": "2023.jsonl", "mode": "fast"},
        headers={"Content-Type": "application/x-ndjson", "X-Actor": "clerk"},
    )
    return json.loads(answer.text.splitlines()[-1])["summary"]


def test_an_evening_at_the_office(office):
    archive = "".join(json.dumps(letter(n), ensure_ascii=False) + "\n" for n in range(40))
    assert take_in(office, archive)["stored"] == 40

    everything = all_pages(office)
    moments = [item["received_at"] for item in everything]
    assert len({item["key"] for item in everything}) == 40
    assert moments == sorted(moments, reverse=True)
    solar = all_pages(office, words="太阳能", dated_from="2023-05-01", dated_until="2023-05-28")
    assert {item["reference"] for item in solar} == {f"信{n}" for n in range(2, 40, 3)}

    three = sorted(item["key"] for item in solar[:3])
    merge = office.post(
        "/v1/merges", json={"submissions": three, "lead": three[0]}, headers={"X-Actor": "clerk"}
    ).json()
    office.put(f"/v1/merges/{merge['key']}/lead", json={"lead": three[2]})
    assert office.get(f"/v1/merges/{merge['key']}").json()["lead"] == three[2]
    assert len({one["submitter"] for one in merge["submissions"]}) == 3
    office.post(f"/v1/merges/{merge['key']}:undo")
    assert not [item for item in all_pages(office) if item["merge_key"]]

    decisions = [
        {"disposition": "filed", "handling_unit": "D10", "filing_number": "2023年第118号"},
        {
            "disposition": "filed",
            "handling_unit": "D10",
            "filing_number": "2023年第118号",
            "reply_class": "B",
            "replied_on": "2023-09-15",
        },
    ]
    for decision in decisions:
        office.post(f"/v1/submissions/{three[0]}/outcomes", json=decision)
    office.post(f"/v1/submissions/{three[1]}:restrict")
    assert office.delete(f"/v1/submissions/{three[2]}").status_code == 204

    kept = office.get(f"/v1/submissions/{three[0]}").json()
    assert [one["reply_class"] for one in kept["outcomes"]] == [None, "B"]
    assert [(one["actor"], one["action"]) for one in kept["audit"]] == [
        (f"{ACTOR} 代 clerk", "stored"),
        (f"{ACTOR} 代 clerk", "assessed"),
        (f"{ACTOR} 代 clerk", "merged"),
        (ACTOR, "unmerged"),
        (ACTOR, "outcome_recorded"),
        (ACTOR, "outcome_recorded"),
    ]
    assert len(all_pages(office)) == 39
    assert three[1] not in [item["key"] for item in all_pages(office, words="太阳能")]

    assert take_in(office, archive)["state"] == "done"
    assert len(all_pages(office)) == 39  # what was deleted stays so
