"""What the database refuses becomes one of our errors, in Chinese and without its own words.

PostgreSQL quotes the row it does not like, and SQLAlchemy the values; both may be a text.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from nlp_service.domain.errors import (
    ContentUnfit,
    DatabaseFull,
    DatabaseUnfit,
    DatabaseUnreachable,
    DataDamaged,
    LoginRefused,
    StoreBusy,
    StoreError,
)

_PASSWORD_REFUSED = ("password authentication failed", "认证失败", "pg_hba.conf", "no password")
_NO_DATABASE = ("does not exist", "不存在")

_KNOWN: Sequence[tuple[tuple[str, ...], type[StoreError], str]] = (
    (("53100",), DatabaseFull, "{where} 所在的磁盘已满，未写入，请腾出空间后再试。"),
    (
        ("25006",),
        DatabaseFull,
        "{where} 是只读的（备用服务器，或设为只读），请改连主服务器或取消只读。",
    ),
    (
        ("XX001", "XX002", "58030", "58P01"),
        DataDamaged,
        "{where} 的数据文件损坏或读不出来（代码 {code}）。请停止服务，把数据复制到别处保存，"
        "检查磁盘，再用 nlp-service restore 从备份恢复。",
    ),
    (
        ("28",),
        LoginRefused,
        "{where} 不接受这个用户名或密码，请检查 NLP_DATABASE_URL 中的用户和密码，"
        "以及服务器的 pg_hba.conf。",
    ),
    (
        ("3D000",),
        DatabaseUnfit,
        "{where} 不存在，请让数据库管理员建立它（createdb），或改用别的库名。",
    ),
    (
        ("42501",),
        DatabaseUnfit,
        "{where}：这个用户的权限不够，请让数据库管理员授予它建模式和建表的权限（CREATE）。",
    ),
    (
        ("53300",),
        DatabaseUnreachable,
        "{where} 的连接数已满，请稍后再试，或提高 max_connections。",
    ),
    (
        ("40001", "40P01"),
        StoreBusy,
        "{where} 上有两项操作同时改动同样的记录，这一项已撤销，请再试一次。",
    ),
    (("55P03", "57014"), StoreBusy, "{where} 正被别的程序占用，等不到，请稍后再试。"),
    (
        ("08", "57P"),
        DatabaseUnreachable,
        "{where} 的连接断了（代码 {code}），请确认服务器在运行后再试。",
    ),
)
"""Beginnings of PostgreSQL's error codes, and what to tell of them."""


def name_address(url: URL) -> str:
    """Return where a database is, without its password, for a person."""
    folder = url.query.get("host")
    if not url.host and folder:
        return f"本机数据库（{folder if isinstance(folder, str) else folder[0]}）"
    return f"数据库 {url.set(drivername='postgresql', query={}).render_as_string()}"


@contextmanager
def explaining_failures(where: str) -> Iterator[None]:
    """Raise a ``StoreError`` for all that SQLAlchemy raises; ``where`` names the database."""
    try:
        yield
    except DBAPIError as error:
        raise explain(error.orig, where) from None
    except SQLAlchemyError as error:
        raise StoreError(f"{where} 上的操作没有完成（{type(error).__name__}）。") from None


def explain(error: BaseException | None, where: str) -> StoreError:
    """Return what to tell of a driver's error."""
    if not isinstance(error, psycopg.Error):
        return StoreError(f"{where} 上的操作没有完成（{type(error).__name__}）。")
    code = error.sqlstate
    if code is None and isinstance(error, psycopg.OperationalError):
        return _explain_connecting(error, where)
    if code in (None, "22P05"):  # the driver refused a value, or PostgreSQL one within JSON
        return ContentUnfit(f"{where} 存不下所给的内容（例如 U+0000 这样的控制字符），未写入。")
    return explain_code(code, where, constraint=error.diag.constraint_name or "")


def explain_code(code: str, where: str, *, constraint: str = "") -> StoreError:
    """Return what to tell of one of PostgreSQL's error codes (SQLSTATE)."""
    for codes, kind, message in _KNOWN:
        if code.startswith(codes):
            return kind(message.format(where=where, code=code))
    detail = f"，约束 {constraint}" if constraint else ""
    return StoreError(f"{where} 拒绝了这次操作（代码 {code}{detail}）。")


def _explain_connecting(error: psycopg.Error, where: str) -> StoreError:
    """Tell what kept a connection from being made; the server gives no code before it stands."""
    said = str(error)
    if any(words in said for words in _PASSWORD_REFUSED):
        return explain_code("28P01", where)
    if any(words in said for words in _NO_DATABASE):
        return explain_code("3D000", where)
    return DatabaseUnreachable(
        f"连不上{where}，请检查地址和端口、服务器是否在运行、防火墙是否放行，"
        "以及 NLP_DATABASE_URL 的写法。"
    )
