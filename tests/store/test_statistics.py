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
def dated(work, add, submit):
    """Store a submission of a day of March."""

    def make(day=1, *, kind=Kind.PUBLIC_MESSAGE, source="", month=3, **tags):
        submission = submit(submitted_at=date(2026, month, day), kind=kind)
        return add(work, submission, origin=Origin(source=source), **tags)

    return make


def count(work, part, wanted=MARCH):
    return work.statistics.count_by(part, wanted)


def agreements(work, wanted=MARCH, bundle=BUNDLE):
    found, others = read_agreements(work.connection, wanted, bundle=bundle)
    return {part: (one.confirmed, one.corrected) for part, one in found.items()}, others


def test_nothing_is_counted_of_an_empty_store(work):
    assert work.statistics.totals(MARCH) == Totals(submissions=0, restricted=0, reviewed=0)
    assert [count(work, part) for part in Part] == [{}] * len(Part)
    assert work.statistics.topics_by_day(MARCH) == {}
    assert work.statistics.sources() == []
    assert work.statistics.span() is None
    assert agreements(work) == ({}, 0)
    assert read_latest_labels(work.connection, MARCH, bundle=BUNDLE) == {}


def test_what_is_dated_outside_or_deleted_is_not_counted_and_what_is_restricted_is(work, dated):
    dated(1)
    dated(31, restricted=True)
    dated(28, month=2)
    work.submissions.delete(dated(5))

    assert work.statistics.totals(MARCH) == Totals(submissions=2, restricted=1, reviewed=0)
    assert count(work, Part.TOPIC) == {"T09": 2}
    assert work.statistics.span() == Span(first=date(2026, 2, 28), last=date(2026, 3, 31))


def test_kind_and_source_narrow_what_is_counted(work, dated):
    dated(kind=Kind.PROPOSAL, source="平台")
    dated(source="平台", topic="T01")
    dated(topic="T02")

    def topics(**asked):
        wanted = StatisticsFilter(first=MARCH.first, last=MARCH.last, **asked)
        return count(work, Part.TOPIC, wanted)

    assert topics(kind=Kind.PROPOSAL) == {"T09": 1}
    assert topics(source="平台") == {"T09": 1, "T01": 1}
    assert topics(source="") == {"T02": 1}
    assert work.statistics.sources() == ["平台", ""]


def test_a_persons_word_counts_before_the_machines(work, dated):
    key = dated()
    dated()
    said = Findings(topic="T08", lead_unit="D09", urgency=4, sectors=["S02", "S03"])
    review = work.reviews.add(key, said)

    assert count(work, Part.TOPIC) == {"T08": 1, "T09": 1}
    assert count(work, Part.LEAD_UNIT) == {"D09": 1, "D01": 1}
    assert count(work, Part.URGENCY) == {"4": 1, "1": 1}
    assert count(work, Part.SECTORS) == {"S01": 1, "S02": 1, "S03": 1}
    work.reviews.undo(review.key)
    assert count(work, Part.SECTORS) == {"S01": 2}


def test_a_person_may_hold_that_it_concerns_no_sector(work, dated):
    work.reviews.add(dated(), Findings(sectors=[]))

    assert count(work, Part.SECTORS) == {}


def test_what_was_decided_is_the_recorded_outcome_then_a_persons_word(work, dated):
    recorded, said, both, _ = (dated(kind=Kind.PROPOSAL) for _ in range(4))
    work.outcomes.record(recorded, Outcome(disposition=Disposition.RETURNED))
    work.outcomes.record(recorded, Outcome(disposition=Disposition.FILED))
    work.reviews.add(said, Findings(disposition=Disposition.CONVERTED))
    work.reviews.add(both, Findings(disposition=Disposition.NOT_FILED))
    work.outcomes.record(both, Outcome(disposition=Disposition.FILED))

    assert count(work, Part.DECIDED) == {"filed": 2, "converted": 1}


def test_topics_are_counted_by_day_and_by_month(work, dated):
    dated(1)
    dated(1)
    dated(30, topic="T01")

    assert work.statistics.topics_by_day(MARCH) == {
        (date(2026, 3, 1), "T09"): 2,
        (date(2026, 3, 30), "T01"): 1,
    }
    assert work.statistics.topics_by_month(MARCH) == {
        (date(2026, 3, 1), "T09"): 2,
        (date(2026, 3, 1), "T01"): 1,
    }


def test_what_persons_left_and_what_they_changed_is_told_part_by_part(work, dated):
    work.reviews.add(dated(), Findings(), confirm=True)
    work.reviews.add(dated(), Findings(topic="T08"))
    work.reviews.add(dated(), Findings(sectors=["S02", "S01"], urgency=1))

    found, others = agreements(work)

    assert others == 0
    assert found["topic"] == (1, 1)
    assert found["sectors"] == (1, 1)
    assert found["urgency"] == (2, 0)
    assert found["lead_unit"] == (1, 0)


def test_the_last_word_on_a_part_counts_and_what_was_taken_back_does_not(work, dated):
    key = dated()
    work.reviews.add(key, Findings(), confirm=True)
    work.reviews.add(key, Findings(topic="T08"))
    undone = work.reviews.add(key, Findings(urgency=4))
    work.reviews.undo(undone.key)

    found, _ = agreements(work)

    assert (found["topic"], found["urgency"]) == ((0, 1), (1, 0))


def test_the_order_of_codes_is_no_correction(work, dated):
    key = dated()
    work.reviews.add(key, Findings(assist_units=["D99"], sectors=["S01"], gates=[]))

    found, _ = agreements(work)

    assert set(found.values()) == {(1, 0)}


def test_words_on_the_answers_of_another_bundle_are_told_apart(work, dated):
    work.reviews.add(dated(bundle="older"), Findings(), confirm=True)
    work.reviews.add(dated(), Findings(topic="T08"))

    found, others = agreements(work)

    assert (found, others) == ({"topic": (0, 1)}, 1)
    assert agreements(work, StatisticsFilter(first=date(2026, 4, 1), last=date(2026, 4, 2))) == (
        {},
        0,
    )


def test_the_latest_labels_are_the_machines_own_by_kind_and_head(work, dated):
    work.reviews.add(dated(), Findings(topic="T08"))
    dated(kind=Kind.PROPOSAL, topic="T01", unit="D02", urgency=2)
    dated(bundle="older")

    found = read_latest_labels(work.connection, MARCH, bundle=BUNDLE)

    assert found["public_message"] == {
        "topic": {"T09": 1},
        "lead_unit": {"D01": 1},
        "request": {"R01": 1},
        "urgency": {"1": 1},
    }
    assert found["proposal"]["lead_unit"] == {"D02": 1}


def test_what_the_machine_was_silent_on_is_neither_confirmed_nor_corrected(work, dated):
    work.reviews.add(dated(), Findings(disposition=Disposition.CONVERTED, topic="T09"))

    assert agreements(work) == ({"topic": (1, 0)}, 0)
