"""批量: a file is dropped, looked over, started, watched, and its results taken away."""

import io
import re
import time

import openpyxl
import pytest
from playwright.sync_api import expect

from nlp_service.domain.people import UserRole
from nlp_service.jobs import holding
from nlp_service.web import batch_pages
from tests.web.files import LETTERS, workbook
from tests.web.reading import Reader, assert_fits, assert_strict, serious_violations

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BROWSER = {"Accept": "text/html"}


def drop(client, content, name="一月来信.xlsx", *, status=303, **headers):
    """Send a file as the form does; return where one is led to."""
    sent = client.post(
        "/batches", files={"file": (name, content, XLSX)}, headers=headers, follow_redirects=False
    )
    assert sent.status_code == status, sent.text
    return sent.headers.get("Location", "")


def start(client, place, *, status=303, **choices):
    form = {"keep": "yes", "kind": "unknown", "mode": "", "source": "", **choices}
    sent = client.post(f"{place}:start", data=form, follow_redirects=False)
    assert sent.status_code == status, sent.text
    return sent.headers.get("Location", "")


def sheet_of(download):
    """The sheet of a workbook that a browser saved."""
    return openpyxl.load_workbook(io.BytesIO(download.value.path().read_bytes())).active


def jobs_of(store):
    with store.reading() as office:
        return office.batches.list()


def wait_for(store, job):
    """Wait until a job has ended."""
    key, until = int(job.rsplit("/")[-1]), time.monotonic() + 60
    while True:
        with store.reading() as office:
            if office.batches.get(key).state.final:
                return
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_dropped_file_is_shown_with_what_was_found_in_it(user):
    client = user(UserRole.SECRETARY)

    place = drop(client, workbook())
    page = client.get(place, headers=BROWSER)

    assert_strict(page)
    assert "读到 6 件，其中 2 件读不了" in re.sub(r"<.*?>", "", page.text)
    assert "留言时间 应为日期" in page.text
    assert "开始 4 件" in page.text
    assert "等您确认的文件" in client.get("/batches").text


def test_a_started_file_is_one_job_however_often_one_clicks(user, store):
    client = user(UserRole.SECRETARY)
    place = drop(client, workbook())

    first = start(client, place, source="热线", kind="public_message", mode="fast")
    again = start(client, place, source="热线", kind="public_message", mode="fast")

    (job,) = jobs_of(store)
    assert first == again == f"/batches/{job.key}"
    assert (job.options.keep, job.options.source) == (True, "热线")
    assert (job.options.kind, job.options.mode) == ("public_message", "fast")
    assert client.get(place).status_code == 404
    assert "同样的文件已由" in client.get(drop(client, workbook())).text


def test_a_column_that_was_not_recognised_is_named_by_hand(user, store):
    client = user(UserRole.SECRETARY)
    place = drop(client, workbook(names=("编号", "标题", "群众的话", "登记于")))
    shown = client.get(place).text
    assert "没有认出哪一列是正文" in shown
    assert re.search(r"disabled[^>]*>开始", shown)

    form = {
        "column": ["编号", "标题", "群众的话", "登记于"],
        "shown": ["reference", "title", "", ""],
        "use": ["reference", "title", "body", ""],
    }
    part = client.post(f"{place}:check", data=form, headers={"HX-Request": "true"})

    assert part.status_code == 200
    assert "开始 5 件" in part.text
    start(client, place)
    assert jobs_of(store)[0].options.mapping == {"群众的话": "body"}


def test_a_file_that_waits_is_its_senders_alone(user):
    place = drop(user(UserRole.SECRETARY, "张三"), workbook())
    other = user(UserRole.ADMIN, "李四")

    assert other.get(place).status_code == 404
    assert start(other, place, status=404) == ""
    assert other.post(f"{place}:check", data={}).status_code == 404
    other.post(f"{place}:drop", data={})
    assert "一月来信" not in other.get("/batches").text


def test_a_file_is_given_up(user):
    client = user(UserRole.SECRETARY)
    place = drop(client, workbook())

    client.post(f"{place}:drop", data={})

    assert client.get(place).status_code == 404


def test_who_may_not_file_may_only_try(user, store):
    client = user(UserRole.VIEWER)
    place = drop(client, workbook())

    assert 'value="yes"' not in client.get(place).text
    start(client, place, status=403)
    job = start(client, place, keep="no")
    assert jobs_of(store)[0].options.keep is False
    assert client.post(f"{job}:cancel", data={}).status_code == 403


def test_what_cannot_be_read_is_refused_with_the_reason(user):
    client = user(UserRole.SECRETARY)

    def refusal(content, name):
        sent = client.post("/batches", files={"file": (name, content)})
        return sent.json()["code"], sent.json()["detail"]

    code, detail = refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 600, "来信.xlsx")
    assert code == "unreadable_archive" and "另存为" in detail
    code, detail = refusal(b"MZ", "来信.exe")
    assert code == "unsupported_media_type" and ".xlsx" in detail
    assert client.post("/batches", files={"file": ("", b"")}).json()["code"] == "invalid_request"
    assert "等您确认" not in client.get("/batches").text


def test_a_form_with_a_file_needs_the_token_before_the_file(user):
    client = user(UserRole.SECRETARY)
    token = client.headers.pop("X-CSRF-Token")
    file = {"file": ("来信.xlsx", workbook(), XLSX)}

    refused = client.post("/batches", files=file, data={"csrf_token": "x"})
    taken = client.post("/batches", files=file, data={"csrf_token": token}, follow_redirects=False)

    assert refused.json()["code"] == "csrf_refused"
    assert taken.status_code == 303


def test_a_form_may_say_little_beside_its_file(user):
    client = user(UserRole.SECRETARY)
    file = {"file": ("来信.xlsx", workbook(), XLSX)}

    for more in ({"note": "长" * 200}, {f"f{number}": "1" for number in range(20)}):
        sent = client.post("/batches", files=file, data=more)
        assert sent.json()["code"] == "invalid_request"
        assert "除一个文件外" in sent.json()["detail"]


def test_so_much_is_held_and_no_more(user, monkeypatch):
    monkeypatch.setattr(holding, "MOST_HELD", 1)
    client = user(UserRole.SECRETARY)
    place = drop(client, workbook())

    drop(client, workbook(rows=LETTERS[:2]), "二月.xlsx", status=429)

    assert drop(client, workbook()) != place, "the same again takes its own place"


def test_a_long_file_is_checked_at_its_beginning(user, monkeypatch):
    monkeypatch.setattr(holding, "MOST_CHECKED", 3)
    client = user(UserRole.SECRETARY)

    page = client.get(drop(client, workbook()))

    assert "文件里还有" in page.text
    assert "开始 3 件以上" in page.text


def test_names_from_a_file_are_shown_as_text(user):
    evil = "<script>alert(1)</script><b>粗"
    client = user(UserRole.SECRETARY)

    place = drop(client, workbook(names=("编号", evil, "留言详情", "留言时间")), f"{evil}.xlsx")
    page = client.get(place, headers=BROWSER)

    reader = assert_strict(page)
    assert evil[:8] not in page.text
    assert evil in reader.all("value")


def test_jobs_are_listed_page_by_page(user, store, monkeypatch):
    monkeypatch.setattr(batch_pages, "_ON_A_PAGE", 2)
    client = user(UserRole.SECRETARY)
    for number in range(3):
        rows = ((f"L{number}", "路灯", f"第{number}盏路灯坏了，请修。", ""),)
        start(client, drop(client, workbook(rows=rows), f"第{number}份.xlsx"), keep="no")
        with store.transaction(actor="张三") as office:
            office.batches.cancel(jobs_of(store)[0].key)

    reader = Reader(client.get("/batches").text)
    (older,) = [href for href in reader.all("href") if "before=" in href]

    assert "第0份" in client.get(older).text
    assert "第0份" not in client.get("/batches").text


def test_a_cancelled_job_says_so(user):
    client = user(UserRole.SECRETARY)
    job = start(client, drop(client, workbook()))
    assert "没有工作进程" in client.get(job).text

    client.post(f"{job}:cancel", data={})

    assert "已有的结果和已存入的来件仍在" in client.get(job).text


def test_a_file_goes_in_and_its_results_come_out(open_page, worker, store, tmp_path):
    path = tmp_path / "一月来信.xlsx"
    path.write_bytes(workbook())
    page = open_page("/batches")

    page.get_by_label("把文件拖到这里").set_input_files(path)
    page.get_by_text("其中 2 件读不了").wait_for()
    assert serious_violations(page) == []
    page.keyboard.press("s")
    page.get_by_text("到收件箱看这一批的 4 件").wait_for()

    assert serious_violations(page) == []
    with page.expect_download() as download:
        page.keyboard.press("d")
    sheet = sheet_of(download)
    assert [cell.value for cell in sheet["D"]] == [
        "状态",
        "已分拣",
        "已分拣",
        "已分拣",
        "未分拣",
        "未分拣",
        "已分拣",
    ]
    with page.expect_download() as download:
        page.get_by_role("link", name="下载清单").click()
    refused = sheet_of(download)
    assert [cell.value for cell in refused["A"]] == ["序号", 4, 5]
    with store.reading() as office:
        assert office.batches.rows.count_stored(jobs_of(store)[0].key) == 4


def test_who_may_not_export_is_offered_lines_alone(user, worker, store):
    clerk, viewer = user(UserRole.SECRETARY), user(UserRole.VIEWER, "访客")
    job = start(clerk, drop(clerk, workbook()), keep="no")
    wait_for(store, job)

    shown = Reader(viewer.get(job).text).all("href")
    offered = Reader(clerk.get(job).text).all("href")

    assert not [href for href in shown if "=csv" in href or "=xlsx" in href]
    assert len([href for href in shown if "=ndjson" in href]) == 2
    assert "须有“导出”的权限" in viewer.get(job).text
    tables = [href for href in offered if "=csv" in href or "=xlsx" in href]
    assert len(tables) == 4
    for href in tables:
        refused = viewer.get(href, headers=BROWSER)
        assert (refused.status_code, "需要权限" in refused.text) == (403, True)


def test_a_file_is_dropped_anywhere_and_its_column_named(open_page):
    page = open_page("/batches")
    content = list(workbook(names=("编号", "标题", "群众的话", "登记于")))
    page.evaluate(
        """(bytes) => {
            const carried = new DataTransfer();
            carried.items.add(new File([new Uint8Array(bytes)], "来信.xlsx"));
            document.body.dispatchEvent(
                new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
        }""",
        content,
    )
    page.get_by_text("没有认出哪一列是正文").wait_for()

    page.get_by_label("群众的话").select_option("正文")
    page.get_by_role("button", name="开始 5 件").wait_for()

    expect(page.get_by_label("群众的话")).to_have_value("body")
    page.get_by_role("button", name="放弃").click()
    page.get_by_text("还没有任务").wait_for()


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_legible(open_page, user, size, theme):
    client = user(UserRole.SECRETARY)
    place = drop(client, workbook(names=("编号", "标题", "留言详情", "登记于")))
    other = start(client, drop(client, workbook(rows=LETTERS[:3])))
    page = open_page("/batches", size=size, color_scheme=theme)

    for path in ("/batches", place, other):
        page.goto(path)
        assert serious_violations(page) == []
        assert_fits(page)
