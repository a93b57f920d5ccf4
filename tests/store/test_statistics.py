"""What the office's statistics count, on the real database."""

from datetime import date

import pytest

from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Origin, Outcome
from nlp_service.domain.reviews import Findings
from nlp_service.domain.statistics import Part, Span, StatisticsFilter, Totals
from nlp_service.domain.submission import Kind
from nlp_service.store.agreement import read_agreements, read_latest_labels

MARCH = StatisticsFilter(first=date(2026, 3, 1), last=date(2026, 3, 31))
BUNDLE = "linear-1"


@pytest.fixture
def do(store):
    """Do one thing in a transaction of its own: what is counted is what is committed."""

    def do_it(act):
        with store.transaction(actor="张三") as office:
            return act(office)

    return do_it


@pytest.fixture
def dated(do, add, submit):
    """Store a submission of a day of March."""

    def make(day=1, *, kind=Kind.PUBLIC_MESSAGE, source="", month=3, **tags):
        submission = submit(submitted_at=date(2026, month, day), kind=kind)
        return do(lambda office: add(office, submission, origin=Origin(source=source), **tags))

    return make


@pytest.fixture
def say(do):
    """Let a person confirm a submission or say something else of it; return the review's key."""

    def say_it(key, **said):
        findings, confirm = Findings(**said), not said
        return do(lambda office: office.reviews.add(key, findings, confirm=confirm)).key

    return say_it


@pytest.fixture
def record(do):
    def record_it(key, disposition):
        do(lambda office: office.outcomes.record(key, Outcome(disposition=disposition)))

    return record_it


def read(store, what, *arguments):
    with store.reading() as office:
        return getattr(office.statistics, what)(*arguments)


def count(store, part, wanted=MARCH):
    return read(store, "count_by", part, wanted)


def agreements(store, wanted=MARCH):
    with store.reading() as office:
        found, others = read_agreements(office.connection, wanted, bundle=BUNDLE)
    return {part: (one.confirmed, one.corrected) for part, one in found.items()}, others


def latest_labels(store):
    with store.reading() as office:
        return read_latest_labels(office.connection, MARCH, bundle=BUNDLE)


def test_nothing_is_counted_of_an_empty_store(store):
    assert read(store, "totals", MARCH) == Totals(submissions=0, restricted=0, reviewed=0)
    assert [count(store, part) for part in Part] == [{}] * len(Part)
    assert read(store, "topics_by_day", MARCH) == {}
    assert read(store, "sources") == []
    assert read(store, "span") is None
    assert agreements(store) == ({}, 0)
    assert latest_labels(store) == {kind: {} for kind in Kind}


def test_what_is_dated_outside_or_deleted_is_not_counted_and_what_is_restricted_is(
    store, do, dated
):
    dated(1)
    dated(31, restricted=True)
    dated(28, month=2)
    deleted = dated(5)
    do(lambda office: office.submissions.delete(deleted))

    assert read(store, "totals", MARCH) == Totals(submissions=2, restricted=1, reviewed=0)
    assert count(store, Part.TOPIC) == {"T09": 2}
    assert read(store, "span") == Span(first=date(2026, 2, 28), last=date(2026, 3, 31))


def test_kind_and_source_narrow_what_is_counted(store, dated):
    dated(kind=Kind.PROPOSAL, source="平台")
    dated(source="平台", topic="T01")
    dated(topic="T02")

    def topics(**asked):
        wanted = StatisticsFilter(first=MARCH.first, last=MARCH.last, **asked)
        return count(store, Part.TOPIC, wanted)

    assert topics(kind=Kind.PROPOSAL) == {"T09": 1}
    assert topics(source="平台") == {"T09": 1, "T01": 1}
    assert topics(source="") == {"T02": 1}
    assert read(store, "sources") == ["平台", ""]


def test_a_persons_word_counts_before_the_machines(store, do, dated, say):
    key = dated()
    dated()
    said = {"topic": "T08", "lead_unit": "D09", "urgency": 4, "sectors": ["S02", "S03"]}
    review = say(key, **said)

    assert count(store, Part.TOPIC) == {"T08": 1, "T09": 1}
    assert count(store, Part.LEAD_UNIT) == {"D09": 1, "D01": 1}
    assert count(store, Part.URGENCY) == {"4": 1, "1": 1}
    assert count(store, Part.SECTORS) == {"S01": 1, "S02": 1, "S03": 1}
    do(lambda office: office.reviews.undo(review))
    assert count(store, Part.SECTORS) == {"S01": 2}


def test_a_person_may_hold_that_it_concerns_no_sector(store, dated, say):
    say(dated(), sectors=[])

    assert count(store, Part.SECTORS) == {}


def test_what_was_decided_is_the_recorded_outcome_then_a_persons_word(store, dated, say, record):
    recorded, said, both, _ = (dated(kind=Kind.PROPOSAL) for _ in range(4))
    record(recorded, Disposition.RETURNED)
    record(recorded, Disposition.FILED)
    say(said, disposition=Disposition.CONVERTED)
    say(both, disposition=Disposition.NOT_FILED)
    record(both, Disposition.FILED)

    assert count(store, Part.DECIDED) == {"filed": 2, "converted": 1}


def test_topics_are_counted_by_day_and_by_month(store, dated):
    dated(1)
    dated(1)
    dated(30, topic="T01")

    assert read(store, "topics_by_day", MARCH) == {
        (date(2026, 3, 1), "T09"): 2,
        (date(2026, 3, 30), "T01"): 1,
    }
    assert read(store, "topics_by_month", MARCH) == {
        (date(2026, 3, 1), "T09"): 2,
        (date(2026, 3, 1), "T01"): 1,
    }


def test_what_persons_left_and_what_they_changed_is_told_part_by_part(store, dated, say):
    say(dated())
    say(dated(), topic="T08")
    say(dated(), sectors=["S02", "S01"], urgency=1)

    found, others = agreements(store)

    assert others == 0
    assert found["topic"] == (1, 1)
    assert found["sectors"] == (1, 1)
    assert found["urgency"] == (2, 0)
    assert found["lead_unit"] == (1, 0)


def test_the_last_word_on_a_part_counts_and_what_was_taken_back_does_not(store, do, dated, say):
    key = dated()
    say(key)
    say(key, topic="T08")
    undone = say(key, urgency=4)
    do(lambda office: office.reviews.undo(undone))

    found, _ = agreements(store)

    assert (found["topic"], found["urgency"]) == ((0, 1), (1, 0))


def test_the_order_of_codes_is_no_correction(store, dated, say):
    key = dated()
    say(key, assist_units=["D99"], sectors=["S01"], gates=[])

    found, _ = agreements(store)

    assert set(found.values()) == {(1, 0)}


def test_words_on_the_answers_of_another_bundle_are_told_apart(store, dated, say):
    say(dated(bundle="older"))
    say(dated(), topic="T08")

    found, others = agreements(store)

    assert (found, others) == ({"topic": (0, 1)}, 1)
    assert agreements(store, StatisticsFilter(first=date(2026, 4, 1), last=date(2026, 4, 2))) == (
        {},
        0,
    )


def test_the_latest_labels_are_the_machines_own_by_kind_and_head(store, dated, say):
    say(dated(), topic="T08")
    dated(kind=Kind.PROPOSAL, topic="T01", unit="D02", urgency=2)
    dated(bundle="older")

    found = latest_labels(store)

    assert found["public_message"] == {
        "topic": {"T09": 1},
        "lead_unit": {"D01": 1},
        "urgency": {"1": 1},
    }
    assert found["proposal"]["lead_unit"] == {"D02": 1}


def test_what_the_machine_was_silent_on_is_neither_confirmed_nor_corrected(store, dated, say):
    say(dated(), disposition=Disposition.CONVERTED, topic="T09")

    assert agreements(store) == ({"topic": (1, 0)}, 0)
