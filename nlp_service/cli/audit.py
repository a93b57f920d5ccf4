"""``nlp-service audit``: show who did what, and prove that nobody has changed it since."""

import json

import click

from nlp_service.cli.failures import Failure
from nlp_service.cli.options import help_option
from nlp_service.cli.tables import moment, table_lines
from nlp_service.cli.users import open_people
from nlp_service.domain.audit import AuditEntry, ChainHead, Facts

_HEADER = ("序号", "时间", "谁", "做了什么", "对什么", "前后")


@click.group("audit", subcommand_metavar="命令", options_metavar="")
@help_option
def audit_command() -> None:
    """查看审计；核对它没有被改动过。"""


@audit_command.command("verify", options_metavar="[选项]")
@click.option("--head", help="以前记下的末条，如 1187:9f86…；它和它之前的都须还在。")
@help_option
def verify_audit(head: str | None) -> None:
    """核对审计：逐条相扣，改动、删除、插入都会断开，并指出是哪一条。

    末条请抄到别处：谁能改写整个数据库，就能重做整条链，只有记在别处的末条能揭穿。
    """
    from nlp_service.store.chaining import check_chain

    noted = None if head is None else _read_head(head)
    with open_people() as store, store.reading() as office:
        checked = check_chain(office.connection, noted=noted)
    if checked.findings:
        raise Failure("\n".join(["审计被动过：", *checked.findings]))
    click.echo(f"审计共 {checked.entries} 条，逐条相扣，没有被改动。")
    click.echo(f"末条：{checked.head}")


@audit_command.command("show", options_metavar="[选项]")
@click.option("-n", "count", type=click.IntRange(1, 500), default=50, help="几条，默认 50。")
@click.option("--before", type=click.IntRange(1), help="只看序号更小的。")
@help_option
def show_audit(count: int, before: int | None) -> None:
    """列出最近的审计，最近的在前。"""
    with open_people() as store, store.reading() as office:
        entries = office.audit.latest(before=before, limit=count)
    for line in table_lines([_HEADER, *map(_describe, entries)]):
        click.echo(line)


def _read_head(noted: str) -> ChainHead:
    key, _, digest = noted.strip().partition(":")
    try:
        return ChainHead(key=int(key), hash=bytes.fromhex(digest))
    except ValueError:
        raise Failure(
            "--head 应写成 nlp-service audit verify 给出的样子，如 1187:9f86…。"
        ) from None


def _describe(entry: AuditEntry) -> tuple[str, ...]:
    what = f"{entry.record_kind} {entry.record_key}"
    told = f"{_facts(entry.before)} → {_facts(entry.after)}"
    shown = "" if entry.before is None and entry.after is None else told
    return str(entry.key), moment(entry.at), entry.actor, entry.action, what, shown


def _facts(facts: Facts | None) -> str:
    return "—" if facts is None else json.dumps(facts, ensure_ascii=False)
