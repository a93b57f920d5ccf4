"""``nlp-service worker``: score batch jobs until a signal comes; as many as there are machines."""

import gc
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nlp_service.cli.failures import Failure
from nlp_service.cli.logs import configure_logs
from nlp_service.cli.options import bundle_option, help_option, read_settings

if TYPE_CHECKING:
    from nlp_service.settings import Settings

_LOOKS_EVERY_S = 0.5
"""For the end, and for another bundle."""


@click.command("worker", options_metavar="[选项]")
@click.option("--lifeline", is_flag=True, hidden=True, help="标准输入结束时随之停止。")
@bundle_option
@help_option
def worker_command(lifeline: bool, bundle: Path | None) -> None:
    """分拣批量任务，按 Ctrl-C 停止；可在多台机器上各开几个，共用一个数据库。

    serve 自己带一个（NLP_WORKERS）。另一台机器须用 NLP_DATABASE_URL 连到同一个数据库，
    并装有同样的模型包。
    """
    settings = read_settings({"bundle": bundle})
    if not settings.store:
        raise Failure("没有开启存储（NLP_STORE=false），没有任务可做。")
    configure_logs(settings)
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    over = _end_of_input() if lifeline else threading.Event()
    with suppress(KeyboardInterrupt):
        while not over.is_set():
            _work(settings, over)
    click.echo("工作进程已停止。", err=True)
    if threading.active_count() > 1:
        sys.stderr.flush()
        os._exit(0)  # a chunk in the middle of scoring stays in the queue; nobody waits for it


def _work(settings: "Settings", over: threading.Event) -> None:
    """Work until it is over, a signal comes, or another bundle was chosen."""
    from nlp_service.jobs.worker import working

    with working(settings) as worker:
        gc.collect()
        gc.freeze()  # the model is never garbage: not walking it again saves a tenth
        click.echo(f"工作进程已启动（{worker.executor}）。", err=True)
        try:
            while not over.wait(_LOOKS_EVERY_S):
                if worker.outdated.is_set():
                    click.echo("选用了另一个模型包，换用它重新开始。", err=True)
                    gc.unfreeze()
                    return
        except BaseException:  # a second signal shall not break off the orderly end
            _ignore_signals()
            raise
        _ignore_signals()


def _ignore_signals() -> None:
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.SIG_IGN)


def _end_of_input() -> threading.Event:
    """Return what is set when standard input has ended."""
    over = threading.Event()

    def read() -> None:
        sys.stdin.buffer.read()
        over.set()

    threading.Thread(target=read, name="lifeline", daemon=True).start()
    return over
