"""The sample submissions come into a new store once, and go without leaving anything."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from nlp_service.assess import Assessor
from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import CHINA, Origin, Outcome
from nlp_service.domain.reviews import Findings
from nlp_service.store.erasing import tidy
from nlp_service.store.opening import Store, open_store
from nlp_service.store.samples import (
    SOURCE,
    SPREAD,
    count_samples,
    fill_samples,
    filling_samples,
    read_samples,
    remove_samples,
)
from nlp_service.store.tables import SCHEMA, metadata
from tests.databases import settings_for


@pytest.fixture(scope="module")
def quick(assessor):
    """The linear model alone."""
    pairs = replace(assessor.bundle.pairs, embedder=None)
    return Assessor(replace(assessor.bundle, stage=None, pairs=pairs))


@pytest.fixture(scope="module")
def module_store(embedded):
    """Filling takes seconds: one way of having a database will do."""
    with open_store(settings_for(embedded.migrated())) as store:
        yield store


def listed(store):
    with store.reading() as office:
        return office.submissions.list(limit=100).items


def count(store):
    with store.reading() as office:
        return count_samples(office.connection)


def test_samples_are_dated_over_the_last_four_weeks_in_their_order(samples):
    today = date(2026, 3, 31)
    read = read_samples(today)
    days = [one.submitted_at for one in read]

    assert [one.id for one in read] == [sample["id"] for sample in samples]
    assert (min(days), max(days)) == (today - SPREAD, today)
    order = sorted(range(len(read)), key=lambda place: samples[place]["submitted_at"])
    assert [days[place] for place in order] == sorted(days)


def test_a_new_store_is_filled_once_with_all_that_pages_show(store, quick, samples):
    assert fill_samples(store, quick) == len(samples)

    items = listed(store)
    assert {one.origin.source for one in items} == {SOURCE}
    assert max(one.received_at for one in items) <= datetime.now(CHINA)
    with store.reading() as office:
        proposals = [one for one in items if one.kind == "proposal" and not one.restricted]
        answer = office.submissions.get(proposals[0].key).assessment.answer
        groups = office.groups.dated_within(date(2000, 1, 1), date.today() + timedelta(days=1))
    assert answer["topic"]["spans"]
    assert answer["quality"]["levels"]
    assert groups  # what is about the same matter has found each other

    assert fill_samples(store, quick) == 0
    assert count(store) == len(samples)


def test_a_store_that_ever_had_a_submission_is_left_alone(store, add, quick):
    with store.transaction(actor="张三") as office:
        office.submissions.delete(add(office))

    assert fill_samples(store, quick) == 0
    assert listed(store) == []


def test_who_stores_first_while_samples_are_assessed_has_the_store_alone(store, add, quick):
    def somebody_is_quicker():
        if not listed(store):
            with store.transaction(actor="张三") as office:
                add(office)
        return False

    assert fill_samples(store, quick, ends=somebody_is_quicker) == 0
    assert len(listed(store)) == 1


def test_a_service_that_ends_meanwhile_stores_no_sample(store, quick):
    with filling_samples(store, quick):
        pass

    assert count(store) == 0


def unasked():
    raise AssertionError("no levels were corrected")


def test_a_database_that_refuses_is_a_warning_not_the_end(unused_port, quick, caplog):
    nowhere = create_engine(f"postgresql+psycopg://nobody@127.0.0.1:{unused_port}/none")

    with Store(nowhere, None, rubric=unasked) as store, filling_samples(store, quick):
        pass

    assert "示例来件没有存入" in caplog.text


def fill_and_try(store, quick, add, submit):
    """Fill a store, and do with the samples what one would try; return the key of an own one."""
    fill_samples(store, quick)
    with store.transaction(actor="张三") as office:
        own = add(office, submit("自己的来件，写的是人民路的路灯。"))
        first, second, third, *_ = [one.key for one in listed(store)]
        office.reviews.add(first, Findings(topic="T08"), note="示例备注一句")
        office.outcomes.record(second, Outcome(disposition=Disposition.FILED))
        office.merges.merge([first, second], lead=first)
    with store.transaction(actor="张三") as office:
        office.merges.merge([third, first, own], lead=own)
    return own


def test_removing_leaves_the_offices_own_as_it_was_and_of_samples_nothing(
    store, quick, add, submit, samples
):
    own = fill_and_try(store, quick, add, submit)
    keys = [one.key for one in listed(store) if one.origin.source == SOURCE]

    assert remove_samples(store, actor="李四") == len(samples)
    tidy(store)

    assert [(one.key, one.merge_key) for one in listed(store)] == [(own, None)]
    written = [*(sample["body"][:40] for sample in samples), "示例备注一句", "sample-0"]
    assert tables_with(store, written) == []
    assert tables_with(store, ["T08"], but=("assessments", "audit")) == []
    with store.reading() as office:
        for key in keys:
            (last,) = office.audit.of(RecordKind.SUBMISSION, key)[-1:]
            assert (last.action, last.actor) == (Action.ERASED, "李四")
    assert count(store) == remove_samples(store, actor="李四") == 0
    assert fill_samples(store, quick) == 0  # and they do not come again


def tables_with(store, words, *, but=()):
    """The tables, but some, in which any of the words stands."""
    found = []
    for table in metadata.sorted_tables:
        with store.engine.connect() as connection:
            rows = connection.execute(text(f"SELECT t::text FROM {SCHEMA}.{table.name} t"))
            stored = "\n".join(rows.scalars())
        if table.name not in but and any(word in stored for word in words):
            found.append(table.name)
    return found


def test_an_own_submission_from_a_source_of_that_name_stays(store, add, submit):
    with store.transaction(actor="张三") as office:
        add(office, submit(id="2026-1"), origin=Origin(source=SOURCE))

    assert remove_samples(store, actor="李四") == 0
    assert len(listed(store)) == 1
