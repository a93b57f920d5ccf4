"""What a person does with one submission: correct, confirm, take back, record, unmerge."""

import re

import pytest
from playwright.sync_api import expect

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.people import UserRole
from nlp_service.domain.quality import Disposition
from tests.web.reading import Reader, assert_fits, serious_violations
from tests.web.submissions import COPIED, LETTER, PROPOSAL, store_one

HTMX = {"HX-Request": "true"}


@pytest.fixture
def secretary(user):
    return user(UserRole.SECRETARY)


@pytest.fixture
def proposal(office):
    return store_one(office, PROPOSAL)


def page_of(client, key):
    return client.get(f"/submissions/{key}").text


def held(store, key):
    with store.reading() as work:
        return work.reviews.findings(key)


# --- correcting ------------

CORRECTIONS = [
    ({"part": "kind", "kind": "opinion_report"}, "kind", "opinion_report", "社情民意"),
    ({"part": "topic", "topic": "T11"}, "topic", "T11", "教育"),
    ({"part": "subtopic", "subtopic": "T0903"}, "subtopic", "T0903", "出租网约车"),
    ({"part": "other_topics", "other_topics": ["T11", "T02"]}, "other_topics", ["T11", "T02"], ""),
    ({"part": "sectors", "sectors": ["S15"]}, "sectors", ["S15"], "医药卫生界"),
    ({"part": "lead_unit", "lead_unit": ""}, "lead_unit", "", ""),
    ({"part": "assist_units", "assist_units": ["D21"]}, "assist_units", ["D21"], "退役军人事务局"),
    ({"part": "request", "request": "thank"}, "request", "thank", "感谢"),
    ({"part": "urgency", "urgency": "4"}, "urgency", 4, "4 级 紧急"),
    ({"part": "gates", "gates": ["G12"]}, "gates", ["G12"], "一事多案"),
    ({"part": "disposition", "disposition": "returned"}, "disposition", Disposition.RETURNED, ""),
]


@pytest.mark.parametrize(("form", "part", "value", "name"), CORRECTIONS, ids=lambda one: str(one))
def test_each_part_is_corrected_in_place_and_both_answers_are_shown(
    secretary, proposal, store, form, part, value, name
):
    sent = secretary.post(f"/submissions/{proposal}/reviews", data=form, headers=HTMX)

    assert sent.status_code == 200, sent.text
    assert getattr(held(store, proposal), part) == value
    assert name in sent.text
    ids = Reader(sent.text).all("id")
    assert {"heading", "tags", "decision", "quality", "gates", "earlier", "history"} <= set(ids)
    assert len(ids) == len(set(ids))
    assert f"/submissions/{proposal}/reviews/1:undo" in sent.headers["HX-Trigger"]


def test_a_correction_names_the_person_and_the_machine(secretary, proposal, store):
    secretary.post(f"/submissions/{proposal}/reviews", data={"part": "topic", "topic": "T11"})

    page = page_of(secretary, proposal)
    with store.reading() as work:
        machine = work.submissions.get(proposal).assessment.answer["topic"]["name"]
    assert "张三 更正" in page
    assert f"更正议题：教育（机器：{machine}）" in page
    assert "未定，请选" in page


def test_a_unit_that_is_to_lead_assists_no_more(secretary, proposal, store):
    for form in (
        {"part": "assist_units", "assist_units": ["D21", "D22"]},
        {"part": "lead_unit", "lead_unit": "D22"},
    ):
        secretary.post(f"/submissions/{proposal}/reviews", data=form)

    now = held(store, proposal)
    assert (now.lead_unit, now.assist_units) == ("D22", ["D21"])


def test_only_the_levels_that_were_changed_are_said(secretary, proposal, store):
    with store.reading() as work:
        levels = work.submissions.get(proposal).assessment.answer["quality"]["levels"]
    shown = {level["code"]: round(level["level"]) for level in levels}
    changed = {**shown, "Q2": 4 if shown["Q2"] != 4 else 3}

    secretary.post(f"/submissions/{proposal}/reviews", data={"part": "levels", **changed})

    assert held(store, proposal).levels == {"Q2": changed["Q2"]}
    assert f'data-person="{changed["Q2"]}"' in page_of(secretary, proposal)


@pytest.mark.parametrize(
    "form",
    [
        {"part": "topic", "topic": ""},
        {"part": "topic", "topic": "T77"},
        {"part": "urgency", "urgency": "sehr"},
        {"part": "urgency", "urgency": "7"},
        {"part": "kind", "kind": "poem"},
        {"part": "levels", "Q1": "x"},
        {"part": "levels", "Q9": "1"},
        {"part": "weather", "weather": "rain"},
        {"part": "disposition"},
        {"note": "  "},
        {},
        {"confirm": "1", "assessment_key": "x"},
        {"confirm": "1", "assessment_key": "99999999999999999999999"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_and_nothing_written(secretary, proposal, store, form):
    sent = secretary.post(f"/submissions/{proposal}/reviews", data=form, headers=HTMX)

    assert sent.status_code == 422, sent.text
    assert re.search(r"[一-鿿]", sent.json()["detail"])
    assert held(store, proposal) is None


# --- confirming, undoing, noting ------------


def test_confirming_holds_all_that_is_shown_and_leads_back_to_the_page(secretary, proposal, store):
    sent = secretary.post(
        f"/submissions/{proposal}/reviews",
        data={"confirm": "1", "csrf_token": secretary.headers["X-CSRF-Token"]},
        follow_redirects=False,
    )

    assert (sent.status_code, sent.headers["Location"]) == (303, f"/submissions/{proposal}")
    with store.reading() as work:
        (review,) = work.reviews.history(proposal)
    assert review.corrected == []
    assert {"topic", "urgency", "gates", "levels"} <= set(review.person.parts)
    assert "已由人审核" in page_of(secretary, proposal)


def test_a_review_is_taken_back_from_its_own_page_alone(secretary, office, proposal, store):
    other = store_one(office, LETTER)
    secretary.post(f"/submissions/{proposal}/reviews", data={"part": "urgency", "urgency": "3"})

    wrong = secretary.post(f"/submissions/{other}/reviews/1:undo", headers=HTMX)
    assert wrong.status_code == 404
    assert held(store, proposal) is not None

    undone = secretary.post(f"/submissions/{proposal}/reviews/1:undo", headers=HTMX)
    assert "已撤回" in undone.headers["HX-Trigger"].encode().decode("unicode_escape")
    assert held(store, proposal) is None
    assert "撤回确认或更正" in undone.text


def test_a_note_is_shown_with_the_history(secretary, proposal):
    secretary.post(f"/submissions/{proposal}/reviews", data={"note": "已电话核实，\n系同一小区。"})

    assert "已电话核实，\n系同一小区。" in page_of(secretary, proposal)


@pytest.mark.parametrize(
    "path",
    ["reviews", "outcomes", "unmerge", "reviews/1:undo", ":restrict", ":unrestrict", ":delete"],
)
def test_who_may_only_read_may_do_nothing(user, proposal, path):
    address = f"/submissions/{proposal}" + (path if path.startswith(":") else f"/{path}")

    assert user(UserRole.VIEWER).post(address, data={"confirm": "1"}).status_code == 403


# --- outcomes, merges ------------

OUTCOME = {
    "disposition": "filed",
    "filing_number": "2026年第118号",
    "handling_unit": "住建局",
    "reply_class": "A",
    "replied_on": "2026-06-30",
}


def test_an_outcome_is_recorded_and_what_persons_hold_follows_it(secretary, proposal, store):
    secretary.post(
        f"/submissions/{proposal}/reviews", data={"part": "disposition", "disposition": "returned"}
    )
    sent = secretary.post(f"/submissions/{proposal}/outcomes", data=OUTCOME, headers=HTMX)

    with store.reading() as work:
        recorded = work.outcomes.current(proposal).outcome
    assert (recorded.disposition, recorded.reply_class) == (Disposition.FILED, "A")
    assert held(store, proposal).disposition is Disposition.FILED
    assert "2026年第118号，立案，已办复 A 类" in sent.text
    assert "2026-06-30 答复" in sent.text


def test_a_disposition_is_held_by_one_press_and_no_outcome_is_made_of_it(
    secretary, proposal, store
):
    form = {"part": "disposition", "disposition": "not_filed"}
    sent = secretary.post(f"/submissions/{proposal}/reviews", data=form, headers=HTMX)

    assert 'value="not_filed" aria-pressed="true"' in sent.text
    with store.reading() as work:
        assert work.outcomes.current(proposal) is None
        assert work.submissions.among([proposal])[0].disposition is Disposition.NOT_FILED


@pytest.mark.parametrize(
    "wrong",
    [
        {"disposition": ""},
        {"reply_class": "E"},
        {"replied_on": "昨天"},
        {"filing_number": "号" * 201},
    ],
    ids=str,
)
def test_an_outcome_that_cannot_be_is_refused(secretary, proposal, store, wrong):
    sent = secretary.post(f"/submissions/{proposal}/outcomes", data={**OUTCOME, **wrong})

    assert sent.status_code == 422
    with store.reading() as work:
        assert work.outcomes.current(proposal) is None


def test_a_merge_is_told_and_undone(secretary, office, store):
    first, second = store_one(office, PROPOSAL), store_one(office, COPIED)
    office.post("/v1/merges", json={"submissions": [first, second], "lead": first})
    page = page_of(secretary, second)
    assert "并案 1，共 2 件" in page and "主案" in page

    late = secretary.post(f"/submissions/{second}/unmerge", data={"merge": "7"}, headers=HTMX)
    sent = secretary.post(f"/submissions/{second}/unmerge", data={"merge": "1"}, headers=HTMX)

    assert late.status_code == 409
    assert "共 2 件" not in sent.text and "撤销并案 1" in sent.text
    with store.reading() as work:
        assert work.merges.of(second) is None


# --- deleting ------------


def test_deleting_leads_back_to_the_inbox_which_says_so(secretary, proposal, store):
    page = page_of(secretary, proposal)
    assert all(word in page for word in ("去掉：", "留下：", "不能撤销：", "保存期限"))

    sent = secretary.post(f"/submissions/{proposal}:delete", follow_redirects=False)

    assert (sent.status_code, sent.headers["Location"]) == (303, f"/inbox?deleted={proposal}")
    assert f"已删除来件 {proposal}" in secretary.get(sent.headers["Location"]).text
    assert secretary.get(f"/submissions/{proposal}").status_code == 404
    assert secretary.post(f"/submissions/{proposal}:delete").status_code == 404
    with store.reading() as work:
        kept = work.submissions.get(proposal, even_deleted=True).submission
        *_, entry = work.audit.of(RecordKind.SUBMISSION, proposal)
    assert (kept.text != "", kept.deleted_at is not None) == (True, True)
    assert (entry.action, entry.actor) == (Action.DELETED, "张三")


def test_only_what_was_deleted_is_said_to_be(secretary, proposal):
    assert "已删除来件" not in secretary.get(f"/inbox?deleted={proposal}").text
    assert "已删除来件" not in secretary.get("/inbox?deleted=99999").text


def test_a_member_of_a_merge_is_deleted_only_when_the_merge_is_undone(secretary, office, proposal):
    other = store_one(office, COPIED)
    office.post("/v1/merges", json={"submissions": [proposal, other], "lead": other})

    assert "不能删除。请先在" in page_of(secretary, proposal)
    refused = secretary.post(f"/submissions/{proposal}:delete")
    assert refused.status_code == 409
    assert "请先撤销并案" in refused.text

    secretary.post(f"/submissions/{proposal}/unmerge", data={"merge": "1"})
    secretary.post(f"/submissions/{proposal}:delete")
    assert secretary.get(f"/submissions/{proposal}").status_code == 404


def test_what_was_decided_is_deleted_like_any_other_and_the_page_says_what_of_it(
    secretary, proposal
):
    secretary.post(f"/submissions/{proposal}/outcomes", data=OUTCOME)
    assert "它已登记“立案”，也不再计入" in page_of(secretary, proposal)

    secretary.post(f"/submissions/{proposal}:delete")
    assert secretary.get(f"/submissions/{proposal}").status_code == 404


def test_who_may_not_delete_is_not_offered_it(user, proposal):
    committee = user(UserRole.COMMITTEE)

    assert "删除这件来件" not in page_of(committee, proposal)
    assert committee.post(f"/submissions/{proposal}:delete").status_code == 403


@pytest.mark.parametrize(("size", "theme"), [("desktop", "light"), ("phone", "dark")])
def test_one_deletes_behind_a_fold_that_says_what_it_means(
    open_page, office, proposal, size, theme
):
    page = open_page(f"/submissions/{proposal}", size=size, color_scheme=theme)
    page.get_by_text("删除这件来件").click()
    expect(page.get_by_text("工作台上找不回来")).to_be_visible()
    assert serious_violations(page) == []
    assert_fits(page)
    page.get_by_role("button", name=f"删除来件 {proposal}").click()

    expect(page.get_by_role("status").get_by_text(f"已删除来件 {proposal}")).to_be_visible()
    expect(page).to_have_url(re.compile("/inbox$"))
    assert serious_violations(page) == []
    assert_fits(page)
    page.reload()
    expect(page.locator("#deleted")).to_have_count(0)
