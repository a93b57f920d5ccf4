import pickle
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from nlp_service.domain.errors import UnreadableInput
from nlp_service.intake.columns import Field, read_mapping
from nlp_service.intake.kinds import FileKind
from nlp_service.intake.report import check_upload
from nlp_service.intake.rows import InvalidRow
from nlp_service.intake.uploads import open_upload

pa = pytest.importorskip("pyarrow", reason="pyarrow 未安装")
pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow 未安装")

LAMP = "小区门口的路灯坏了半个月，晚上出门很不安全，请尽快维修。"
BUS = "12路末班车只到晚上八点，下了晚自习的学生没车坐，能不能延到九点半？"
NOISE = "楼下装修队中午也不停，老人没法午睡，请社区上门管一管。"


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path, row_group_size=2)
    return path


def rows_of(path, **options):
    return list(open_upload(path, **options).rows)


def test_a_parquet_file_reads_as_the_same_csv(tmp_path):
    columns = {"编号": [7, None, 9], "留言详情": [LAMP, BUS, NOISE], "类型": ["来信", None, "提案"]}
    table = tmp_path / "来信.csv"
    lines = [f"7,{LAMP},来信", f",{BUS},", f"9,{NOISE},提案"]
    table.write_text("\n".join(["编号,留言详情,类型", *lines]) + "\n", encoding="utf-8")

    read = rows_of(parquet(tmp_path / "来信.parquet", **columns))

    assert [row.item for row in read] == [row.item for row in rows_of(table)]
    assert [(row.number, row.line, row.where) for row in read] == [
        (1, 1, "第 1 行"),
        (2, 2, "第 2 行"),
        (3, 3, "第 3 行"),
    ]


def test_it_says_what_it_is_before_it_is_read(tmp_path):
    upload = open_upload(parquet(tmp_path / "a.parquet", 内容=[LAMP, BUS, NOISE], 天气=["晴"] * 3))

    assert (upload.kind, upload.lines) == (FileKind.PARQUET, 3)
    assert upload.columns == {"内容": Field.BODY, "天气": None}


def test_columns_are_mapped_by_hand(tmp_path):
    path = parquet(tmp_path / "a.parquet", 诉求描述=[LAMP])

    (row,) = rows_of(path, mapping=read_mapping([("正文", "诉求描述")]))

    assert row.item.body == LAMP
    with pytest.raises(UnreadableInput, match=r"没有正文列.*有：诉求描述。.*--column 正文=列名"):
        open_upload(path)


@pytest.mark.parametrize(
    ("values", "told"),
    {
        "whole number": ([7], "7"),
        "number beside gaps, as pandas has it": ([7.0, float("nan")], "7"),
        "decimal": ([Decimal("20.50")], "20.50"),
        "category": (pa.array(["甲-7", "甲-7"]).dictionary_encode(), "甲-7"),
        "day": ([date(2024, 3, 5)], "2024-03-05"),
        "nanoseconds": (pa.array([1709629200000000001], pa.timestamp("ns")), "2024-03-05 09:00:00"),
    }.values(),
    ids=str,
)
def test_typed_values_read_as_a_person_reads_them(tmp_path, values, told):
    path = parquet(tmp_path / "a.parquet", 编号=values, 内容=[LAMP] * len(values))

    assert rows_of(path)[0].item.id == told


def test_a_moment_is_told_in_chinese_time(tmp_path):
    late = pa.array([datetime(2024, 3, 4, 17, 30, tzinfo=UTC)], pa.timestamp("us", "UTC"))

    (row,) = rows_of(parquet(tmp_path / "a.parquet", 内容=[LAMP], 提交时间=late))

    assert row.item.submitted_at == date(2024, 3, 5)


def test_blank_rows_are_none_and_refused_ones_stay_in_their_place(tmp_path):
    long = "长" * (2**20 + 1)
    path = parquet(tmp_path / "a.parquet", 内容=[LAMP, "", long, NOISE], 编号=["1", "", "3", "4"])

    first, refused, last = rows_of(path)

    assert (first.item.body, last.item.body) == (LAMP, NOISE)
    assert (refused.where, refused.item.code) == ("第 3 行", "text_too_long")
    assert [row.line for row in (first, refused, last)] == [1, 3, 4]


def test_what_is_no_text_is_passed_over_and_named(tmp_path):
    path = parquet(
        tmp_path / "a.parquet", 内容=[LAMP], 向量=[[0.25, 0.5]], 附件=[b"\xff\xd8"], 标题=["路灯"]
    )

    (report,) = check_upload(path)

    assert report.notes == ["列“向量”不是文字、数或时间，未读", "列“附件”不是文字、数或时间，未读"]
    assert (report.rows_read, report.rows_refused, report.problem) == (1, 0, "")


def test_a_damaged_file_is_refused(tmp_path):
    path = parquet(tmp_path / "a.parquet", 内容=[LAMP] * 500)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])

    with pytest.raises(UnreadableInput, match=r"a\.parquet：文件已损坏"):
        rows_of(path)


def bomb(path, *, cell, rows):
    """Save a small file of one long cell that many rows share."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), [cell])
    pq.write_table(pa.table({"内容": column}), path)
    assert path.stat().st_size < 4 * 2**20
    return path


def test_a_small_file_of_a_gigabyte_does_not_fill_the_memory(tmp_path):
    rows = rows_of(bomb(tmp_path / "bomb.parquet", cell="长" * 2**21, rows=200))

    assert len(rows) == 200
    assert {row.item.code for row in rows} == {"text_too_long"}


def test_a_small_file_of_huge_cells_is_refused(tmp_path):
    path = bomb(tmp_path / "bomb.parquet", cell="长" * 2**24, rows=100)

    with pytest.raises(UnreadableInput, match=r"bomb\.parquet：读取它.*内存超过 1024 MiB"):
        rows_of(path)


def test_without_pyarrow_it_says_what_to_install(tmp_path, monkeypatch):
    path = parquet(tmp_path / "a.parquet", 内容=[LAMP])
    hidden = tmp_path / "hidden" / "pyarrow"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError", encoding="utf-8")
    monkeypatch.syspath_prepend(hidden.parent)  # the confined process searches as this one does

    with pytest.raises(
        UnreadableInput, match=r"a\.parquet：.*pip install 'nlp-service\[parquet\]'"
    ):
        open_upload(path)


def test_a_refused_row_keeps_its_number_on_the_way_to_another_process():
    row = InvalidRow("invalid_row", "类型 应为文字。", id="甲-7", column="类型")

    there = pickle.loads(pickle.dumps(row))

    assert (there.code, str(there), there.id, there.column) == (row.code, str(row), "甲-7", "类型")
