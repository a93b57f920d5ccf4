"""``nlp-service keys``: by which other systems are let in."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click

from nlp_service.cli.acting import command_line_actor
from nlp_service.cli.failures import Failure
from nlp_service.cli.options import help_option, read_settings
from nlp_service.cli.tables import moment, table_lines
from nlp_service.cli.users import open_people
from nlp_service.domain.people import (
    SCOPES,
    ApiKey,
    Permission,
    permissions_in_order,
)

_HEADER = ("开头", "名称", "状态", "最近使用", "权限")
_LONGEST_DAYS = 3650
_USUAL_DAYS = 365


@click.group("keys", subcommand_metavar="命令", options_metavar="")
@help_option
def keys_command() -> None:
    """发放、列出、撤销其他系统使用的密钥。"""


@keys_command.command("add", options_metavar="[选项]")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([one.value for one in permissions_in_order(SCOPES)]),
    help="一项权限，可以写几次；不写时为 assess、read、file：评定、查阅、存入。",
)
@click.option(
    "--days",
    type=click.IntRange(0, _LONGEST_DAYS),
    help=f"几天后失效，默认 {_USUAL_DAYS}；0 为不失效，不建议。",
)
@help_option
def add_key(name: str, scopes: Sequence[str], days: int | None) -> None:
    """发放一个密钥，NAME 说明谁在用它；密钥只显示这一次。

    没有开启存储的安装（NLP_STORE=false）不保存密钥：把给出的一行设为 NLP_KEYS 即可；这样的密钥
    不分权限，也不失效。
    """
    if not read_settings({}).store:
        if scopes or days is not None:
            raise Failure(
                "没有开启存储（NLP_STORE=false），密钥不分权限、不失效；请去掉 --scope、--days。"
            )
        _make_for_settings(name)
        return
    wanted = [Permission(one) for one in scopes] or [
        Permission.ASSESS,
        Permission.READ,
        Permission.FILE,
    ]
    valid = timedelta(days=_USUAL_DAYS if days is None else days)
    until = datetime.now(UTC) + valid if valid else None
    with open_people() as store, store.transaction(actor=command_line_actor()) as office:
        key, token = office.api_keys.add(name, wanted, expires_at=until)
    _tell_token(key.name, token)
    click.echo(f"权限：{'、'.join(_scopes(key))}；{_state(key)}。")
    click.echo("用法：每个请求带上 Authorization: Bearer 密钥。")


@keys_command.command("list", options_metavar="")
@help_option
def list_keys() -> None:
    """列出全部密钥；密钥本身不保存，凭开头辨认。"""
    with open_people() as store, store.reading() as office:
        keys = office.api_keys.list()
    if not keys:
        click.echo("还没有密钥，用 nlp-service keys add 发放。")
        return
    for line in table_lines([_HEADER, *map(_describe, keys)]):
        click.echo(line)


@keys_command.command("revoke", options_metavar="")
@click.argument("prefix")
@help_option
def revoke_key(prefix: str) -> None:
    """撤销以 PREFIX 开头的密钥（如 nlp_k7fp2mxw）；从下一个请求起就不能再用。"""
    with open_people() as store, store.transaction(actor=command_line_actor()) as office:
        key = office.api_keys.revoke(office.api_keys.with_prefix(prefix).key)
    click.echo(f"已撤销密钥 {key.name}（{key.prefix}）。")


def _make_for_settings(name: str) -> None:
    from nlp_service.people.tokens import hash_token, make_key

    if any(sign in name for sign in ":,") or not name.strip():
        raise Failure("密钥的名称不能为空，也不能含有 : 和 , 。")
    token = make_key().token
    _tell_token(name, token)
    click.echo(f"这套安装不保存密钥，请设 NLP_KEYS={name}:{hash_token(token).hex()}")
    click.echo("它什么都能做，也不失效；不用时请从 NLP_KEYS 中去掉。")


def _tell_token(name: str, token: str) -> None:
    """Tell a key, on a line of its own, where it is easily copied."""
    click.echo(f"密钥 {name}，只显示这一次：\n\n{token}\n")


def _describe(key: ApiKey) -> tuple[str, ...]:
    return key.prefix, key.name, _state(key), moment(key.used_at), "、".join(_scopes(key))


def _scopes(key: ApiKey) -> Sequence[str]:
    return permissions_in_order(key.scopes)


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"{moment(key.revoked_at)} 由 {key.revoked_by} 撤销"
    if key.expires_at is None:
        return "不失效"
    over = key.expires_at <= datetime.now(UTC)
    return f"{moment(key.expires_at)} {'已失效' if over else '失效'}"
