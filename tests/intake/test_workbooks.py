"""Workbooks as secretaries keep them: titles above, merged cells, notes, several sheets."""

from datetime import date, datetime

import pytest

from nlp_service.domain.errors import UnreadableInput
from nlp_service.intake.columns import Field, read_mapping
from nlp_service.intake.uploads import open_upload
from tests.intake.made_files import ADVICE, SITUATION, TITLE, repacked, workbook


def read(path, **options):
    return list(open_upload(path, **options).rows)


def test_the_header_is_found_below_a_title(tmp_path):
    rows = [
        ["2024年第一季度群众来信登记表"],
        ["填表人：办公室", None, None, "2024年4月1日"],
        [],
        ["序号", "信件编号", "标　题", "来信内容（必填）：", "来信时间", "联系电话"],
        [1, 20240007, "停车难", "单位车位夜里空着，建议开放。", date(2024, 3, 5), 13800138000],
    ]
    path = workbook(
        tmp_path / "来信.xlsx",
        {"一季度": rows},
        edit=lambda book: book["一季度"].merge_cells("A1:F1"),
    )

    upload = open_upload(path)
    (row,) = upload.rows

    assert (row.number, row.line, row.where) == (1, 1, "工作表“一季度”第 5 行")
    assert (row.item.id, row.item.title) == ("20240007", "停车难")
    assert row.item.body == "单位车位夜里空着，建议开放。"
    assert row.item.submitted_at == date(2024, 3, 5)
    assert upload.columns["来信内容（必填）："] is Field.BODY
    assert upload.columns["联系电话"] is Field.CONTACT
    assert "138" not in row.item.body


def test_two_rows_of_names_are_read_as_one(tmp_path):
    rows = [
        ["案由", "提案人", None, "情况分析", "具体建议"],
        [None, "姓名", "界别", None, None],
        [TITLE, "张三", "教育界", SITUATION, ADVICE],
    ]

    def merge(book):
        for cells in ("A1:A2", "B1:C1", "D1:D2", "E1:E2"):
            book["提案"].merge_cells(cells)

    (row,) = read(workbook(tmp_path / "a.xlsx", {"提案": rows}, edit=merge))

    assert row.item.title == TITLE
    assert row.item.body == f"情况分析：\n{SITUATION}\n具体建议：\n{ADVICE}"
    assert row.fields.values[Field.SUBMITTER] == "张三"
    assert row.fields.values[Field.SECTOR] == "教育界"


def test_what_is_merged_over_rows_counts_in_each_and_a_merged_text_once(tmp_path):
    rows = [
        ["地区", "内容", "提交人"],
        ["城东区", "路灯坏了", "甲"],
        [None, "井盖松了", "乙"],
        [None, None, "丙"],
        ["城西区", "下水道堵了", "丁"],
    ]

    def merge(book):
        book["一月"].merge_cells("A2:A4")
        book["一月"].merge_cells("B3:B4")

    found = read(workbook(tmp_path / "a.xlsx", {"一月": rows}, edit=merge))

    assert [row.item.body for row in found] == ["路灯坏了", "井盖松了", "下水道堵了"]
    assert [row.fields.values[Field.DISTRICT] for row in found] == ["城东区", "城东区", "城西区"]


def test_every_sheet_with_a_text_column_is_read(tmp_path):
    sheets = {
        "填表说明": [["请逐条填写"], ["谢谢配合"]],
        "一月": [["内容"], ["路灯坏了"], ["内容"], ["井盖松了"]],
        "空表": [],
        "二月": [["编号", "题目", "正文"], ["9", "河堤", "汛期前请加固"]],
        "底稿": [["内容"], ["不要的"]],
    }

    def hide(book):
        book["底稿"].sheet_state = "hidden"

    found = read(workbook(tmp_path / "a.xlsx", sheets, edit=hide))

    assert [(row.number, row.where) for row in found] == [
        (1, "工作表“一月”第 2 行"),
        (2, "工作表“一月”第 4 行"),
        (3, "工作表“二月”第 2 行"),
    ]
    assert found[2].item.title == "河堤"


def test_a_workbook_without_a_text_column_says_what_to_do(tmp_path):
    rows = [["编号", "诉求描述"], ["1", "路灯坏了半个月，晚上出门很不安全，请尽快维修。"]]
    path = workbook(tmp_path / "a.xlsx", {"一月": rows})

    with pytest.raises(UnreadableInput, match=r"a\.xlsx 的工作表“一月”前 20 行") as caught:
        open_upload(path)

    assert "编号、诉求描述" in str(caught.value)
    assert "路灯" not in str(caught.value)
    (row,) = read(path, mapping=read_mapping([("正文", "诉求描述")]))
    assert row.item.body.startswith("路灯坏了")


def test_a_formula_is_what_it_last_gave_and_a_text_stays_a_text(tmp_path):
    rows = [["编号", "标题", "内容"], ["1", "占位", "=1+1"], ["2", "=HYPERLINK(1)", "=1+1是病句"]]

    def as_text(book):
        for cell in ("B3", "C3"):
            book["一月"][cell].data_type = "s"

    path = workbook(tmp_path / "a.xlsx", {"一月": rows}, edit=as_text)
    path = repacked(
        path,
        tmp_path / "b.xlsx",
        change={
            "xl/worksheets/sheet1.xml": lambda xml: xml.replace(b"<v></v>", b"<v>7</v>").replace(
                b"<v />", b"<v>7</v>"
            )
        },
    )

    computed, text = read(path)

    assert computed.item.body == "7"
    assert (text.item.title, text.item.body) == ("=HYPERLINK(1)", "=1+1是病句")


def test_numbers_dates_and_truth_values_are_read_as_a_person_reads_them(tmp_path):
    told = [
        date(2024, 3, 5),
        datetime(2024, 3, 5, 9, 30),
        45356,
        "2024年3月5日",
        "2024/3/5",
        "2024.3.5",
        "20240305",
        20240305,
    ]
    rows = [["编号", "日期", "内容"], *([442512345678901, day, True] for day in told)]

    found = read(workbook(tmp_path / "a.xlsx", {"一月": rows}))

    assert {row.item.submitted_at for row in found} == {date(2024, 3, 5)}
    assert {(row.item.id, row.item.body) for row in found} == {("442512345678901", "TRUE")}


def test_a_table_may_begin_anywhere_on_its_sheet(tmp_path):
    rows = [[], [], [None, None, "编号", "内容"], [None, None, "1", "路灯坏了"]]

    (row,) = read(workbook(tmp_path / "a.xlsx", {"一月": rows}))

    assert (row.where, row.item.id, row.item.body) == ("工作表“一月”第 4 行", "1", "路灯坏了")


def test_reading_goes_on_while_rows_are_taken_slowly(tmp_path):
    rows = [["编号", "内容"], *([number, f"第{number}次反映" * 200] for number in range(1_000))]
    path = workbook(tmp_path / "a.xlsx", {"一月": rows})

    taken = open_upload(path).rows
    first = next(taken)
    taken.close()
    again = read(path)

    assert first == again[0]
    assert [row.item.id for row in again] == [str(number) for number in range(1_000)]
