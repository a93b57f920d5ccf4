"""审查: a session is screened, decided on by key and by click, and its packet is read back."""

import html
import io
import json
import re

import docx
import openpyxl
import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.people import UserRole
from nlp_service.domain.quality import Disposition
from nlp_service.domain.reviews import Findings
from tests.callers import bearer
from tests.web.proposals import ALL, HOLLOW, SCRIPT, SOLID, SUED, TWIN, hand_in, name_session
from tests.web.reading import assert_fits, assert_strict, serious_violations

HTMX = {"HX-Request": "true"}
BROWSER = {"Accept": "text/html"}


@pytest.fixture
def secretary(user):
    return user(UserRole.SECRETARY)


def decided(store, key):
    with store.reading() as office:
        (listed,) = office.submissions.among([key])
    return listed.disposition


def cases_on(page):
    return [int(key) for key in re.findall(r'<article id="case-(\d+)"', page)]


def undo_of(response):
    return json.loads(response.headers["HX-Trigger"])["said"]["undo"]


def test_without_proposals_the_page_says_what_to_do(secretary):
    page = secretary.get("/screening")

    assert_strict(page)
    assert "还没有提案" in page.text
    assert 'href="/batches"' in page.text


def test_the_first_session_is_named_from_the_days_of_what_is_there(office, secretary, user):
    hand_in(office, HOLLOW, day=5)
    hand_in(office, {**SUED, "id": "2026-100"}, day=8)

    page = secretary.get("/screening").text
    assert 'value="2026-01-05"' in page
    assert 'value="2026-01-08"' in page
    assert "<option>大会</option>" in page
    viewer = user(UserRole.VIEWER, name="访客").get("/screening").text
    assert "只能查阅" in viewer
    assert '<form method="post" action="/screening/sessions"' not in viewer


@pytest.mark.parametrize(
    ("fields", "wording"),
    [
        ({"name": ""}, "名称"),
        ({"dated_from": "五号"}, "请填写开始日期"),
        ({"dated_until": "2026-01-01"}, "请对调"),
    ],
)
def test_what_is_no_session_is_told(secretary, fields, wording):
    good = {"name": "六届三次会议", "dated_from": "2026-01-05", "dated_until": "2026-01-09"}
    answer = secretary.post("/screening/sessions", data={**good, **fields}, headers=BROWSER)

    assert answer.status_code == 422
    assert wording in answer.text


def test_a_unit_that_another_process_removed_just_now_is_told_by_its_code(office, secretary, store):
    (key,) = hand_in(office, SOLID)
    address = name_session(secretary)
    with store.transaction(actor="王管理") as at_work:
        at_work.reviews.add(key, Findings(lead_unit="X01"))

    page = secretary.get(address)

    assert page.status_code == 200
    assert "主办 X01" in page.text


def test_sessions_are_changed_and_removed(office, secretary):
    (key,) = hand_in(office, HOLLOW)
    address = name_session(secretary)
    fields = {"name": "六届四次会议", "dated_from": "2027-01-05", "dated_until": "2027-01-09"}

    changed = secretary.post("/screening/1:change", data=fields)
    assert "这些日期里没有提案" in changed.text
    assert f"case-{key}" not in changed.text
    assert "六届四次会议" in changed.text
    removed = secretary.post("/screening/1:remove")
    assert "先说明这次审查哪些提案" in removed.text
    assert secretary.get(address, headers=BROWSER).status_code == 404


def test_the_low_ones_come_first_with_their_reasons_in_the_rules_words(office, secretary):
    solid, hollow, sued, script = hand_in(office, SOLID, HOLLOW, SUED, SCRIPT)

    page = secretary.get(name_session(secretary))

    assert_strict(page)
    shown = cases_on(page.text)
    assert shown[0] == hollow
    assert shown[-1] == solid
    assert sorted(shown) == sorted([solid, hollow, sued, script])
    text = html.unescape(page.text)
    assert "没经过深入调研（未见" in text
    assert "建议不具体、没有可操作性" in text
    assert "已进入民事、刑事、行政诉讼或者仲裁、复议程序的，不予立案。" in text
    assert '已审 <span class="number">0</span> / 共 <span class="number">4</span>' in page.text
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;粗" in page.text


def test_of_a_restricted_one_nothing_is_told(office, secretary):
    (key,) = hand_in(office, HOLLOW)
    office.post(f"/v1/submissions/{key}:restrict")

    page = secretary.get(name_session(secretary)).text

    assert cases_on(page) == [key]
    assert "（限阅）" in page
    for told in (HOLLOW["title"], "委员1", "没经过深入调研（"):
        assert told not in page


def test_a_decision_is_a_review_that_the_page_takes_back(office, secretary, store):
    (key,) = hand_in(office, HOLLOW)
    name_session(secretary)
    address = f"/screening/1/cases/{key}/decision"

    plain = secretary.post(address, data={"disposition": "returned"}, follow_redirects=False)
    assert plain.headers["Location"] == f"/screening?session=1#case-{key}"
    assert decided(store, key) is Disposition.RETURNED
    page = secretary.get("/screening?session=1&show=decided").text
    assert "张三" in page
    assert "写退回完善通知" in page
    assert cases_on(secretary.get("/screening?session=1").text) == []

    part = secretary.post(address, data={"disposition": "filed"}, headers=HTMX)
    assert cases_on(part.text) == [key]
    assert '<span class="chip calm">立案</span>' in part.text
    assert json.loads(part.headers["HX-Trigger-After-Settle"]) == {"decided": {"key": key}}
    undone = secretary.post(undo_of(part), headers=HTMX)
    assert {f"case-{key}", "screened", "said"} == set(json.loads(undone.headers["HX-Trigger"]))
    assert decided(store, key) is Disposition.RETURNED
    row = secretary.get(f"/screening/1/cases/{key}").text
    assert '<span class="chip calm">退回完善</span>' in row
    assert "退回完善 1" in secretary.get("/screening/1/progress").text


def test_a_refusal_names_its_rule_or_a_reason(office, secretary, store):
    (key,) = hand_in(office, HOLLOW)
    name_session(secretary)
    address = f"/screening/1/cases/{key}/decision"

    bare = secretary.post(address, data={"disposition": "not_filed"}, headers=HTMX)
    assert (bare.status_code, "须注明依据" in bare.json()["detail"]) == (422, True)
    unknown = {"disposition": "not_filed", "ground": "G77"}
    assert secretary.post(address, data=unknown, headers=HTMX).status_code == 422
    secretary.post(
        address,
        data={"disposition": "not_filed", "ground": "G11", "note": "联系人王建国13800001111"},
        headers=HTMX,
    )
    with store.reading() as opened:
        assert "G11" in opened.reviews.findings(key).gates
    book = openpyxl.load_workbook(io.BytesIO(secretary.get("/screening/1/packet.xlsx").content))
    reason = book["不予立案"]["H4"].value
    assert "超越本级事权" in reason
    assert "13800001111" not in reason


def test_proposals_are_merged_and_parted_again(office, secretary, store):
    solid, twin = hand_in(office, SOLID, TWIN)
    (letter,) = hand_in(office, {**HOLLOW, "id": "信-1", "kind": "public_message"})
    name_session(secretary)
    address = f"/screening/1/cases/{twin}/merge"

    for other, wording in (("2030-1", "没有编号"), (f"#{letter}", "只有提案"), ("#99", "没有编号")):
        refused = secretary.post(address, data={"other": other}, headers=HTMX)
        assert wording in refused.json()["detail"]
    merged = secretary.post(address, data={"other": "2026-001", "lead": "other"}, headers=HTMX)
    assert decided(store, twin) is Disposition.MERGED
    assert decided(store, solid) is None
    assert f"case-{solid}" in json.loads(merged.headers["HX-Trigger"])
    assert f'已并入主案 <a href="/submissions/{solid}">' in merged.text
    again = secretary.post(address, data={"other": "2026-001"}, headers=HTMX)
    assert "比对页" in again.json()["detail"]

    secretary.post(undo_of(merged), headers=HTMX)
    assert decided(store, twin) is None
    with store.reading() as opened:
        assert opened.merges.of(twin) is None
    led = secretary.post(address, data={"other": f"#{solid}", "lead": "this"}, headers=HTMX)
    assert decided(store, solid) is Disposition.MERGED
    assert "的主案，共 2 件" in led.text


def test_the_dial_adopts_what_it_showed_and_nothing_else(office, secretary, store):
    (solid, *_) = hand_in(office, SOLID, HOLLOW, SUED)
    name_session(secretary)

    dial = secretary.get("/screening/1/dial?bound=0.05").text
    assert "自动采纳 <strong>33 %</strong>（1 / 3 件）" in dial
    assert "没有按贵会的决定校准" in dial
    assert "有审查提示" in dial
    digest = re.search(r'name="digest" value="(\w+)"', dial)[1]
    fields = {"part": "disposition", "bound": "0.05", "digest": digest}
    stale = secretary.post("/screening/1/adoptions", data={**fields, "digest": "x"})
    assert "名单在此期间有变化" in stale.json()["detail"]
    assert decided(store, solid) is None

    page = secretary.post("/screening/1/adoptions", data=fields).text
    assert decided(store, solid) is Disposition.FILED
    assert "采纳了 1 件的处理建议" in page
    paper = docx.Document(io.BytesIO(secretary.get("/screening/1/packet.docx").content))
    assert any("批量采纳系统的处理建议" in one.text for one in paper.paragraphs)
    secretary.post("/screening/1/adoptions/1:undo")
    assert decided(store, solid) is None
    units = secretary.get("/screening/1/dial?part=lead_unit&bound=0.2").text
    assert "主办单位" in units


def test_whoever_only_reads_decides_and_exports_nothing(office, secretary, user):
    (key,) = hand_in(office, HOLLOW)
    name_session(secretary)
    viewer = user(UserRole.VIEWER, name="访客")

    page = viewer.get("/screening?session=1").text
    assert cases_on(page) == [key]
    assert '<form method="post" action="/screening' not in page
    assert "packet" not in page
    data = {"disposition": "filed"}
    assert viewer.post(f"/screening/1/cases/{key}/decision", data=data).status_code == 403
    assert viewer.get("/screening/1/packet.xlsx").status_code == 403


def test_who_took_the_packet_out_is_in_the_audit(office, secretary, store):
    hand_in(office, HOLLOW)
    name_session(secretary)

    sent = secretary.get("/screening/1/packet.docx")

    assert "attachment" in sent.headers["Content-Disposition"]
    with store.reading() as opened:
        *_, entry = opened.audit.of(RecordKind.TERM_SESSION, 1)
    assert (entry.action, entry.actor) == (Action.EXPORTED, "张三")
    assert entry.after == {"what": "packet", "format": "docx", "proposals": 1}
    assert secretary.get("/screening/1/packet.pdf").status_code == 422


def words_of_packets(client):
    """All that the packets of the first session hold, the workbook's and the document's."""
    book = openpyxl.load_workbook(io.BytesIO(client.get("/screening/1/packet.xlsx").content))
    cells = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
    paper = docx.Document(io.BytesIO(client.get("/screening/1/packet.docx").content))
    tables = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join(cells), "\n".join([*tables, *(one.text for one in paper.paragraphs)])


def test_of_a_restricted_proposal_no_packet_tells(office, secretary, store):
    kept_back, _ = hand_in(office, {**SUED, "submitter": "林秀兰"}, HOLLOW)
    name_session(secretary)
    noted = {"disposition": "not_filed", "note": "南门那家厂的事请另报"}
    assert secretary.post(f"/screening/1/cases/{kept_back}/decision", data=noted).is_success
    secrets = (SUED["title"], "林秀兰", "南门那家厂")
    for words in words_of_packets(secretary):
        assert all(secret in words for secret in secrets)

    office.post(f"/v1/submissions/{kept_back}:restrict")
    printer = TestClient(office.app, headers=bearer(store, scopes={"read", "export"}))

    for client in (secretary, printer):
        for words in words_of_packets(client):
            assert HOLLOW["title"] in words
            assert "2026-001" in words
            assert not any(secret in words for secret in secrets)


def test_a_long_session_goes_on_where_the_page_ends(office, secretary, monkeypatch):
    monkeypatch.setattr("nlp_service.web.screening_view.A_PAGE", 2)
    keys = hand_in(office, SOLID, HOLLOW, SUED)
    name_session(secretary)

    first = cases_on(secretary.get("/screening?session=1").text)
    more = f"/screening?session=1&show=open&after={first[-1]}"
    rest = secretary.get(more, headers=HTMX).text

    assert len(first) == 2
    assert sorted([*first, *cases_on(rest)]) == sorted(keys)
    assert "<html" not in rest
    assert "<html" in secretary.get(more).text


def test_a_session_is_screened_by_keyboard_and_its_packet_read_back(office, open_page, store):
    keys = hand_in(office, SOLID, TWIN, HOLLOW, SUED)
    solid, twin, hollow, sued = keys
    page = open_page("/screening")
    page.get_by_label("名称").fill("市政协六届三次会议")
    page.get_by_role("button", name="开始审查").click()
    case = {key: page.locator(f"#case-{key}") for key in keys}
    assert cases_on(page.content())[0] == hollow

    page.keyboard.press("j")
    page.keyboard.press("3")
    case[hollow].locator(".chip", has_text="退回完善").wait_for()
    page.locator(f"#case-{sued}.current").wait_for()
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    case[sued].locator(".chip.calm", has_text="不予立案").wait_for()
    page.keyboard.press("u")
    case[sued].locator("summary", has_text="不予立案").wait_for()
    page.get_by_text("已审 1 / 共 4").wait_for()
    case[sued].locator("summary", has_text="不予立案").click()
    case[sued].get_by_role("button", name="不予立案").last.click()
    page.locator(f"#case-{sued}.is-decided:not(.current)").wait_for()
    last = page.locator("[data-item].current:not(.is-decided)")
    current = int(last.get_attribute("id").removeprefix("case-"))
    other = twin if current == solid else solid
    page.keyboard.press("2")
    last.get_by_label("与哪一件并案").fill(f"#{other}")
    last.get_by_role("button", name="并案").last.click()
    page.locator(f"#case-{other}.current").wait_for()
    page.keyboard.press("1")
    page.get_by_text("已审 4 / 共 4").wait_for()

    read = {}
    for ending in ("Word", "Excel"):
        with page.expect_download() as download:
            page.get_by_role("link", name=f"审查材料（{ending}）").click()
        assert download.value.suggested_filename.startswith("市政协六届三次会议提案审查情况")
        read[ending] = download.value.path().read_bytes()
    book = openpyxl.load_workbook(io.BytesIO(read["Excel"]))
    decisions = {row[1].value: row[16].value for row in book["全部提案"].iter_rows(min_row=4)}
    assert sorted(decisions.values()) == ["不予立案", "并案", "立案", "退回完善"]
    assert decisions["2026-003"] == "退回完善"
    text = [one.text for one in docx.Document(io.BytesIO(read["Word"])).paragraphs]
    assert "共收到提案 4 件，已审定 4 件，待审定 0 件。" in text


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_screening(office, secretary, open_page, size, theme):
    keys = hand_in(office, *ALL)
    name_session(secretary)
    data = {"disposition": "returned"}
    secretary.post(f"/screening/1/cases/{keys[2]}/decision", data=data)

    page = open_page("/screening?show=all", name="李四", size=size, color_scheme=theme)
    for closed in page.locator("details:not(.menu) > summary").all():
        closed.click()
    page.get_by_label("10 %").check()
    page.get_by_text("≤ 10 %").first.wait_for()

    assert serious_violations(page) == []
    assert_fits(page)
    expect(page.get_by_role("link", name="<b>粗")).to_have_count(1)
