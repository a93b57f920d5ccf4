"""收件箱: confirming, correcting and taking back from the list."""

import json
import re
from urllib.parse import quote

import pytest

from tests.web.inbox import BY_SCRIPT, shown, undo_address
from tests.web.reading import Reader


def test_confirming_answers_with_the_row_and_the_counts(secretary, office, keys):
    here = {**BY_SCRIPT, "HX-Current-URL": "http://test/inbox?stage=waiting&order=latest"}
    answer = secretary.post("/inbox/confirm", data={"key": keys[1]}, headers=here)

    reader = Reader(answer.text)
    assert {f"s-{keys[1]}", "tabs", "total", "choices", "stage"} <= {*reader.all("id")}
    assert reader.all("hx-swap-oob") == ["true"] * 4
    assert f'<span id="total" class="number" hx-swap-oob="true">{len(keys) - 1}<' in answer.text
    assert f'<option value="waiting" selected>待处理（{len(keys) - 1}）' in answer.text
    assert '<option value="reviewed">已审（1）' in answer.text
    assert "已审" in answer.text
    assert json.loads(answer.headers["HX-Trigger"])["said"]["text"] == "已确认 1 件。"
    assert f'<span class="number count">{len(keys) - 1}</span>' in answer.text
    (review,) = office.get(f"/v1/submissions/{keys[1]}").json()["reviews"]
    assert (review["reviewed_by"], review["corrected"]) == ("张三", [])
    assert keys[1] not in shown(secretary)


def test_several_are_confirmed_and_taken_back_at_once(secretary, keys):
    some = keys[2:6]
    answer = secretary.post("/inbox/confirm", data={"key": some}, headers=BY_SCRIPT)
    assert shown(secretary, "?stage=reviewed") == some[::-1]

    undone = secretary.post(undo_address(answer), headers=BY_SCRIPT)
    told = json.loads(undone.headers["HX-Trigger"])
    assert (told["said"]["text"], told["undone"]["keys"]) == ("已撤销 4 件。", some)
    assert shown(secretary, "?stage=reviewed") == []

    again = secretary.post(undo_address(answer), headers=BY_SCRIPT)
    assert json.loads(again.headers["HX-Trigger"])["said"]["text"] == "早已撤销。"


def test_rows_are_shown_as_they_are_now(secretary, keys):
    answer = secretary.get(f"/inbox/rows?key={keys[0]}&key={keys[2]}&key=99999", headers=BY_SCRIPT)

    assert [int(key) for key in re.findall(r'<li id="s-(\d+)"', answer.text)] == [keys[0], keys[2]]


def test_counts_are_those_of_the_list_that_the_page_shows(secretary, keys):
    words = quote("路灯")
    here = {**BY_SCRIPT, "HX-Current-URL": f"http://test/inbox?words={words}&order=latest"}
    answer = secretary.post("/inbox/confirm", data={"key": keys[1]}, headers=here)
    assert '<span id="total" class="number" hx-swap-oob="true">1<' in answer.text

    none = secretary.get("/inbox/rows", headers=here)
    assert (none.status_code, shown_rows(none)) == (200, [])
    assert '<option value="reviewed">已审（1）' in none.text


def shown_rows(answer):
    return re.findall(r'<li id="s-(\d+)"', answer.text)


def test_without_a_script_one_is_led_back_to_the_list(secretary, keys):
    sent = {"key": keys[0], "back": "kind=proposal&order=urgent"}
    answer = secretary.post("/inbox/confirm", data=sent, follow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/inbox?kind=proposal&order=urgent",
    )


@pytest.mark.parametrize("chosen", [[], ["x"], ["-1"], ["9" * 30]])
def test_confirming_nothing_says_what_to_do(secretary, keys, chosen):
    answer = secretary.post("/inbox/confirm", data={"key": chosen}, headers=BY_SCRIPT)

    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "没有选中来件，请先勾选要确认的。",
    )


def test_of_several_none_is_confirmed_where_one_is_gone(secretary, office, keys):
    office.delete(f"/v1/submissions/{keys[0]}")
    answer = secretary.post("/inbox/confirm", data={"key": keys[:3]}, headers=BY_SCRIPT)

    assert answer.status_code == 404
    assert shown(secretary, "?stage=reviewed") == []


def test_so_many_are_confirmed_at_once_and_no_more(secretary):
    answer = secretary.post("/inbox/confirm", data={"key": [*range(1, 300)]}, headers=BY_SCRIPT)

    assert answer.json()["detail"] == "一次至多确认 200 件，请分几次。"


@pytest.mark.parametrize("part", ["topic", "lead_unit", "urgency", "kind", "request"])
def test_what_a_part_may_be_corrected_to_stands_under_digits(secretary, keys, part):
    answer = secretary.get(f"/inbox/{keys[1]}/options/{part}", headers=BY_SCRIPT)

    reader = Reader(answer.text)
    digits = [key for key in reader.all("data-key") if key in "123456789"]
    assert digits == [str(digit + 1) for digit in range(len(digits))]
    assert 3 <= len(digits) <= 9
    assert len(set(reader.all("value"))) >= len(digits)


def test_the_likeliest_come_first(secretary, office, keys):
    lamp = office.get(f"/v1/submissions/{keys[1]}").json()["listed"]
    answer = secretary.get(f"/inbox/{keys[1]}/options/topic", headers=BY_SCRIPT)
    offered = [
        given["value"]
        for tag, given in Reader(answer.text).elements
        if given.get("name") == "value"
    ]

    assert lamp["subtopic"] in offered[:3]
    assert len(offered) == 9


@pytest.mark.parametrize(
    ("part", "value", "held"),
    [
        ("topic", "T0805", {"topic": "T08", "subtopic": "T0805"}),
        ("topic", "T11", {"topic": "T11", "subtopic": ""}),
        ("lead_unit", "D05", {"lead_unit": "D05"}),
        ("urgency", "3", {"urgency": 3}),
        ("kind", "opinion_report", {"kind": "opinion_report"}),
    ],
)
def test_a_correction_counts_at_once_and_can_be_taken_back(
    secretary, office, keys, part, value, held
):
    def parts():
        listed = office.get(f"/v1/submissions/{keys[2]}").json()["listed"]
        return {name: listed[name] for name in held}

    before = parts()
    sent = {"part": part, "value": value}
    answer = secretary.post(f"/inbox/{keys[2]}/correct", data=sent, headers=BY_SCRIPT)

    assert answer.status_code == 200, answer.text
    assert parts() == held
    assert "已更正" in json.loads(answer.headers["HX-Trigger"])["said"]["text"]
    assert "确认其余" in answer.text
    secretary.post(undo_address(answer), headers=BY_SCRIPT)
    assert parts() == before


def test_an_assisting_unit_that_is_to_lead_assists_no_more(secretary, office, keys):
    by_units = {one["key"]: one for one in office.get("/v1/submissions").json()["items"]}
    key, unit = next(
        (key, one["assist_units"][0]) for key, one in by_units.items() if one["assist_units"]
    )
    sent = {"part": "lead_unit", "other": unit}
    secretary.post(f"/inbox/{key}/correct", data=sent, headers=BY_SCRIPT)

    listed = office.get(f"/v1/submissions/{key}").json()["listed"]
    assert listed["lead_unit"] == unit
    assert listed["assist_units"] == by_units[key]["assist_units"][1:]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"part": "topic", "value": "T7777"}, 422),
        ({"part": "urgency", "value": "9"}, 422),
        ({"part": "urgency", "value": "x"}, 422),
        ({"part": "mood", "value": "angry"}, 422),
        ({"part": "topic"}, 422),
    ],
)
def test_what_cannot_be_said_is_refused(secretary, keys, sent, status):
    answer = secretary.post(f"/inbox/{keys[0]}/correct", data=sent, headers=BY_SCRIPT)

    assert answer.status_code == status
    assert shown(secretary, "?stage=reviewed") == []


def test_what_is_gone_can_neither_be_corrected_nor_asked_about(secretary):
    sent = {"part": "urgency", "value": "2"}

    assert secretary.post("/inbox/77/correct", data=sent).status_code == 404
    assert secretary.get("/inbox/77/options/topic").status_code == 404
