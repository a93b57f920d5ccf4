"""A worker that cannot start leaves nothing behind that others would wait for."""

import asyncio

import pytest

from nlp_service.jobs.worker import working
from nlp_service.store.workers import list_workers
from tests.jobs.assessors import load_fussy


async def start_where_it_cannot(settings, store):
    with working(settings, store=store, load=load_fussy):
        pass


def test_one_that_cannot_start_lets_the_next_one_begin(job_settings, job_store):
    with pytest.raises(RuntimeError, match="event loop"):
        asyncio.run(start_where_it_cannot(job_settings, job_store))

    with working(job_settings, store=job_store, load=load_fussy), job_store.reading() as office:
        assert len(list_workers(office.connection)) == 1
