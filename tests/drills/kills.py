"""The kill drill: server, workers and database die at random moments of batches, nothing is lost.

``python -m tests.drills.kills --kills 100`` (``make drill``): a batch is scored undisturbed, then
again and again while processes are killed with SIGKILL and the database is stopped at once. In the
end every batch must hold the very bytes of the first. Each kill is proven: the process was there
and a batch was running, then the process was gone, ended by the signal.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from nlp_service.client import Client, Job
from tests.drills.processes import Installation
from tests.jobs.letters import jsonl, rows

TARGETS = {"server": 4, "worker": 4, "own worker": 3, "database": 1}
"""What is killed -> how often, in proportion."""

SOONEST_S, LATEST_S = 0.1, 2.5
"""Between a batch seen running and the next kill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill and what proves it."""

    target: str
    pid: int
    signal: int
    """That ended the process; 0 of the database, whose end PostgreSQL's own lock file tells."""
    batch: int
    finished: int
    """Rows that had a result at the kill, of ``read``."""
    read: int


def main() -> None:
    """Run the drill that the command line asks for; fail where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=None)
    given = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if given.seed is None else given.seed
    run_drill(kills=given.kills, count=given.rows, seed=seed)


def run_drill(*, kills: int, count: int, seed: int, base: Path | None = None) -> list[Kill]:
    """Run the drill; return the kills.

    Raises:
        AssertionError: a row was lost, came twice or differs, or a kill did not land.
    """
    _say(f"seed {seed}: {kills} kills over batches of {count} rows")
    random_ = random.Random(seed)
    content = jsonl(rows(count, row7="！！"))
    memory = Path("/dev/shm")
    with ExitStack() as held:
        place = base or Path(
            held.enter_context(
                tempfile.TemporaryDirectory(
                    prefix="nlp-drill-", dir=memory if memory.is_dir() else None
                )
            )
        )
        place.chmod(0o755)  # the database's own user must get through
        installation = held.enter_context(Installation(place))
        client = Client(installation.url, key=installation.key, patience_s=300)
        begun = time.monotonic()
        expected = _read_bytes(client, _finish(client, _submit(client, content).key))
        _check_rows(expected, count)
        _say(f"undisturbed: {time.monotonic() - begun:.0f} s, {len(expected)} bytes of results")
        disturbed = _Disturbed(client, content)
        done = [disturbed.kill_one(installation, random_, number) for number in range(1, kills + 1)]
        disturbed.end()
        for key in disturbed.batches:
            _check_same(client, key, expected, count)
    landed = Counter(kill.target for kill in done)
    _say(
        f"seed {seed}: {sum(landed.values())} kills landed ({dict(landed)}) during"
        f" {len(disturbed.batches)} batches of {count} rows, all identical to the undisturbed one;"
        f" {disturbed.followed} rows followed over broken connections; chunks taken up again:"
        f" {disturbed.retries}; {time.monotonic() - begun:.0f} s"
    )
    return done


class _Disturbed:
    """Keeps a batch running while processes are killed, and follows the first one's results."""

    def __init__(self, client: Client, content: bytes) -> None:
        self._client, self._content = client, content
        self.batches: list[int] = []
        self.retries = self.followed = 0
        self._follower: threading.Thread | None = None
        self._failure: BaseException | None = None

    def kill_one(self, installation: Installation, random_: random.Random, number: int) -> Kill:
        """Kill something at a random moment of a running batch, and start it again."""
        while True:
            self._await_running()
            time.sleep(random_.uniform(SOONEST_S, LATEST_S))
            (target,) = random_.choices(list(TARGETS), list(TARGETS.values()))
            before = installation.look()
            if before is None or installation.pid_of(target) is None:
                continue  # between two batches, or it is only just starting again
            pid, signal = installation.kill(target)
            # Without its database nothing goes on: how it stood before is how it stands.
            after = before if target == "database" else installation.look_at(before.key)
            assert not after.state.final, "the batch ended before the kill"
            kill = Kill(
                target=target,
                pid=pid,
                signal=signal,
                batch=after.key,
                finished=after.tally.finished,
                read=after.tally.read,
            )
            _say(
                f"{number:4} killed {target} {pid} (signal {signal}) at row {kill.finished}"
                f" of {kill.read}, batch {kill.batch}"
            )
            installation.start_again(target)
            return kill

    def end(self) -> None:
        """Wait until all batches are done."""
        for key in self.batches:
            job = _finish(self._client, key)
            self.retries += int(self._client.look(job).told["retries"])
        if self._follower is not None:
            self._follower.join()
        if self._failure is not None:
            raise self._failure

    def _await_running(self) -> None:
        while True:
            if self.batches:
                job = self._client.look(self.batches[-1])
                if job.state == "running":
                    return
                if not job.final:
                    time.sleep(0.1)
                    continue
                assert job.state == "done", job
            self.batches.append(_submit(self._client, self._content).key)
            if self._follower is None:
                self._follower = threading.Thread(target=self._follow, args=[self.batches[0]])
                self._follower.start()

    def _follow(self, key: int) -> None:
        try:
            for line in self._client.results(key, follow=True):
                self.followed += 1
                assert line["row"] == self.followed, "a row was lost or came twice on the way"
        except BaseException as error:
            self._failure = error


def _submit(client: Client, content: bytes) -> Job:
    return client.submit(content, name="drill.jsonl", mode="fast", store=False)


def _finish(client: Client, key: int) -> int:
    job = client.wait(key, every_s=0.3)
    assert job.state == "done", job
    return key


def _read_bytes(client: Client, key: int) -> bytes:
    with tempfile.NamedTemporaryFile() as file:
        client.download(key, Path(file.name), format="ndjson")
        return file.read()


def _check_rows(content: bytes, count: int) -> None:
    numbers = [json.loads(line)["row"] for line in content.splitlines()]
    assert numbers == list(range(1, count + 1)), "rows were lost or came twice"


def _check_same(client: Client, key: int, expected: bytes, count: int) -> None:
    found = _read_bytes(client, key)
    _check_rows(found, count)
    assert found == expected, f"batch {key} differs from the undisturbed one"


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
