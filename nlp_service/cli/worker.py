"""``nlp-service worker``: score batch jobs until a signal comes; as many as there are machines."""

import gc
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

import click

from nlp_service.cli.failures import Failure
from nlp_service.cli.options import bundle_option, help_option, read_settings


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
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    from nlp_service.jobs.worker import working

    with suppress(KeyboardInterrupt), working(settings) as worker:
        gc.collect()
        gc.freeze()  # the model is never garbage: not walking it again saves a tenth of scoring
        click.echo(f"工作进程已启动（{worker.executor}）。", err=True)
        try:
            _wait(lifeline)
        finally:  # a second signal shall not break off the orderly end
            for ending in (signal.SIGINT, signal.SIGTERM):
                signal.signal(ending, signal.SIG_IGN)
    click.echo("工作进程已停止。", err=True)
    if threading.active_count() > 1:
        sys.stderr.flush()
        os._exit(0)  # a chunk in the middle of scoring stays in the queue; nobody waits for it


def _wait(lifeline: bool) -> None:
    """Wait for a signal or, with a lifeline, for the end of standard input."""
    if lifeline:
        sys.stdin.buffer.read()
    else:
        threading.Event().wait()
