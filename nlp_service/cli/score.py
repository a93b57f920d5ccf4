"""``nlp-service score``: a file of submissions in, one result a row out, in order."""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from nlp_service.cli.failures import Failure
from nlp_service.cli.options import (
    PATH,
    bundle_option,
    column_option,
    help_option,
    load_assessor,
    mode_option,
    read_columns,
    read_settings,
)
from nlp_service.cli.scored import ScoredRow, replacing, write_scored
from nlp_service.domain.assessment import Assessment
from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.submission import Mode, Submission

if TYPE_CHECKING:
    from nlp_service.intake.rows import InvalidRow
    from nlp_service.intake.uploads import ReadRow

Score: TypeAlias = (
    "Callable[[Sequence[Submission | InvalidRow]], Sequence[Assessment | InvalidSubmission]]"
)
"""Items in, one answer each in their order."""

MOST_SHOWN = 5
"""Failed rows that are named on stderr; the output holds all of them."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the rows so far."""

    scored: int = 0
    needing_review: int = 0
    failed: int = 0
    first_failures: list[str] = field(default_factory=list)


@click.command("score", options_metavar="[选项]")
@click.argument("file", type=PATH)
@click.option(
    "-o",
    "--output",
    type=PATH,
    required=True,
    help="结果文件：.csv、.xlsx 为中文列名的表格，其余每件来件一行 JSON。",
)
@click.option("--explain", is_flag=True, help="给出每个标签所依据的词句。")
@column_option
@mode_option
@bundle_option
@help_option
def score_command(
    file: Path,
    output: Path,
    explain: bool,
    column: tuple[str, ...],
    mode: Mode | None,
    bundle: Path | None,
) -> None:
    """分拣 FILE（表格、文档或压缩包，同 check）里的来件，结果与原文件同序。

    个别来件有误时只有它失败，写明位置和原因；全部写完才替换结果文件，中途失败不留半份。
    """
    from nlp_service.intake.uploads import open_upload

    upload = open_upload(file, mapping=read_columns(column))
    _check_output(output, file)
    assessor = load_assessor(read_settings({"bundle": bundle}))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it, too, leaves no half file
    begun = time.perf_counter()
    with replacing(output) as part:
        with _progress(upload.lines) as advance:
            score = partial(assessor.assess_each, explain=explain, mode=mode and Mode(mode))
            tally = Tally()
            scored = _score(upload.rows, score, tally, advance=advance)
            write_scored(part, scored, kind=output.suffix.lower())
        _show_failures(tally)
        if not tally.scored:
            raise Failure(f"{file} 里没有一件来件可以分拣，没有写出结果。")
    seconds = time.perf_counter() - begun
    click.echo(
        f"分拣 {tally.scored} 件（待人工 {tally.needing_review} 件），失败 {tally.failed} 件；"
        f"用时 {seconds:.1f} 秒，每秒 {tally.scored / seconds:.0f} 件。结果：{output}",
        err=True,
    )


def _score(
    rows: "Iterator[ReadRow]",
    score: Score,
    tally: Tally,
    *,
    advance: Callable[[int], None],
) -> Iterator[Sequence[ScoredRow]]:
    """Yield the rows a chunk at a time; ``advance`` hears which line was reached."""
    from nlp_service.assess import CHUNK

    while chunk := list(islice(rows, CHUNK)):
        answers = score([row.item for row in chunk])
        for row, answer in zip(chunk, answers, strict=True):
            _count(answer, tally, row)
        yield [
            ScoredRow(row=row, answer=answer) for row, answer in zip(chunk, answers, strict=True)
        ]
        advance(chunk[-1].line)


def _count(answer: Assessment | InvalidSubmission, tally: Tally, row: "ReadRow") -> None:
    if isinstance(answer, Assessment):
        tally.scored += 1
        tally.needing_review += answer.needs_review
        return
    tally.failed += 1
    if tally.failed <= MOST_SHOWN:
        tally.first_failures.append(f"{row.where}：{answer}")


def _show_failures(tally: Tally) -> None:
    for failure in tally.first_failures:
        click.echo(failure, err=True)
    if tally.failed > MOST_SHOWN:
        click.echo(f"……另有 {tally.failed - MOST_SHOWN} 处失败。", err=True)


def _check_output(output: Path, file: Path) -> None:
    """Refuse an output that could not take the results, before any work is done."""
    if not output.parent.is_dir():
        raise Failure(f"没有文件夹 {output.parent}，请先建立它，或换一个 -o。")
    if output.exists() and not output.is_file():
        raise Failure(f"{output} 不是普通文件，请换一个 -o。")
    if output.exists() and output.samefile(file):
        raise Failure(f"{output} 就是要分拣的文件，请换一个 -o，以免盖掉原件。")


@contextmanager
def _progress(lines: int) -> Iterator[Callable[[int], None]]:
    """Show a bar where somebody watches; yield what moves it to a line."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=lines, label="分拣", file=sys.stderr, hidden=hidden) as bar:
        yield lambda line: bar.update(line - bar.pos)
        bar.update(lines - bar.pos)
