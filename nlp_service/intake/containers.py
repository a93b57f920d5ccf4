"""Look into a container before any library unpacks it: what it is, and what must not be opened.

Runs in the confined process (``intake.confined``): the directory of a hostile archive alone may
fill the memory. Nothing is ever written under a name that stands in an archive.
"""

import stat
import zipfile
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from nlp_service.intake.kinds import FileKind
from nlp_service.intake.limits import (
    MIB,
    MOST_ENTRIES,
    MOST_RATIO,
    MOST_UNPACKED,
    MOST_XML,
    RATIO_FROM,
)

_MAIN_PARTS: Mapping[str, FileKind] = {
    "xl/workbook.xml": FileKind.XLSX,
    "word/document.xml": FileKind.DOCX,
}
_FOREIGN_PARTS: Mapping[str, str] = {
    "ppt/presentation.xml": "演示文稿，请把文字另存为 .docx",
    "xl/workbook.bin": "二进制的工作簿（.xlsb），请另存为 .xlsx",
    "META-INF/manifest.xml": "OpenDocument 文件，请另存为 .xlsx 或 .docx",
    "OFD.xml": "OFD 版式文件，请另存为有文字层的 .pdf",
}
_UTF_8_NAME = 0x800
_ENCRYPTED = 0x1
_PASSED_OVER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini", "~$", "._")
"""What systems and programs leave in an archive."""


class Refused(Exception):
    """A file that must not, or cannot, be read; the message says why, in Chinese."""


class _ElementReached(Exception):
    """The first element of an XML part begins."""


def open_container(file: BinaryIO) -> tuple[zipfile.ZipFile, FileKind]:
    """Open a container whose size, entries and parts are harmless, and say what it is.

    Raises:
        Refused: it is damaged, a bomb, has macros, or is of a kind that is not read.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        raise Refused("文件已损坏或没有传完，打不开；请重新导出或重新上传。") from None
    names = {entry.filename for entry in archive.infolist()}
    kind = next((kind for part, kind in _MAIN_PARTS.items() if part in names), FileKind.ZIP)
    for part, what in _FOREIGN_PARTS.items():
        if part in names and kind is FileKind.ZIP:
            raise Refused(f"内容是{what}。")
    _check_size(archive, kind)
    if kind is not FileKind.ZIP:
        _check_parts(archive, kind)
    return archive, kind


def _check_size(archive: zipfile.ZipFile, kind: FileKind) -> None:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES[kind]:
        raise Refused(f"里面有 {len(entries)} 个文件，上限是 {MOST_ENTRIES[kind]} 个；请分开。")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_UNPACKED[kind]:
        raise Refused(
            f"解压后有 {unpacked // MIB} MiB，上限是 {MOST_UNPACKED[kind] // MIB} MiB；"
            "请分成几个文件。"
        )
    if kind is not FileKind.ZIP and any(map(is_bomb, entries)):
        raise Refused("压缩比异常，疑为压缩炸弹，不读。")


def is_bomb(entry: zipfile.ZipInfo) -> bool:
    """Say whether an entry is packed tighter than anything that people write."""
    return entry.file_size > RATIO_FROM and entry.file_size > MOST_RATIO * max(
        entry.compress_size, 1
    )


def _check_parts(archive: zipfile.ZipFile, kind: FileKind) -> None:
    """Refuse macros, passwords, and XML that declares anything: no Office program writes that."""
    for entry in archive.infolist():
        if entry.flag_bits & _ENCRYPTED:
            raise Refused("文件加了密码，请去掉密码再上传。")
        if entry.filename.lower().endswith("vbaproject.bin"):
            raise Refused("文件带有宏，不读；请另存为不带宏的 .xlsx 或 .docx。")
        if kind is FileKind.DOCX and entry.filename.endswith(".xml") and entry.file_size > MOST_XML:
            raise Refused(f"文字部分超过 {MOST_XML // MIB} MiB，请分成几个文件。")
        if entry.filename.endswith((".xml", ".rels")):
            _check_prolog(archive, entry)


def _check_prolog(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Read an XML part up to its first element: entities are declared before it or never."""
    from xml.sax import SAXParseException, handler

    from defusedxml.common import DefusedXmlException
    from defusedxml.sax import parse

    class UpToFirst(handler.ContentHandler):
        def startElement(self, name: str, attrs: object) -> None:
            raise _ElementReached

    try:
        with archive.open(entry) as part:
            parse(part, UpToFirst(), forbid_dtd=True)
    except _ElementReached:
        return
    except DefusedXmlException:
        raise Refused("文件里的 XML 声明了实体，疑为攻击，不读。") from None
    except (SAXParseException, zipfile.BadZipFile, NotImplementedError, EOFError, OSError):
        raise Refused("文件已损坏，打不开；请重新导出。") from None


def list_entries(archive: zipfile.ZipFile) -> Sequence[tuple[int, str, str]]:
    """Return the files of an archive in its order: index, name, and why not to open it, or "".

    What programs left behind, and folders, are passed over.
    """
    listed = []
    for index, entry in enumerate(archive.infolist()):
        name = entry_name(entry)
        if not entry.is_dir() and not _is_left_behind(name):
            listed.append((index, name, _reason(entry, name)))
    return listed


def entry_name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name with ``/`` between folders; old Windows programs write GBK."""
    name = entry.orig_filename
    if not entry.flag_bits & _UTF_8_NAME:
        packed = name.encode("cp437")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = packed.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    return "".join(sign for sign in name.replace("\\", "/") if sign.isprintable())


def _is_left_behind(name: str) -> bool:
    last = name.rsplit("/", 1)[-1]
    return name.startswith(_PASSED_OVER[0]) or last.startswith(_PASSED_OVER[1:])


def _reason(entry: zipfile.ZipInfo, name: str) -> str:
    if name.startswith("/") or ".." in name.split("/") or name[1:2] == ":":
        return "压缩包里的路径指向包外，不读。"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "是指向别处的链接，不是文件，不读。"
    if entry.flag_bits & _ENCRYPTED:
        return "加了密码，请去掉密码再上传。"
    if is_bomb(entry):
        return "压缩比异常，疑为压缩炸弹，不读。"
    return ""
