"""详情: one submission, what is held of it, and what a person does with it."""

import html
import re

import pytest
from playwright.sync_api import expect

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.people import UserRole
from nlp_service.web.submission_values import LAYERS
from tests.web.reading import Reader, assert_fits, assert_strict, serious_violations
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


def test_words_are_found_for_what_came_in_a_crowd_and_was_stored_without(secretary, office, store):
    office.post("/v1/assessments:batch", json={"submissions": [LETTER, PROPOSAL]})
    with store.reading() as work:
        kept = [work.submissions.get(key).assessment.answer for key in (1, 2)]
    assert not any(answer["topic"]["spans"] for answer in kept)

    for key in (1, 2):
        page = assert_and_read(secretary, key)
        assert "in-labels" in page
        with store.reading() as work:
            found = work.submissions.get(key)
        assert found.assessment.answer == kept[key - 1]
        text = found.submission.text
        assert all(text[start:end] == words for start, end, words in runs_of(page))
    assert "13912345678" not in page_of(secretary, 1).text


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
    expect(text).to_have_attribute("data-layer", "evidence")

    page.keyboard.press("t")
    page.locator("#correct-topic :is(input, select):focus").wait_for()
    page.keyboard.type("教育")
    page.keyboard.press("Enter")
    page.locator(".part.corrected", has_text="议题").first.wait_for()
    expect(page.locator("#correct-topic :focus")).to_have_count(1)
    assert held(store, key).topic == "T11"
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
    search = page.get_by_label("在会办单位中查找")
    search.fill("天文台")
    search.press("Enter")
    assert not search.evaluate("field => field.checkValidity()")
    search.fill("消防")

    shown = page.locator("#correct-assist_units li:visible")
    expect(shown).to_have_count(1)
    shown.locator("input").check()
    page.locator("#correct-assist_units button").click()
    page.locator(".part.corrected", has_text="会办单位").wait_for()
    assert "D31" in held(store, key).assist_units


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_reading(open_page, office, size, theme):
    store_one(office, PROPOSAL)
    key = store_one(office, COPIED)
    form = {"findings": {"topic": "T11", "gates": ["G12"], "levels": {"Q2": 1}}}
    office.post(f"/v1/submissions/{key}/reviews", json=form)
    page = open_page(f"/submissions/{key}", size=size, color_scheme=theme)

    assert serious_violations(page) == []
    assert_fits(page)


def test_nothing_stands_in_the_way_where_the_text_is_withheld(open_page, office):
    page = open_page(f"/submissions/{store_one(office, ACCUSATION)}", size="phone")

    assert serious_violations(page) == []
    page.get_by_role("button", name="查阅，并记入审计").click()
    expect(page.get_by_text("石桥村").first).to_be_visible()
