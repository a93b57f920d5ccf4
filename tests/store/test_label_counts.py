"""Counts of labels: added by any worker at once, told over all time and lately, folded by years."""

import threading
from datetime import date, timedelta

from sqlalchemy import text

from nlp_service.domain.label_counts import Counted

TODAY = date(2026, 5, 20)
ROADS = Counted(kind="public_message", what="topic", label="T08")
SCHOOLS = Counted(kind="public_message", what="topic", label="T12")
PROPOSALS = Counted(kind="proposal", what="assessed", label="")


def read(store, *, bundle="b-2", since=TODAY):
    with store.reading() as office:
        counts = office.label_counts.read(bundle=bundle, since=since)
    return {one.counted: (one.texts, one.lately) for one in counts}


def add(store, counts, *, bundle="b-2", on=TODAY):
    with store.transaction(actor="nlp-service") as office:
        office.label_counts.add(counts, bundle=bundle, on=on)


def test_counts_add_up_over_days_and_bundles_and_lately_is_of_one(store):
    add(store, {ROADS: 3, SCHOOLS: 1})
    add(store, {ROADS: 2})
    add(store, {ROADS: 10}, on=TODAY - timedelta(days=1))
    add(store, {ROADS: 100, PROPOSALS: 4}, bundle="b-1")
    add(store, {})

    assert read(store) == {ROADS: (115, 5), SCHOOLS: (1, 1), PROPOSALS: (4, 0)}
    assert read(store, since=TODAY - timedelta(days=1))[ROADS] == (115, 15)


def test_a_transaction_that_fails_counts_nothing(store):
    try:
        with store.transaction(actor="nlp-service") as office:
            office.label_counts.add({ROADS: 3}, bundle="b-2", on=TODAY)
            raise KeyError
    except KeyError:
        pass

    assert read(store) == {}


def test_old_days_are_folded_by_years_and_no_text_is_lost(store):
    for days in range(400):
        add(store, {ROADS: 1, SCHOOLS: 2}, on=TODAY - timedelta(days=days))
    before = read(store, since=TODAY - timedelta(days=29))

    for _ in range(2):
        with store.transaction(actor="nlp-service") as office:
            office.label_counts.fold(before=TODAY - timedelta(days=90))

    assert (
        read(store, since=TODAY - timedelta(days=29))
        == before
        == {
            ROADS: (400, 30),
            SCHOOLS: (800, 60),
        }
    )
    with store.engine.connect() as connection:
        days = connection.execute(
            text("SELECT DISTINCT day FROM nlp.batch_label_counts ORDER BY day LIMIT 3")
        ).scalars()
        first, second, third = days
    assert (first, second) == (date(2025, 1, 1), date(2026, 1, 1))
    assert third == TODAY - timedelta(days=90)


def test_workers_that_count_the_same_at_once_do_not_wait_in_a_ring(store):
    labels = [Counted(kind="proposal", what="topic", label=f"T{n:02}") for n in range(30)]
    failures = []

    def count(order):
        try:
            for _ in range(15):
                add(store, dict.fromkeys(labels[::order], 1))
        except Exception as error:
            failures.append(error)

    workers = [threading.Thread(target=count, args=[order]) for order in (1, -1, 1, -1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failures == []
    assert set(read(store).values()) == {(60, 60)}
