"""A worker in this process, on a database of its own; texts as people write them."""

import io
import json
import time

import pytest

from nlp_service.jobs.results import read_results
from nlp_service.jobs.submitting import submit
from nlp_service.jobs.worker import working
from nlp_service.store.opening import open_store
from tests.databases import settings_for
from tests.jobs.assessors import load_fussy
from tests.jobs.letters import EVERY_FAST, jsonl


@pytest.fixture(scope="session")
def job_settings(embedded, folder, default_bundle_folder):
    settings = settings_for(embedded.migrated())
    return settings.model_copy(update={"data": folder / "jobs", "bundle": default_bundle_folder})


@pytest.fixture(scope="session")
def job_store(job_settings):
    with open_store(job_settings) as store:
        yield store


@pytest.fixture(scope="module")
def worker(job_settings, job_store):
    with working(job_settings, store=job_store, load=load_fussy) as worker:
        yield worker


class Desk:
    """Hands jobs in and waits for their end."""

    def __init__(self, worker, settings):
        self.worker, self.store, self.settings = worker, worker.shop.store, settings

    def submit(self, content, *, name="来信.jsonl", options=EVERY_FAST, **more):
        content = content if isinstance(content, bytes) else jsonl(content)
        submitted = submit(
            self.store,
            self.worker.shop.queue,
            io.BytesIO(content),
            name=name,
            options=options,
            settings=self.settings,
            actor="张三",
            **more,
        )
        return submitted.batch

    def look(self, key):
        with self.store.reading() as office:
            return office.batches.get(key)

    def wait(self, key):
        until = time.monotonic() + 60
        while not (batch := self.look(key)).state.final:
            assert time.monotonic() < until, batch
            time.sleep(0.1)
        return batch

    def lines(self, key, **options):
        parts = read_results(self.store, key, **options)
        return [json.loads(line) for part in parts for line in part]


@pytest.fixture
def desk(worker, job_settings):
    return Desk(worker, job_settings)
