"""Tell what a file is: by its first bytes where these say so, else by its name or media type.

Text has no first bytes of its own, so between CSV, JSON Lines and plain text the name decides.
What is inside a container (workbook, Word file, archive of files) ``intake.containers`` tells.
"""

import enum
from collections.abc import Mapping
from pathlib import PurePath

from nlp_service.domain.errors import UnreadableInput


class FileKind(enum.StrEnum):
    """A kind of file that can be read; the value is its usual ending."""

    CSV = "csv"
    """逗号分隔的表格"""
    JSONL = "jsonl"
    """每行一个 JSON 对象"""
    XLSX = "xlsx"
    """Excel 工作簿"""
    DOCX = "docx"
    """Word 文档"""
    PDF = "pdf"
    """有文字层的 PDF"""
    TXT = "txt"
    """纯文本"""
    ZIP = "zip"
    """以上各种文件的压缩包"""
    PARQUET = "parquet"
    """按列存放的大表，由程序写出"""


TEXT_KINDS = (FileKind.CSV, FileKind.JSONL, FileKind.TXT)
CONTAINERS = (FileKind.XLSX, FileKind.DOCX, FileKind.ZIP)

ENDINGS: Mapping[str, FileKind] = {
    **{f".{kind.value}": kind for kind in FileKind},
    ".tsv": FileKind.CSV,
    ".ndjson": FileKind.JSONL,
}
"""Ending of a name -> kind."""

_OFFICE = "application/vnd.openxmlformats-officedocument"
MEDIA_TYPES: Mapping[str, FileKind] = {
    "text/csv": FileKind.CSV,
    "application/csv": FileKind.CSV,
    "text/tab-separated-values": FileKind.CSV,
    "application/x-ndjson": FileKind.JSONL,
    "application/jsonl": FileKind.JSONL,
    "application/x-jsonlines": FileKind.JSONL,
    f"{_OFFICE}.spreadsheetml.sheet": FileKind.XLSX,
    f"{_OFFICE}.wordprocessingml.document": FileKind.DOCX,
    "application/pdf": FileKind.PDF,
    "text/plain": FileKind.TXT,
    "application/zip": FileKind.ZIP,
    "application/x-zip-compressed": FileKind.ZIP,
}
"""Media type of a body -> kind."""

_VAGUE = ("text/plain", "application/octet-stream", "application/x-www-form-urlencoded", "")
"""Media types that programs send of anything: the name knows better."""

READ = "、".join(f".{kind.value}" for kind in FileKind if kind is not FileKind.PARQUET)
"""The kinds that are read, for messages; who has Parquet has it from a program, and knows."""

HEAD_BYTES = 1024
"""Of a file's beginning, enough to tell what it is."""

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_PARQUET = b"PAR1"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN: Mapping[bytes, str] = {
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"II*\x00": "图片",
    b"MM\x00*": "图片",
    b"Rar!": "RAR 压缩包，请改用 zip",
    b"7z\xbc\xaf\x27\x1c": "7z 压缩包，请改用 zip",
    b"\x1f\x8b": "gzip 压缩的文件，请先解压",
    b"{\\rtf": "RTF 文档，请另存为 .docx",
    b"%!PS": "PostScript 文件，请另存为 .pdf",
    b"MZ": "程序",
    b"\x7fELF": "程序",
}
"""First bytes of what cannot be read -> what it is."""
_WEB_PAGE = (b"<!doctype html", b"<html", b"<?xml", b"<table")


def kind_by_name(name: str) -> FileKind | None:
    """Return the kind that a file's name announces, or None."""
    return ENDINGS.get(PurePath(name).suffix.lower())


def announced_kind(name: str, media_type: str = "") -> FileKind | None:
    """Return the kind that name and media type announce; a vague media type gives way to a name."""
    by_type, by_name = MEDIA_TYPES.get(media_type), kind_by_name(name)
    return by_name or by_type if media_type in _VAGUE else by_type or by_name


def kind_by_content(head: bytes, announced: FileKind | None, name: str) -> FileKind:
    """Return what a file is, by its beginning; a container is called ``zip`` until it is opened.

    Raises:
        UnreadableInput: it is of no kind that can be read.
    """
    if head.startswith(_ZIP):
        return FileKind.ZIP
    if head.startswith(_PARQUET):
        return FileKind.PARQUET
    if b"%PDF-" in head:
        return FileKind.PDF
    _refuse_foreign(head, name)
    if announced in TEXT_KINDS:
        return announced
    if announced is None:
        raise UnreadableInput(f"只读 {READ} 文件，不读 {name}。")
    raise UnreadableInput(
        f"{name} 的内容不是 .{announced.value} 文件，可能传输时损坏，或改过扩展名；请重新导出。"
    )


def _refuse_foreign(head: bytes, name: str) -> None:
    if head.startswith(_OLE):
        raise UnreadableInput(
            f"{name} 加了密码，或是旧版的 Word、Excel 文件（.doc、.xls）；"
            "请去掉密码，另存为 .docx 或 .xlsx。"
        )
    for beginning, what in _FOREIGN.items():
        if head.startswith(beginning):
            raise UnreadableInput(f"{name} 的内容是{what}，不能读；只读 {READ} 文件。")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGE):
        raise UnreadableInput(
            f"{name} 的内容是网页，不是表格或文档；请用 Excel 或 Word 打开，另存为 .xlsx 或 .docx。"
        )
