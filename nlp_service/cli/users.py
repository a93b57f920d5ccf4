"""``nlp-service users``: who may sign in. For the first hour, and for when nobody can get in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from nlp_service.cli.acting import command_line_actor
from nlp_service.cli.failures import Failure
from nlp_service.cli.options import help_option, read_settings
from nlp_service.cli.tables import moment, table_lines
from nlp_service.domain.people import ONE_TIME, User, UserRole

if TYPE_CHECKING:
    from nlp_service.store.opening import Store

_ROLES = "viewer 只读，secretary 秘书处，committee 提案委员会，admin 管理员"
_HEADER = ("用户名", "角色", "状态", "最近登录", "添加")

role_type = click.Choice([role.value for role in UserRole])


@click.group("users", subcommand_metavar="命令", options_metavar="")
@help_option
def users_command() -> None:
    """添加、列出、停用用户，重置口令。服务运行时也可以用。"""


@users_command.command("add", options_metavar="[选项]")
@click.argument("name")
@click.option("--role", type=role_type, default=UserRole.VIEWER.value, help=f"{_ROLES}；默认只读。")
@help_option
def add_user(name: str, role: str) -> None:
    """添加用户 NAME，给出一次性口令。"""
    password, kept = _make_password()
    with open_people() as store, store.transaction(actor=command_line_actor()) as office:
        user = office.users.add(name, UserRole(role), password_hash=kept)
    _tell_password(user, password)


@users_command.command("list", options_metavar="")
@help_option
def list_users() -> None:
    """列出全部用户。"""
    with open_people() as store, store.reading() as office:
        people = office.users.list()
    if not people:
        click.echo("还没有用户；第一次启动服务时会建立管理员 admin。")
        return
    for line in table_lines([_HEADER, *map(_describe, people)]):
        click.echo(line)


@users_command.command("reset", options_metavar="")
@click.argument("name")
@help_option
def reset_user(name: str) -> None:
    """给用户 NAME 新的一次性口令；旧口令和会话随即失效，登录的等待也取消。"""
    password, kept = _make_password()
    with open_people() as store, store.transaction(actor=command_line_actor()) as office:
        user = office.users.reset_password(office.users.named(name).key, password_hash=kept)
    _tell_password(user, password)
    if user.disabled_at is not None:
        click.echo(f"注意：{user.name} 已停用，须先 nlp-service users enable 才能登录。", err=True)


@users_command.command("disable", options_metavar="")
@click.argument("name")
@help_option
def disable_user(name: str) -> None:
    """停用用户 NAME；会话随即结束。"""
    with open_people() as store, store.transaction(actor=command_line_actor()) as office:
        user = office.users.disable(office.users.named(name).key)
    click.echo(f"已停用 {user.name}。")


@users_command.command("enable", options_metavar="")
@click.argument("name")
@help_option
def enable_user(name: str) -> None:
    """启用停用的用户 NAME。"""
    with open_people() as store, store.transaction(actor=command_line_actor()) as office:
        user = office.users.enable(office.users.named(name).key)
    click.echo(f"已启用 {user.name}。")


@users_command.command("role", options_metavar="")
@click.argument("name")
@click.argument("role", type=role_type)
@help_option
def change_role(name: str, role: str) -> None:
    """把用户 NAME 的角色改为 ROLE；会话随即结束。"""
    with open_people() as store, store.transaction(actor=command_line_actor()) as office:
        user = office.users.change_role(office.users.named(name).key, UserRole(role))
    click.echo(f"{user.name} 现在是 {user.role}。")


@contextmanager
def open_people() -> Iterator["Store"]:
    """Open the store, or say that this installation has none and so no users."""
    from nlp_service.store.opening import open_store

    settings = read_settings({})
    if not settings.store:
        raise Failure("这套安装没有开启存储（NLP_STORE=false），没有用户和审计。")
    with open_store(settings) as store:
        yield store


def _make_password() -> tuple[str, str]:
    """Return a one-time password, and what is kept of it."""
    from nlp_service.people.passwords import Passwords

    return Passwords().make_one_time()


def _tell_password(user: User, password: str) -> None:
    click.echo(f"用户 {user.name}（{user.role}）的一次性口令：{password}")
    click.echo(f"只显示这一次，{ONE_TIME.days} 天内有效，首次登录须修改。")


def _describe(user: User) -> tuple[str, ...]:
    if user.disabled_at is not None:
        state = "已停用"
    elif user.one_time_until is not None:
        state = f"一次性口令，{moment(user.one_time_until)} 失效"
    else:
        state = "可登录"
    return user.name, user.role, state, moment(user.signed_in_at), moment(user.created_at)
