"""Read any file of submissions that the service knows, by the ending of its name."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from nlp_service.domain.errors import UnreadableInput
from nlp_service.domain.submission import Submission
from nlp_service.intake.csv import read_csv
from nlp_service.intake.jsonl import read_jsonl
from nlp_service.intake.rows import InvalidRow

UTF_8 = "utf-8-sig"
"""UTF-8, and a BOM at the start does not count."""

CHINESE_SPREADSHEET = "gb18030"
"""What Excel on a Chinese Windows writes; it includes GBK and GB2312."""

SUFFIXES = (".jsonl", ".csv")

_BLOCK = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What one look over a file's bytes tells."""

    lines: int
    encoding: str
    """``utf-8-sig``, or ``gb18030`` for a CSV that is not UTF-8."""


def read_submissions(
    path: Path, *, survey: Survey | None = None
) -> Iterator[tuple[int, Submission | InvalidRow]]:
    """Yield each row's line number, from 1, with its submission or why it holds none.

    Streams: no more than one row is held. A survey made before spares a second look.

    Raises:
        UnreadableInput: no such file, a kind of file that is not known, or not readable as one.
    """
    if is_csv_file(path):
        encoding = (survey or survey_file(path)).encoding
        return read_csv(path, encoding=encoding)
    return read_jsonl(path)


def survey_file(path: Path) -> Survey:
    """Count a file's lines and find its encoding, a block at a time.

    Raises:
        UnreadableInput: no such file, an unknown ending, or a CSV in neither UTF-8 nor GB18030.
    """
    is_csv = is_csv_file(path)
    with path.open("rb") as file:
        return survey_stream(file, name=str(path), is_csv=is_csv)


def survey_stream(file: BinaryIO, *, name: str, is_csv: bool) -> Survey:
    """Survey an open file from its beginning; ``name`` is how an error calls it.

    Raises:
        UnreadableInput: a CSV in neither UTF-8 nor GB18030.
    """
    lines = _count_lines(file)
    if not is_csv or _decodes(file, UTF_8):
        return Survey(lines=lines, encoding=UTF_8)
    if _decodes(file, CHINESE_SPREADSHEET):
        return Survey(lines=lines, encoding=CHINESE_SPREADSHEET)
    raise UnreadableInput(f"{name} 既不是 UTF-8 也不是 GB18030 编码，请另存为 UTF-8 的 CSV。")


def is_csv_file(path: Path) -> bool:
    """Say whether a file is a CSV and not JSON Lines, by its name.

    Raises:
        UnreadableInput: no such file, or an unknown ending.
    """
    _check(path)
    return path.suffix.lower() == ".csv"


def _check(path: Path) -> None:
    if not path.is_file():
        raise UnreadableInput(f"没有文件 {path}，请检查路径。")
    if path.suffix.lower() not in SUFFIXES:
        raise UnreadableInput(f"只读 {'、'.join(SUFFIXES)} 文件，不读 {path.name}。")


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(_BLOCK):
        yield block


def _count_lines(file: BinaryIO) -> int:
    count, last = 0, b"\n"
    for block in _blocks(file):
        count += block.count(b"\n")
        last = block[-1:]
    return count + (last != b"\n")


def _decodes(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in _blocks(file):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
