"""Where a person corrected levels, every page tells the total that follows from them."""

import re

import pytest
from playwright.sync_api import expect

from nlp_service.domain.people import UserRole
from tests.web.proposals import HOLLOW, SOLID, hand_in, name_session
from tests.web.reading import assert_fits, serious_violations

BEST = {f"Q{number}": "4" for number in range(1, 7)}


@pytest.fixture
def secretary(user):
    return user(UserRole.SECRETARY)


@pytest.fixture
def hollow(office):
    """The worse of two proposals; it comes first where the low ones do."""
    worse, _ = hand_in(office, HOLLOW, SOLID)
    return worse


def correct(client, key, **levels):
    sent = client.post(f"/submissions/{key}/reviews", data={"part": "levels", **levels})
    assert sent.status_code == 200, sent.text


def order_in(page, pattern):
    return [int(key) for key in re.findall(pattern, page)]


def test_the_page_tells_the_total_and_what_the_machine_gave(secretary, hollow, store):
    with store.reading() as work:
        (before,) = work.submissions.among([hollow])
    assert "人工更正" not in secretary.get(f"/submissions/{hollow}").text

    correct(secretary, hollow, **BEST)

    page = secretary.get(f"/submissions/{hollow}").text
    assert '<strong class="number">100.0</strong> 分 优秀 <span class="chip calm">人工更正' in page
    assert f"机器原给 {before.score:.1f} 分 {before.band}" in page
    secretary.post(f"/submissions/{hollow}/reviews/1:undo")
    assert "人工更正" not in secretary.get(f"/submissions/{hollow}").text


def test_what_nobody_spoke_of_counts_and_is_shown_as_the_machine_has_it(secretary, hollow, store):
    correct(secretary, hollow, Q1="4")

    with store.reading() as work:
        levels = work.submissions.get(hollow).assessment.answer["quality"]["levels"]
        (now,) = work.submissions.among([hollow])
    held = {one["code"]: one["level"] for one in levels} | {"Q1": 4}
    total = sum(one["weight"] * held[one["code"]] / 4 for one in levels)
    assert now.score == pytest.approx(total, abs=0.051)
    page = secretary.get(f"/submissions/{hollow}").text
    assert f'data-person="{held["Q2"]:g}"' in page
    assert 'data-person="4"' in page


def test_the_caps_that_are_told_are_those_of_the_levels_that_count(secretary, hollow):
    correct(secretary, hollow, **{**BEST, "Q2": "0"})
    page = secretary.get(f"/submissions/{hollow}").text
    assert '<strong class="number">59.0</strong>' in page
    assert "未见调研依据，总分不超过 59 分。" in page

    correct(secretary, hollow, Q2="4", Q4="0")
    page = secretary.get(f"/submissions/{hollow}").text
    assert '<strong class="number">40.0</strong>' in page
    assert "没有建议，总分不超过 40 分。" in page and "不超过 59 分" not in page


def test_the_inbox_and_the_screening_tell_it_and_rank_by_it(secretary, hollow, office):
    screening = name_session(secretary)
    cases = r'<article id="case-(\d+)"'
    assert order_in(secretary.get(screening).text, cases)[0] == hollow

    correct(secretary, hollow, **BEST)

    inbox = secretary.get("/inbox?order=best", headers={"Accept": "text/html"}).text
    assert order_in(inbox, r'<li id="s-(\d+)"')[0] == hollow
    assert '100 分 优秀 <span class="soft">人工更正</span>' in inbox
    screened = secretary.get(screening).text
    assert order_in(screened, cases)[-1] == hollow
    assert screened.count("人工更正") == 1
    assert "系统建议（按更正前的等级）" in screened
    listed = office.get(f"/v1/submissions/{hollow}").json()["listed"]
    assert (listed["score"], listed["band"], listed["score_corrected"]) == (100, "优秀", True)
    assert secretary.get("/statistics?from=2026-01-01&until=2026-01-31").text.count("优秀") > 0


@pytest.mark.parametrize(("size", "theme"), [("desktop", "light"), ("phone", "dark")])
def test_the_total_changes_with_the_levels(open_page, hollow, size, theme):
    page = open_page(f"/submissions/{hollow}", size=size, color_scheme=theme)
    page.locator("#correct-levels summary").click()
    for code in BEST:
        page.locator(f"#field-{code}").select_option("4")
    page.locator("#correct-levels button").click()

    expect(page.locator("#quality .score")).to_contain_text("100.0 分 优秀 人工更正")
    assert serious_violations(page) == []
    assert_fits(page)
