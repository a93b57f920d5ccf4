"""Write what ``nlp-service score`` found: lines of JSON, or a table for people.

A line is an assessment as everywhere, or ``{"line", "where", "id", "error": {"code",
"message"}}``.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_service.domain.assessment import Assessment
from nlp_service.domain.errors import InvalidSubmission

if TYPE_CHECKING:
    from nlp_service.intake.uploads import ReadRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRow:
    """A row of the file and what was said of it."""

    row: "ReadRow"
    answer: Assessment | InvalidSubmission


def write_scored(path: Path, parts: Iterable[Sequence[ScoredRow]], *, kind: str) -> None:
    """Write rows as they come; ``kind`` is the ending of the file they are for.

    Raises:
        OSError: the file cannot be written.
    """
    if kind == ".xlsx":
        from nlp_service.export.xlsx import write_xlsx

        write_xlsx(path, _as_lines(parts))
        return
    with path.open("wb") as file:
        if kind == ".csv":
            from nlp_service.export.csv import write_csv_head, write_csv_rows

            file.write(write_csv_head())
            file.writelines(write_csv_rows(lines) for lines in _as_lines(parts))
        else:
            file.writelines(_as_json(row) for rows in parts for row in rows)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a file that takes the place of ``path`` if all goes well, and else is removed."""
    path = path.resolve()  # of a link, what it names is replaced
    part = path.with_name(f"{path.name}.part")
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _as_json(row: ScoredRow) -> bytes:
    if isinstance(row.answer, Assessment):
        told = row.answer.as_dict()
    else:
        where = {"line": row.row.line, "where": row.row.where}
        told = {**where, "id": row.row.item.id, "error": _error(row.answer)}
    return (json.dumps(told, ensure_ascii=False) + "\n").encode()


def _as_lines(parts: Iterable[Sequence[ScoredRow]]) -> Iterator[Sequence[dict[str, Any]]]:
    """Yield the rows as a table takes them."""
    for rows in parts:
        yield [{"row": one.row.number, "where": one.row.where, **_outcome(one)} for one in rows]


def _outcome(row: ScoredRow) -> dict[str, Any]:
    if isinstance(row.answer, Assessment):
        return {"status": "ok", "assessment": row.answer.as_dict()}
    return {"status": "refused", "id": row.row.item.id, "error": _error(row.answer)}


def _error(error: InvalidSubmission) -> dict[str, str]:
    return {"code": error.code, "message": str(error)}
