"""Archives by HTTP: one body in, progress line by line out, the summary last."""

import json
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from nlp_service.api.import_schemas import ImportLineOut, ImportListOut, ImportOut
from nlp_service.api.limits import MAX_BODY_BYTES
from nlp_service.app import create_app
from nlp_service.assess import Assessor
from tests.callers import BEARER
from tests.intake.made_files import PHONE, proposal_table, workbook

IMPORT = "/v1/submissions:import"
NDJSON = {"Content-Type": "application/x-ndjson"}
CSV = {"Content-Type": "text/csv; charset=utf-8"}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SECRET = "柿树湾的河堤今年又塌了两处"


CHUNK = 20


@pytest.fixture
def small_chunks(monkeypatch):
    """What happens between chunks does not need hundreds of rows."""
    monkeypatch.setattr("nlp_service.store.importing.CHUNK", CHUNK)


def rows(count, **columns):
    return [
        {"reference": str(number), "body": f"第{number}个路口的红绿灯不亮，请修。", **columns}
        for number in range(count)
    ]


def ndjson(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def send(client, content, *, headers=NDJSON, **query):
    response = client.post(
        IMPORT, content=content, headers=headers, params={"source": "往年", **query}
    )
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in response.text.splitlines()]
    for line in lines:
        ImportLineOut.model_validate(line)
    return [line["progress"] for line in lines[:-1]], lines[-1]


def test_an_import_tells_its_progress_and_ends_with_a_summary(office, small_chunks):
    progress, last = send(office, ndjson(rows(2 * CHUNK + 5)), name="往年.jsonl")

    assert [step["mark"] for step in progress] == [0, CHUNK, 2 * CHUNK, *[2 * CHUNK + 5] * 2]
    assert [step["state"] for step in progress[-2:]] == ["unfinished", "done"]
    summary = ImportOut.model_validate(last["summary"])
    assert (summary.stored, summary.lines, summary.name) == (2 * CHUNK + 5,) * 2 + ("往年.jsonl",)
    assert office.get(f"/v1/imports/{summary.key}").json() == last["summary"]


def test_a_spreadsheet_is_imported_with_what_became_of_it(office):
    table = "编号,类型,标题,正文,提案人,立案编号,答复类别\r\n"
    table += "118,提案,关于河堤的建议,建议汛期前加固河堤。,张三,2023年第118号,B\r\n"

    _, last = send(office, table.encode("gb18030"), headers=CSV)

    assert last["summary"]["stored"] == 1
    one = office.get("/v1/submissions/1").json()
    assert (one["submitter"], one["listed"]["source"]) == ("张三", "往年")
    assert one["outcomes"][0]["filing_number"] == "2023年第118号"
    assert one["outcomes"][0]["reply_class"] == "B"


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"Content-Type": XLSX}, ""),
        ({"Content-Type": "application/octet-stream"}, "来信.xlsx"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "来信.xlsx"),
        ({}, "来信.xlsx"),
    ],
)
def test_a_workbook_is_imported_by_its_type_or_its_name(office, tmp_path, headers, name):
    rows_of_sheet = [["登记表"], ["编号", "诉求"], [7, SECRET], [8, "！"]]
    book = workbook(tmp_path / "来信.xlsx", {"一月": rows_of_sheet}).read_bytes()

    progress, last = send(office, book, headers=headers, name=name, columns='{"正文": "诉求"}')

    summary = last["summary"]
    assert (summary["lines"], summary["stored"], summary["refused"]) == (2, 1, 1)
    assert summary["refusals"][0]["where"] == "工作表“一月”第 4 行"
    assert progress[0]["lines"] == 2
    assert office.get("/v1/submissions/1").json()["reference"] == "7"


def test_a_word_form_becomes_one_stored_proposal(office, tmp_path):
    form = proposal_table(tmp_path / "提案.docx").read_bytes()

    _, last = send(office, form, headers={}, name="提案.docx")

    one = office.get("/v1/submissions/1").json()
    assert last["summary"]["stored"] == 1
    assert (one["submitter"], one["listed"]["kind"]) == ("张　三", "proposal")
    assert PHONE not in json.dumps(one, ensure_ascii=False)


@pytest.mark.parametrize(
    "columns",
    [
        "{",
        "[]",
        "7",
        '{"正文": 5}',
        '{"正文": [5]}',
        '{"天气": "a"}',
        '{"正文": "a", "标题": "a"}',
    ],
)
def test_columns_that_say_nothing_are_refused(office, columns):
    response = office.post(
        IMPORT, content=b"body\na\n", headers=CSV, params={"source": "a", "columns": columns}
    )

    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["detail"].startswith("columns：")


def test_a_file_that_cannot_be_read_is_refused_at_once_with_its_reason(office):
    response = office.post(f"{IMPORT}?source=a&name=报告.pdf", content=b"%PDF-1.7\n", headers={})

    assert (response.status_code, response.json()["code"]) == (422, "unreadable_archive")
    assert "PDF 已损坏" in response.json()["detail"]
    assert office.get("/v1/imports").json()["items"] == []


def test_the_same_archive_again_is_done_at_once(office):
    content = ndjson(rows(3))
    _, first = send(office, content)

    progress, again = send(office, content)

    assert again == first
    assert len(progress) == 1


def test_an_import_says_which_rows_it_refused_and_why(office):
    bad = ["{", json.dumps({"body": SECRET, "kind": "信"}), json.dumps({"body": "！"})]
    content = "\n".join([*bad, json.dumps({"body": SECRET})]).encode()

    _, last = send(office, content)

    summary = last["summary"]
    assert (summary["read"], summary["stored"], summary["refused"]) == (4, 1, 3)
    assert [(row["line"], row["code"]) for row in summary["refusals"]] == [
        (1, "invalid_json"),
        (2, "invalid_row"),
        (3, "empty_text"),
    ]
    assert SECRET[:4] not in json.dumps(summary, ensure_ascii=False)


def test_an_archive_that_breaks_off_keeps_what_came_before(office):
    _, last = send(office, '正文\n路灯坏了\n"没有关上'.encode(), headers=CSV)

    assert (last["summary"]["state"], last["summary"]["stored"]) == ("failed", 1)
    assert "第 3 行" in last["summary"]["problem"]


def test_an_archive_may_be_larger_than_other_bodies(office):
    content = ndjson(rows(6)).replace(b"\n", b" " * (MAX_BODY_BYTES // 4) + b"\n")
    assert len(content) > MAX_BODY_BYTES

    def parts():
        yield from (content[start : start + 65_536] for start in range(0, len(content), 65_536))

    _, last = send(office, parts(), mode="fast")

    assert last["summary"]["stored"] == 6


def test_nothing_of_an_archive_stays_on_the_disk(office, keeping_settings):
    send(office, ndjson(rows(2)))

    assert list((keeping_settings.data / "incoming").iterdir()) == []


def test_imports_are_listed_page_by_page(office):
    keys = [send(office, ndjson(rows(1)), source=f"来源{n}")[1]["summary"]["key"] for n in range(3)]

    first = ImportListOut.model_validate(office.get("/v1/imports", params={"limit": 2}).json())
    second = ImportListOut.model_validate(
        office.get("/v1/imports", params={"limit": 2, "before": first.next_before}).json()
    )

    assert [one.key for one in [*first.items, *second.items]] == keys[::-1]
    assert second.next_before is None


@pytest.mark.parametrize("content_type", ["", "application/json", "text/html"])
def test_an_archive_of_another_type_is_refused(office, content_type):
    response = office.post(
        f"{IMPORT}?source=a", content=b"body\na\n", headers={"Content-Type": content_type}
    )

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")
    assert "text/csv" in response.json()["detail"]


@pytest.mark.parametrize(
    ("content", "query", "code"),
    [
        (b"", {}, "unreadable_archive"),
        (b'{"body": "a"}', {"source": "a\nb"}, "invalid_name"),
        (b'{"body": "a"}', {"name": "a\nb"}, "invalid_name"),
        (b'{"body": "a"}', {"source": ""}, "invalid_request"),
        (b'{"body": "a"}', {"mode": "accurate"}, "mode_unavailable"),
    ],
)
def test_what_is_refused_at_once_leaves_no_import(office, content, query, code):
    response = office.post(IMPORT, content=content, headers=NDJSON, params={"source": "a", **query})

    assert response.json()["code"] == code
    assert response.headers["Content-Type"] == "application/problem+json"
    assert office.get("/v1/imports").json()["items"] == []


def test_an_archive_beyond_the_limit_is_refused(office, monkeypatch):
    monkeypatch.setattr("nlp_service.api.import_routes.MAX_IMPORT_BYTES", 1000)

    response = office.post(f"{IMPORT}?source=a", content=ndjson(rows(50)), headers=NDJSON)

    assert (response.status_code, response.json()["code"]) == (413, "request_too_large")


def test_an_archive_that_is_announced_beyond_the_limit_is_refused(office, monkeypatch):
    monkeypatch.setattr("nlp_service.api.import_routes.MAX_IMPORT_BYTES", 1000)
    headers = {**NDJSON, "Content-Length": "1001"}

    response = office.post(f"{IMPORT}?source=a", content=b"{}", headers=headers)

    assert (response.status_code, response.json()["code"]) == (413, "request_too_large")


def test_a_folder_that_takes_no_archive_is_told_and_logged(
    keeping_settings, quick_assessor, store, tmp_path, caplog
):
    (tmp_path / "incoming").write_text("in the way", encoding="utf-8")
    settings = keeping_settings.model_copy(update={"data": tmp_path})

    with TestClient(
        create_app(settings, assessor=quick_assessor, store=store), headers=BEARER
    ) as client:
        response = client.post(f"{IMPORT}?source=a", content=ndjson(rows(1)), headers=NDJSON)

    assert (response.status_code, response.json()["code"]) == (503, "store_unavailable")
    assert str(tmp_path / "incoming") in caplog.text


def test_a_failure_midway_is_told_in_the_last_line_and_the_rest_follows(
    quick_assessor, keeping_settings, store, caplog, small_chunks
):
    class FailingAssessor(Assessor):
        """Fails at its second chunk, with the texts in its message."""

        failures = 1

        def assess_each(self, items, **options):
            if self.failures and any(getattr(item, "id", "") == str(CHUNK) for item in items):
                self.failures -= 1
                raise RuntimeError(f"cannot read {items}")
            return super().assess_each(items, **options)

    failing = FailingAssessor(replace(quick_assessor.bundle))
    content = ndjson([{**row, "title": SECRET} for row in rows(CHUNK + 3)])
    with TestClient(
        create_app(keeping_settings, assessor=failing, store=store), headers=BEARER
    ) as client:
        progress, last = send(client, content)
        more, summary = send(client, content)

    assert last["error"]["code"] == "internal_error"
    assert last["error"]["instance"] in caplog.text
    assert SECRET[:4] not in caplog.text + json.dumps(last, ensure_ascii=False)
    assert progress[-1]["mark"] == more[0]["mark"] == CHUNK
    assert summary["summary"]["stored"] == CHUNK + 3
