"""详情: one submission, what is held of it, and what a person does with it."""

import html
import re

import pytest

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.people import UserRole
from nlp_service.domain.quality import Disposition
from nlp_service.web.submission_values import LAYERS
from tests.web.reading import Reader, assert_strict, serious_violations
from tests.web.submissions import COPIED, HOSTILE, LETTER, PROPOSAL, SLOGANS, store_one

HTMX = {"HX-Request": "true"}
ACCUSATION = {
    "kind": "public_message",
    "title": "举报信",
    "body": "举报石桥村村主任贾大河侵占集体土地补偿款，账目从不公开，请查处。",
    "submitter": "匿名",
}


@pytest.fixture
def secretary(user):
    return user(UserRole.SECRETARY)


@pytest.fixture
def proposal(office):
    return store_one(office, PROPOSAL)


def page_of(client, key, **query):
    answer = client.get(f"/submissions/{key}", params=query)
    assert answer.status_code == 200, answer.text
    return answer


def held(store, key):
    with store.reading() as work:
        return work.reviews.findings(key)


def runs_of(page):
    """The marked runs of the text: (start, end, text)."""
    found = re.findall(r'data-start="(\d+)" data-end="(\d+)">([^<]*)</span>', page)
    return [(int(start), int(end), html.unescape(text)) for start, end, text in found]


# --- what is shown ------------


def test_the_text_is_marked_at_its_code_points(secretary, office, store):
    key = store_one(office, LETTER)
    page = assert_and_read(secretary, key)

    with store.reading() as work:
        text = work.submissions.get(key).submission.text
    assert "🚲" in text
    runs = runs_of(page)
    assert runs
    assert all(text[start:end] == words for start, end, words in runs)
    assert "13912345678" not in page
    assert "电话 1 处" in page


def assert_and_read(client, key):
    answer = page_of(client, key)
    assert_strict(answer)
    return answer.text


def test_each_tag_points_at_the_words_that_carried_it(secretary, proposal, store):
    page = assert_and_read(secretary, proposal)

    with store.reading() as work:
        answer = work.submissions.get(proposal).assessment.answer
    spans = answer["topic"]["spans"]
    points = " ".join(f"{one['start']}-{one['end']}" for one in spans)
    assert spans
    assert points in Reader(page).all("data-points")
    edges = {edge for start, end, _ in runs_of(page) for edge in (start, end)}
    for place in re.findall(r"\d+", " ".join(Reader(page).all("data-points"))):
        assert int(place) in edges


def test_a_proposal_is_shown_with_all_that_was_judged(secretary, proposal, store):
    page = assert_and_read(secretary, proposal)

    for _, name in LAYERS:
        assert name in page
    assert re.search("有把握|较有把握|请人工", page)
    assert page.count('class="asked"') == 3
    assert "是否必要（可提可不提的不提）" in page
    assert "已见" in page and "未见" in page
    assert len(re.findall(r"data-level=", page)) == 6
    assert 'id="radar"' in page
    assert "周海燕" in page and "2026-118" in page
    assert "收件入库" in page


def test_a_message_is_shown_without_rubric_and_radar(secretary, office):
    page = assert_and_read(secretary, store_one(office, LETTER))

    assert "来信要素" in page
    assert 'id="radar"' not in page
    assert "echarts" not in page


def test_a_hollow_proposal_comes_with_the_draft_of_a_note(secretary, office, store):
    key = store_one(office, SLOGANS)
    page = assert_and_read(secretary, key)

    with store.reading() as work:
        note = work.submissions.get(key).assessment.answer["quality"]["note"]
    assert html.escape(note.splitlines()[0], quote=False) in html.unescape(page)
    assert "给提交者的话（草稿，可改）" in page


def test_nothing_that_was_sent_is_parsed(secretary, office):
    key = store_one(office, HOSTILE)
    secretary.post(f"/submissions/{key}/reviews", data={"note": "<script>alert(4)</script>"})

    answer = page_of(secretary, key)

    tags = [tag for tag, _ in assert_strict(answer).elements]
    assert not {"b", "img", "svg", "i", "u"} & set(tags)
    assert "alert(1)" in answer.text and "<script>alert" not in answer.text
    assert 'href="//x"' not in answer.text and "alert(4)" in answer.text


def test_earlier_ones_are_told_with_share_outcome_and_a_way_to_compare(secretary, office, store):
    first, second = store_one(office, PROPOSAL), store_one(office, COPIED)
    outcome = {"disposition": "filed", "filing_number": "2026年第7号", "reply_class": "B"}
    office.post(f"/v1/submissions/{first}/outcomes", json=outcome)

    page = assert_and_read(secretary, second)

    assert f'href="/compare?left={second}&amp;right={first}"' in page
    assert "文本重复" in page
    assert int(re.search(r"查重率 (\d+) %", page)[1]) > 70
    assert "2026年第7号，立案，已办复 B 类" in page
    assert "in-shared" in page


def test_who_may_only_read_is_offered_nothing_to_do(user, proposal):
    page = page_of(user(UserRole.VIEWER), proposal).text

    actions = re.findall(r'<form[^>]*action="([^"]+)"', page)
    assert [one for one in actions if "submissions" in one and "return-note" not in one] == []
    assert f"/submissions/{proposal}/original" not in page


def test_what_is_not_there_is_a_page_that_says_so(secretary):
    answer = secretary.get("/submissions/4711", headers={"Accept": "text/html"})

    assert answer.status_code == 404
    assert "没有编号为 4711 的来件" in answer.text


# --- restriction, the original ------------


def test_a_restricted_one_is_withheld_until_it_is_asked_for(secretary, office, store):
    key = store_one(office, ACCUSATION)
    withheld = page_of(secretary, key).text

    for words in ("举报信", "贾", "石桥村", "补偿款", "匿名"):
        assert words not in withheld
    assert "查阅，并记入审计" in withheld
    assert audited(store, key, Action.DISPLAYED) == []

    shown = page_of(secretary, key, show_restricted="true").text

    assert "石桥村" in shown
    assert audited(store, key, Action.DISPLAYED) == ["张三"]


def audited(store, key, action):
    with store.reading() as work:
        entries = work.audit.of(RecordKind.SUBMISSION, key)
    return [entry.actor for entry in entries if entry.action is action]


def test_only_who_may_read_originals_sees_them(user, office, store):
    key = store_one(office, LETTER)
    viewer, secretary = user(UserRole.VIEWER, "王芳"), user(UserRole.SECRETARY)

    for path in (f"/submissions/{key}/original", f"/submissions/{key}?show_restricted=true"):
        assert viewer.get(path).status_code == 403
    answer = secretary.get(f"/submissions/{key}/original")

    assert_strict(answer)
    assert "13912345678" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert audited(store, key, Action.ORIGINAL_SHOWN) == ["张三"]


def test_restricting_takes_the_text_off_the_page_and_lifting_brings_it_back(
    secretary, proposal, store
):
    sent = secretary.post(f"/submissions/{proposal}:restrict", headers=HTMX)
    assert sent.headers["HX-Redirect"] == f"/submissions/{proposal}"
    assert "东湖街道" not in page_of(secretary, proposal).text

    secretary.post(f"/submissions/{proposal}:unrestrict")
    assert "东湖街道" in page_of(secretary, proposal).text


def test_an_act_on_a_restricted_one_does_not_show_it_unnoted(secretary, office, store):
    key = store_one(office, ACCUSATION)

    sent = secretary.post(f"/submissions/{key}/reviews", data={"confirm": "1"}, headers=HTMX)

    assert sent.text == ""
    assert sent.headers["HX-Redirect"] == f"/submissions/{key}?show_restricted=true"
    assert held(store, key) is not None


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

    page = page_of(secretary, proposal).text
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
    assert f'data-person="{changed["Q2"]}"' in page_of(secretary, proposal).text


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
    assert "已由人审核" in page_of(secretary, proposal).text


def test_a_review_is_taken_back_from_its_own_page_alone(secretary, office, proposal, store):
    other = store_one(office, LETTER)
    secretary.post(f"/submissions/{proposal}/reviews", data={"part": "urgency", "urgency": "3"})

    wrong = secretary.post(f"/submissions/{other}/reviews/1:undo", headers=HTMX)
    assert wrong.status_code == 404
    assert held(store, proposal) is not None

    undone = secretary.post(f"/submissions/{proposal}/reviews/1:undo", headers=HTMX)
    assert "已撤回" in undone.headers["HX-Trigger"].encode().decode("unicode_escape")
    assert held(store, proposal) is None
    assert "撤回一次审核" in undone.text


def test_a_note_is_shown_with_the_history(secretary, proposal):
    secretary.post(f"/submissions/{proposal}/reviews", data={"note": "已电话核实，\n系同一小区。"})

    assert "已电话核实，\n系同一小区。" in page_of(secretary, proposal).text


@pytest.mark.parametrize(
    "path", ["reviews", "outcomes", "unmerge", "reviews/1:undo", ":restrict", ":unrestrict"]
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
    page = page_of(secretary, second).text
    assert "并案 1，共 2 件" in page and "主案" in page

    late = secretary.post(f"/submissions/{second}/unmerge", data={"merge": "7"}, headers=HTMX)
    sent = secretary.post(f"/submissions/{second}/unmerge", data={"merge": "1"}, headers=HTMX)

    assert late.status_code == 409
    assert "共 2 件" not in sent.text and "撤销并案 1" in sent.text
    with store.reading() as work:
        assert work.merges.of(second) is None


# --- in the browser ------------


def test_a_submission_is_read_corrected_and_confirmed_by_keyboard(open_page, office, store):
    key = store_one(office, PROPOSAL)
    page = open_page(f"/submissions/{key}")
    text, tag = page.locator("#text"), page.locator("#tags [data-points]").first

    tag.hover()
    pointed = tag.get_attribute("data-points").split(" ")
    now = text.locator(".now").evaluate_all(
        "runs => runs.map((run) => [Number(run.dataset.start), Number(run.dataset.end)])"
    )
    wanted = [tuple(map(int, one.split("-"))) for one in pointed]
    assert sum(end - start for start, end in now) == sum(end - start for start, end in wanted)
    page.keyboard.press("2")
    assert text.get_attribute("data-layer") == "evidence"

    page.keyboard.press("t")
    assert page.evaluate("document.activeElement.name") == "topic"
    page.keyboard.press("Escape")
    page.locator("#field-topic").select_option("T11")
    page.locator("#correct-topic button").click()
    page.locator(".part.corrected", has_text="议题").first.wait_for()
    assert page.evaluate("document.activeElement.closest('details')?.id") == "correct-topic"
    page.keyboard.press("u")
    page.get_by_text("已撤回，此前的认定恢复有效。").wait_for()
    assert held(store, key) is None
    page.keyboard.press("c")
    page.get_by_text("已由人审核").wait_for()
    assert held(store, key).topic is not None
    page.wait_for_function("document.querySelector('#radar canvas') !== null")


def test_a_long_checklist_is_searched(open_page, office, store):
    key = store_one(office, PROPOSAL)
    page = open_page(f"/submissions/{key}")
    page.locator("#correct-assist_units summary").click()
    page.get_by_label("在会办单位中查找").fill("消防")

    shown = page.locator("#correct-assist_units li:visible")
    assert shown.count() == 1
    shown.locator("input").check()
    page.locator("#correct-assist_units button").click()
    page.locator(".part.corrected", has_text="会办单位").wait_for()
    assert "D31" in held(store, key).assist_units


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_reading(open_page, office, size, theme):
    store_one(office, PROPOSAL)
    key = store_one(office, COPIED)
    restricted = store_one(office, ACCUSATION)
    form = {"findings": {"topic": "T11", "gates": ["G12"], "levels": {"Q2": 1}}}
    office.post(f"/v1/submissions/{key}/reviews", json=form)
    page = open_page(f"/submissions/{key}", size=size, color_scheme=theme)

    for path in (f"/submissions/{key}", f"/submissions/{restricted}"):
        page.goto(path)
        assert serious_violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
