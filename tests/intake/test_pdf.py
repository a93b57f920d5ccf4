"""PDF files by their text layer: paragraphs, page numbers, order."""

import pytest

from nlp_service.domain.errors import UnreadableInput
from nlp_service.intake.report import check_upload
from nlp_service.intake.uploads import open_upload
from tests.intake.made_files import ADVICE, SITUATION, TITLE, draw_backward, lines_of, pdf

SECOND = "此外，不少楼道没有照明，夜里上下楼只能摸着扶手走。社区每年都去报修，至今没有下文。"


def read(path):
    (row,) = open_upload(path).rows
    return row


def notes(path):
    (report,) = check_upload(path)
    told = list(read(path).notes)
    assert report.notes == [f"全文：{note}" for note in told]
    return told


def test_lines_are_joined_into_paragraphs_below_the_title(tmp_path):
    first, second = lines_of(SITUATION), lines_of(SECOND, top=640)
    drawn = [(TITLE, 120, 800, 18), *first, *second, ("— 1 —", 280, 40)]
    path = pdf(tmp_path / "报告.pdf", [drawn])

    row = read(path)

    assert (row.item.title, row.where) == (TITLE, "全文")
    assert row.item.body == f"{SITUATION}\n{SECOND}"
    assert notes(path) == []


def test_each_indented_line_begins_a_paragraph(tmp_path):
    items = ["请公布报修电话的号码和受理时间并贴在每个单元的门口", "请每月巡查一次"]
    drawn = [
        *lines_of(SITUATION, width=26),
        *((text, 114, 680 - 20 * place) for place, text in enumerate(items)),
    ]

    row = read(pdf(tmp_path / "报告.pdf", [drawn]))

    assert row.item.body == "\n".join([SITUATION, *items])


def test_a_paragraph_goes_on_over_the_page_and_heads_and_numbers_stay_out(tmp_path):
    text = (SITUATION + SECOND + ADVICE) * 3
    rows = lines_of(text)
    pages = [rows[:10], rows[10:20], rows[20:]]
    drawn = [
        [
            ("某市政协调研报告 第2024号", 90, 810, 9),
            *((line, left, 760 - 20 * place) for place, (line, left, _) in enumerate(page)),
            (str(number), 290, 40, 9),
        ]
        for number, page in enumerate(pages, start=1)
    ]

    row = read(pdf(tmp_path / "报告.pdf", drawn))

    assert row.item.body == text


def test_lines_from_last_to_first_are_put_right_and_told(tmp_path):
    path = pdf(tmp_path / "倒.pdf", [lines_of(SITUATION + ADVICE)[::-1]])

    assert read(path).item.body == SITUATION + ADVICE
    assert notes(path) == ["第 1 页行序与版面不符，已按版面从上到下复原"]


def test_characters_drawn_from_right_to_left_are_put_right_and_told(tmp_path):
    drawn = [draw_backward(*line) for line in lines_of(SITUATION)]
    path = pdf(tmp_path / "倒.pdf", [drawn])

    assert read(path).item.body == SITUATION
    assert notes(path) == ["第 1 页有倒序的文字，已按版面复原"]


def test_columns_are_read_one_after_the_other(tmp_path):
    left = lines_of(SITUATION, width=15, left=60)
    right = lines_of(SECOND, width=15, left=320)
    path = pdf(tmp_path / "栏.pdf", [[*left, *right]])

    assert read(path).item.body == f"{SITUATION}\n{SECOND}"
    assert notes(path) == []


def test_columns_in_no_order_are_told_and_left_as_they_are(tmp_path):
    left = lines_of(SITUATION, width=15, left=60)
    right = lines_of(SECOND, width=15, left=320)
    path = pdf(tmp_path / "乱.pdf", [[*right[:2], *left[1:], *right[2:], left[0]]])

    assert notes(path) == ["第 1 页的分栏或行序不明，请核对原件"]


def test_a_form_with_labels_beside_their_values_is_a_form(tmp_path):
    drawn = [
        ("案由", 90, 780),
        (TITLE, 170, 780),
        ("提案人", 90, 750),
        ("张三", 170, 750),
        ("情况分析", 90, 720),
        *lines_of(SITUATION, top=690),
        ("具体建议：", 90, 590),
        *lines_of(ADVICE, top=560),
    ]

    row = read(pdf(tmp_path / "提案.pdf", [drawn]))

    assert row.item.title == TITLE
    assert row.item.body == f"情况分析：\n{SITUATION}\n具体建议：\n{ADVICE}"


@pytest.mark.parametrize(
    ("made", "problem"),
    {
        "scanned": ({"pages": [[], []]}, "是扫描件，没有文字层"),
        "a page number alone": ({"pages": [[("1", 290, 40)]]}, "是扫描件，没有文字层"),
        "garbled": ({"pages": [[("\ue001\ue002" * 20, 90, 700)]]}, "读出来是乱码"),
        "locked": ({"pages": [[(TITLE, 90, 700)]], "encrypt": True}, "加了密码"),
        "endless": ({"pages": [[(TITLE, 90, 700)]] * 1_000}, "有 1000 页，上限是 300 页"),
    }.values(),
    ids=str,
)
def test_what_cannot_be_read_says_why(tmp_path, made, problem):
    path = pdf(tmp_path / "报告.pdf", **made)

    with pytest.raises(UnreadableInput, match=problem) as caught:
        open_upload(path)

    assert str(caught.value).startswith("报告.pdf：")


def test_a_page_that_is_a_picture_is_told(tmp_path):
    path = pdf(tmp_path / "报告.pdf", [lines_of(SITUATION), []])

    assert read(path).item.body == SITUATION
    assert notes(path) == ["第 2 页没有文字，可能是图片"]
