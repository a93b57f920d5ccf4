"""What ``nlp-service score`` makes of a chunk of rows, and how its results are written.

A chunk is told in the worker that scored it, in the form of the output: bytes of JSON lines or of
CSV, rows of a workbook, a batch of Parquet. So whoever writes only puts the pieces together.

A line of JSON is an assessment as everywhere, or ``{"line", "where", "id", "error": {"code",
"message"}}``.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from nlp_service.domain.assessment import Assessment
from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.submission import Mode

if TYPE_CHECKING:
    from pyarrow import RecordBatch

    from nlp_service.assess import Assessor
    from nlp_service.export.flat import Line
    from nlp_service.intake.uploads import ReadRow

Told: TypeAlias = "bytes | Sequence[Line] | RecordBatch"
"""The results of a chunk in the form of the output."""

MOST_SHOWN = 5
"""Failed rows that are named on stderr; the output holds all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRow:
    """A row of the file and what was said of it."""

    row: "ReadRow"
    answer: Assessment | InvalidSubmission


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredChunk:
    """What became of some rows that follow each other."""

    told: Told
    last_line: int
    scored: int
    needing_review: int
    failed: int
    first_failures: Sequence[str]
    """Where the first ``MOST_SHOWN`` of them are, and why."""


def score_chunk(
    assessor: "Assessor", rows: "Sequence[ReadRow]", *, explain: bool, mode: Mode | None, kind: str
) -> ScoredChunk:
    """Score rows, and tell the results as a file with the ending ``kind`` takes them."""
    answers = assessor.assess_each([row.item for row in rows], explain=explain, mode=mode)
    scored = [ScoredRow(row=row, answer=answer) for row, answer in zip(rows, answers, strict=True)]
    assessments = [answer for answer in answers if isinstance(answer, Assessment)]
    failures = [
        f"{one.row.where}：{one.answer}" for one in scored if not isinstance(one.answer, Assessment)
    ]
    return ScoredChunk(
        told=tell(scored, kind=kind),
        last_line=rows[-1].line,
        scored=len(assessments),
        needing_review=sum(answer.needs_review for answer in assessments),
        failed=len(failures),
        first_failures=failures[:MOST_SHOWN],
    )


def tell(rows: Sequence[ScoredRow], *, kind: str) -> Told:
    """Return results as a file with the ending ``kind`` takes them."""
    if kind == ".csv":
        from nlp_service.export.csv import write_csv_rows

        return write_csv_rows(map(_as_line, rows))
    if kind == ".parquet":
        from nlp_service.export.parquet import as_batch

        return as_batch(list(map(_as_line, rows)))
    if kind == ".xlsx":
        return list(map(_as_line, rows))
    return b"".join(map(_as_json, rows))


def write_scored(path: Path, parts: Iterable[Any], *, kind: str) -> None:
    """Write what ``tell`` told, as it comes; ``kind`` is the ending of the file they are for.

    Raises:
        OSError: the file cannot be written.
    """
    if kind == ".xlsx":
        from nlp_service.export.xlsx import write_xlsx

        write_xlsx(path, parts)
    elif kind == ".parquet":
        from nlp_service.export.parquet import write_parquet

        write_parquet(path, parts)
    else:
        with path.open("wb") as file:
            if kind == ".csv":
                from nlp_service.export.csv import write_csv_head

                file.write(write_csv_head())
            file.writelines(parts)


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


def _as_line(row: ScoredRow) -> "Line":
    """Return a result as a table takes it."""
    return {"row": row.row.number, "where": row.row.where, **_outcome(row)}


def _outcome(row: ScoredRow) -> dict[str, Any]:
    if isinstance(row.answer, Assessment):
        return {"status": "ok", "assessment": row.answer.as_dict()}
    return {"status": "refused", "id": row.row.item.id, "error": _error(row.answer)}


def _error(error: InvalidSubmission) -> dict[str, str]:
    return {"code": error.code, "message": str(error)}
