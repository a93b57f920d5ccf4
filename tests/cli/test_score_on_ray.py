"""``score --engine ray`` on real Ray: slow, since starting it takes a while on few cores."""

import os
import re
import secrets
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from importlib.util import find_spec

import psutil
import pytest

from tests.cli.ray_work import KILLS, RAISES
from tests.jobs.letters import jsonl, rows

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray 未安装（extra ray）"),
]
EIGHT_CHUNKS = 8 * 256
WITH_TWO = ("--mode", "fast", "--engine", "ray", "--ray-workers", "2")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """Letters of which one is empty after cleaning, one of an unknown kind and one not JSON."""
    path = tmp_path_factory.mktemp("archive") / "历年来信.jsonl"
    letters = rows(EIGHT_CHUNKS, row300="！！")
    letters[700]["kind"] = "不知道"
    lines = jsonl(letters).splitlines(keepends=True)
    lines[1500] = "{ 路灯\n".encode()
    path.write_bytes(b"".join(lines))
    return path


@pytest.fixture(scope="module")
def environment(pytestconfig):
    path = os.pathsep.join([str(pytestconfig.rootpath), os.environ.get("PYTHONPATH", "")])
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    return {**clean, "NLP_STORE": "false", "PYTHONPATH": path}


@pytest.fixture
def scoring(command, pytestconfig, environment):
    """Start ``score``; yield the process, and end it."""

    @contextmanager
    def start(*arguments, **variables):
        with subprocess.Popen(
            [command, "score", *map(str, arguments)],
            cwd=pytestconfig.rootpath,
            env={**environment, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as running:
            try:
                yield running
            finally:
                running.kill()

    return start


@pytest.fixture(scope="module")
def plain(tmp_path_factory, archive, command, pytestconfig, environment):
    """What the plain engine makes of the archive: its results, and the lines that it says."""
    output = tmp_path_factory.mktemp("plain") / "out.jsonl"
    done = subprocess.run(
        [command, "score", archive, "-o", output, "--mode", "fast"],
        cwd=pytestconfig.rootpath,
        env=environment,
        capture_output=True,
        text=True,
    )
    results = output.read_bytes()
    assert results.count(b"\n") == EIGHT_CHUNKS
    assert [line[:9] for line in done.stderr.splitlines()[:-1]] == [
        "第 300 行：清",
        "第 701 行：k",
        "第 1501 行：",
    ]
    return results, done.stderr.splitlines()


def scorers(running):
    """The processes of a run that score, as far as they were started: Ray names them so."""
    found = {}
    with suppress(psutil.Error):
        for process in psutil.Process(running.pid).children(recursive=True):
            with suppress(psutil.Error, IndexError):
                if "_Scorer" in process.cmdline()[0]:
                    found[process.pid] = process
    return found


def works(process):
    """Whether a scorer has a chunk in hands: Ray then adds to its name."""
    with suppress(psutil.Error, IndexError):
        return ".submit" in process.cmdline()[0]
    return False


def some_written(part):
    return part.exists() and part.stat().st_size > 0


def watch(running, until):
    """Look at a run's scorers until something is true of them; return all that were seen."""
    seen = {}
    while running.poll() is None:
        seen |= scorers(running)
        if until(seen):
            return seen
        time.sleep(0.05)
    raise AssertionError(running.communicate()[1])


def test_two_workers_say_byte_for_byte_what_one_process_says(scoring, archive, plain, tmp_path):
    output = tmp_path / "out.jsonl"

    with scoring(archive, output, *WITH_TWO) as running:
        seen = watch(running, lambda seen: len(seen) == 2)
        out, said = running.communicate()

    assert running.returncode == 0, said
    results, lines = plain
    assert output.read_bytes() == results
    assert (out, said.splitlines()[:-1]) == ("", lines[:-1])
    assert said.splitlines()[-1].startswith(f"分拣 {EIGHT_CHUNKS - 3} 件")
    assert psutil.wait_procs(seen.values(), timeout=60)[1] == []


def test_a_worker_that_is_killed_loses_no_row(scoring, archive, plain, tmp_path):
    output, part = tmp_path / "out.jsonl", tmp_path / "out.jsonl.part"

    with scoring(archive, output, *WITH_TWO) as running:
        before = watch(running, lambda seen: some_written(part) and any(map(works, seen.values())))
        victim = next(process for process in before.values() if works(process))
        victim.kill()
        victim.wait(60)
        written = part.stat().st_size
        after = watch(running, lambda seen: seen.keys() - before.keys())
        _, said = running.communicate()

    results, lines = plain
    assert victim.pid not in after
    assert 0 < written < len(results)
    assert running.returncode == 0, said
    assert output.read_bytes() == results
    assert said.splitlines()[:-1] == lines[:-1]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_leaves_neither_results_nor_processes(
    scoring, archive, tmp_path, ending
):
    output, part = tmp_path / "out.jsonl", tmp_path / "out.jsonl.part"

    with scoring(archive, output, *WITH_TWO) as running:
        watch(running, lambda seen: len(seen) == 2 and some_written(part))
        started = psutil.Process(running.pid).children(recursive=True)
        running.send_signal(ending)
        _, said = running.communicate()

    assert (running.returncode, said.strip()) == (130, "已中断。")
    assert list(tmp_path.iterdir()) == []
    assert psutil.wait_procs(started, timeout=60)[1] == []


@pytest.fixture
def cluster(pytestconfig, environment):
    """A cluster of one machine that lets in whoever has the token; its address, and how to ask."""
    asked_with = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.cli.ray_work", "cluster"],
        cwd=pytestconfig.rootpath,
        env={**environment, **asked_with},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        lines = iter(running.stdout.readline, "")
        yield next(line.strip() for line in lines if re.match(r"[\d.]+:\d+$", line)), asked_with
        running.stdin.close()
        running.wait()


def test_a_cluster_that_runs_already_does_the_work_and_runs_on(
    scoring, cluster, archive, plain, tmp_path
):
    address, asked_with = cluster
    options = WITH_TWO[:4]

    with scoring(
        archive, tmp_path / "a.jsonl", *options, "--ray-address", address, **asked_with
    ) as running:
        _, said = running.communicate()
        assert running.returncode == 0, said
        assert scorers(running) == {}
    with scoring(
        archive, tmp_path / "b.jsonl", *options, RAY_ADDRESS=address, **asked_with
    ) as running:
        _, said = running.communicate()
        assert running.returncode == 0, said

    assert (tmp_path / "a.jsonl").read_bytes() == plain[0]
    assert (tmp_path / "b.jsonl").read_bytes() == plain[0]


def test_a_cluster_that_does_not_answer_is_said(scoring, archive, tmp_path):
    address = ("--ray-address", "127.0.0.1:1")

    with scoring(archive, tmp_path / "out.jsonl", *WITH_TWO, *address) as running:
        _, said = running.communicate()

    assert running.returncode == 1
    assert said.startswith("错误：连不上 Ray 集群 127.0.0.1:1")
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (KILLS, "EngineFailed 分拣 第 1 行至第 3 行的进程 4 次中断"),
        (RAISES, "EngineFailed 分拣 第 1 行至第 3 行时程序出错（RuntimeError）"),
    ],
    ids=["ends the process", "raises"],
)
def test_a_row_that_no_worker_survives_ends_the_run_without_quoting_it(
    tmp_path, pytestconfig, environment, body, told
):
    path = tmp_path / "in.jsonl"
    path.write_bytes(jsonl(rows(3, row2=body)))

    done = subprocess.run(
        [sys.executable, "-m", "tests.cli.ray_work", "work", path],
        cwd=pytestconfig.rootpath,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert done.stdout.startswith(told), done.stderr
    assert body not in done.stdout + done.stderr
