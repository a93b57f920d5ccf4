"""Find out how a text file is encoded, by its bytes from the first to the last.

In this order:

1. A byte order mark says it: UTF-8, UTF-16.
2. Zero bytes stand in no text but UTF-16: on which side of a pair they stand tells its order.
3. What decodes strictly as UTF-8 is UTF-8: no other encoding does so by chance.
4. Where most characters decode as UTF-8, it is UTF-8 with damaged places, and said to be so; read
   as anything else, all of it would turn into other characters without a word.
5. Else it is one of the old Chinese encodings: of those that decode the whole file strictly it is
   GB18030, which Excel writes on a Chinese Windows and which includes GBK and GB2312; unless
   ``charset-normalizer`` finds that it makes nonsense of the first characters and Big5 does not.
"""

import codecs
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from nlp_service.domain.errors import UnreadableInput

UTF_8 = "utf-8-sig"
"""UTF-8, and a BOM at the start does not count."""

GB18030 = "gb18030"

_MARKS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OLD_CHINESE = (GB18030, "big5")
_BLOCK = 2**20
_SAMPLE = 2**15
"""Bytes that are looked at more closely."""
_MOST_DAMAGED = 0.3
"""Share of the characters beyond ASCII that may be damaged in what is still UTF-8.

Of GB18030 read as UTF-8 about nine in ten are.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What one look over a text file's bytes tells."""

    lines: int
    encoding: str
    """A codec of Python: ``utf-8-sig``, ``gb18030``, ``utf-16``, ``utf-16-le``, ``big5`` …"""
    damaged_line: int = 0
    """The first line that is not in this encoding; 0 where all are."""


def encoding_name(encoding: str) -> str:
    """Return what a person calls an encoding."""
    return encoding.removesuffix("-sig").upper()


def survey(file: BinaryIO, *, name: str) -> Survey:
    """Count a text file's lines and find its encoding; ``name`` is how an error calls it.

    What is in no encoding that is known is called GB18030, with the first line that is not.

    Raises:
        UnreadableInput: it is no text.
    """
    sample = _sample(file)
    encoding, damaged_line = _find_encoding(file, sample, name)
    wide = encoding.startswith("utf-16")
    return Survey(
        lines=_count_lines(file, encoding if wide else None),
        encoding=encoding,
        damaged_line=damaged_line,
    )


def _find_encoding(file: BinaryIO, sample: bytes, name: str) -> tuple[str, int]:
    for mark, encoding in _MARKS:
        if sample.startswith(mark) and _decodes(file, encoding):
            return encoding, 0
    if b"\0" in sample:
        return _find_wide(file, sample, name), 0
    if _decodes(file, UTF_8):
        return UTF_8, 0
    if _share_damaged(file, UTF_8) <= _MOST_DAMAGED:
        return UTF_8, _first_damaged_line(file, UTF_8)
    possible = [encoding for encoding in _OLD_CHINESE if _decodes(file, encoding)]
    if not possible:
        return GB18030, _first_damaged_line(file, GB18030)
    return (possible[0] if len(possible) == 1 else _likelier(file, possible)), 0


def _find_wide(file: BinaryIO, sample: bytes, name: str) -> str:
    """Return the order of UTF-16 without a mark: ASCII has its zero in the upper byte."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros > 9 * others and _decodes(file, encoding):
            return encoding
    raise UnreadableInput(f"{name} 不是文本文件，或已损坏；请重新导出。")


def _likelier(file: BinaryIO, possible: Sequence[str]) -> str:
    """Return the first encoding, unless of all only another one makes sense."""
    from charset_normalizer import from_bytes

    telling = next((block for block in _blocks(file) if not block.isascii()), b"")
    lines = [line for line in telling.splitlines(keepends=True) if not line.isascii()]
    sample = b"".join(lines)[:_SAMPLE]
    sample = sample[: sample.rfind(b"\n") + 1] or sample
    sensible = {match.encoding for match in from_bytes(sample, cp_isolation=list(possible))}
    others = [encoding for encoding in possible if encoding in sensible]
    return others[0] if others else possible[0]


def _sample(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(_SAMPLE)


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while block := file.read(_BLOCK):
        yield block


def _decoded(file: BinaryIO, encoding: str, errors: str = "strict") -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    for block in _blocks(file):
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _decodes(file: BinaryIO, encoding: str) -> bool:
    try:
        return all(True for _ in _decoded(file, encoding))
    except UnicodeDecodeError:
        return False


def _share_damaged(file: BinaryIO, encoding: str) -> float:
    damaged = beyond_ascii = 0
    for text in _decoded(file, encoding, "replace"):
        damaged += text.count("\ufffd")
        beyond_ascii += len(text) - len(text.encode("ascii", "ignore"))
    return damaged / max(beyond_ascii, 1)


def _first_damaged_line(file: BinaryIO, encoding: str) -> int:
    line = 1
    for text in _decoded(file, encoding, "replace"):
        before, damage, _ = text.partition("\ufffd")
        line += before.count("\n")
        if damage:
            break
    return line


def _count_lines(file: BinaryIO, wide: str | None) -> int:
    """Count lines as an editor shows them; of all encodings but UTF-16 by their bytes."""
    count, ended = 0, True
    if wide is None:
        for block in _blocks(file):
            count += block.count(b"\n")
            ended = block.endswith(b"\n")
        return count + (not ended)
    for text in _decoded(file, wide):
        count += text.count("\n")
        ended = text.endswith("\n") if text else ended
    return count + (not ended)
