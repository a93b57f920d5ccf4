"""Score rows in a process of their own, so that a row that ends it ends nothing else.

First all together, since most often no row is to blame; then one by one. Slow, so only for chunks
in which workers ended before.
"""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from nlp_service.assess import Assessor
from nlp_service.domain.batches import BatchOptions
from nlp_service.jobs.lines import Quarantined
from nlp_service.jobs.rows import JobRow
from nlp_service.jobs.scoring import Answer, score_rows
from nlp_service.settings import Settings

Load = Callable[[Settings], Assessor]
"""Makes the assessor; it must be importable by its name, for a new process."""

LOADED_WITHIN_S = 300.0
SCORED_WITHIN_S = 60.0
"""The longest text takes a second; a row that takes longer will not end."""

_A_ROW_S = 1.0
"""So much longer for each further row."""


class ScoringProcess:
    """A process that scores rows; ended and made anew at each row that it does not survive."""

    def __init__(self, settings: Settings, load: Load) -> None:
        self._settings, self._load = settings, load
        self._process: BaseProcess | None = None
        self._rows: Connection | None = None

    def score(self, rows: Sequence[JobRow], options: BatchOptions) -> Sequence[Answer]:
        """Return an answer for each row, in order.

        Raises:
            RuntimeError: the process does not even start.
        """
        try:
            together = self._score_together(rows, options)
            if not isinstance(together, str):
                return together
            return [self._score_alone(row, options) for row in rows]
        finally:
            self.close()

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None and self._rows is not None:
            self._rows.close()
            process.kill()
            process.join()
            process.close()

    def _score_alone(self, row: JobRow, options: BatchOptions) -> Answer:
        answers = self._score_together([row], options)
        return Quarantined(answers) if isinstance(answers, str) else answers[0]

    def _score_together(
        self, rows: Sequence[JobRow], options: BatchOptions
    ) -> Sequence[Answer] | str:
        """Return an answer for each row or, where the process ended, how."""
        connection = self._start()
        within_s = SCORED_WITHIN_S + _A_ROW_S * (len(rows) - 1)
        try:
            connection.send((rows, options))
            if connection.poll(within_s):
                answers: Sequence[Answer] = connection.recv()
                return answers
            ended = f"分拣这一行超过 {within_s:.0f} 秒"
        except (EOFError, OSError):
            ended = f"分拣这一行时进程中断{self._cause()}"
        self.close()
        return ended

    def _start(self) -> Connection:
        if self._process is None or self._rows is None:
            spawning = multiprocessing.get_context("spawn")
            self._rows, theirs = spawning.Pipe()
            self._process = spawning.Process(
                target=_serve, args=(theirs, self._settings, self._load), daemon=True
            )
            self._process.start()
            theirs.close()
            if not self._rows.poll(LOADED_WITHIN_S):
                self.close()
                raise RuntimeError("the scoring process does not start")
            self._rows.recv()
        return self._rows

    def _cause(self) -> str:
        """Say by which signal the process ended, where one ended it."""
        if self._process is None:
            return ""
        self._process.join(1)
        code = self._process.exitcode or 0
        return f"（信号 {-code}）" if code < 0 else ""


def _serve(rows: Connection, settings: Settings, load: Load) -> None:
    """Score what comes through the pipe until its other end is gone, however that happened."""
    for ignored in (signal.SIGINT, signal.SIGTERM):  # who started this process ends it
        signal.signal(ignored, signal.SIG_IGN)
    assessor = load(settings)
    with suppress(EOFError, OSError):
        rows.send(None)
        while True:
            asked, options = rows.recv()
            rows.send(score_rows(assessor, asked, options))
