import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlp_service.domain.errors import UnreadableInput
from nlp_service.intake.encodings import Survey, survey
from nlp_service.intake.report import check_upload

TEXT = "编号,内容\r\n1,路灯坏了半个月，晚上出门很不安全。\r\n2,请尽快维修。\r\n"
TRADITIONAL = "編號,內容\r\n1,路燈壞了半個月，晚上出門很不安全，請區公所儘快維修。\r\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8-sig"),
        ("utf-8-sig", "utf-8-sig"),
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_the_encodings_of_chinese_offices_are_told_apart(encoding, found):
    assert survey(io.BytesIO(TEXT.encode(encoding)), name="a.csv") == Survey(
        lines=3, encoding=found
    )


def test_old_texts_from_taiwan_and_hong_kong_are_read_too():
    assert survey(io.BytesIO(TRADITIONAL.encode("big5")), name="a.csv").encoding == "big5"
    assert survey(io.BytesIO(TRADITIONAL.encode("gb18030")), name="a.csv").encoding == "gb18030"


@pytest.mark.parametrize("text", ["内容\n停车难", "正文\n灯", "内容\n联通", "题目,内容\n堤,决口"])
def test_a_few_characters_of_gb18030_are_enough(text):
    assert survey(io.BytesIO(text.encode("gb18030")), name="a.csv").encoding == "gb18030"


def test_the_whole_file_counts():
    late = b"body\n" + b"a" * 2**21 + "路灯\n".encode("gb18030")

    assert survey(io.BytesIO(late), name="a.csv") == Survey(lines=2, encoding="gb18030")


def test_damage_does_not_turn_utf_8_into_other_characters():
    damaged = TEXT.encode().replace("维修".encode(), "维修".encode("gb18030"))

    found = survey(io.BytesIO(damaged), name="a.csv")

    assert (found.encoding, found.damaged_line) == ("utf-8-sig", 3)


def test_a_damaged_place_in_gb18030_is_named():
    damaged = TEXT.encode("gb18030").replace("维修".encode("gb18030"), b"\xff\xff")

    assert survey(io.BytesIO(damaged), name="a.csv") == Survey(
        lines=3, encoding="gb18030", damaged_line=3
    )


def test_what_is_no_text_is_refused():
    with pytest.raises(UnreadableInput, match=r"a\.csv 不是文本文件"):
        survey(io.BytesIO(bytes(range(256)) * 40), name="a.csv")


@settings(max_examples=60)
@given(
    content=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-16")),
    name=st.sampled_from(["a.csv", "a.jsonl", "a.txt"]),
)
@example(content=b'"', name="a.csv")
@example(content=b"\xff\xfe", name="a.txt")
@example(content="内容\n\ud800".encode("utf-16", "surrogatepass"), name="a.csv")
def test_whatever_stands_in_a_text_file_it_is_read_or_refused_with_a_reason(content, name):
    (report,) = check_upload(io.BytesIO(b"text,id\n" + content), name=name)

    assert report.rows_read or report.problem
    assert len(report.refusals) == report.rows_refused <= report.rows_read
