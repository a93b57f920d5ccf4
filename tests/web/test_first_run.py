"""The first look: samples that say that they are, and a tour that is seen once."""

import pytest
from playwright.sync_api import expect

from nlp_service.domain.people import UserRole
from nlp_service.domain.records import Origin
from nlp_service.domain.submission import Submission
from nlp_service.store.samples import SOURCE
from tests.web.reading import assert_fits, assert_strict, serious_violations

INBOX = "/inbox"
SEEN = "Object.keys(localStorage).join() === 'nlp-tour-seen-1'"


@pytest.fixture
def sample(store, quick_assessor):
    """One sample, as the first start stores it."""
    submission = Submission(id="sample-001", body="青莲湖晚上有人电鱼，请加装摄像头。")
    assessment = quick_assessor.assess(submission)
    with store.transaction(actor="首次启动") as office:
        origin = Origin(source=SOURCE)
        return office.submissions.store(submission, assessment, origin=origin).key


def test_a_banner_says_that_there_are_samples_and_who_may_removes_them(user, sample, store):
    secretary = user(UserRole.SECRETARY)

    page = secretary.get("/statistics")
    assert_strict(page)
    assert "库里有 1 件示例" in page.text
    removed = secretary.post("/samples:remove", follow_redirects=False)

    assert (removed.status_code, removed.headers["Location"]) == (303, INBOX)
    assert "示例" not in secretary.get("/statistics").text
    with store.reading() as office:
        assert office.submissions.list().items == []


def test_who_may_not_delete_is_told_but_offered_nothing(user, sample):
    committee = user(UserRole.COMMITTEE)

    page = committee.get("/hot-issues").text
    assert "库里有 1 件示例" in page
    assert "移除示例" not in page
    assert committee.post("/samples:remove").status_code == 403


def test_without_samples_there_is_no_banner(user, store):
    assert 'class="samples' not in user(UserRole.ADMIN).get("/statistics").text


def test_the_inbox_opens_the_tour_by_itself_once(open_page):
    page = open_page("/statistics", tour=True)
    tour = page.get_by_role("dialog", name="四步上手")
    expect(tour).to_be_hidden()

    shown = page.request.get("/statistics")
    page.route(f"**{INBOX}", lambda route: route.fulfill(response=shown))
    page.goto(INBOX)
    tour.get_by_role("button", name="跳过").click()
    page.reload()
    page.wait_for_load_state()
    expect(tour).to_be_hidden()


def test_the_tour_is_walked_by_keyboard_and_not_seen_again(open_page):
    page = open_page("/statistics", tour=True)
    tour = page.get_by_role("dialog", name="四步上手")

    page.click(".menu summary")
    page.get_by_role("button", name="四步上手").click()
    expect(tour).to_be_visible()
    assert serious_violations(page) == []
    expect(tour.locator(":focus")).to_contain_text("收件箱")
    for place in ("2", "3", "4"):
        page.keyboard.press("ArrowRight")
        expect(tour.locator("[data-place]")).to_have_text(place)
    tour.get_by_role("button", name="开始使用").click()
    expect(tour).to_be_hidden()
    page.wait_for_function(SEEN)


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_tour_can_be_skipped_at_once(open_page, size):
    page = open_page("/statistics", tour=True, size=size, color_scheme="dark")
    page.click(".menu summary")
    page.get_by_role("button", name="四步上手").click()

    assert_fits(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="四步上手")).to_be_hidden()
    page.wait_for_function(SEEN)
