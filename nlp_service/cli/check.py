"""``nlp-service check``: what can be read of a file, before it is scored or imported."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nlp_service.cli.failures import Failure
from nlp_service.cli.options import PATH, column_option, help_option, read_columns

if TYPE_CHECKING:
    from nlp_service.intake.report import FileReport

MOST_SHOWN = 20
"""Refused rows that are named of a file; the report keeps more."""


@click.command("check", options_metavar="[选项]")
@click.argument("file", type=PATH)
@column_option
@help_option
def check_command(file: Path, column: tuple[str, ...]) -> None:
    """检查 FILE 能否读：认出哪些列，读到多少件，哪些行读不了、为什么。不评定，不存。

    能读 .csv、.xlsx、.jsonl、.docx、.pdf（有文字层的）、.txt，和它们的 .zip。
    """
    from nlp_service.intake.report import check_upload

    reports = check_upload(file, mapping=read_columns(column))
    for report in reports:
        _show(report)
    if not any(report.rows_read > report.rows_refused for report in reports):
        raise Failure(f"{file} 里没有一件来件可以读。")


def _show(report: "FileReport") -> None:
    from nlp_service.intake.encodings import encoding_name

    encoding = f"，{encoding_name(report.encoding)}" if report.encoding else ""
    click.echo(f"{report.name}（{report.kind or '类型不明'}{encoding}）")
    for name, field in report.columns.items():
        click.echo(f"  列“{name}” → {field.label}")
    if report.unknown_columns:
        click.echo(f"  未读的列：{'、'.join(report.unknown_columns)}")
    click.echo(f"  共 {report.rows_read} 件，其中 {report.rows_refused} 件读不了。")
    for refusal in report.refusals[:MOST_SHOWN]:
        column = f"，列“{refusal.column}”" if refusal.column else ""
        click.echo(f"  {refusal.where}{column}：{refusal.reason}")
    if report.rows_refused > MOST_SHOWN:
        click.echo(f"  ……另有 {report.rows_refused - MOST_SHOWN} 件读不了。")
    for note in report.notes:
        click.echo(f"  注意：{note}。")
    if report.problem:
        click.echo(f"  读不了：{report.problem}")
