"""Word files: proposal forms in a table or under headings, letters, collections."""

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from nlp_service.domain.errors import UnreadableInput
from nlp_service.domain.submission import Kind
from nlp_service.intake.columns import Field
from nlp_service.intake.uploads import open_upload
from tests.intake.made_files import (
    ADVICE,
    PHONE,
    SITUATION,
    TITLE,
    proposal_headings,
    proposal_table,
)


def read(path):
    return list(open_upload(path).rows)


def saved(path, *paragraphs):
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    document.save(path)
    return path


def test_a_form_in_a_table_becomes_one_submission_with_its_sections(tmp_path):
    (row,) = read(proposal_table(tmp_path / "提案.docx"))

    assert (row.number, row.where) == (1, "全文")
    assert (row.item.title, row.item.kind) == (TITLE, Kind.PROPOSAL)
    assert row.item.body == f"情况分析：\n{SITUATION}\n具体建议：\n{ADVICE}"
    assert row.fields.values[Field.SUBMITTER] == "张　三"
    assert row.fields.values[Field.SECTOR] == "教育界"
    assert not any(PHONE in str(value) for value in row.fields.values.values())


def test_a_form_under_headings_becomes_one_submission(tmp_path):
    (row,) = read(proposal_headings(tmp_path / "提案.docx"))

    assert row.item.title == TITLE
    assert row.item.body == (
        f"一、情况分析：\n{SITUATION}\n时间：去年三月至五月。\n二、具体建议：\n{ADVICE}"
    )
    assert row.fields.values[Field.SUBMITTER] == "李四"
    assert PHONE not in row.item.body


def test_a_form_of_labelled_lines_becomes_one_submission(tmp_path):
    path = saved(
        tmp_path / "提案.docx",
        "政协提案",
        f"案由：{TITLE}",
        "提案人：王五",
        f"联系方式：{PHONE}",
        "情况分析：",
        SITUATION,
        "具体建议：" + ADVICE,
        "请审查立案。",
    )

    (row,) = read(path)

    assert (row.item.title, row.item.kind) == (TITLE, Kind.PROPOSAL)
    assert row.item.body == f"情况分析：\n{SITUATION}\n具体建议：\n{ADVICE}\n请审查立案。"


def test_labels_above_their_texts_and_long_unknown_parts_are_kept(tmp_path):
    document = docx.Document()
    table = document.add_table(rows=6, cols=1)
    texts = ["提案名称", TITLE, "内容", SITUATION, "可行性论证", ADVICE]
    for line, text in enumerate(texts):
        table.cell(line, 0).text = text
    document.save(tmp_path / "a.docx")

    (row,) = read(tmp_path / "a.docx")

    assert row.item.title == TITLE
    assert row.item.body == f"{SITUATION}\n可行性论证\n{ADVICE}"


def test_a_collection_of_forms_becomes_as_many_submissions(tmp_path):
    path = saved(
        tmp_path / "汇编.docx",
        *("案由：关于路灯的提案", "提案人：甲", "情况分析：路灯坏了半个月。", "建议：更换线路。"),
        *("案由：关于河堤的提案", "提案人：乙", "情况分析：河堤塌了两处。", "建议：汛期前加固。"),
    )

    one, other = read(path)

    assert (one.where, other.where) == ("第 1 件", "第 2 件")
    assert (one.item.title, other.item.title) == ("关于路灯的提案", "关于河堤的提案")
    assert one.item.body == "情况分析：\n路灯坏了半个月。\n建议：\n更换线路。"
    assert other.fields.values[Field.SUBMITTER] == "乙"


def test_a_letter_keeps_every_line_and_has_its_first_as_title(tmp_path):
    lines = ["柿树湾的河堤请修一修", "尊敬的领导：", "河堤塌了两处。", f"联系电话：{PHONE}"]

    (row,) = read(saved(tmp_path / "来信.docx", *lines))

    assert row.item.title == lines[0]
    assert row.item.body == "\n".join(lines[1:])
    assert row.item.kind is Kind.UNKNOWN


def test_a_letter_that_begins_with_a_sentence_has_no_title(tmp_path):
    (row,) = read(saved(tmp_path / "来信.docx", "尊敬的领导：", "河堤塌了两处，请修。"))

    assert (row.item.title, row.item.body) == ("", "尊敬的领导：\n河堤塌了两处，请修。")


def test_what_word_shows_is_read_and_what_was_deleted_is_not(tmp_path):
    document = docx.Document()
    body = document.element.body
    for xml in (
        "<w:p {}><w:r><w:t>河堤</w:t></w:r><w:ins><w:r><w:t>今年又</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>去年没</w:delText></w:r></w:del><w:r><w:t>塌了。</w:t></w:r></w:p>",
        "<w:p {}><w:r><w:ruby><w:rt><w:r><w:t>hedi</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>河堤"
        "</w:t></w:r></w:rubyBase></w:ruby></w:r><w:r><w:pict><w:txbxContent><w:p><w:r><w:t>图注"
        "</w:t></w:r></w:p></w:txbxContent></w:pict></w:r></w:p>",
        "<w:sdt {}><w:sdtContent><w:p><w:r><w:t>请在汛期前加固。</w:t></w:r></w:p></w:sdtContent>"
        "</w:sdt>",
    ):
        body.insert(len(body) - 1, parse_xml(xml.format(nsdecls("w"))))
    document.save(tmp_path / "a.docx")

    (row,) = read(tmp_path / "a.docx")

    assert row.item.body == "河堤今年又塌了。\n河堤\n请在汛期前加固。"


def test_a_document_without_text_says_so(tmp_path):
    with pytest.raises(UnreadableInput, match=r"空\.docx 里没有一件来件"):
        open_upload(saved(tmp_path / "空.docx"))


# --- plain text ------------


def text_file(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_text_file_is_one_submission(tmp_path, encoding):
    text = "关于路灯的来信\r\n\r\n路灯坏了半个月。\r\n晚上没人敢出门。\r\n"

    (row,) = read(text_file(tmp_path / "来信.txt", text, encoding))

    assert (row.item.title, row.where) == ("关于路灯的来信", "全文")
    assert row.item.body == "路灯坏了半个月。\n晚上没人敢出门。"


@pytest.mark.parametrize("mark", ["-----", "==========", "* * * * *", "————————", "\f"])
def test_clear_separators_make_several_submissions_of_a_text_file(tmp_path, mark):
    letters = ["路灯坏了半个月，晚上没人敢出门。", "河堤塌了两处，请在汛期前加固一下。"]
    path = text_file(tmp_path / "来信.txt", f"\n{mark}\n".join([*letters, ""]))

    found = read(path)

    assert open_upload(path).lines == 2
    assert [(row.number, row.where, row.item.body) for row in found] == [
        (1, "第 1 件", letters[0]),
        (2, "第 2 件", letters[1]),
    ]


def test_a_line_under_a_heading_separates_nothing(tmp_path):
    text = "关于路灯\n==========\n路灯坏了半个月，晚上没人敢出门。"

    (row,) = read(text_file(tmp_path / "来信.txt", text))

    assert "路灯坏了半个月" in row.item.body


def test_a_table_saved_as_text_is_read_as_a_table(tmp_path):
    text = "编号\t题目\t内容\r\n7\t路灯\t路灯坏了半个月\r\n"

    (row,) = read(text_file(tmp_path / "来信.txt", text, "utf-16"))

    assert (row.item.id, row.item.title, row.item.body) == ("7", "路灯", "路灯坏了半个月")


def test_a_form_in_a_text_file_is_a_form(tmp_path):
    text = f"案由：{TITLE}\n提案人：张三\n情况分析：{SITUATION}\n具体建议：\n{ADVICE}\n"

    (row,) = read(text_file(tmp_path / "提案.txt", text))

    assert row.item.title == TITLE
    assert row.item.body == f"情况分析：\n{SITUATION}\n具体建议：\n{ADVICE}"
