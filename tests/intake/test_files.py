import pytest

from nlp_service.domain.errors import UnreadableInput
from nlp_service.intake.files import Survey, read_submissions, survey_file


@pytest.mark.parametrize(
    ("content", "lines"), [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\n\nb", 3), (b"a\r\nb\r\n", 2)]
)
def test_survey_counts_lines_as_an_editor_shows_them(tmp_path, content, lines):
    path = tmp_path / "in.jsonl"
    path.write_bytes(content)

    assert survey_file(path).lines == lines


def test_survey_looks_beyond_the_first_block_for_the_encoding(tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes(b"body\n" + b"a" * 2**21 + "路灯\n".encode("gb18030"))

    assert survey_file(path) == Survey(lines=2, encoding="gb18030")


def test_survey_of_a_file_in_no_known_encoding_says_what_to_do(tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes(b"body\n\xff\xff\xff\n")

    with pytest.raises(UnreadableInput, match="请另存为 UTF-8"):
        survey_file(path)


@pytest.mark.parametrize("read", [survey_file, read_submissions])
def test_missing_files_and_unknown_endings_are_named(tmp_path, read):
    (tmp_path / "in.xlsx").touch()

    with pytest.raises(UnreadableInput, match=r"没有文件 .*none\.csv"):
        read(tmp_path / "none.csv")
    with pytest.raises(UnreadableInput, match=r"只读 \.jsonl、\.csv 文件，不读 in\.xlsx"):
        read(tmp_path / "in.xlsx")
    with pytest.raises(UnreadableInput, match="没有文件"):
        read(tmp_path)


def test_an_ending_in_capitals_is_the_same_ending(tmp_path):
    path = tmp_path / "IN.CSV"
    path.write_text("body\n路灯坏了\n", encoding="utf-8")

    ((_, found),) = read_submissions(path)

    assert found.body == "路灯坏了"
