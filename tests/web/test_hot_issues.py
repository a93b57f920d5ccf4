"""热点: what many wrote about, with its members, from any stretch of days."""

import csv
import io
import itertools
from datetime import date

import pytest
from playwright.sync_api import expect

from nlp_service.domain.duplicates import Relation
from nlp_service.domain.people import UserRole
from nlp_service.domain.records import Origin
from nlp_service.domain.submission import Submission
from nlp_service.duplicates.groups import Link
from tests.web.reading import Reader, assert_fits, assert_strict, serious_violations

MARCH = "from=2026-03-01&until=2026-03-31"
EVIL = "=1+1<script>alert(1)</script><b>粗"


def same(first, second):
    return Link(first=first, second=second, relation=Relation.SAME, probability=0.9)


@pytest.fixture
def matter(store, quick_assessor):
    """Store submissions about one matter, one a day of March."""

    def make(n, *, first=1, title="滨河花园停水", month=3, restricted=()):
        keys = []
        with store.transaction(actor="张三") as office:
            for number in range(n):
                day = date(2026, month, first + number)
                body = f"第 {first + number} 栋三天没有水了，请尽快修水管。"
                submission = Submission(title=title, body=body, submitted_at=day)
                origin = Origin(submitter=f"{title}{number}", district="城东")
                assessment = quick_assessor.assess(submission)
                keys.append(office.submissions.store(submission, assessment, origin=origin).key)
            links = [same(*pair) for pair in itertools.combinations(keys, 2)]
            office.groups.add_links(links, model="pairs-1")
        with store.transaction(actor="张三") as office:
            for place in restricted:
                office.submissions.restrict(keys[place], restricted=True)
        return keys

    return make


def test_an_office_without_submissions_is_told_what_to_do(user):
    page = user(UserRole.VIEWER).get("/hot-issues")

    assert_strict(page)
    assert "还没有来件" in page.text


def test_days_without_an_issue_say_so(user, matter):
    matter(1)
    client = user(UserRole.VIEWER)

    assert "但没有反映同一事项的两件以上" in client.get(f"/hot-issues?{MARCH}").text
    nothing = client.get("/hot-issues?from=2026-01-01&until=2026-01-31").text
    assert "已存的来件最早是 2026-03-01" in nothing


def test_an_issue_tells_how_large_it_is_where_and_who_is_in_it(user, matter):
    keys = matter(3, title=EVIL, restricted=[2])

    page = user(UserRole.SECRETARY).get(f"/hot-issues?{MARCH}")

    reader = assert_strict(page)
    assert "<strong>3 件</strong>" in page.text
    assert "3 人反映" in page.text
    assert "来自城东" in page.text
    assert "限阅来件" in page.text
    links = reader.all("href")
    assert {f"/submissions/{key}" for key in keys} <= set(links)
    assert f"/compare?left={keys[0]}&right={keys[1]}" in links
    assert f"/compare?left={keys[0]}&right={keys[2]}" not in links
    assert ("b", {}) not in reader.elements


def test_issues_come_in_the_order_that_is_asked_for(user, matter):
    matter(8, first=1, title="大事情")
    matter(3, first=20, title="新事情")
    client = user(UserRole.VIEWER)

    def places(order, days=MARCH):
        text = client.get(f"/hot-issues?{days}&order={order}").text
        return sorted(("大事情", "新事情"), key=lambda title: text.index(f"</span> {title}"))

    assert places("texts") == ["大事情", "新事情"]
    assert places("submitters") == ["大事情", "新事情"]
    # Five of the eight are dated before, none of the three.
    assert places("growth", "from=2026-03-06&until=2026-03-31") == ["新事情", "大事情"]
    assert "新事情" not in client.get(f"/hot-issues?{MARCH}&least=5").text


@pytest.mark.parametrize(
    ("query", "words"),
    [("topic=T77", "没有这个议题"), ("least=1", "2–1000"), ("order=x", "不能这样排")],
)
def test_what_cannot_be_asked_for_is_said(user, query, words):
    refused = user(UserRole.VIEWER).get(f"/hot-issues?{query}")

    assert refused.status_code == 422
    assert words in refused.json()["detail"]


def test_further_members_come_page_by_page(user, matter):
    keys = matter(23)
    client, shown = user(UserRole.VIEWER), []
    address = f"/hot-issues/{keys[0]}/members?{MARCH}"
    for _ in range(9):
        reader = Reader(client.get(address).text)
        shown += [one for one in reader.all("href") if one.startswith("/submissions/")]
        further = reader.all("hx-get")
        if not further:
            break
        (address,) = further

    assert shown == [f"/submissions/{key}" for key in keys]


def test_the_issues_are_taken_along_as_a_table_without_a_formula(user, matter):
    keys = matter(2, title=EVIL)
    client = user(UserRole.COMMITTEE)

    sent = client.get(f"/hot-issues/issues.csv?{MARCH}")

    (row,) = csv.DictReader(io.StringIO(sent.text.removeprefix("\ufeff").split("\r\n\r\n")[0]))
    assert row["热点"] == f"'{EVIL}"
    assert row["来件编号"] == "、".join(map(str, keys))
    assert client.get(f"/hot-issues/issues.xlsx?{MARCH}").content[:2] == b"PK"
    assert client.get(f"/hot-issues/others.csv?{MARCH}").status_code == 404
    assert user(UserRole.VIEWER, name="李四").get("/hot-issues/issues.csv").status_code == 403


def test_members_open_by_keyboard_and_more_come_in_place(open_page, matter):
    keys = matter(14)
    page = open_page(f"/hot-issues?{MARCH}")
    page.wait_for_selector("#issues canvas")

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="更多来件").click()
    page.wait_for_selector(f"a[href='/submissions/{keys[-1]}']")
    expect(page.locator(".members li")).to_have_count(14)


@pytest.mark.parametrize(("size", "scheme"), [("desktop", "dark"), ("phone", "light")])
def test_nothing_stands_in_the_way_of_reading(open_page, matter, size, scheme):
    matter(3)
    page = open_page(f"/hot-issues?{MARCH}", size=size, color_scheme=scheme)

    page.wait_for_selector("#issues canvas")
    assert serious_violations(page) == []
    assert_fits(page)
