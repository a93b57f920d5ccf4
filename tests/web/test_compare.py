"""比对: two submissions side by side, and what a person decides of the pair."""

import html
import re

import pytest
from playwright.sync_api import expect

from nlp_service.domain.duplicates import Relation
from nlp_service.domain.people import UserRole
from nlp_service.domain.span import Span
from nlp_service.web.compare_view import number_runs
from tests.web.reading import Reader, assert_fits, assert_strict, serious_violations
from tests.web.submissions import COPIED, HOSTILE, LETTER, PROPOSAL, store_one

HTMX = {"HX-Request": "true"}


@pytest.fixture
def secretary(user):
    return user(UserRole.SECRETARY)


@pytest.fixture
def pair(office):
    return store_one(office, COPIED), store_one(office, PROPOSAL)


def page_of(client, left, right=None, **query):
    query = {"left": left, "right": right, **query}
    given = {name: value for name, value in query.items() if value is not None}
    answer = client.get("/compare", params=given)
    assert answer.status_code == 200, answer.text
    assert_strict(answer)
    return answer.text


def passages_of(page):
    """What each side marks: number of the passage -> its words, side by side."""
    sides = re.findall(r'data-side="\w+".*?</div>', page, re.DOTALL)
    assert len(sides) == 2
    found = []
    for side in sides:
        words = {}
        for number, text in re.findall(r'class="run [^"]*" data-passage="(\d+)">([^<]*)<', side):
            words[number] = words.get(number, "") + html.unescape(text)
        found.append(words)
    return found


def act(client, left, right, what, **query):
    return client.post(f"/compare/{left}/{right}/{what}", params=query, headers=HTMX)


# --- what is shown ------------


def test_what_both_share_bears_the_same_number_on_both_sides(secretary, pair):
    page = page_of(secretary, *pair)

    left, right = passages_of(page)
    assert left
    assert left == right
    assert "市住建局牵头" in "".join(left.values())
    assert "文本重复" in page


def test_why_they_are_alike_is_told_in_words(secretary, pair):
    page = page_of(secretary, *pair)

    for name in ("地点", "子议题", "主办单位", "提交者", "时间"):
        assert f"<dt>{name}</dt>" in page
    assert "左边 陈默；右边 周海燕" in page
    assert "相隔 22 天" in page
    assert re.search(r"可并案的概率 0\.\d\d", page)


def test_strangers_share_nothing_and_it_is_said(secretary, office, pair):
    page = page_of(secretary, pair[0], store_one(office, LETTER))

    assert passages_of(page) == [{}, {}]
    assert "没有逐字相同的段落" in page


def test_a_passage_that_lies_in_another_is_shown_under_the_earlier_number():
    def span(start, end):
        return Span(start=start, end=end, quote="")

    runs = number_runs("一二三四五六七八", [[span(0, 2), span(6, 8)], [span(1, 4)]])

    assert [(one.run.text, one.passage, one.first) for one in runs] == [
        ("一", 1, True),
        ("二", 1, False),
        ("三四", 2, True),
        ("五六", 0, False),
        ("七八", 1, False),
    ]


def test_nothing_that_was_sent_is_parsed(secretary, office, pair):
    hostile = store_one(office, HOSTILE)

    for page in (page_of(secretary, hostile, pair[0]), page_of(secretary, hostile, words="<b>")):
        tags = {tag for tag, _ in Reader(page).elements}
        assert not {"b", "img", "svg", "i", "u"} & tags
        assert "<script>alert" not in page


@pytest.mark.parametrize("which", ["restricted", "deleted", "unknown"])
def test_what_may_not_be_shown_is_not_compared(secretary, office, pair, which):
    left, right = pair
    if which == "restricted":
        office.post(f"/v1/submissions/{right}:restrict")
    elif which == "deleted":
        office.delete(f"/v1/submissions/{right}")
    else:
        right = 4711

    answer = secretary.get("/compare", params={"left": left, "right": right})

    assert (answer.status_code, answer.json()["code"]) == (404, "record_unknown")
    assert f"来件 {right} 不能比对" in answer.json()["detail"]


# --- choosing ------------


def test_with_one_alone_what_is_alike_and_what_is_searched_is_offered(secretary, office, pair):
    letter = store_one(office, LETTER)
    hidden = store_one(office, {**LETTER, "body": "青石巷另有一盏路灯不亮。", "submitter": "甲"})
    office.post(f"/v1/submissions/{hidden}:restrict")

    page = page_of(secretary, pair[0], words="青石巷")

    assert f"/compare?left={pair[0]}&amp;right={pair[1]}" in page
    assert f"/compare?left={pair[0]}&amp;right={letter}" in page
    assert f"right={hidden}" not in page


def test_a_restricted_one_is_compared_with_nothing(secretary, office, pair):
    office.post(f"/v1/submissions/{pair[0]}:restrict")

    page = page_of(secretary, pair[0])

    assert "限阅来件不参与查重和比对" in page
    assert COPIED["title"] not in page


# --- deciding ------------


def test_two_become_one_case_the_lead_changes_and_all_is_undone(secretary, store, pair):
    left, right = pair
    merged = act(secretary, left, right, "merge", lead=right)
    assert "已并案（并案 1，2 件），主案是右件" in merged.text
    assert 'hx-swap-oob="true"' in merged.text
    assert f"/compare/{left}/{right}/unmerge?merge=1" in merged.headers["HX-Trigger"]

    changed = act(secretary, left, right, "merge", lead=left)
    assert "主案是左件" in changed.text
    assert f"/compare/{left}/{right}/merge?lead={right}" in changed.headers["HX-Trigger"]

    refused = act(secretary, left, right, "relation", relation="none")
    assert refused.status_code == 409

    act(secretary, left, right, "unmerge", merge=1)
    with store.reading() as work:
        assert work.merges.of(left) is work.merges.of(right) is None


def test_a_word_on_the_pair_holds_and_what_was_said_before_comes_back(secretary, store, pair):
    left, right = pair

    def decided():
        with store.reading() as work:
            decision = work.groups.decision(left, right)
        return decision and decision.relation

    act(secretary, left, right, "relation", relation="related")
    said = act(secretary, left, right, "relation", relation="none")
    assert decided() is Relation.NONE
    assert "张三" in said.text and "机器：文本重复" in said.text
    undo = re.search(r'"undo": "([^"]+)"', said.headers["HX-Trigger"])[1]
    assert undo.endswith("?relation=related")

    secretary.post(undo)
    assert decided() is Relation.RELATED
    act(secretary, left, right, "relation")
    assert decided() is None


def test_a_member_of_another_merge_brings_it_along_and_that_is_said_first(secretary, office, pair):
    third = store_one(office, LETTER)
    office.post("/v1/merges", json={"submissions": [pair[1], third], "lead": third})

    assert f"来件 {pair[1]} 已在并案 1 里" in page_of(secretary, *pair)


@pytest.mark.parametrize(
    ("what", "query", "status"),
    [
        ("merge", {"lead": 4711}, 409),
        ("merge", {}, 422),
        ("unmerge", {"merge": 4711}, 404),
        ("relation", {"relation": "cousins"}, 422),
    ],
)
def test_what_cannot_be_decided_is_refused(secretary, pair, what, query, status):
    assert act(secretary, *pair, what, **query).status_code == status


def test_a_merge_of_others_is_not_undone_here(secretary, office, pair):
    others = [store_one(office, {**LETTER, "submitter": name}) for name in "甲乙"]
    office.post("/v1/merges", json={"submissions": others, "lead": others[0]})

    assert act(secretary, *pair, "unmerge", merge=1).status_code == 409


def test_without_script_an_act_leads_back_to_the_pair(secretary, pair):
    left, right = pair
    sent = secretary.post(
        f"/compare/{left}/{right}/relation?relation=same",
        data={"csrf_token": secretary.headers["X-CSRF-Token"]},
        follow_redirects=False,
    )

    assert (sent.status_code, sent.headers["Location"]) == (
        303,
        f"/compare?left={left}&right={right}",
    )


@pytest.mark.parametrize("what", ["merge?lead=1", "unmerge?merge=1", "relation"])
def test_who_may_only_read_decides_nothing(user, pair, what):
    viewer = user(UserRole.VIEWER)

    assert viewer.post(f"/compare/{pair[0]}/{pair[1]}/{what}").status_code == 403
    assert (
        "<form" not in page_of(viewer, *pair).partition('id="held"')[2].partition("</section>")[0]
    )


# --- in the browser ------------


def test_a_passage_shows_its_counterpart_and_a_merge_is_taken_back(open_page, store, pair):
    left, right = pair
    page = open_page(f"/compare?left={left}&right={right}")
    number = page.locator('[data-side="left"] button.number').last
    passage = number.get_attribute("data-passage")
    number.focus()
    page.keyboard.press("Enter")

    counterpart = page.locator(f'[data-side="right"] .run[data-passage="{passage}"]').first
    expect(counterpart).to_contain_class("now")
    expect(page.locator('[data-side="right"] :focus')).to_have_count(1)
    page.keyboard.press("m")
    page.get_by_text("主案是左件").wait_for()
    page.keyboard.press("u")
    page.get_by_text("每件来件回到并案之前的样子").wait_for()
    with store.reading() as work:
        assert work.merges.of(left) is None


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_reading(open_page, pair, size, theme):
    page = open_page(f"/compare?left={pair[0]}", size=size, color_scheme=theme)

    for path in (f"/compare?left={pair[0]}", f"/compare?left={pair[0]}&right={pair[1]}"):
        page.goto(path)
        assert serious_violations(page) == []
        assert_fits(page)
