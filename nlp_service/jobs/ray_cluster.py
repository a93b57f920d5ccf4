"""Start Ray on this machine for a while, or join a cluster that runs already.

What is started here listens on this machine alone, lets nobody in without a token made for the
occasion, sends no statistics, has no dashboard, and leaves nothing behind.
"""

import io
import logging
import os
import secrets
import signal
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from nlp_service.domain.errors import EngineFailed

_STORE_BYTES = 512 * 2**20
"""Shared memory for what is on its way between processes; what is more waits on the disk."""

_LONGEST_TEMP = 24
"""Characters: a socket's path, which Ray puts some 80 behind it, may not be longer than 107."""


_CLUSTERS = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""Despite its name heeded everywhere: at 0 Ray listens on the loopback address alone."""

_ANSWERS_WITHIN_S = 10.0
_UNREACHABLE = (
    "连不上 Ray 集群 {address}（{kind}）；请检查地址、网络和 RAY_AUTH_TOKEN，"
    "或改用 --engine plain。"
)
_NOT_STARTED = "Ray 没有启动（{kind}）；请检查内存和临时文件夹，或改用 --engine plain。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Where to work, and with how many."""

    address: str = ""
    """Of the cluster, ``auto`` for the one of which this machine is a part; empty starts one."""
    workers: int | None = None
    """Processes that score; None for one a core."""


def require_ray() -> None:
    """See that Ray with its data library is installed.

    Raises:
        EngineFailed: it is not; says what to install.
    """
    missing = [name for name in ("ray", "pyarrow", "pandas") if find_spec(name) is None]
    if missing:
        raise EngineFailed(
            f"--engine ray 还缺 {'、'.join(missing)}：请运行 pip install 'nlp-service[ray]'，"
            "或用默认的 --engine plain。"
        )


@contextmanager
def connected(cluster: Cluster) -> Iterator[int]:
    """Be connected for a while; yield how many processes are to score.

    What Ray has to say it prints; here nobody wants to read it, so it is held back.

    Raises:
        EngineFailed: Ray does not start, or no cluster answers.
    """
    _check_address(cluster.address)
    _prepare_environment(cluster)
    import ray

    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(io.StringIO()))
        options = _options_of_own(cluster, stack) if not cluster.address else {}
        _initialise(cluster, options)
        stack.callback(ray.shutdown)
        yield cluster.workers or max(1, int(ray.cluster_resources().get("CPU", 1)))


def _check_address(address: str) -> None:
    """Refuse an address where nobody answers: Ray itself would wait for minutes, and end us."""
    if address.startswith("ray://"):
        raise EngineFailed(
            f"不经 Ray Client（{address}）连接：请在集群的一台机器上运行，并写 --ray-address auto。"
        )
    if address in ("", "auto"):
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise EngineFailed(f"--ray-address 应为 主机:端口 或 auto，现为“{address}”。")
    try:
        socket.create_connection((host, int(port)), _ANSWERS_WITHIN_S).close()
    except (OSError, OverflowError) as error:
        raise EngineFailed(
            _UNREACHABLE.format(address=address, kind=type(error).__name__)
        ) from None


def _prepare_environment(cluster: Cluster) -> None:
    """Set what Ray reads when it is imported, unless the person who calls has set it."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    if cluster.address:
        return
    os.environ[_CLUSTERS] = "0"
    if "RAY_AUTH_MODE" not in os.environ:
        os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))


def _options_of_own(cluster: Cluster, stack: ExitStack) -> Mapping[str, Any]:
    """Return the options of a cluster of one machine that ends with this process."""
    usual = tempfile.gettempdir()
    place = usual if len(usual) <= _LONGEST_TEMP else "/tmp"
    folder = tempfile.TemporaryDirectory(prefix="nlp-ray-", dir=place, ignore_cleanup_errors=True)
    return {
        "address": "local",
        "num_cpus": cluster.workers or len(os.sched_getaffinity(0)),
        "object_store_memory": _STORE_BYTES,
        "include_dashboard": False,
        "_temp_dir": stack.enter_context(folder),
    }


def _initialise(cluster: Cluster, options: Mapping[str, Any]) -> None:
    import ray

    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    before = signal.getsignal(signal.SIGTERM)
    try:
        with _silent():
            ray.init(**{"address": cluster.address, **quiet, **options})
    except Exception as error:
        problem = _UNREACHABLE if cluster.address else _NOT_STARTED
        kind = type(error).__name__
        raise EngineFailed(problem.format(address=cluster.address, kind=kind)) from error
    finally:
        signal.signal(signal.SIGTERM, before)  # Ray's own would end this process uncleanly


@contextmanager
def _silent() -> Iterator[None]:
    """Let nothing through to stderr, not from beneath Python either, where Ray tells its level."""
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
