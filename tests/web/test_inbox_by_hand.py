"""收件箱 in a browser: by keys, by mouse, by finger, and without a script."""

import re

import pytest
from playwright.sync_api import expect

from nlp_service.web.inbox_pages import PAGE
from tests.web.inbox import NASTY, fill, receive, shown
from tests.web.reading import assert_fits, serious_violations


def current(page):
    return int(page.locator("[data-item].current").get_attribute("id").removeprefix("s-"))


def wait_until_current(page, key):
    page.locator(f"#s-{key}.current").wait_for()


def wait_for_stage(page, key, words):
    page.locator(f"#s-{key} .chip", has_text=words).wait_for()


def test_ten_are_triaged_by_keys_alone(open_page, secretary, keys):
    page = open_page("/inbox")
    for key in keys[:1:-1]:
        wait_until_current(page, key)
        page.keyboard.press("c")
        wait_for_stage(page, key, "已审")
    assert shown(secretary) == keys[1::-1]
    page.locator("#tabs a", has_text="待处理").get_by_text("2", exact=True).wait_for()

    page.keyboard.press("u")  # the last one
    page.locator(f"#s-{keys[2]}:not(.done)").wait_for()
    wait_until_current(page, keys[2])
    assert shown(secretary) == keys[2::-1]


def test_every_count_follows_what_is_done(open_page, keys):
    page = open_page("/inbox")
    total, waiting = page.locator("#total"), page.locator('#stage option[value="waiting"]')
    expect(total).to_have_text("12")

    page.keyboard.press("c")
    expect(total).to_have_text("11")
    expect(waiting).to_have_text("待处理（11）")
    expect(page.locator("#tabs a", has_text="待处理").locator(".count")).to_have_text("11")

    page.keyboard.press("4")  # the kind of the next one, which is no proposal
    page.locator(f"#options-{keys[-2]} form").wait_for()
    page.get_by_role("button", name="提案", exact=False).last.click()
    expect(page.locator('#kind option[value="proposal"]')).to_have_text("提案（2）")
    expect(total).to_have_text("10")

    page.keyboard.press("u")
    expect(total).to_have_text("11")
    page.locator("#stage").select_option("")  # the choices are still listened to
    expect(total).to_have_text("12")
    expect(page).not_to_have_url(re.compile("stage="))


def test_what_is_taken_back_after_the_list_was_changed_counts_again(open_page, keys):
    page = open_page("/inbox")
    page.keyboard.press("c")
    expect(page.locator("#total")).to_have_text("11")
    page.locator("#kind").select_option("proposal")
    expect(page.locator("#total")).to_have_text("2")
    page.keyboard.press("Escape")
    page.locator("#says button").click()  # of what is not in this list

    expect(page.locator("#tabs a", has_text="待处理").locator(".count")).to_have_text("12")
    expect(page.locator('#stage option[value="waiting"]')).to_have_text("待处理（2）")


def test_a_part_is_corrected_by_two_digits(open_page, office, keys):
    page = open_page("/inbox")
    key = keys[-3]
    page.keyboard.press("j")
    page.keyboard.press("j")
    wait_until_current(page, key)
    page.keyboard.press("3")
    page.locator(f"#options-{key} form").wait_for()
    page.keyboard.press("4")
    page.get_by_text("紧急程度已更正。").wait_for()

    assert office.get(f"/v1/submissions/{key}").json()["listed"]["urgency"] == 4
    wait_until_current(page, key)
    page.keyboard.press("1")
    page.locator(f"#options-{key} form").wait_for()
    page.keyboard.press("Escape")
    expect(page.locator(f"#options-{key} form")).to_have_count(0)
    page.keyboard.press("c")
    wait_for_stage(page, key, "已审")
    wait_until_current(page, keys[-4])


def test_some_are_picked_and_confirmed(open_page, secretary, keys):
    page = open_page("/inbox")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_text("已选 2 件").wait_for()
    page.keyboard.press("C")
    page.get_by_text("已确认 2 件。").wait_for()

    assert shown(secretary, "?stage=reviewed") == keys[:-3:-1]
    expect(page.locator("#picked")).to_be_hidden()


def test_the_list_goes_on_where_its_end_comes_into_view(open_page, store, assessed):
    added = fill(store, assessed, PAGE + 3)
    page = open_page("/inbox")
    expect(page.locator("[data-item]")).to_have_count(PAGE)

    page.keyboard.press("m")
    page.locator(f"#s-{added[0]}").wait_for()

    expect(page.locator("[data-item]")).to_have_count(PAGE + 3)
    expect(page.locator(".more")).to_have_count(0)
    assert "cursor" not in page.url


def test_a_search_is_typed_and_the_list_walked(open_page, keys):
    page = open_page("/inbox")
    page.keyboard.press("/")
    page.keyboard.type("老人")
    page.keyboard.press("Enter")
    page.locator("mark").first.wait_for()
    page.locator("[data-item].current:focus").wait_for()

    expect(page).to_have_url(re.compile("words=.*&order=latest$"))
    first = current(page)
    page.keyboard.press("j")
    page.locator(f"[data-item].current:not(#s-{first})").wait_for()
    with page.expect_request(re.compile(rf"/submissions/{current(page)}$")):
        page.keyboard.press("Enter")


def test_a_choice_by_the_mouse_leaves_the_keys_to_the_list(open_page, keys):
    page = open_page("/inbox")
    page.locator("#kind").click()
    page.locator("#kind").select_option("proposal")
    page.locator(f"#s-{keys[1]}").wait_for(state="detached")
    page.wait_for_function("document.activeElement === document.body")
    page.keyboard.press("j")  # the first is the current one already

    wait_until_current(page, keys[0])
    expect(page).to_have_url(re.compile("kind=proposal"))


def test_a_finger_does_it_too(open_page, secretary, keys):
    page = open_page("/inbox", size="phone")
    page.locator(f"#s-{keys[-2]} .excerpt, #s-{keys[-2]} .tags").first.tap()
    page.locator(f"#s-{keys[-2]}").get_by_role("button", name="确认").tap()
    wait_for_stage(page, keys[-2], "已审")

    page.get_by_text("筛选条件").tap()
    page.locator("#kind").select_option("proposal")
    page.locator(f"#s-{keys[1]}").wait_for(state="detached")
    assert_fits(page)


def test_what_comes_into_an_empty_inbox_appears_by_itself(open_page, office):
    page = open_page("/inbox")
    page.get_by_text("收件箱还是空的").wait_for()
    key = receive(office)

    page.locator(f"#s-{key}").wait_for()


def test_one_reads_and_filters_without_script(open_page, keys):
    page = open_page("/inbox", java_script_enabled=False)
    page.locator("#kind").select_option("proposal")
    page.get_by_role("button", name="筛选").click()

    expect(page.locator("[data-item]")).to_have_count(2)


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
    assert_fits(page)
