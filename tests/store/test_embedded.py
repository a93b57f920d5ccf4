import multiprocessing
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import create_engine, text

from nlp_service.domain.errors import StoreError
from nlp_service.store.cluster import buffered_mb, running_server
from nlp_service.store.embedded import use_server

HOLD = """
import sys, time
from pathlib import Path
from nlp_service.store.embedded import use_server
server = use_server(Path(sys.argv[1]))
print(server.pid, flush=True)
if len(sys.argv) > 2:
    time.sleep(600)
"""


def ask(server, statement):
    engine = create_engine(server.url)
    with engine.begin() as connection:
        found = connection.execute(text(statement))
        rows = found.scalars().all() if found.returns_rows else []
    engine.dispose()
    return rows


def ends(pid):
    """Say whether a process ends; one that nobody waits for may stay as a zombie."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def use():
    """Use a server; it is let go when the test ends."""
    held = []

    def use_it(folder):
        held.append(use_server(folder))
        return held[-1]

    yield use_it
    for server in held:
        server.close()


def test_a_first_use_makes_a_folder_that_only_its_owner_may_enter(place, use):
    server = use(place / "deep" / "pg")

    assert stat.S_IMODE((place / "deep" / "pg").stat().st_mode) == 0o700
    assert ask(server, "SHOW listen_addresses") == [""]
    assert ask(server, "SHOW server_encoding") == ["UTF8"]
    assert ask(server, "SELECT lower('Ａ') || upper('é')") == ["ａÉ"]
    assert ask(server, "SHOW data_checksums") == ["on"]


def test_the_last_to_let_go_stops_the_server(data):
    first, second = use_server(data), use_server(data)

    first.close()
    assert first.pid == second.pid
    assert ask(second, "SELECT 1") == [1]
    second.close()
    second.close()

    assert running_server(data) is None
    assert ends(second.pid)


@pytest.mark.parametrize(("memory_gb", "mb"), [(1, 128), (4, 256), (8, 512), (64, 512)])
def test_the_server_keeps_a_share_of_the_memory_for_its_pages(memory_gb, mb):
    assert buffered_mb(memory_gb * 2**30) == mb


def test_the_server_runs_with_that_share(data, use):
    (shown,) = ask(use(data), "SELECT pg_size_bytes(current_setting('shared_buffers'))")

    assert shown == buffered_mb(psutil.virtual_memory().total) * 2**20


def test_what_was_written_is_there_after_the_next_start(data, use):
    server = use_server(data)
    ask(server, "CREATE TABLE kept AS SELECT '路灯' AS word")
    server.close()

    assert ask(use(data), "SELECT word FROM kept") == ["路灯"]


def test_a_normal_exit_stops_the_server(data, python):
    done = python(HOLD, data)

    assert done.returncode == 0, done.stderr
    assert ends(int(done.stdout))


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_the_server_of_a_killed_process_runs_on_and_the_next_use_attaches(data, python, use, blow):
    process = python(HOLD, data, "stay", start=True)
    pid = int(process.stdout.readline())
    process.send_signal(blow)
    process.communicate(timeout=20)

    assert process.returncode == -blow  # the blow landed: no exit of its own
    assert psutil.Process(pid).name() == "postgres"
    server = use(data)
    assert server.pid == pid
    assert ask(server, "SELECT 1") == [1]
    server.close()
    assert ends(pid)


def test_a_killed_server_loses_nothing_that_was_committed(data, use):
    server = use_server(data)
    ask(server, "CREATE TABLE kept AS SELECT 1 AS number")
    # A child of the server lives when it is killed; it must end before another one starts.
    guest = psycopg.connect(host=str(data), user="postgres")
    child = guest.execute("SELECT pg_backend_pid()").fetchone()[0]
    os.kill(server.pid, signal.SIGKILL)
    assert ends(server.pid)

    again = use(data)
    assert ends(child)
    guest.close()
    assert again.pid != server.pid
    assert ask(again, "SELECT number FROM kept") == [1]
    server.close()


def test_another_process_with_the_number_of_a_former_server_is_not_taken_for_it(data, use):
    use_server(data).close()
    left = [os.getpid(), data, 0, 5432, data, "", "1 1", "ready"]
    (data / "postmaster.pid").write_text("\n".join(map(str, left)) + "\n")

    server = use(data)

    assert server.pid != os.getpid()
    assert ask(server, "SELECT 1") == [1]


def test_a_server_whose_process_cannot_be_seen_is_not_started_twice(data, use):
    server = use_server(data)
    lock = data / "postmaster.pid"
    seen = lock.read_text()
    lock.write_text(seen.replace(str(server.pid), str(os.getpid()), 1))  # as in another container

    assert ask(use(data), "SELECT 1") == [1]
    assert psutil.Process(server.pid).name() == "postgres"

    lock.write_text(seen)
    server.close()


@pytest.mark.parametrize("name", ["有 空格,逗号'引号", "长" * 60])
def test_any_path_will_do(place, copy_data, use, name):
    server = use(copy_data(place / name / "pg"))

    assert ask(server, "SELECT 1") == [1]
    server.close()
    sockets = Path(server.url.query["host"])
    assert server.folder.exists()
    assert sockets == server.folder or not sockets.exists()


def test_the_same_folder_by_another_name_is_the_same_server(data, place, use):
    (place / "there").symlink_to(place)

    assert use(data).pid == use(place / "there" / "pg").pid


def test_what_a_killed_first_start_left_is_swept_away(place, use):
    (place / "pg.new-killed").mkdir()

    use(place / "pg")

    assert not list(place.glob("pg.new-*"))


def test_several_first_uses_at_once_make_one_server(place, python):
    processes = [python(HOLD, place / "pg", "stay", start=True) for _ in range(3)]
    pids = {int(process.stdout.readline()) for process in processes}
    for process in processes:
        process.terminate()
        process.communicate()
    use_server(place / "pg").close()

    assert len(pids) == 1
    assert ends(pids.pop())


@pytest.mark.parametrize("folder", ["/proc/nlp/pg", "/dev/null/pg"])
def test_a_place_that_cannot_hold_data_is_named(folder):
    with pytest.raises(StoreError, match="NLP_DATA") as caught:
        use_server(Path(folder))

    assert folder.removesuffix("/pg") in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
class TestAsNobody:
    """Tests run as root in one place and as a user in another; here as both."""

    def as_nobody(self, do):
        """Do something in a process of nobody's; return what it answers."""
        context = multiprocessing.get_context("fork")  # this Python's files may be root's alone
        answers = context.SimpleQueue()

        def run():
            nobody = pwd.getpwnam("nobody")
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
            try:
                answers.put(do())
            except StoreError as error:
                answers.put(str(error))

        process = context.Process(target=run)
        process.start()
        answer = answers.get()
        process.join()
        return answer

    def test_a_normal_user_may_start_and_stop_it(self, place):
        shutil.chown(place, "nobody")

        def start_and_stop():
            server = use_server(place / "pg")
            answer = ask(server, "SELECT 1")
            server.close()
            return answer, server.pid

        answer, pid = self.as_nobody(start_and_stop)

        assert answer == [1]
        assert ends(pid)
        assert (place / "pg").owner() == "nobody"

    def test_root_runs_a_users_data_as_that_user(self, data, use):
        subprocess.run(["chown", "-R", "nobody", data], check=True)

        server = use(data)

        assert psutil.Process(server.pid).username() == "nobody"

    def test_a_user_is_told_that_the_data_are_anothers(self, data, place):
        place.chmod(0o777)

        assert "无权读取" in self.as_nobody(lambda: use_server(data))
