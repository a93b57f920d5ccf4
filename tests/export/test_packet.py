"""The committee's packet and the note to an author: what is read back is what was decided."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime

import docx
import openpyxl
import pytest

from nlp_service.domain.adoption import AdoptedPart, Adoption
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.quality import Disposition, Verdict
from nlp_service.domain.records import LeadChoice, Merge, Origin
from nlp_service.domain.reviews import Findings
from nlp_service.domain.screening import (
    CaseAnswer,
    CaseGround,
    Decision,
    NearestCase,
    ProposalCase,
    SessionScope,
    Suggestion,
)
from nlp_service.export.packet import Packet
from nlp_service.export.packet_docx import write_packet_docx
from nlp_service.export.packet_xlsx import write_packet_xlsx
from nlp_service.export.return_note import DRAFT, write_return_note

NOW = datetime(2026, 1, 12, 1, 30, tzinfo=UTC)
SCOPE = SessionScope(
    name="市政协六届三次会议", dated_from=date(2026, 1, 5), dated_until=date(2026, 1, 9)
)
RULE = "已进入民事、刑事、行政诉讼或者仲裁、复议程序的，不予立案。"
FORMULA = '=HYPERLINK("http://evil.example","关于路灯的建议")'


def case(key, title="", *, decided=None, by="李四", note="", **told):
    decision = decided and Decision(
        disposition=decided,
        review_key=key,
        decided_at=NOW,
        decided_by=by,
        note=note,
        adopted=by == "批量",
    )
    held = Findings(topic="T09", lead_unit="D12", assist_units=["D06", "D09"], sectors=["S10"])
    answer = CaseAnswer(
        question="是否经过深入调研（没经过深入调研的不提）",
        verdict=Verdict.NO,
        quotes=[],
        missing=["走访、座谈等调研"],
    )
    given = {
        "reference": f"2026-{key:02}",
        "title": title,
        "origin": Origin(submitter=f"委员{key}", district="咸安区"),
        "dated_on": date(2026, 1, 6),
        "restricted": False,
        "score": 71.5,
        "band": "一般",
        "score_corrected": False,
        "low": 0.1,
        "answers": [answer],
        "grounds": [],
        "doubts": [],
        "held": held,
        "machine": held,
        "spoken": [],
        "adopted": [],
        "certainty": {},
        "suggestion": Suggestion(disposition=Disposition.FILED, name="立案", reasons=[]),
        "note": "",
        "merge": None,
        "nearest": None,
    }
    return ProposalCase(key=key, decision=decision, **{**given, **told})


LOW = {"score": 41.2, "score_corrected": True}


@pytest.fixture(scope="module")
def packet(assessor):
    merge = Merge(
        key=7,
        members=[2, 3, 40],
        leads=[LeadChoice(submission_key=2, chosen_at=NOW, chosen_by="李四")],
        merged_at=NOW,
        merged_by="李四",
        undone_at=None,
        undone_by="",
    )
    ground = CaseGround(code="G5", name="已进入诉讼", rule=RULE, quote="已向法院起诉")
    near = NearestCase(
        key=2,
        reference="2026-02",
        title="关于加密夜间公交的建议",
        dated_on=date(2026, 1, 6),
        relation=Relation.SAME,
        probability=0.9,
        outcome=None,
    )
    cases = [
        case(1, FORMULA, decided=Disposition.FILED, by="批量"),
        case(2, "关于加密夜间公交的建议", decided=Disposition.FILED, merge=merge),
        case(3, "关于延长公交运营时间的建议", merge=merge, nearest=near),
        case(
            4,
            "关于某拆迁补偿案的建议",
            decided=Disposition.NOT_FILED,
            grounds=[ground],
            note="电话13800000000",
        ),
        case(5, "关于重视停车\x07难的建议", decided=Disposition.RETURNED, **LOW),
        case(6, "关于省道改线的建议", decided=Disposition.CONVERTED),
        case(7, "关于夜市摊位的建议", held=Findings(topic="T99")),
        case(8, "举报张某某", decided=Disposition.NOT_FILED, grounds=[ground], restricted=True),
    ]
    adoption = Adoption(
        key=1,
        term_session_key=1,
        part=AdoptedPart.DISPOSITION,
        most_error=0.05,
        expected_error=0.02,
        reviews=[1],
        adopted_at=NOW,
        adopted_by="李四",
        undone_at=None,
        undone_by="",
    )
    return Packet(
        scope=SCOPE,
        made_at=NOW,
        made_by="李四",
        cases=cases,
        taxonomy=assessor.bundle.taxonomy,
        cover=lambda text: text.replace("13800000000", "***"),
        adoptions=[adoption, replace(adoption, key=2, most_error=0.2, undone_at=NOW)],
    )


@pytest.fixture(scope="module")
def book(packet):
    return openpyxl.load_workbook(io.BytesIO(write_packet_xlsx(packet)))


@pytest.fixture(scope="module")
def paper(packet):
    return docx.Document(io.BytesIO(write_packet_docx(packet)))


def rows_of(sheet):
    _, _, head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def table_below(paper, heading):
    """The rows of the first table behind a heading."""
    elements = list(paper.element.body)
    at = next(n for n, one in enumerate(elements) if heading in "".join(one.itertext()))
    table = next(one for one in elements[at:] if one.tag.endswith("}tbl"))
    found = next(one for one in paper.tables if one._tbl is table)
    return [[cell.text for cell in row.cells] for row in found.rows]


def test_the_workbook_lists_every_proposal_with_units_and_decision(book):
    rows = rows_of(book["全部提案"])

    assert [row["编号"] for row in rows] == [f"2026-{n:02}" for n in range(1, 9)]
    second = rows[1]
    assert (second["案由"], second["提案者"]) == ("关于加密夜间公交的建议", "委员2")
    assert (second["主办单位"], second["会办单位"]) == (
        "交通运输局",
        "公安局；住房和城乡建设局",
    )
    assert (second["五大建设"], second["总分"], second["审查意见"]) == ("社会", 71.5, "立案")
    assert second["三问"] == "没经过深入调研（未见走访、座谈等调研）"
    assert [row["编号"] for row in rows if row["等级是否更正"]] == ["2026-05"]
    assert rows[2]["审查意见"] == "并案"
    assert rows[2]["相近来件"] == "同一事项：2026-02 关于加密夜间公交的建议（2026-01-06）"
    assert (rows[6]["审查意见"], rows[6]["系统建议"], rows[6]["五大建设"]) == (
        "待审定",
        "立案",
        "未归类",
    )
    assert [row["是否批量采纳"] for row in rows[:2]] == ["是", None]


def test_each_decision_has_its_list_with_reasons_in_the_rules_words(book):
    assert [row["编号"] for row in rows_of(book["立案"])] == ["2026-01", "2026-02"]
    refused, restricted = rows_of(book["不予立案"])
    assert refused["理由"] == f"{RULE}；电话***"
    assert (restricted["案由"], restricted["提案者"]) == ("（限阅）", None)
    assert restricted["理由"] == "限阅，另行报告。"
    told = {row["案由"]: row["五大建设"] for row in rows_of(book["全部提案"])}
    assert (told[refused["案由"]], told["（限阅）"]) == ("社会", None)
    (returned,) = rows_of(book["退回完善"])
    assert returned["理由"] == "没经过深入调研（未见走访、座谈等调研）"
    assert returned["案由"] == "关于重视停车难的建议"
    (merge,) = rows_of(book["并案"])
    assert merge["主案"] == "2026-02 关于加密夜间公交的建议"
    assert merge["并入的提案"] == "2026-03 关于延长公交运营时间的建议\n#40（不在本届次内）"
    assert merge["全部提案者"] == "委员2；委员3"
    units = {row["承办单位"]: row for row in rows_of(book["承办单位"])}
    assert (units["交通运输局"]["主办"], units["公安局"]["会办"]) == (2, 2)


def test_the_numbers_stand_in_the_five_constructions(book, paper):
    cells = [list(row) for row in book["汇总"].iter_rows(values_only=True)]
    told = "".join(str(cell) for row in cells for cell in row if cell)
    assert "共收到提案 8 件，已审定 7 件，待审定 1 件。" in told
    assert "立案率（含并案）42.9%" in told
    assert "社会建设 7 件，占 87.5%；生态文明建设 0 件" in told
    assert "其中 1 件的审查意见系批量采纳" in told
    assert "不超过 5%" in told

    head, *rows = table_below(paper, "按五大建设和审查意见")
    assert head[:3] == ["五大建设", "收到", "占比"]
    numbers = {row[0]: row[1:] for row in rows}
    assert list(numbers)[:5] == ["经济建设", "政治建设", "文化建设", "社会建设", "生态文明建设"]
    assert numbers["社会建设"] == ["7", "87.5%", "2", "1", "1", "1", "2", "0"]
    assert numbers["合计"][0] == "8"


def test_no_cell_is_a_formula_and_nothing_restricted_is_told(book, packet):
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None
                assert "举报" not in str(cell.value)
                assert "委员8" not in str(cell.value)
    assert rows_of(book["立案"])[0]["案由"].startswith("'=")
    with zipfile.ZipFile(io.BytesIO(write_packet_docx(packet))) as parts:
        content = parts.read("word/document.xml").decode()
    assert "举报" not in content
    assert re.findall(r'w:instr="([^"]*)"', content) == []


def test_a_sheet_is_ready_to_be_printed(book):
    sheet = book["全部提案"]

    assert (sheet.page_setup.paperSize, sheet.page_setup.orientation) == (8, "landscape")  # A3
    assert book["立案"].page_setup.paperSize == 9  # A4
    assert sheet.print_title_rows == "$3:$3"
    assert sheet["A1"].value == "市政协六届三次会议提案审查情况（全部提案）"
    assert sheet["A2"].value == "2026年1月5日至2026年1月9日的提案，李四整理，2026年1月12日"
    assert sheet.oddFooter.center.text == "第 &P 页，共 &N 页"


def test_rows_are_as_high_as_their_longest_cell_needs(book):
    sheet = book["不予立案"]
    by_length = {
        len(str(sheet.cell(row, 8).value)): sheet.row_dimensions[row].height
        for row in range(4, sheet.max_row + 1)
    }

    assert by_length[min(by_length)] in (None, 15)  # the usual height
    assert by_length[max(by_length)] >= 30
    assert max(by_length) > 60 / 2.1


def test_no_row_is_higher_than_programs_let_rows_be(packet):
    long = case(1, "关于灯的提案", decided=Disposition.NOT_FILED, note="本案所提各项。\n" * 200)

    book = openpyxl.load_workbook(io.BytesIO(write_packet_xlsx(replace(packet, cases=[long]))))

    heights = [row.height for sheet in book for row in sheet.row_dimensions.values()]
    assert 400 < max(height for height in heights if height) <= 409


def test_shares_and_numbers_stand_in_the_middle(book):
    shares = [cell for row in book["汇总"].iter_rows() for cell in row if "%" in str(cell.value)]

    assert {cell.alignment.horizontal for cell in shares if cell.column > 1} == {"center"}


def test_every_program_finds_how_wide_columns_are(paper):
    for table in paper.tables:
        (head, *_) = table.rows
        assert [column.width for column in table.columns] == [cell.width for cell in head.cells]
        assert len({column.width for column in table.columns}) > 1


def test_the_document_is_laid_out_as_offices_do(packet, paper):
    section = paper.sections[0]
    assert [round(length.mm) for length in (section.page_width, section.page_height)] == [210, 297]
    assert [round(length.mm) for length in (section.top_margin, section.left_margin)] == [37, 28]
    assert 'w:instr=" PAGE "' in section.footer._element.xml
    headings = [one.text for one in paper.paragraphs if one.style.name == "Heading 1"]
    assert headings[0] == "一、总体情况"
    assert headings[-1] == "九、尚待审定的提案"
    assert paper.core_properties.author == "李四"
    assert paper.styles["Normal"].font.name == "仿宋_GB2312"
    with zipfile.ZipFile(io.BytesIO(write_packet_docx(packet))) as parts:
        fonts = parts.read("word/fontTable.xml").decode()
    assert 'w:name="黑体"><w:altName w:val="SimHei,' in fonts
    head = table_below(paper, "立案的提案")[0]
    assert head == ["序号", "编号", "案由", "提案者", "主办单位", "会办单位", "总分"]
    assert all("tblHeader" in table.rows[0]._tr.xml for table in paper.tables)


def test_the_document_tells_merges_reasons_and_what_is_open(paper):
    assert table_below(paper, "不予立案的提案")[1:] == [
        ["1", "2026-04", "关于某拆迁补偿案的建议", "委员4", f"{RULE}；电话***"],
        ["2", "2026-08", "（限阅）", "", "限阅，另行报告。"],
    ]
    (merge,) = table_below(paper, "并案的提案")[1:]
    assert merge[3] == "委员2；委员3"
    (waiting,) = table_below(paper, "尚待审定")[1:]
    assert waiting[-1] == "立案"
    assert "系统建议（未经审定）" in table_below(paper, "尚待审定")[0]


def test_an_empty_session_has_a_packet_too(packet):
    empty = replace(packet, cases=[], adoptions=[])

    paper = docx.Document(io.BytesIO(write_packet_docx(empty)))
    book = openpyxl.load_workbook(io.BytesIO(write_packet_xlsx(empty)))
    assert "这一届次没有收到提案。" in [one.text for one in paper.paragraphs]
    assert book["立案"]["A4"].value == "无。"


def test_the_note_to_an_author_is_a_letter():
    text = "您好！您提交的材料已收到。\n一、请补充调研。\n\n二、建议请写明由谁来办。"
    told = {"title": "关于停车的建议", "number": "2026-05", "on": date(2026, 1, 12)}

    draft = docx.Document(io.BytesIO(write_return_note(text, **told)))
    lines = [one.text for one in draft.paragraphs if one.text]
    assert lines == [
        DRAFT,
        "提案退回完善通知",
        "（编号：2026-05）",
        "案由：关于停车的建议",
        "提案者：",
        *filter(None, text.splitlines()),
        "提案委员会",
        "2026年1月12日",
    ]
    edited = write_return_note(text, submitter="王委员", edited=True, **told)
    lines = [one.text for one in docx.Document(io.BytesIO(edited)).paragraphs]
    assert DRAFT not in lines
    assert "王委员：" in lines
    with pytest.raises(ValueError, match="without text"):
        write_return_note(" \n", **told)
