"""``nlp-service retention``: erase what the office's rules no longer keep; first only count it."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nlp_service.cli.acting import command_line_actor
from nlp_service.cli.failures import Failure
from nlp_service.cli.options import PATH, help_option, read_settings

if TYPE_CHECKING:
    from nlp_service.store.opening import Store
    from nlp_service.store.retention_rules import RuleSet

_ACTIONS = ("dry-run", "apply")


@click.command("retention", options_metavar="[选项]")
@click.argument("action", type=click.Choice(_ACTIONS), default=_ACTIONS[0], metavar="[apply]")
@click.option(
    "--dry-run", is_flag=True, help="只数各条规则到期的件数，什么也不改；不写 apply 时也是这样。"
)
@click.option(
    "--rules",
    type=PATH,
    help="规则文件。不写就用网页 设置 › 保存期限 里的规则，那里没有设过就用 NLP_RETENTION。",
)
@help_option
def retention_command(action: str, dry_run: bool, rules: Path | None) -> None:
    """按保存期限清除来件的全文：先数一数，写明 apply 才清除。

    清除的有文本、原文、引文、指纹和向量，不能恢复；留下编号、日期、办理结果和一条清除记录。以前的备份里
    仍有全文，恢复备份后请再运行一次。
    """
    from nlp_service.domain.records import CHINA
    from nlp_service.store.opening import open_store
    from nlp_service.store.retention import apply_rules, count_due

    settings = read_settings({})
    given = None if rules is None else _read_given(rules)
    today = datetime.now(CHINA).date()
    applies = action == "apply" and not dry_run
    with open_store(settings) as store:
        found = given or _find(store, settings.retention)
        click.echo(f"规则来自{_where(found)}。")
        due = (
            apply_rules(store, found.rules, today=today, actor=command_line_actor())
            if applies
            else count_due(store, found.rules, today=today)
        )
    for each in due:
        click.echo(f"{each.rule.name}（满 {each.rule.years} 年）：{each.count} 件")
    total = sum(each.count for each in due)
    if not found.rules:
        told = "那里没有规则，什么也不清除。"
    else:
        told = f"已清除 {total} 件的全文。" if applies else f"到期 {total} 件；确要清除请写 apply。"
    click.echo(told)


def _read_given(file: Path) -> "RuleSet":
    from nlp_service.store.retention_rules import read_rules_file

    return _sound(read_rules_file(file))


def _find(store: "Store", file: Path | None) -> "RuleSet":
    """Return what is in force.

    Raises:
        Failure: nobody has set any rules, or they cannot be read.
    """
    from nlp_service.store.retention_rules import find_rules

    with store.reading() as office:
        found = find_rules(office, file)
    if found.ruling is None and found.file is None:
        raise Failure(
            "没有设定保存期限，什么也不清除。请管理员在网页 设置 › 保存期限 里设定，或写好规则文件"
            "（样子见 data/retention.example.toml），用 NLP_RETENTION 或 --rules 指明。"
        )
    return _sound(found)


def _sound(found: "RuleSet") -> "RuleSet":
    if found.problem:
        where = _where(found)
        raise Failure(f"保存期限的规则有误，什么也没有清除。规则来自{where}：{found.problem}")
    return found


def _where(found: "RuleSet") -> str:
    from nlp_service.domain.records import CHINA

    if found.ruling is None:
        return f"文件 {found.file}"
    day = found.ruling.set_at.astimezone(CHINA).date()
    return f"网页 设置 › 保存期限（{found.ruling.set_by} 于 {day} 设定）"
