import pytest

from nlp_service.domain.errors import UnreadableInput
from nlp_service.domain.submission import Kind
from nlp_service.intake.limits import MOST_CELL
from nlp_service.intake.uploads import open_upload


def read(tmp_path, content, *, encoding="utf-8"):
    path = tmp_path / "来件.csv"
    path.write_bytes(content.encode(encoding))
    return [(row.line, row.item) for row in open_upload(path).rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_read_csv_reads_what_spreadsheets_write(tmp_path, encoding, ends):
    content = ends.join(["id,kind,title,body", "7,提案,停车难,建议开放单位车位。", ""])

    ((number, found),) = read(tmp_path, content, encoding=encoding)

    assert number == 2
    assert (found.id, found.kind, found.title, found.body) == (
        "7",
        Kind.PROPOSAL,
        "停车难",
        "建议开放单位车位。",
    )


def test_read_csv_finds_columns_by_name_in_any_order_and_case(tmp_path):
    ((_, found),) = read(tmp_path, " Body ,备注,ID\n路灯坏了,转交,9\n")

    assert (found.id, found.body) == ("9", "路灯坏了")


def test_read_csv_numbers_rows_by_the_line_on_which_they_begin(tmp_path):
    content = 'id,body\n1,"夜里施工，\n吵到""三点""。"\n\n,\n2,路灯坏了\n'

    (first, one), (second, two) = read(tmp_path, content)

    assert (first, one.body) == (2, '夜里施工，\n吵到"三点"。')
    assert (second, two.body) == (6, "路灯坏了")


def test_read_csv_takes_cells_left_away_at_the_end_as_empty(tmp_path):
    ((_, found),) = read(tmp_path, "id,body,title,kind\n1,路灯坏了\n")

    assert (found.body, found.title, found.kind) == ("路灯坏了", "", Kind.UNKNOWN)


def test_read_csv_passes_over_empty_cells_beyond_the_header(tmp_path):
    ((_, found),) = read(tmp_path, "id,body\n1,路灯坏了,,\n")

    assert found.body == "路灯坏了"


def test_read_csv_refuses_a_row_cut_apart_by_a_comma_in_its_text(tmp_path):
    (_, bad), (_, good) = read(tmp_path, "id,body\n1,路灯坏了,请维修\n2,路灯坏了\n")

    assert (bad.code, bad.id) == ("invalid_row", "1")
    assert "引号" in str(bad)
    assert good.body == "路灯坏了"


def test_read_csv_without_a_body_column_says_how_to_name_it(tmp_path):
    with pytest.raises(UnreadableInput, match=r"来件\.csv 前 20 行里没有正文列") as caught:
        read(tmp_path, "编号,诉求描述\n1,路灯坏了\n")
    assert "现有的列名似为：编号、诉求描述" in str(caught.value)
    assert "路灯" not in str(caught.value)


def test_read_csv_of_an_empty_file_says_so(tmp_path):
    with pytest.raises(UnreadableInput, match="没有正文列"):
        read(tmp_path, "")


@pytest.mark.parametrize("mark", [",", "\t", ";", "；"])
def test_read_csv_finds_what_separates_the_cells(tmp_path, mark):
    content = f"编号{mark}内容{mark}留言用户\n7{mark}路灯坏了{mark}王某\n"

    ((_, found),) = read(tmp_path, content, encoding="gb18030")

    assert (found.id, found.body) == ("7", "路灯坏了")


@pytest.mark.parametrize(
    "rest", ['"路灯坏了\n3,路灯\n', '"路灯"坏了\n', f'"{"字" * (MOST_CELL + 1)}\n']
)
def test_read_csv_stops_where_quotation_marks_do_not_pair_up(tmp_path, rest):
    with pytest.raises(UnreadableInput, match="从第 3 行起引号不成对"):
        read(tmp_path, f"id,body\n1,路灯坏了\n2,{rest}")
