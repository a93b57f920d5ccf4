"""Files as offices send them, made with the programs' own formats, and some that nobody sends."""

import io
import zipfile

import docx
import openpyxl

SITUATION = "老旧小区多数没有电梯，六楼的老人一个月下不了几次楼。去年我们走访了十二个小区、二百户。"
ADVICE = "一是允许使用专项维修资金；二是由街道牵头协调低层住户；三是把审批时限压缩到二十个工作日。"
TITLE = "关于加快老旧小区加装电梯的提案"
PHONE = "13800138000"


def workbook(path, sheets, *, edit=None):
    """Save a workbook of sheets, name -> rows; ``edit`` may do more to it."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    if edit:
        edit(book)
    book.save(path)
    return path


def proposal_table(path):
    """Save the usual proposal form: labels and values in one table, some cells merged."""
    document = docx.Document()
    document.add_paragraph("政协某市第五届委员会第三次会议提案")
    table = document.add_table(rows=7, cols=4)
    rows = [
        ("案 由", TITLE, "", ""),
        ("提案人", "张　三", "界别", "教育界"),
        ("联系方式", PHONE, "邮 编", "437100"),
        ("通讯地址", "永安大道九号二单元", "", ""),
        ("情\n况\n分\n析", SITUATION, "", ""),
        ("具体建议（逐条写明）：", ADVICE, "", ""),
        ("提案审查意见", "同意立案", "", ""),
    ]
    for line, texts in enumerate(rows):
        for place, text in enumerate(texts):
            table.cell(line, place).text = text
        if not any(texts[2:]):
            table.cell(line, 1).merge(table.cell(line, 3)).text = texts[1]
    document.save(path)
    return path


def proposal_headings(path):
    """Save a proposal with its parts under headings, and the author at its end."""
    document = docx.Document()
    document.add_heading(TITLE, level=0)
    document.add_heading("一、情况分析", level=1)
    document.add_paragraph(SITUATION)
    document.add_paragraph("时间：去年三月至五月。")
    document.add_heading("二、具体建议：", level=1)
    document.add_paragraph(ADVICE)
    document.add_paragraph(f"提案人：李四    联系电话：{PHONE}")
    document.save(path)
    return path


def repacked(source, target, *, change=None, extra=None, drop=()):
    """Write a container again with parts changed (name -> function of its bytes) or added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename in (change or {}):
                content = change[entry.filename](content)
            if entry.filename not in drop:
                new.writestr(entry.filename, content)
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    return target


def archive(path, entries):
    """Save an archive of files, name -> content."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return path


# --- PDF ------------


def pdf(path, pages, *, size=12, encrypt=False):
    """Save a PDF by hand: of each page its strings with left edge, height and size, in that order.

    The font is one that every reader knows by name, its text in UTF-16, as older Chinese programs
    write it. Strings have two characters at least: of one, the reader does not know the width
    where that font is not installed.
    """
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UTF16-H"
        b" /DescendantFonts [4 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo"
        b" << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000 /FontDescriptor 5 0 R >>",
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /Ascent 880 /Descent -120"
        b" /CapHeight 700 /ItalicAngle 0 /StemV 80 /FontBBox [-25 -254 1000 880] >>",
    ]
    kids = []
    for strings in pages:
        drawn = b"".join(
            string if isinstance(string, bytes) else _draw(*string[:3], *(string[3:] or [size]))
            for string in strings
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F 3 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    path.write_bytes(_pdf_file(objects, encrypt))
    return path


def _draw(text, left, height, size):
    return b"BT /F %d Tf 1 0 0 1 %d %d Tm <%s> Tj ET\n" % (size, left, height, _hex(text))


def draw_backward(text, left, height, size=12):
    """Draw a string from its last character to the first, each to the left of the one before."""
    drawn = b" 2000 ".join(b"<%s>" % _hex(sign) for sign in reversed(text))
    return b"BT /F %d Tf 1 0 0 1 %d %d Tm [%s] TJ ET\n" % (
        size,
        left + size * (len(text) - 1),
        height,
        drawn,
    )


def _hex(text):
    return text.encode("utf-16-be").hex().encode()


def _pdf_file(objects, encrypt):
    out = io.BytesIO()
    out.write(b"%PDF-1.5\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    table = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    locked = (
        b" /ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4"
        b" /O <%s> /U <%s> >>" % (b"41" * 32, b"42" * 32)
        if encrypt
        else b""
    )
    out.write(b"trailer\n<< /Size %d /Root 1 0 R%s >>\n" % (len(places) + 1, locked))
    out.write(b"startxref\n%d\n%%%%EOF\n" % table)
    return out.getvalue()


def lines_of(text, *, width=20, left=90, top=760, step=20):
    """Set a text as the lines of a page: what ``pdf`` draws, the first line indented."""
    shown = ["　　" + text]
    rows = []
    flow = shown[0]
    while flow:
        rows.append(flow[:width])
        flow = flow[width:]
    return [
        (row.lstrip("　"), left + 12 * (len(row) - len(row.lstrip("　"))), top - step * number)
        for number, row in enumerate(rows)
    ]
