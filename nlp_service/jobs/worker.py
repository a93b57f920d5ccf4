"""A worker: takes work from the queue, does it, and goes on with what others left.

One a process: DBOS knows only one of itself in each.
"""

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine

from nlp_service.assess import load_assessor
from nlp_service.domain.errors import BundleError, InvalidTaxonomy, NlpServiceError
from nlp_service.domain.failures import describe_failure
from nlp_service.jobs import recovery, work
from nlp_service.jobs.isolation import Load
from nlp_service.jobs.queue import (
    APPLICATION,
    LOOK_UP,
    NOTIFY,
    QUEUES,
    READ,
    SCHEMA,
    SCORE,
    VERSION,
    JobQueue,
    quiet_dbos,
)
from nlp_service.jobs.upkeep import tidy_up
from nlp_service.settings import Settings
from nlp_service.store.following import following
from nlp_service.store.in_force import Follower, settings_in_force
from nlp_service.store.model_choices import chosen_folder
from nlp_service.store.opening import Store, open_store
from nlp_service.store.relating import make_relator
from nlp_service.store.workers import Presence

log = logging.getLogger(__name__)

BEATS_EVERY_S = 1.0
LOOKS_EVERY_S = 2.0
"""For work whose worker is gone."""

REVIVES_EVERY_S = 15.0
TIDIES_EVERY_S = 600.0

STOPS_WITHIN_S = 10
"""How long the work in hand may still take when the worker is told to stop."""

_CONNECTIONS = 8
"""Of DBOS: its queues, its listener and the work at once."""


_only_one = threading.Lock()


class Worker:
    """Works until it is stopped. Made by ``working``."""

    def __init__(self, shop: work.Workshop) -> None:
        self.shop = shop
        self.executor = f"{os.uname().nodename}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self.outdated = threading.Event()
        """Set when another bundle was chosen: whoever holds the worker lets a new one begin."""
        self._in_hands: set[str] = set()
        self._engine = create_engine(
            shop.store.engine.url,
            pool_size=_CONNECTIONS,
            max_overflow=2,
            pool_pre_ping=True,
            hide_parameters=True,
            connect_args={"connect_timeout": 10, "application_name": "nlp-service-worker"},
        )
        self._presence = Presence(
            self._engine,
            executor=self.executor,
            pid=os.getpid(),
            bundle=shop.assessor.versions.bundle,
        )
        self._steward = threading.Thread(target=self._look_after, name="steward", daemon=True)

    def start(self) -> None:
        """Take up work from now on.

        Raises:
            StoreError: the database refuses.
        """
        from dbos import DBOS, DBOSConfig

        quiet_dbos()
        self.shop.queue.prepare()
        self._presence.beat()
        DBOS(
            config=DBOSConfig(
                name=APPLICATION,
                system_database_engine=self._engine,
                dbos_system_schema=SCHEMA,
                application_version=VERSION,
                executor_id=self.executor,
                enable_otlp=False,
                log_level="WARNING",
                run_migrations=False,
            )
        )
        self._declare(READ, lambda batch, number: work.read_file(self.shop, batch))
        self._declare(SCORE, lambda batch, number: work.score_chunk(self.shop, batch, number))
        self._declare(LOOK_UP, lambda batch, number: work.look_up_stored(self.shop))
        self._declare(NOTIFY, lambda batch, number: work.notify(self.shop, batch, number))
        DBOS.launch()
        for queue in QUEUES.values():
            DBOS.register_queue(
                queue.name,
                worker_concurrency=queue.at_once,
                partition_worker_concurrency=queue.at_once,
                polling_interval_sec=queue.asks_every_s,
                on_conflict="always_update",
            )
        self._steward.start()

    def stop(self) -> bool:
        """Take up nothing more, end what is in hand, leave; return whether all of it ended.

        What did not end in time stays in the queue. One that did not get to start leaves, too: a
        lock that it kept would let others wait for ever.
        """
        from dbos import DBOS

        self.shop.stopping.set()
        if self._steward.is_alive():
            self._steward.join()
        until = time.monotonic() + STOPS_WITHIN_S
        while self._in_hands and time.monotonic() < until:
            time.sleep(0.05)
        ended = not self._in_hands
        try:
            work.give_back(self.shop)
            self._presence.leave()
        except NlpServiceError as error:
            log.warning("没有能够告退：%s", error)
        DBOS.destroy(destroy_registry=True)
        self._engine.dispose()
        return ended

    def _declare(self, name: str, act: Callable[[int, int], None]) -> None:
        """Let DBOS call this for work of that name."""
        from dbos import DBOS

        def do(batch: int, number: int) -> None:
            workflow = DBOS.workflow_id or ""
            self._in_hands.add(workflow)
            try:
                act(batch, number)
            except NlpServiceError as error:
                log.error("%s 没有做成：%s", name, error)
                raise RuntimeError(type(error).__name__) from None
            except Exception as error:  # DBOS keeps its message, which may quote a text
                log.error("%s 没有做成。\n%s", name, describe_failure(error))
                raise RuntimeError(type(error).__name__) from None
            finally:
                self._in_hands.discard(workflow)

        DBOS.workflow(name=name, max_recovery_attempts=None)(do)

    def _look_after(self) -> None:
        """Beat, and look for what was left, until the worker is stopped."""
        due = dict.fromkeys((self._resume, self._revive, self._tidy), 0.0)
        every = {self._resume: LOOKS_EVERY_S, self._revive: REVIVES_EVERY_S}
        trouble = ""
        while not self.shop.stopping.wait(BEATS_EVERY_S):
            try:
                self._presence.beat()
                for duty, at in due.items():
                    if time.monotonic() >= at:
                        due[duty] = time.monotonic() + every.get(duty, TIDIES_EVERY_S)
                        duty()
                met = ""
            except NlpServiceError as error:
                met = str(error)
            except Exception as error:  # DBOS's own; the next round will do
                met = f"照看任务时出错（{type(error).__name__}）"
            if met != trouble:
                log.warning("%s", met or "已恢复。")
            trouble = met

    def _resume(self) -> None:
        recovery.resume_orphans(self.shop.store, me=self.executor, in_hands=set(self._in_hands))

    def _revive(self) -> None:
        recovery.revive_stalled(self.shop.store, self.shop.queue)

    def _tidy(self) -> None:
        before = datetime.now(UTC) - timedelta(days=self.shop.settings.results_days)
        tidy_up(self.shop.store, results_before=before)


@contextmanager
def working(
    settings: Settings, *, store: Store | None = None, load: Load = load_assessor
) -> Iterator[Worker]:
    """Yield a worker that works until the block ends. One a process.

    Args:
        settings: name the bundle and the database.
        store: taken instead of one that the settings name; stays open.
        load: makes the assessor; found again by its name in processes that score rows alone.

    Raises:
        BundleError: the bundle is not one to work with.
        StoreError: the database is not one to work with, or refuses.
        RuntimeError: this process has a worker already.
    """
    if not _only_one.acquire(blocking=False):
        raise RuntimeError("this process has a worker already")
    try:
        yield from _work(settings, store, load)
    finally:
        _only_one.release()


def _work(settings: Settings, store: Store | None, load: Load) -> Iterator[Worker]:
    opened = None if store else open_store(settings)
    try:
        shop = _equip(settings, store or opened, load)
        worker = Worker(shop)
        follower = Follower()
        with following(lambda: _follow(worker, follower, settings)):
            try:
                worker.start()
                yield worker
            finally:
                worker.stop()
    finally:
        if opened is not None:
            opened.close()


def _follow(worker: Worker, follower: Follower, settings: Settings) -> None:
    """Take up the lines and names that are in force; note where another bundle was chosen."""
    shop = worker.shop
    follower.take_up(shop.store, shop.assessor)
    chosen = chosen_folder(shop.store, settings) or settings.bundle
    if chosen not in (shop.settings.bundle, shop.unfit):
        worker.outdated.set()


def _equip(settings: Settings, store: Store | None, load: Load) -> work.Workshop:
    assert store is not None
    chosen, unfit = settings_in_force(store, settings), None
    try:
        assessor = load(chosen)
    except (BundleError, InvalidTaxonomy) as error:
        if chosen == settings:
            raise
        log.error("没有用选定的模型包或本地名称：%s", error)
        chosen, unfit = settings, chosen.bundle
        assessor = load(settings)
    return work.Workshop(
        store=store,
        queue=JobQueue(store.engine),
        assessor=assessor,
        relator=make_relator(assessor.bundle),
        settings=chosen,
        unfit=unfit,
        load=load,
    )
