"""``nlp-service backup`` and ``restore``: the whole store into one file, and back."""

from pathlib import Path

import click

from nlp_service.cli.acting import command_line_actor
from nlp_service.cli.options import PATH, help_option, read_settings


@click.command("backup", options_metavar="[选项]")
@click.argument("file", type=PATH)
@help_option
def backup_command(file: Path) -> None:
    """把数据库整个备份到 FILE（新文件，只有当前用户可读）。

    服务运行时也可以备份，备份的是开始那一刻的内容。
    """
    from nlp_service.store.backup import back_up
    from nlp_service.store.opening import open_database

    with open_database(read_settings({})) as database:
        contents = back_up(database, file)
    size = file.stat().st_size / 1e6
    click.echo(f"已备份 {contents.submissions} 件来件及其全部记录到 {file}（{size:.1f} MB）。")


@click.command("restore", options_metavar="[选项]")
@click.argument("file", type=PATH)
@click.option("--replace", is_flag=True, help="数据库里已有内容时，用备份取代它们。")
@help_option
def restore_command(file: Path, replace: bool) -> None:
    """从备份 FILE 恢复数据库；数据库已有内容时须加 --replace。

    要么全部恢复，要么保持原样。
    """
    from nlp_service.store.backup import restore
    from nlp_service.store.opening import open_database

    with open_database(read_settings({})) as database:
        contents = restore(database, file, replace=replace, actor=command_line_actor())
    click.echo(f"已从 {file} 恢复 {contents.submissions} 件来件及其全部记录。")
