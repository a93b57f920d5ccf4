"""收件箱: the list, its filters and views, and what is done from it."""

import json
import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from nlp_service.domain.people import UserRole
from nlp_service.domain.queue import EXAMPLE_SOURCE, ListOrder, Stage
from nlp_service.domain.records import ListFilter
from nlp_service.domain.submission import Kind, Submission
from nlp_service.domain.views import BUILT_IN, View
from nlp_service.web.inbox_pages import PAGE
from nlp_service.web.inbox_query import Query, read_query
from tests.callers import BEARER
from tests.web.reading import Reader, assert_strict, serious_violations

BROWSER = {"Accept": "text/html"}
BY_SCRIPT = {"HX-Request": "true"}
LETTERS = [
    (
        "proposal",
        "关于在二中门口修过街天桥的建议",
        "上学时段家长学生挤在一起，去年擦碰三起。建议修天桥。",
    ),
    ("public_message", "", "老粮站后面的路灯坏了一周，晚上看不见路，请修。"),
    ("public_message", "", "３路公交末班车太早，下了晚班回不了家。"),
    ("public_message", "楼道有燃气味", "河坊街三号楼楼道里有燃气味，老人头晕，请马上来人！"),
    ("public_message", "", "农贸市场门口每天堵车，三轮车占了半条路。"),
    ("opinion_report", "乡镇卫生院药品不全", "慢病常用药缺货，老人要跑县城买药。"),
    ("public_message", "", "小区电梯又停了，十二楼的老人三天没下楼。"),
    ("public_message", "", "工地凌晨两点还在打桩，孩子睡不着。"),
    ("proposal", "关于发展村级养老食堂的建议", "三个村试办食堂，老人每餐三元。建议扩大试点。"),
    ("public_message", "", "幼儿园门口的斑马线看不清了，请重新画。"),
    ("public_message", "", "河里漂着死鱼，水发黑，上游有家小作坊。"),
    ("public_message", "", "医保卡换了以后药店刷不了，跑了三趟没办成。"),
]
NASTY = '<script>alert("坏")</script><b>粗'


def receive(office, kind="public_message", title="", body="路灯坏了。", **more):
    answer = office.post(
        "/v1/assessments", json={"kind": kind, "title": title, "body": body, **more}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["stored"]["key"]


@pytest.fixture(scope="module")
def assessed(quick_assessor):
    """The letters as the service would store them."""
    letters = [Submission(kind=Kind(kind), title=title, body=body) for kind, title, body in LETTERS]
    return [(letter, quick_assessor.assess(letter)) for letter in letters]


@pytest.fixture
def keys(store, assessed):
    """Keys of the letters, in their order; the last one is the newest."""
    with store.transaction(actor="收发室") as office:
        return [office.submissions.store(*letter).key for letter in assessed]


@pytest.fixture
def secretary(user):
    return user(UserRole.SECRETARY)


def shown(client, query="", **headers):
    """The keys that a list shows, in order."""
    answer = client.get(f"/inbox{query}", headers={**BROWSER, **headers})
    assert answer.status_code == 200, answer.text
    return [int(key) for key in re.findall(r'<li id="s-(\d+)"', answer.text)]


def undo_address(answer):
    return json.loads(answer.headers["HX-Trigger"])["said"]["undo"]


# --- the list ------------


def test_the_list_is_a_strict_page_of_what_waits(secretary, keys):
    page = secretary.get("/inbox", headers=BROWSER)

    reader = assert_strict(page)
    ids = reader.all("id")
    assert len(ids) == len(set(ids))
    assert shown(secretary) == keys[::-1]
    for words in ("修过街天桥的建议", "末班车太早", "确认", "待处理"):
        assert words in page.text


def test_every_field_has_its_label(secretary, keys):
    reader = Reader(secretary.get("/inbox", headers=BROWSER).text)

    for tag, given in reader.elements:
        if tag in ("input", "select") and given.get("type") not in ("hidden", "checkbox"):
            assert given["id"] in reader.all("for")


def test_who_may_only_look_is_offered_nothing_to_do(user, keys):
    page = user(UserRole.VIEWER).get("/inbox", headers=BROWSER).text

    assert "末班车太早" in page
    for act in ("/inbox/confirm", "options-", 'name="key"'):
        assert act not in page


def test_what_stands_in_a_submission_is_shown_as_text(office, secretary):
    receive(office, title=NASTY, body=f"路灯坏了。{NASTY}", submitter=NASTY, district=NASTY)

    reader = assert_strict(secretary.get("/inbox?order=latest&words=粗", headers=BROWSER))

    assert "b" not in [tag for tag, _ in reader.elements]
    assert "&lt;script&gt;" in secretary.get("/inbox", headers=BROWSER).text


def test_of_a_restricted_one_neither_title_nor_text_is_shown_or_searched(office, secretary, keys):
    office.post(f"/v1/submissions/{keys[3]}:restrict")

    page = secretary.get("/inbox", headers=BROWSER).text
    assert "限阅来件" in page
    assert "燃气" not in page
    assert shown(secretary, "?words=燃气") == []
    assert shown(secretary, "?restricted=true") == [keys[3]]


def test_words_that_were_looked_for_are_marked(secretary, keys):
    page = secretary.get("/inbox?words=路灯", headers=BROWSER).text

    assert "<mark>路灯</mark>" in page
    assert shown(secretary, "?words=老人 电梯") == [keys[6]]
    assert shown(secretary, "?words=3路") == [keys[2]]


def test_a_further_page_follows_without_repeating(secretary, store, assessed):
    _, assessment = assessed[1]
    with store.transaction(actor="收发室") as work:
        added = [
            work.submissions.store(Submission(id=str(number), body="路灯坏了。"), assessment).key
            for number in range(PAGE + 3)
        ]
    first = secretary.get("/inbox", headers=BROWSER).text
    (more,) = {one for one in Reader(first).all("hx-get") if "cursor" in one}

    part = secretary.get(more, headers=BY_SCRIPT)
    assert "<h1>" not in part.text
    assert (
        shown(secretary) + shown(secretary, more.removeprefix("/inbox"), **BY_SCRIPT) == added[::-1]
    )
    assert shown(secretary, more.removeprefix("/inbox")) == added[2::-1]  # without a script
    assert "cursor" not in part.text


@pytest.mark.parametrize("filled", [False, True])
def test_an_empty_list_says_what_to_do(office, secretary, filled):
    if not filled:
        assert "收件箱还是空的" in secretary.get("/inbox", headers=BROWSER).text
        return
    key = receive(office)
    assert "没有符合条件的来件" in secretary.get("/inbox?words=没有", headers=BROWSER).text
    office.post("/v1/reviews:confirm", json={"submissions": [key]})
    assert "都处理完了" in secretary.get("/inbox", headers=BROWSER).text


# --- filters ------------


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ("?kind=proposal", [8, 0]),
        ("?kind=proposal&words=天桥", [0]),
        ("?kind=&topic=&words=%20&order=latest", range(11, -1, -1)),  # fields left empty
        ("?stage=reviewed", []),
        ("?received_days=1&kind=opinion_report", [5]),
        ("?received_until=2025-01-01", []),
        ("?received_until=9999-12-31&kind=opinion_report", [5]),
        ("?example=true", []),
        ("?mood=angry&kind=opinion_report", [5]),  # nothing that is known
    ],
)
def test_the_address_says_what_the_list_holds(secretary, keys, query, places):
    assert shown(secretary, query) == [keys[place] for place in places]


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("kind=letter", "类型"),
        ("least_urgency=9", "紧急程度"),
        ("least_urgency=high", "紧急程度"),
        ("dated_from=spring", "提交日期从"),
        ("received_days=0", "近几天收到"),
        ("order=quick", "排序"),
        (f"words={'灯' * 300}", "检索词"),
        ("cursor=x", "cursor"),
    ],
)
def test_an_address_that_means_nothing_says_which_part(secretary, query, part):
    answer = secretary.get(f"/inbox?{query}")

    assert answer.status_code == 422
    assert part in answer.json()["detail"]


def test_no_sign_in_an_address_breaks_the_list(secretary, keys):
    for name in ("topic", "sector", "unit", "band", "words"):
        assert secretary.get("/inbox", params={name: "\x00%_\\'\"<"}).status_code == 200


def test_what_is_asked_for_can_be_taken_back_one_by_one(secretary, keys):
    page = secretary.get("/inbox?kind=proposal&topic=T08&order=urgent", headers=BROWSER)
    links = [href for href in Reader(page.text).all("href") if href.startswith("/inbox?")]

    assert {"/inbox?topic=T08&order=urgent", "/inbox?kind=proposal&order=urgent"} <= {*links}
    assert "类型：提案" in page.text


def test_a_script_gets_the_part_and_a_short_address(secretary, keys):
    answer = secretary.get("/inbox?kind=proposal&topic=&words=&order=urgent", headers=BY_SCRIPT)

    assert "<html" not in answer.text
    assert answer.headers["HX-Push-Url"] == "/inbox?kind=proposal&order=urgent"


VIEWS = [
    *BUILT_IN,
    View(name="x", wanted=ListFilter(words="路灯 & 桥", needs_review=False, least_score=61.5)),
    View(name="x", wanted=ListFilter(), order=ListOrder.DOUBTFUL),
]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_an_address_is_read_as_it_was_written(view):
    query = Query(wanted=view.wanted, order=view.order)

    assert read_query(dict(parse_qsl(urlsplit(query.address).query))) == query


def test_a_bare_address_is_what_waits():
    assert read_query({}).wanted == ListFilter(stage=Stage.WAITING)
    assert read_query({"order": "latest"}).wanted == ListFilter()
    assert read_query({"kind": "proposal"}).wanted == ListFilter(kind=Kind.PROPOSAL)


# --- confirming, correcting, taking back ------------


def test_confirming_answers_with_the_row_and_the_counts(secretary, office, keys):
    here = {**BY_SCRIPT, "HX-Current-URL": "http://test/inbox?stage=waiting&order=latest"}
    answer = secretary.post("/inbox/confirm", data={"key": keys[1]}, headers=here)

    reader = Reader(answer.text)
    assert {f"s-{keys[1]}", "tabs"} <= {*reader.all("id")}
    assert reader.all("hx-swap-oob") == ["true", "true"]
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


# --- views ------------


def save(client, name, query, **more):
    sent = {"name": name, "query": query, **more}
    return client.post("/inbox/views", data=sent, follow_redirects=False)


def tabs(client):
    page = client.get("/inbox", headers=BROWSER).text
    nav = page[page.index('<nav id="tabs"') :]
    told = re.sub(r"<[^>]+>", " ", nav[: nav.index("</nav>")])
    return [" ".join(line.split()) for line in told.splitlines() if line.strip()]


def test_built_in_views_tell_how_many_they_hold(secretary, keys):
    assert tabs(secretary)[0] == f"待处理 {len(keys)}"
    assert f"提案待审 {2}" in tabs(secretary)
    assert f"今日收到 {len(keys)}" in tabs(secretary)


def test_a_saved_view_is_a_tab_until_it_is_removed(secretary, keys):
    saved = save(secretary, "路政提案", "kind=proposal&words=&order=worst")
    assert (saved.status_code, saved.headers["Location"]) == (
        303,
        "/inbox?kind=proposal&order=worst",
    )
    assert tabs(secretary)[-1] == "路政提案 2"
    page = secretary.get(saved.headers["Location"], headers=BROWSER).text
    assert "视图“路政提案”" in page

    (remove,) = [one for one in Reader(page).all("action") if one.endswith(":remove")]
    secretary.post(remove)
    assert "路政提案 2" not in tabs(secretary)


def test_a_view_with_words_has_no_count(secretary, keys):
    save(secretary, "路灯", "words=路灯&order=latest")

    assert tabs(secretary)[-1] == "路灯"


def test_a_shared_view_is_seen_by_others_and_changed_by_nobody_else(user, keys):
    owner, other = user(UserRole.SECRETARY), user(UserRole.COMMITTEE, name="李四")
    location = save(owner, "大家看", "topic=T08&order=latest", shared="on").headers["Location"]

    assert any(tab.startswith("大家看 张三") for tab in tabs(other))
    assert "删除这个视图" not in other.get(location, headers=BROWSER).text
    remove = Reader(owner.get(location, headers=BROWSER).text).all("action")
    (path,) = [one for one in remove if one.endswith(":remove")]
    assert other.post(path).status_code == 404
    assert any(tab.startswith("大家看") for tab in tabs(owner))


def test_a_view_needs_a_name(secretary):
    answer = save(secretary, " ", "order=latest")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_name")


def test_a_key_has_no_views(office):
    answer = office.post("/inbox/views", data={"name": "x", "query": ""}, headers=BEARER)

    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_examples_are_marked(office, secretary):
    receive(office, source=EXAMPLE_SOURCE)

    assert '<span class="chip">示例</span>' in secretary.get("/inbox", headers=BROWSER).text


# --- in a browser ------------


def current(page):
    return int(page.locator("[data-item].current").get_attribute("id").removeprefix("s-"))


def wait_for_stage(page, key, words):
    page.locator(f"#s-{key} .chip", has_text=words).wait_for()


def test_ten_are_triaged_by_keys_alone(open_page, secretary, keys):
    page = open_page("/inbox")
    for key in keys[:1:-1]:
        assert current(page) == key
        page.keyboard.press("c")
        wait_for_stage(page, key, "已审")
    assert shown(secretary) == keys[1::-1]
    page.locator("#tabs a", has_text="待处理").get_by_text("2", exact=True).wait_for()

    page.keyboard.press("u")  # the last one
    page.locator(f"#s-{keys[2]}:not(.done)").wait_for()
    assert current(page) == keys[2]
    assert shown(secretary) == keys[2::-1]


def test_a_part_is_corrected_by_two_digits(open_page, office, keys):
    page = open_page("/inbox")
    page.keyboard.press("j")
    page.keyboard.press("j")
    key = current(page)
    page.keyboard.press("3")
    page.locator(f"#options-{key} form").wait_for()
    page.keyboard.press("4")
    page.get_by_text("紧急程度已更正。").wait_for()

    assert office.get(f"/v1/submissions/{key}").json()["listed"]["urgency"] == 4
    assert current(page) == key
    page.keyboard.press("1")
    page.locator(f"#options-{key} form").wait_for()
    page.keyboard.press("Escape")
    assert page.locator(f"#options-{key} form").count() == 0
    page.keyboard.press("c")
    wait_for_stage(page, key, "已审")
    page.locator(f"#s-{keys[keys.index(key) - 1]}.current").wait_for()


def test_some_are_picked_and_confirmed(open_page, secretary, keys):
    page = open_page("/inbox")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_text("已选 2 件").wait_for()
    page.keyboard.press("C")
    page.get_by_text("已确认 2 件。").wait_for()

    assert shown(secretary, "?stage=reviewed") == keys[:-3:-1]
    assert not page.locator("#picked").is_visible()


def test_a_search_is_typed_and_the_list_walked(open_page, keys):
    page = open_page("/inbox")
    page.keyboard.press("/")
    page.keyboard.type("老人")
    page.keyboard.press("Enter")
    page.locator("mark").first.wait_for()
    page.locator("[data-item].current:focus").wait_for()

    assert page.url.endswith("&order=latest")
    assert "words=" in page.url
    first = current(page)
    page.keyboard.press("j")
    assert current(page) != first
    with page.expect_request(re.compile(rf"/submissions/{current(page)}$")):
        page.keyboard.press("Enter")


def test_a_choice_by_the_mouse_leaves_the_keys_to_the_list(open_page, keys):
    page = open_page("/inbox")
    page.locator("#kind").click()
    page.locator("#kind").select_option("proposal")
    page.locator(f"#s-{keys[1]}").wait_for(state="detached")
    page.wait_for_function("document.activeElement === document.body")
    page.keyboard.press("j")  # the first is the current one already

    assert current(page) == keys[0]
    assert "kind=proposal" in page.url


def test_a_finger_does_it_too(open_page, secretary, keys):
    page = open_page("/inbox", size="phone")
    page.locator(f"#s-{keys[-2]} .excerpt, #s-{keys[-2]} .tags").first.tap()
    page.locator(f"#s-{keys[-2]}").get_by_role("button", name="确认").tap()
    wait_for_stage(page, keys[-2], "已审")

    page.get_by_text("筛选条件").tap()
    page.locator("#kind").select_option("proposal")
    page.locator(f"#s-{keys[1]}").wait_for(state="detached")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_one_reads_and_filters_without_script(open_page, keys):
    page = open_page("/inbox", java_script_enabled=False)
    page.locator("#kind").select_option("proposal")
    page.get_by_role("button", name="筛选").click()

    assert page.locator("[data-item]").count() == 2


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_reading(open_page, office, keys, size, theme):
    receive(office, title=NASTY * 5, body="长" * 300 + NASTY, submitter=NASTY, district=NASTY)
    office.post(f"/v1/submissions/{keys[3]}:restrict")
    office.post("/v1/reviews:confirm", json={"submissions": keys[:1]})
    page = open_page("/inbox?order=urgent", size=size, color_scheme=theme)
    page.keyboard.press("j")
    page.keyboard.press("1")
    page.locator(".options form").wait_for()
    page.keyboard.press("x")
    page.locator(".further summary").click()
    page.locator(".save summary").click()

    assert serious_violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
