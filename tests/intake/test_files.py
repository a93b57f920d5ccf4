import pytest

from nlp_service.domain.errors import UnreadableInput
from nlp_service.intake.uploads import open_upload


@pytest.mark.parametrize(
    ("content", "lines"),
    [("a", 1), ("a\n", 1), ("a\n\nb", 3), ("a\r\nb\r\n", 2)],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_lines_are_counted_as_an_editor_shows_them(tmp_path, content, lines, encoding):
    path = tmp_path / "in.jsonl"
    path.write_bytes(content.encode(encoding))

    assert open_upload(path).lines == lines


def test_missing_files_and_unknown_endings_are_named(tmp_path):
    (tmp_path / "in.pptx").write_text("x", encoding="utf-8")

    with pytest.raises(UnreadableInput, match=r"没有文件 .*none\.csv"):
        open_upload(tmp_path / "none.csv")
    with pytest.raises(UnreadableInput, match=r"只读 \.csv、\.jsonl、.*文件，不读 in\.pptx"):
        open_upload(tmp_path / "in.pptx")
    with pytest.raises(UnreadableInput, match="没有文件"):
        open_upload(tmp_path)


def test_an_ending_in_capitals_is_the_same_ending(tmp_path):
    path = tmp_path / "IN.CSV"
    path.write_text("body\n路灯坏了\n", encoding="utf-8")

    (row,) = open_upload(path).rows

    assert (row.number, row.where, row.item.body) == (1, "第 2 行", "路灯坏了")


def test_a_media_type_says_what_a_name_does_not(tmp_path):
    path = tmp_path / "upload"
    path.write_text("内容\n路灯坏了\n", encoding="utf-8")

    table = open_upload(path, name="", media_type="text/csv")
    letter = open_upload(path, name="", media_type="text/plain")
    named = open_upload(path, name="来信.csv", media_type="application/octet-stream")

    assert [row.item.body for row in table.rows] == ["路灯坏了"]
    assert [row.item.title for row in letter.rows] == ["内容"]
    assert [row.item.body for row in named.rows] == ["路灯坏了"]


def test_the_same_file_gives_the_same_rows_again(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("编号,内容\n" + "".join(f"{n},路灯{n}\n" for n in range(50)), encoding="utf-8")

    first, again = ([(row.number, row.item) for row in open_upload(path).rows] for _ in range(2))

    assert first == again
    assert [number for number, _ in first] == list(range(1, 51))
