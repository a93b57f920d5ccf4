"""Files that nobody sends by mistake: each is refused with its reason, and nothing else happens."""

import os
import signal
import stat
import zipfile
from pathlib import Path

import psutil
import pytest

from nlp_service.domain.errors import UnreadableInput
from nlp_service.intake.confinement import Confinement
from nlp_service.intake.limits import MIB, MOST_BYTES, MOST_CELL, MOST_ENTRIES, MOST_UNPACKED
from nlp_service.intake.report import check_upload
from nlp_service.intake.rows import InvalidRow
from nlp_service.intake.uploads import open_upload
from tests.intake.made_files import (
    SITUATION,
    archive,
    lines_of,
    pdf,
    proposal_table,
    repacked,
    workbook,
)

CSV = "内容\n路灯坏了\n".encode()
LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
EXTERNAL = b'<!DOCTYPE x [<!ENTITY c SYSTEM "file:///etc/hostname">]>'


@pytest.fixture
def sheet(tmp_path):
    return workbook(tmp_path / "好.xlsx", {"一月": [["内容"], ["路灯坏了"]]})


@pytest.fixture
def form(tmp_path):
    return proposal_table(tmp_path / "好.docx")


def refused(path, problem):
    with pytest.raises(UnreadableInput, match=problem) as caught:
        open_upload(path)
    assert path.name in str(caught.value)
    assert len(str(caught.value)) < 200


def entries_of(path):
    return [(row.where, row.item) for row in open_upload(path).rows]


# --- archives ------------


def test_the_good_files_of_an_archive_are_read_and_the_others_told(tmp_path, sheet, form):
    path = tmp_path / "来信.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("一月/来信.csv", CSV)
        made.writestr("../../etc/cron.csv", CSV)
        made.writestr("/root/x.csv", CSV)
        made.writestr("C:\\x.csv", CSV)
        made.write(sheet, "二月\\来信.xlsx")
        link = zipfile.ZipInfo("链接.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
        made.writestr("空.csv", b"")
        made.write(path.with_name("好.docx"), "提案.docx")
        made.writestr("__MACOSX/._来信.csv", b"\0\0")
        made.writestr("~$提案.docx", b"\0")
        inner = archive(tmp_path / "里.zip", {"a.csv": CSV})
        made.write(inner, "里.zip")
        made.writestr("炸.csv", bytes(32 * MIB))

    rows = entries_of(path)

    read = [where for where, item in rows if not isinstance(item, InvalidRow)]
    assert read == ["一月/来信.csv 的第 2 行", "二月/来信.xlsx 的工作表“一月”第 2 行", "提案.docx"]
    told = {where: str(item) for where, item in rows if isinstance(item, InvalidRow)}
    assert list(told) == [
        "../../etc/cron.csv",
        "/root/x.csv",
        "C:/x.csv",
        "链接.csv",
        "空.csv",
        "里.zip",
        "炸.csv",
    ]
    assert all("指向包外" in told[name] for name in list(told)[:3])
    assert "链接" in told["链接.csv"]
    assert "压缩包里的压缩包不读" in told["里.zip"]
    assert "压缩炸弹" in told["炸.csv"]


def test_names_from_a_chinese_windows_are_read(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        entry = zipfile.ZipInfo("x" * len("来信\\一月.csv".encode("gbk")))
        made.writestr(entry, CSV)
    packed = path.read_bytes().replace(entry.filename.encode(), "来信\\一月.csv".encode("gbk"))
    path.write_bytes(packed)

    assert [where for where, _ in entries_of(path)] == ["来信/一月.csv 的第 2 行"]


def test_an_archive_of_too_many_files_is_refused(tmp_path):
    entries = {f"{number}.csv": b"" for number in range(MOST_ENTRIES["zip"] + 1)}

    refused(archive(tmp_path / "多.zip", entries), "里面有 2001 个文件，上限是 2000 个")


def test_an_archive_that_says_to_unpack_beyond_the_limit_is_refused(tmp_path):
    path = tmp_path / "大.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a.csv", CSV)
        made.infolist()[0].file_size = MOST_UNPACKED["zip"] + MIB

    refused(path, "解压后有 1025 MiB，上限是 1024 MiB")


def test_an_entry_that_holds_more_than_it_says_is_told(tmp_path):
    path = tmp_path / "谎.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.csv", CSV * 1_000)
        made.infolist()[0].file_size = 9

    ((where, item),) = entries_of(path)

    assert (where, item.code) == ("a.csv", "unreadable_file")
    assert "解不开" in str(item)


def test_an_entry_that_lies_nowhere_in_the_file_is_told(tmp_path):
    path = tmp_path / "无.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a.csv", CSV)
        made.writestr("b.csv", CSV)
        made.infolist()[0].header_offset = 2**40

    (_, lost), (_, found) = entries_of(path)

    assert "解不开" in str(lost)
    assert found.body == "路灯坏了"


def test_an_archive_with_a_password_is_told(tmp_path):
    path = tmp_path / "密.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("a.csv", CSV)
        made.infolist()[0].flag_bits |= 1

    ((_, item),) = entries_of(path)

    assert "加了密码" in str(item)


# --- workbooks and documents ------------


@pytest.mark.parametrize("declaration", [LAUGHS, EXTERNAL])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused(tmp_path, sheet, form, declaration, encoding):
    def declare(xml):
        body = xml.partition(b"?>")[2] if xml.startswith(b"<?xml") else xml
        body = body.replace("路灯坏了".encode(), b"&c;").replace("张　三".encode(), b"&c;")
        return (b'<?xml version="1.0"?>' + declaration + body).decode().encode(encoding)

    book = repacked(sheet, tmp_path / "a.xlsx", change={"xl/worksheets/sheet1.xml": declare})
    word = repacked(form, tmp_path / "a.docx", change={"word/document.xml": declare})

    refused(book, "XML 声明了实体")
    refused(word, "XML 声明了实体")


def test_macros_are_refused_whatever_the_file_is_called(tmp_path, sheet, form):
    code = {"xl/vbaProject.bin": b"\xcc\x61"}

    refused(repacked(sheet, tmp_path / "a.xlsm", extra=code), "带有宏")
    refused(repacked(sheet, tmp_path / "a.xlsx", extra=code), "带有宏")
    refused(repacked(form, tmp_path / "a.docm", extra={"word/vbaProject.bin": b""}), "带有宏")


def test_a_sheet_that_claims_all_cells_there_are_is_read_by_those_it_has(tmp_path, sheet):
    path = repacked(
        sheet,
        tmp_path / "大.xlsx",
        change={
            "xl/worksheets/sheet1.xml": lambda xml: xml.replace(
                b'ref="A1:A2"', b'ref="A1:XFD1048576"'
            )
        },
    )

    assert b"XFD1048576" in zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml")
    assert [item.body for _, item in entries_of(path)] == ["路灯坏了"]


def test_a_sheet_that_has_its_last_cell_is_refused_and_the_next_file_is_read(tmp_path, sheet):
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    path = repacked(
        sheet,
        tmp_path / "远.xlsx",
        change={"xl/worksheets/sheet1.xml": lambda xml: xml.replace(b"</sheetData>", far)},
    )
    both = tmp_path / "两个.zip"
    with zipfile.ZipFile(both, "w") as made:
        made.write(path, "远.xlsx")
        made.write(sheet, "好.xlsx")
    before = psutil.Process().memory_info().rss

    refused(path, "占用的内存超过 1024 MiB")
    (_, far_row), (where, good) = entries_of(both)

    assert "占用的内存" in str(far_row)
    assert (where, good.body) == ("好.xlsx 的工作表“一月”第 2 行", "路灯坏了")
    assert psutil.Process().memory_info().rss - before < 100 * MIB


def test_a_huge_cell_refuses_its_row(tmp_path):
    rows = [["编号", "备注", "内容"], ["1", "x", "字" * 30_000], ["2", "x", "路灯坏了"]]
    path = workbook(tmp_path / "a.xlsx", {"一月": rows})
    inline = b'<c r="B3" t="inlineStr"><is><t>' + b"x" * (MOST_CELL + 9) + b"</t></is></c>"
    huge = repacked(
        path,
        tmp_path / "b.xlsx",
        change={
            "xl/worksheets/sheet1.xml": lambda xml: xml.replace(
                xml[xml.index(b'<c r="B3"') : xml.index(b'<c r="C3"')], inline
            )
        },
    )

    (_, long), (_, good) = entries_of(path)
    (_, again), (_, bad) = entries_of(huge)

    assert (long.code, again.code, good.body) == ("text_too_long",) * 2 + ("路灯坏了",)
    assert (bad.code, bad.column) == ("text_too_long", "备注")


def test_a_packed_part_that_is_a_bomb_is_refused(tmp_path, sheet):
    path = repacked(sheet, tmp_path / "a.xlsx", extra={"xl/media/x.xml": b" " * (64 * MIB)})

    refused(path, "压缩炸弹")


# --- any file ------------


@pytest.mark.parametrize(
    ("name", "head"),
    [("a.xlsx", b"PK\x03\x04"), ("a.docx", b"PK\x03\x04"), ("a.pdf", b"%PDF-1.7"), ("a.txt", b"a")],
)
def test_a_file_of_a_hundred_megabytes_is_refused(tmp_path, name, head):
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(head)
        file.truncate(300 * MIB)

    refused(path, "300 MiB，.* 文件的上限是")
    assert max(MOST_BYTES.values()) < 300 * MIB


@pytest.mark.parametrize("name", ["a.csv", "a.pdf", "a.docx", "a.txt", "a"])
def test_a_file_is_read_as_what_it_is_and_the_wrong_ending_told(tmp_path, sheet, name):
    path = tmp_path / name
    path.write_bytes(sheet.read_bytes())

    (report,) = check_upload(path)

    assert (report.kind, report.rows_read, report.problem) == ("xlsx", 1, "")
    assert any("按内容读" in note for note in report.notes) == (name != "a")


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    {
        "a picture": ("a.csv", b"\x89PNG\r\n\x1a\n" + bytes(90), "内容是图片"),
        "a program": ("a.txt", b"MZ\x90\x00", "内容是程序"),
        "old Office, or a password": (
            "a.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "加了密码，或是旧版",
        ),
        "a web page": ("a.xlsx", b"\n<HTML><table><tr><td>", "内容是网页"),
        "text": ("a.xlsx", CSV, r"不是 \.xlsx 文件"),
        "text as PDF": ("a.pdf", CSV, r"不是 \.pdf 文件"),
        "zeros": ("a.csv", bytes(500), "不是文本文件"),
        "rar": ("a.zip", b"Rar!\x1a\x07", "请改用 zip"),
    }.values(),
    ids=str,
)
def test_what_is_something_else_says_what(tmp_path, name, content, problem):
    path = tmp_path / name
    path.write_bytes(content)

    refused(path, problem)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
@pytest.mark.parametrize("kind", ["xlsx", "docx", "pdf"])
def test_a_file_that_breaks_off_is_refused_or_read_as_far_as_it_tells(
    tmp_path, sheet, form, kind, share
):
    made = {
        "xlsx": sheet,
        "docx": form,
        "pdf": pdf(tmp_path / "好.pdf", [lines_of(SITUATION)]),
    }[kind]
    path = tmp_path / f"断.{kind}"
    path.write_bytes(made.read_bytes()[: int(made.stat().st_size * share)])

    (report,) = check_upload(path)

    assert report.rows_read == 0 or kind == "pdf"  # pdfium finds what is whole by itself
    assert report.problem or kind == "pdf"


def test_other_containers_say_what_they_are(tmp_path, sheet):
    slides = archive(tmp_path / "a.pptx", {"ppt/presentation.xml": b"<x/>"})
    open_document = archive(tmp_path / "a.ods", {"META-INF/manifest.xml": b"<x/>"})

    refused(slides, "演示文稿")
    refused(open_document, "OpenDocument")


# --- the process ------------


@pytest.fixture
def long_sheet(tmp_path):
    """A workbook that is not read at once."""
    rows = [["内容"], *([f"第{number}次反映" * 50] for number in range(4_000))]
    return workbook(tmp_path / "长.xlsx", {"一月": rows})


def readers():
    return set(psutil.Process().children())


@pytest.mark.parametrize(
    ("ended_by", "error", "words"),
    [
        (signal.SIGXCPU, UnreadableInput, "长.xlsx：读取超过 60 秒"),
        (signal.SIGSEGV, UnreadableInput, "长.xlsx：读取它占用的内存超过"),
        (signal.SIGKILL, ChildProcessError, "请稍后再试"),
    ],
)
def test_what_ended_the_reading_process_is_told(long_sheet, ended_by, error, words):
    before = readers()
    with long_sheet.open("rb") as file, Confinement() as confinement:
        messages = confinement.read("xlsx", file, name="长.xlsx")
        next(messages)
        (process,) = readers() - before
        os.kill(process.pid, ended_by)

        with pytest.raises(error, match=words):
            list(messages)

        assert len(list(confinement.read("xlsx", file, name="长.xlsx"))) == 4_002
    assert readers() == before


def test_the_reading_process_has_no_settings_and_ends_with_the_reading(long_sheet, monkeypatch):
    monkeypatch.setenv("NLP_DATABASE_URL", "postgresql://secret")
    before = readers()

    rows = open_upload(long_sheet).rows
    next(rows)
    (process,) = readers() - before
    known = process.environ()
    rows.close()

    assert "NLP_DATABASE_URL" not in known
    assert readers() == before


def test_nothing_is_written_where_files_are_read(tmp_path, sheet, form):
    folder = tmp_path / "来件"
    folder.mkdir()
    path = archive(folder / "a.zip", {"../逃.csv": CSV, "b/c.xlsx": sheet.read_bytes()})

    list(open_upload(path).rows)

    assert [found.name for found in folder.iterdir()] == ["a.zip"]
    assert not (tmp_path / "逃.csv").exists()
    assert Path(sheet).exists()
