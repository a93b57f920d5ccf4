"""收件箱: the list, its filters and its saved views."""

import re
from urllib.parse import parse_qsl, urlsplit

import pytest

from nlp_service.domain.people import UserRole
from nlp_service.domain.queue import EXAMPLE_SOURCE, ListOrder, Stage
from nlp_service.domain.records import ListFilter
from nlp_service.domain.submission import Kind
from nlp_service.domain.views import BUILT_IN, View
from nlp_service.web.inbox_pages import PAGE
from nlp_service.web.inbox_query import Query, read_query
from tests.callers import BEARER
from tests.web.inbox import BROWSER, BY_SCRIPT, NASTY, fill, receive, shown
from tests.web.reading import Reader, assert_strict

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
    added = fill(store, assessed, PAGE + 3)
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

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_examples_are_marked(office, secretary):
    receive(office, source=EXAMPLE_SOURCE)

    assert '<span class="chip">示例</span>' in secretary.get("/inbox", headers=BROWSER).text
