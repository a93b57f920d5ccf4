"""Open an uploaded file: its rows, numbered over the whole of it, each with where it stands."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nlp_service.domain.errors import UnreadableInput
from nlp_service.domain.submission import Submission
from nlp_service.intake.csv import read_csv
from nlp_service.intake.files import SUFFIXES, is_csv_file, survey_file
from nlp_service.intake.jsonl import read_jsonl
from nlp_service.intake.rows import InvalidRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRow:
    """One row of an upload."""

    number: int
    """From 1, over the whole upload."""
    where: str
    """In Chinese: 第 5 行."""
    item: Submission | InvalidRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that is about to be read, once."""

    name: str
    digest: str
    kind: str
    columns: Mapping[str, str]
    rows: Iterator[ReadRow]


def open_upload(path: Path, *, name: str, mapping: Mapping[str, str] | None = None) -> Upload:
    """Open a file by its name's ending.

    Raises:
        UnreadableInput: it cannot be read.
    """
    is_csv = is_csv_file(path)
    encoding = survey_file(path).encoding
    read = read_csv(path, encoding=encoding) if is_csv else read_jsonl(path)
    rows = (
        ReadRow(number=number, where=f"第 {line} 行", item=item)
        for number, (line, item) in enumerate(read, start=1)
    )
    return Upload(
        name=name,
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        kind="csv" if is_csv else "jsonl",
        columns={},
        rows=rows,
    )


def check_kind(name: str) -> None:
    """Refuse a name whose ending tells of no kind of file that can be read.

    Raises:
        UnreadableInput: it does not.
    """
    if Path(name).suffix.lower() not in SUFFIXES:
        raise UnreadableInput(f"只读 {'、'.join(SUFFIXES)} 文件，请检查文件名 {name}。")
