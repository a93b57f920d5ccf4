"""统计: figures with their tables, and what is taken along of them."""

import csv
import io
from datetime import date

import openpyxl
import pytest

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.people import UserRole
from nlp_service.domain.records import Filing, Origin
from nlp_service.domain.reviews import Findings
from nlp_service.domain.submission import Kind, Submission
from nlp_service.store.filing import file_submissions
from tests.web.reading import assert_fits, assert_strict, serious_violations

TEXTS = [
    (Kind.PUBLIC_MESSAGE, "滨河路的路灯坏了半个月，晚上出门看不见台阶，请派人来修。"),
    (Kind.PUBLIC_MESSAGE, "二中门口放学时车堵得厉害，家长乱停，建议交警在四点半到岗。"),
    (Kind.OPINION_REPORT, "近来多家养猪场向青河排污，下游三个村的井水发臭，反映多次无人管。"),
    (
        Kind.PROPOSAL,
        "乡镇卫生院缺全科医生。据县卫健局统计，十二个乡镇只有七人。建议由县医院派医生轮驻，"
        "每人半年，县财政给每人每月补贴两千元，卫健局年底前出办法。",
    ),
]
MARCH = "from=2026-03-01&until=2026-03-31"
DRAWN = "document.querySelector('#topics canvas').toDataURL()"
EVIL = "=HYPERLINK(1)<script>alert(1)</script><b>粗"


@pytest.fixture
def filled(store, quick_assessor):
    """A store with a few submissions of March; the first one's topic was corrected."""
    filings = [
        Filing(
            submission=Submission(
                title=EVIL, body=body, kind=kind, submitted_at=date(2026, 3, 2 + number)
            ),
            assessment=quick_assessor.assess(Submission(title="", body=body, kind=kind)),
            origin=Origin(source=EVIL),
        )
        for number, (kind, body) in enumerate(TEXTS)
    ]
    with store.transaction(actor="张三") as office:
        keys = [one.key for one in file_submissions(office, filings)]
        office.reviews.add(keys[0], Findings(topic="T18"), confirm=True)
    return keys


def exports(store):
    with store.reading() as office:
        entries = office.audit.of(RecordKind.DATABASE, 0)
    return [one for one in entries if one.action is Action.EXPORTED]


def test_an_office_without_submissions_is_told_what_to_do(user):
    page = user(UserRole.VIEWER).get("/statistics")

    assert_strict(page)
    assert "还没有来件" in page.text
    assert 'href="/batches"' in page.text


def test_days_without_submissions_lead_to_those_with_some(user, filled):
    page = user(UserRole.VIEWER).get("/statistics?from=2020-01-01&until=2020-12-31")

    assert "已存的来件最早是 2026-03-02，最近是 2026-03-05" in page.text
    assert "from=2026-03-02&amp;until=2026-03-05" in page.text


def test_the_page_has_every_figure_with_its_table_and_shows_texts_as_texts(user, filled):
    page = user(UserRole.SECRETARY).get(f"/statistics?{MARCH}")

    reader = assert_strict(page)
    assert {"topics", "sectors", "units", "urgency", "bands", "agreement", "drift"} <= {
        *reader.all("id")
    }
    assert "共 4 件，人工看过 1 件" in page.text
    assert ("b", {}) not in reader.elements


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=2026-13-01", "应为日期"),
        ("from=2026-03-02&until=2026-03-01", "晚于最后一天"),
        ("kind=letter", "没有这个类型"),
    ],
)
def test_what_cannot_be_asked_for_is_said(user, filled, query, words):
    refused = user(UserRole.VIEWER).get(f"/statistics?{query}")

    assert refused.status_code == 422
    assert words in refused.json()["detail"]


def test_kind_and_source_narrow_the_figures(user, filled):
    client = user(UserRole.VIEWER)

    assert "共 1 件" in client.get(f"/statistics?{MARCH}&kind=proposal&source=").text
    assert (
        "共 4 件" in client.get("/statistics", params={"source": EVIL, "from": "2026-03-01"}).text
    )
    assert "没有符合条件" in client.get(f"/statistics?{MARCH}&source=-").text


def test_a_figure_is_taken_along_as_csv_and_as_a_workbook_and_the_audit_knows(user, filled, store):
    client = user(UserRole.COMMITTEE)

    sent = client.get(f"/statistics/agreement.csv?{MARCH}")
    rows = list(csv.DictReader(io.StringIO(sent.text.removeprefix("\ufeff"))))
    topic = next(row for row in rows if row["项目"] == "议题")
    assert (topic["人工看过"], topic["更正"]) == ("1", "1")

    sent = client.get(f"/statistics/units.xlsx?{MARCH}")
    sheet = openpyxl.load_workbook(io.BytesIO(sent.content)).active
    assert [cell.value for cell in sheet[1]] == ["主办单位", "件数", "占比"]
    assert sum(row[1] for row in sheet.iter_rows(min_row=2, values_only=True) if row[1]) == 4
    assert "filename*=UTF-8''" in sent.headers["Content-Disposition"]
    assert [one.after["figure"] for one in exports(store)] == ["agreement", "units"]


def test_all_figures_are_taken_along_in_one_workbook(user, filled):
    sent = user(UserRole.ADMIN).get(f"/statistics/all.xlsx?{MARCH}")

    book = openpyxl.load_workbook(io.BytesIO(sent.content))
    assert book.sheetnames[:2] == ["议题走势", "五大建设"]
    assert len(book.sheetnames) == 11


@pytest.mark.parametrize("name", ["all.csv", "nothing.csv", "topics.json", "topics.pdf"])
def test_what_is_not_to_be_had_is_not_found(user, filled, store, name):
    assert user(UserRole.ADMIN).get(f"/statistics/{name}").status_code == 404
    assert exports(store) == []


def test_who_may_not_export_is_offered_no_file_and_gets_none(user, filled):
    client = user(UserRole.VIEWER)

    assert "download" not in client.get(f"/statistics?{MARCH}").text
    assert client.get(f"/statistics/topics.csv?{MARCH}").status_code == 403


def test_figures_are_drawn_from_their_tables_in_both_themes_and_widths(open_page, filled):
    for size, scheme in (("desktop", "light"), ("phone", "dark")):
        page = open_page(f"/statistics?{MARCH}", size=size, color_scheme=scheme)

        page.wait_for_selector("#topics canvas")
        page.locator("canvas").nth(7).wait_for()
        assert serious_violations(page) == []
        assert_fits(page)


def test_a_table_opens_by_keyboard_and_the_drawing_follows_the_theme(open_page, filled):
    page = open_page(f"/statistics?{MARCH}")
    page.wait_for_selector("#topics canvas")
    before = page.evaluate(DRAWN)

    page.locator("#topics summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("region", name="议题的表").wait_for()
    page.click("[data-theme-switch]")
    page.wait_for_function(f"before => {DRAWN} !== before", arg=before)
