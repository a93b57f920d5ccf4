"""``nlp-service retention``: erase what the office's rules no longer keep; first only count it."""

from datetime import datetime
from pathlib import Path

import click

from nlp_service.cli.acting import command_line_actor
from nlp_service.cli.failures import Failure
from nlp_service.cli.options import PATH, help_option, read_settings

_ACTIONS = ("dry-run", "apply")


@click.command("retention", options_metavar="[选项]")
@click.argument("action", type=click.Choice(_ACTIONS), default=_ACTIONS[0], metavar="[apply]")
@click.option(
    "--dry-run", is_flag=True, help="只数各条规则到期的件数，什么也不改；不写 apply 时也是这样。"
)
@click.option("--rules", type=PATH, help="保存期限的规则文件；默认取 NLP_RETENTION。")
@help_option
def retention_command(action: str, dry_run: bool, rules: Path | None) -> None:
    """按保存期限清除来件的全文：先数一数，写明 apply 才清除。

    清除的有文本、原文、引文、指纹和向量，不能恢复；留下编号、日期、办理结果和一条清除记录。以前的备份里
    仍有全文，恢复备份后请再运行一次。
    """
    from nlp_service.domain.errors import InvalidTaxonomy
    from nlp_service.domain.records import CHINA
    from nlp_service.domain.retention import read_retention_rules
    from nlp_service.store.opening import open_store
    from nlp_service.store.retention import apply_rules, count_due

    settings = read_settings({"retention": rules})
    if settings.retention is None:
        raise Failure(
            "没有设定保存期限，什么也不清除。请写好规则文件（样子见 data/retention.example.toml），"
            "用 NLP_RETENTION 或 --rules 指明。"
        )
    try:
        found = read_retention_rules(settings.retention)
    except InvalidTaxonomy as error:
        where = f"文件 {error.file}，键 {error.key}"
        raise Failure(f"保存期限的规则有误：{where}：{error.reason}，什么也没有清除。") from None
    today = datetime.now(CHINA).date()
    applies = action == "apply" and not dry_run
    with open_store(settings) as store:
        due = (
            apply_rules(store, found, today=today, actor=command_line_actor())
            if applies
            else count_due(store, found, today=today)
        )
    for each in due:
        click.echo(f"{each.rule.name}（满 {each.rule.years} 年）：{each.count} 件")
    total = sum(each.count for each in due)
    told = f"已清除 {total} 件的全文。" if applies else f"到期 {total} 件；确要清除请写 apply。"
    click.echo(told)
