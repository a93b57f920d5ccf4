"""What a person is told of a file before anybody waits for it."""

import pytest

from nlp_service.domain.errors import UnreadableInput
from nlp_service.intake.columns import Field, read_mapping
from nlp_service.intake.kinds import FileKind
from nlp_service.intake.report import MOST_REFUSALS, FileReport, Refusal, check_upload
from tests.intake.made_files import archive, proposal_table, workbook

SECRET = "柿树湾的河堤今年又塌了两处，请在汛期前加固。"


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def test_a_report_says_what_was_recognised_and_what_was_not(tmp_path):
    text = f"编号,题目,内容,天气,提交日期,联系电话\r\n7,河堤,{SECRET},晴,2024-03-05,138\r\n"

    (report,) = check_upload(written(tmp_path / "来信.csv", text, "gb18030"))

    assert report == FileReport(
        name="来信.csv",
        kind=FileKind.CSV,
        encoding="gb18030",
        columns={
            "编号": Field.REFERENCE,
            "题目": Field.TITLE,
            "内容": Field.BODY,
            "提交日期": Field.SUBMITTED_AT,
            "联系电话": Field.CONTACT,
        },
        unknown_columns=["天气"],
        rows_read=1,
        rows_refused=0,
        refusals=[],
        notes=[],
    )


def test_refused_rows_are_named_with_place_column_and_reason(tmp_path):
    text = f"编号,类型,内容\n1,提案,{SECRET}\n2,投诉,{SECRET}\n3,,！！\n4,,{SECRET},多一格\n"

    (report,) = check_upload(written(tmp_path / "来信.csv", text))

    assert (report.rows_read, report.rows_refused) == (4, 3)
    kind, empty, wide = report.refusals
    assert (kind.where, kind.column, kind.code) == ("第 3 行", "类型", "invalid_row")
    assert kind.reason.startswith("类型 应为 proposal")
    assert (empty.where, empty.code) == ("第 4 行", "empty_text")
    assert "4 格，列名只有 3 个" in wide.reason
    assert not any(SECRET[:4] in refusal.reason for refusal in report.refusals)


def test_refused_rows_are_all_counted_and_the_first_named(tmp_path):
    text = "类型,内容\n" + f"投诉,{SECRET}\n" * (MOST_REFUSALS + 50)

    (report,) = check_upload(written(tmp_path / "来信.csv", text))

    assert (report.rows_refused, len(report.refusals)) == (MOST_REFUSALS + 50, MOST_REFUSALS)


def test_what_was_mended_is_told_with_its_places(tmp_path):
    backward = "我们小区的路灯没有人修，希望相关部门解决。"[::-1]
    text = "内容\n" + f"{backward}\n" * 7

    (report,) = check_upload(written(tmp_path / "来信.csv", text))

    assert report.notes == [
        "第 2 行、第 3 行、第 4 行、第 5 行、第 6 行 等 7 处：文字原为倒序，已复原"
    ]


def test_each_file_of_an_archive_has_a_report(tmp_path):
    sheet = workbook(tmp_path / "a.xlsx", {"一月": [["登记表"], ["内容"], [SECRET]]})
    form = proposal_table(tmp_path / "b.docx")
    path = archive(
        tmp_path / "来件.zip",
        {
            "信/一月.xlsx": sheet.read_bytes(),
            "提案.docx": form.read_bytes(),
            "说明.csv": "编号,单位\n1,住建局\n".encode(),
            "图.png": b"\x89PNG\r\n",
        },
    )

    sheets, word, table, picture = check_upload(path)

    assert (sheets.name, sheets.kind, sheets.rows_read) == ("信/一月.xlsx", FileKind.XLSX, 1)
    assert sheets.notes == ["工作表“一月”第 2 行是列名，其上 1 行是表头说明，未读"]
    assert (word.columns["案由"], word.unknown_columns) == (Field.TITLE, ["提案审查意见"])
    assert table.rows_refused == 1
    assert "没有正文列" in table.refusals[0].reason
    assert picture.refusals == [
        Refusal(
            where="图.png",
            column="",
            code="unreadable_file",
            reason=picture.refusals[0].reason,
        )
    ]
    assert picture.kind is None


def test_a_mapping_is_followed_and_what_it_does_not_find_is_told(tmp_path):
    path = written(tmp_path / "来信.jsonl", f'{{"诉求描述": "{SECRET}", "类型": "投诉"}}\n')

    (plain,) = check_upload(path)
    (mapped,) = check_upload(
        path, mapping=read_mapping([("正文", "诉求描述"), ("不用", "类型"), ("标题", "摘要")])
    )

    assert plain.rows_refused == 1
    assert plain.notes == ["没有认出正文；请指明哪一列是正文（命令行写 --column 正文=列名）"]
    assert (mapped.rows_read, mapped.rows_refused) == (1, 0)
    assert mapped.notes == ["没有名为“摘要”的列"]


def test_a_file_that_breaks_off_says_how_far_it_was_read(tmp_path):
    (report,) = check_upload(written(tmp_path / "来信.csv", f'内容\n{SECRET}\n"没有关上'))

    assert report.rows_read == 1
    assert "第 3 行起引号不成对" in report.problem


@pytest.mark.parametrize(
    ("name", "text"), [("空.jsonl", ""), ("空.csv", "内容\n"), ("空.txt", " \n")]
)
def test_an_empty_file_has_a_problem(tmp_path, name, text):
    (report,) = check_upload(written(tmp_path / name, text))

    assert report.problem == f"{name} 里没有一件来件，请检查文件。"


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(UnreadableInput, match="没有文件"):
        check_upload(tmp_path / "none.csv")


def test_what_could_not_be_stored_is_refused_where_it_is_to_be(tmp_path):
    text = f"内容,提交日期,承办单位\n{SECRET},三月五日前后,水利局\n{SECRET},2024-03-05,\n"
    path = written(tmp_path / "来信.csv", text)

    (assessed,), (stored,) = check_upload(path), check_upload(path, keep=True)

    assert (assessed.rows_refused, stored.rows_refused) == (0, 1)
    assert (stored.refusals[0].where, stored.refusals[0].column) == ("第 2 行", "提交日期")


def test_a_long_file_is_read_as_far_as_wanted(tmp_path):
    path = written(tmp_path / "来信.csv", "内容\n" + f"{SECRET}\n" * 5)

    (some,), (whole,) = check_upload(path, most_rows=3), check_upload(path, most_rows=5)

    assert (some.rows_read, some.cut, some.problem) == (3, True, "")
    assert (whole.rows_read, whole.cut) == (5, False)


def test_a_table_without_a_text_tells_its_columns_so_that_one_can_be_named(tmp_path):
    path = workbook(tmp_path / "来信.xlsx", {"一月": [["编号", "群众的话"], [7, SECRET]]})

    (report,) = check_upload(path)
    (named,) = check_upload(path, mapping=read_mapping([("正文", "群众的话")]))

    assert "没有正文列" in report.problem
    assert (report.columns, report.unknown_columns) == ({"编号": Field.REFERENCE}, ["群众的话"])
    assert (named.rows_read, named.rows_refused, named.problem) == (1, 0, "")


def test_a_column_whose_name_was_shown_cut_short_is_named_by_that(tmp_path):
    long = "请详细描述您要反映的问题包括时间地点经过和您希望怎样解决以便我们尽快转给承办单位办理"
    path = written(tmp_path / "来信.csv", f"标题,内容,{long}\n河堤,见附件,{SECRET}\n")

    (report,) = check_upload(path)
    (shown,) = report.unknown_columns
    (named,) = check_upload(path, mapping=read_mapping([("正文", shown)]))

    assert len(shown) < len(long)
    assert named.columns[shown] is Field.BODY
    assert named.unknown_columns == ["内容"]
