"""``nlp-service serve``: load the bundle, take the port, answer until a signal comes."""

import errno
import json
import shlex
import signal
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nlp_service.cli.failures import Failure
from nlp_service.cli.logs import configure_logs
from nlp_service.cli.options import bundle_option, help_option, load_assessor, read_settings
from nlp_service.domain.people import ONE_TIME

if TYPE_CHECKING:
    from fastapi import FastAPI

    from nlp_service.api.tracing import OpenTelemetryTracer
    from nlp_service.settings import Settings
    from nlp_service.store.opening import Store

STOP_WITHIN_S = 10
"""How long answers in the making may still take when the service is told to stop."""

_HOSTS = "只供本机用 127.0.0.1，供其他机器用 0.0.0.0"


@click.command("serve", options_metavar="[选项]")
@click.option("--host", help="监听的地址；默认取 NLP_HOST，未设则为 127.0.0.1。")
@click.option("--port", help="端口，0 为任一空闲端口；默认取 NLP_PORT，未设则为 8000。")
@bundle_option
@help_option
def serve_command(host: str | None, port: str | None, bundle: Path | None) -> None:
    """启动网页和 HTTP 接口，按 Ctrl-C 停止。"""
    settings = read_settings({"host": host, "port": port, "bundle": bundle})
    assessor = load_assessor(settings)
    from nlp_service.app import create_app
    from nlp_service.people.tokens import make_key

    with ExitStack() as held:
        store = held.enter_context(_open_store(settings)) if settings.store else None
        tracer, key = held.enter_context(_tracing(settings)), make_key().token
        app = create_app(settings, assessor=assessor, store=store, tracer=tracer, start_key=key)
        listener = held.enter_context(_listen(settings.host, settings.port))
        _warn_of_open_ears(settings)
        if store is not None:
            _introduce_admin(store)
            held.enter_context(_work_beside(settings))
        _serve(app, listener, settings, key=key)
    click.echo("服务已停止。", err=True)


@contextmanager
def _tracing(settings: "Settings") -> Iterator["OpenTelemetryTracer | None"]:
    if not settings.traces:
        yield None
        return
    from nlp_service.api.tracing import OpenTelemetryTracer

    try:
        tracer = OpenTelemetryTracer()
    except ImportError:
        raise Failure(
            "NLP_TRACES=true 需要另装 OpenTelemetry：pip install 'nlp-service[otel]'。"
        ) from None
    with closing(tracer):
        yield tracer


def _open_store(settings: "Settings") -> "Store":
    """Open the store before the port is taken: what is wrong with it ends the command."""
    from nlp_service.store.opening import open_store

    return open_store(settings)


def _work_beside(settings: "Settings") -> AbstractContextManager[None]:
    """Keep workers for batch jobs running; they end before the store is closed."""
    from nlp_service.jobs.supervisor import supervising

    return supervising(settings)


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that already listens, so that nobody else can take the port meanwhile."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        families = {entry[0] for entry in found}
        family = socket.AF_INET if socket.AF_INET in families else families.pop()
        return socket.create_server((host, port), family=family)
    except (socket.gaierror, UnicodeError):
        raise Failure(f"地址 {host} 不存在，请检查 NLP_HOST（{_HOSTS}）。") from None
    except OSError as error:
        raise Failure(_explain_refusal(error, host, port)) from None


def _explain_refusal(error: OSError, host: str, port: int) -> str:
    another = f"请用 NLP_PORT={port + 1 if 1024 <= port < 65535 else 8000} make run 换一个端口。"
    match error.errno:
        case errno.EADDRINUSE:
            return f"端口 {port} 已被占用，{another}"
        case errno.EACCES:
            return f"端口 {port} 需要管理员权限，{another}"
        case errno.EADDRNOTAVAIL:
            return f"本机没有地址 {host}，请检查 NLP_HOST（{_HOSTS}）。"
        case _:
            return f"无法监听 {host} 的端口 {port}，系统报告 {error.strerror}。"


def _warn_of_open_ears(settings: "Settings") -> None:
    """Say what it means that other machines may ask, where nothing encrypts what they say."""
    if settings.proxies or _is_loopback(settings.host):
        return
    click.echo(
        f"警告：服务在 {settings.host} 上监听，其他机器可以访问，"
        "而口令、密钥和来件会以明文经过网络。"
        "请在前面放一个做 TLS 的反向代理，并设 NLP_PROXIES=它的地址（见 docs/operations.md）；"
        "只供本机用，请去掉 NLP_HOST。",
        err=True,
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


def _introduce_admin(store: "Store") -> None:
    """At the very first start make an admin, and tell the one-time password: here, and once."""
    from nlp_service.people.passwords import Passwords
    from nlp_service.store.first_admin import NAME, awaits_first_sign_in, make_first_admin

    password = make_first_admin(store, Passwords())
    if password is not None:
        click.echo(
            f"首次启动，已建立管理员。用户名 {NAME}，一次性口令 {password}\n"
            f"口令只显示这一次，{ONE_TIME.days} 天内有效，首次登录须修改。\n"
        )
    elif awaits_first_sign_in(store):
        click.echo(
            f"管理员 {NAME} 还没有登录过。一次性口令只在首次启动时显示；"
            f"忘了请运行 nlp-service users reset {NAME}。\n"
        )


def _serve(app: "FastAPI", listener: socket.socket, settings: "Settings", *, key: str) -> None:
    """Answer until SIGINT or SIGTERM, and say where as soon as it is true."""
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                click.echo(_announcement(_base_url(listener, settings.host), key, settings))

    configure_logs(settings)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # /metrics counts; a path could hold whatever somebody typed
        timeout_graceful_shutdown=STOP_WITHIN_S,
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):  # uvicorn repeats the signal after its orderly end
        Server(config).run(sockets=[listener])


def _base_url(listener: socket.socket, host: str) -> str:
    """Return where this machine reaches the service."""
    address, port = listener.getsockname()[:2]
    if ip_address(address.partition("%")[0]).is_unspecified:
        host = "127.0.0.1" if listener.family == socket.AF_INET else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _announcement(url: str, key: str, settings: "Settings") -> str:
    from nlp_service.api.examples import PUBLIC_MESSAGE

    body = json.dumps(PUBLIC_MESSAGE, ensure_ascii=False)
    curl = [
        "curl",
        f"{url}/v1/assessments?store=false",
        "-H",
        f"Authorization: Bearer {key}",
        "-H",
        "Content-Type: application/json",
        "-d",
        body,
    ]
    about = (
        "其中的密钥只供本机试评，随服务停止而失效"
        if settings.store or settings.keys
        else "这套服务不存来件，其中的密钥也可用来登录网页，随服务停止而失效"
    )
    return (
        f"服务已启动，网页在 {url}/ （按 Ctrl-C 停止）。试一件（{about}）：\n\n{shlex.join(curl)}\n"
    )
