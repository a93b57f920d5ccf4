"""``nlp-service score``: a file of submissions in, one result a row out, in order."""

import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from nlp_service.cli.failures import Failure, Misuse
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
from nlp_service.cli.scored import (
    MOST_SHOWN,
    ScoredChunk,
    Told,
    replacing,
    score_chunk,
    write_scored,
)
from nlp_service.domain.submission import Mode

if TYPE_CHECKING:
    from nlp_service.intake.columns import ColumnMapping
    from nlp_service.intake.uploads import Upload
    from nlp_service.jobs.on_ray import Work
    from nlp_service.jobs.ray_cluster import Cluster
    from nlp_service.settings import Settings

Chunks: TypeAlias = Generator[ScoredChunk, None, None]

PLAIN, RAY = "plain", "ray"

_USAGE = "用法见 nlp-service score --help。"


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the rows so far."""

    scored: int = 0
    needing_review: int = 0
    failed: int = 0
    first_failures: list[str] = field(default_factory=list)

    def add(self, chunk: ScoredChunk) -> None:
        """Count what became of some more."""
        self.scored += chunk.scored
        self.needing_review += chunk.needing_review
        self.failed += chunk.failed
        left = MOST_SHOWN - len(self.first_failures)
        self.first_failures.extend(chunk.first_failures[:left])


@click.command("score", options_metavar="[选项]")
@click.argument("file", type=PATH)
@click.argument("result", metavar="[OUTPUT]", type=PATH, required=False)
@click.option(
    "-o",
    "--output",
    type=PATH,
    help="结果文件，也可直接写在 FILE 之后：.csv、.xlsx 为中文列名的表格，.parquet 为同样的列加"
    "完整的 JSON，其余每件来件一行 JSON。",
)
@click.option("--explain", is_flag=True, help="给出每个标签所依据的词句。")
@column_option
@mode_option
@bundle_option
@click.option(
    "--engine",
    type=click.Choice([PLAIN, RAY]),
    default=PLAIN,
    help="plain（默认）在一个进程里分拣；ray 用 Ray 分给许多进程，可跨机器，结果逐字节相同。",
)
@click.option(
    "--ray-address",
    metavar="地址",
    help="已有的 Ray 集群，如 10.0.0.5:6379，或 auto（本机所在的集群）；默认取 RAY_ADDRESS，"
    "未设则在本机临时启动一个，只听本机。",
)
@click.option("--ray-workers", type=click.IntRange(min=1), help="分拣进程数；默认每核一个。")
@help_option
def score_command(
    file: Path,
    result: Path | None,
    output: Path | None,
    explain: bool,
    column: tuple[str, ...],
    mode: Mode | None,
    bundle: Path | None,
    engine: str,
    ray_address: str | None,
    ray_workers: int | None,
) -> None:
    """分拣 FILE（表格、文档或压缩包，同 check）里的来件，结果与原文件同序。

    个别来件有误时只有它失败，写明位置和原因；全部写完才替换结果文件，中途失败不留半份。
    """
    from nlp_service.intake.uploads import open_upload

    output = _one_output(result, output)
    cluster = _read_cluster(engine, ray_address, ray_workers)
    mapping = read_columns(column)
    upload = open_upload(file, mapping=mapping)
    _check_output(output, file)
    settings = read_settings({"bundle": bundle})
    kind = output.suffix.lower()
    work = partial(score_chunk, explain=explain, mode=mode and Mode(mode), kind=kind)
    if cluster is None:
        chunks = _score_here(upload, work, settings)
    else:
        chunks = _score_on_ray(file, mapping, work, settings, cluster)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it, too, leaves no half file
    begun = time.perf_counter()
    tally = Tally()
    with closing(chunks), replacing(output) as part:
        with _progress(upload.lines) as advance:
            write_scored(part, _count(chunks, tally, advance=advance), kind=kind)
        _show_failures(tally)
        if not tally.scored:
            raise Failure(f"{file} 里没有一件来件可以分拣，没有写出结果。")
    _show_tally(tally, time.perf_counter() - begun, output)


def _one_output(argument: Path | None, option: Path | None) -> Path:
    """Return where the results go: behind the file, as ``cp`` has it, or behind ``-o``."""
    if argument is not None and option is not None:
        raise Misuse(f"结果文件写了两个（{argument} 和 -o {option}），可能多写了参数，{_USAGE}")
    output = option or argument
    if output is None:
        raise Misuse(f"缺少结果文件 OUTPUT（或 -o），{_USAGE}")
    return output


def _read_cluster(engine: str, address: str | None, workers: int | None) -> "Cluster | None":
    """Return where Ray is to work, or None for the plain engine.

    Raises:
        EngineFailed: Ray is not installed.
    """
    if engine != RAY:
        if address is not None or workers is not None:
            raise Misuse(f"--ray-address 和 --ray-workers 只与 --engine ray 同用，{_USAGE}")
        return None
    from nlp_service.jobs.ray_cluster import Cluster, require_ray

    require_ray()
    address = os.environ.get("RAY_ADDRESS", "") if address is None else address
    return Cluster(address="" if address == "local" else address, workers=workers)


def _score_here(upload: "Upload", work: "Work[ScoredChunk]", settings: "Settings") -> Chunks:
    from nlp_service.jobs.on_ray import in_chunks

    assessor = load_assessor(settings)
    return (work(assessor, rows) for rows in in_chunks(upload.rows))


def _score_on_ray(
    file: Path,
    mapping: "ColumnMapping",
    work: "Work[ScoredChunk]",
    settings: "Settings",
    cluster: "Cluster",
) -> Chunks:
    from nlp_service.jobs.on_ray import Archive, work_on_ray

    archive = Archive(file=file.resolve(), mapping=mapping)
    versions = load_assessor(settings).versions  # and what is wrong with the bundle is said here
    return work_on_ray(archive, work, settings=settings, versions=versions, cluster=cluster)


def _count(chunks: Chunks, tally: Tally, *, advance: Callable[[int], None]) -> Iterator[Told]:
    """Yield what is to be written; ``advance`` hears which line was reached."""
    for chunk in chunks:
        tally.add(chunk)
        yield chunk.told
        advance(chunk.last_line)


def _show_tally(tally: Tally, seconds: float, output: Path) -> None:
    click.echo(
        f"分拣 {tally.scored} 件（待人工 {tally.needing_review} 件），失败 {tally.failed} 件；"
        f"用时 {seconds:.1f} 秒，每秒 {tally.scored / seconds:.0f} 件。结果：{output}",
        err=True,
    )


def _show_failures(tally: Tally) -> None:
    for failure in tally.first_failures:
        click.echo(failure, err=True)
    if tally.failed > MOST_SHOWN:
        click.echo(f"……另有 {tally.failed - MOST_SHOWN} 处失败。", err=True)


def _check_output(output: Path, file: Path) -> None:
    """Refuse an output that could not take the results, before any work is done."""
    if output.suffix.lower() == ".parquet" and find_spec("pyarrow") is None:
        raise Failure(
            f"要写 {output.name} 还缺 pyarrow：请运行 pip install 'nlp-service[parquet]'，"
            "或换一个 .jsonl、.csv 结尾的结果文件。"
        )
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
