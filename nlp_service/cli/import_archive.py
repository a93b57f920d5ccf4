"""``nlp-service import``: an archive into the store, resumable, each row once."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nlp_service.cli.acting import command_line_actor
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
from nlp_service.domain.imports import Import, ImportState
from nlp_service.domain.submission import Mode

if TYPE_CHECKING:
    from nlp_service.intake.columns import ColumnMapping
    from nlp_service.settings import Settings

MOST_SHOWN = 20
"""Refused rows that are named; the import keeps more."""


@click.command("import", options_metavar="[选项]")
@click.argument("file", type=PATH)
@click.option("--source", required=True, help="来源，如“往年提案”；行中自有 source 的以行为准。")
@column_option
@mode_option
@bundle_option
@help_option
def import_command(
    file: Path, source: str, column: tuple[str, ...], mode: str | None, bundle: Path | None
) -> None:
    """把往年的来件 FILE（表格、文档或压缩包，同 check）评定并存入数据库。

    个别行有误时只有它不存，写明位置和原因。中断后再导入同一文件，就接着导入，不会重复；服务运行时
    也可以导入。
    """
    mapping = read_columns(column)
    settings = read_settings({"bundle": bundle})
    if not settings.store:
        raise Failure("这套安装没有开启存储（NLP_STORE=false），不能导入。")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        ended = _import(file, source, mapping, Mode(mode) if mode else None, settings)
    except KeyboardInterrupt:
        click.echo("\n已写入的都已保存，再导入同一文件即接着导入。", err=True)
        raise
    _tell(ended)
    if ended.state is ImportState.FAILED:
        raise Failure(ended.problem)


def _import(
    file: Path,
    source: str,
    mapping: "ColumnMapping",
    mode: Mode | None,
    settings: "Settings",
) -> Import:
    from nlp_service.intake.archive import open_archive
    from nlp_service.store.filing_lines import take_up_lines
    from nlp_service.store.importing import import_archive
    from nlp_service.store.in_force import settings_in_force
    from nlp_service.store.opening import open_store
    from nlp_service.store.relating import make_relator, relate_missing

    archive = open_archive(file, source=source, mapping=mapping)
    with open_store(settings) as store, _progress(archive.lines) as advance:
        assessor = load_assessor(settings_in_force(store, settings))
        take_up_lines(store, assessor)
        relator = make_relator(assessor.bundle)
        steps = import_archive(
            store, assessor, archive, actor=command_line_actor(), mode=mode, relator=relator
        )
        for now in steps:
            advance(now.tally.mark)
        if relator is not None:
            relate_missing(store, relator)
    return now


def _tell(ended: Import) -> None:
    tally = ended.tally
    for row in tally.refusals[:MOST_SHOWN]:
        click.echo(f"{row.place}：{row.message}", err=True)
    if tally.refused > MOST_SHOWN:
        click.echo(f"……另有 {tally.refused - MOST_SHOWN} 处未存入。", err=True)
    click.echo(
        f"导入 {ended.key}：共 {tally.read} 件，新存入 {tally.stored} 件，"
        f"早已入库 {tally.known} 件，未存入 {tally.refused} 件。"
    )


@contextmanager
def _progress(lines: int) -> Iterator[Callable[[int], None]]:
    """Show a bar where somebody watches; yield what moves it to a line."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=lines, label="导入", file=sys.stderr, hidden=hidden) as bar:
        yield lambda line: bar.update(line - bar.pos)
