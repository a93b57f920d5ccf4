"""``nlp-service worker``, and the worker that ``serve`` keeps beside itself."""

import json
import os
import signal
import subprocess
import time

import psutil
import pytest

from nlp_service.client import Client
from tests.callers import KEY, KEYS
from tests.cli.test_serve import url_in

WITH_A_WORKER = {"NLP_WORKERS": "1", "NLP_KEYS": KEYS}


def test_worker_without_a_store_has_nothing_to_do(nlp_service):
    done = nlp_service("worker")

    assert done.returncode == 1
    assert "NLP_STORE=false" in done.stderr


@pytest.mark.slow
def test_worker_works_until_it_is_told_to_stop(command, pytestconfig, keeping):
    with subprocess.Popen(
        [command, "worker"],
        cwd=pytestconfig.rootpath,
        env={**os.environ, **keeping},
        stderr=subprocess.PIPE,
        text=True,
    ) as worker:
        assert "工作进程已启动" in worker.stderr.readline()
        worker.send_signal(signal.SIGTERM)
        _, errors = worker.communicate(timeout=30)

    assert worker.returncode == 0
    assert "工作进程已停止" in errors


@pytest.mark.slow
def test_serve_keeps_a_worker_running_and_takes_it_along(serving, keeping):
    with serving("--port", "0", **WITH_A_WORKER, **keeping) as (
        service,
        said,
    ):
        client = Client(url_in(said), key=KEY)
        (first,) = workers_of(service)
        first.kill()
        content = "".join(
            json.dumps({"body": f"第{n}号窗口排队两小时，请加派人手。"}) + "\n" for n in range(40)
        ).encode()
        job = client.wait(client.submit(content, mode="fast", store=False).key)
        assert job.done == 40
        (second,) = workers_of(service)
        assert second.pid != first.pid
        service.terminate()
        service.communicate(timeout=30)

    assert service.returncode == 0
    assert not second.is_running()


@pytest.mark.slow
def test_a_worker_ends_when_its_server_is_killed(serving, keeping):
    with serving("--port", "0", **WITH_A_WORKER, **keeping) as (
        service,
        _,
    ):
        (worker,) = workers_of(service)
        service.kill()
        service.wait(20)

    psutil.wait_procs([worker], timeout=60)
    assert not worker.is_running()


def workers_of(service):
    until = time.monotonic() + 30
    while not (found := psutil.Process(service.pid).children()):
        assert time.monotonic() < until
        time.sleep(0.1)
    return found
