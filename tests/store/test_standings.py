"""The narrow rows say at any time what the tables that they are made of say."""

import random
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text

from nlp_service.domain.errors import MergeRefused, RecordUnknown, ReviewRefused
from nlp_service.domain.quality import Disposition
from nlp_service.domain.queue import ListOrder
from nlp_service.domain.records import ListFilter, Outcome
from nlp_service.domain.reviews import Findings
from nlp_service.domain.statistics import Part, StatisticsFilter
from nlp_service.domain.submission import Kind
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.store.erasing import erase
from nlp_service.store.migrate import downgrade, migrate
from nlp_service.store.queue_tables import standings
from nlp_service.store.standings import stand_anew
from nlp_service.store.tables import submissions
from tests.store.conftest import WEIGHTS

WORDS = [
    Findings(topic="T08", subtopic="T0805"),
    Findings(urgency=4, sectors=["S03", "S04"]),
    Findings(lead_unit="", assist_units=[]),
    Findings(kind=Kind.OPINION_REPORT, disposition=Disposition.FILED),
    Findings(levels={"Q2": 4, "Q6": 2}),
    Findings(levels={"Q2": 0, "Q4": 3}),
    Findings(levels={"Q4": 0}),
]
LEVELS = {"Q1": 2.41, "Q2": 1.66, "Q3": 2.25, "Q4": 2.83, "Q5": 0.5, "Q6": 3.3}
RUBRIC = partial(read_taxonomy, Path(__file__).parents[2] / "data" / "taxonomy")


def rows(connection):
    return connection.execute(select(standings).order_by(standings.c.key)).all()


def made_anew(connection):
    """All rows as they would be, were there none."""
    connection.execute(standings.delete())
    stand_anew(connection, connection.execute(select(submissions.c.key)).scalars().all(), RUBRIC)
    return rows(connection)


def act(office, key, others, chance, reviews):
    """Do one of all that may be done with a submission."""
    what = chance.randrange(9)
    if what < 2:
        reviews.append(office.reviews.add(key, chance.choice(WORDS), confirm=what == 0).key)
    elif what == 2 and reviews:
        office.reviews.undo(chance.choice(reviews))
    elif what == 3:
        office.merges.merge([key, others[0]], lead=key)
    elif what == 4 and (merge := office.merges.of(key)):
        office.merges.unmerge(merge.key)
    elif what == 5:
        office.outcomes.record(key, Outcome(disposition=chance.choice([*Disposition])))
    elif what == 6:
        office.submissions.restrict(key, restricted=chance.random() < 0.5)
    elif what == 7 and chance.random() < 0.3:
        office.submissions.delete(key)
    elif what == 8 and chance.random() < 0.1:
        erase(office, [key], rule="试")


def reassess(office, key, submit, assess, chance):
    topic = chance.choice(["T01", "T02"])
    quality = chance.choice([{}, {"score": 61.0, "band": "一般", "levels": {**LEVELS, "Q1": 1.2}}])
    office.assessments.add(key, assess(submit(), topic=topic, restricted=False, **quality))


@pytest.fixture
def lived_through(store, add, submit, assess):
    """A store in which a lot was done, each act in a transaction of its own."""
    chance, reviews = random.Random(7), []
    with store.transaction(actor="张三") as office:
        added = [
            add(office, probability=chance.random(), score=55.3, band="建议退回完善", levels=LEVELS)
            for _ in range(30)
        ]
    for _ in range(100):
        key, *others = chance.sample(added, 3)
        try:
            with store.transaction(actor="张三") as office:
                if chance.random() < 0.15:
                    reassess(office, key, submit, assess, chance)
                act(office, key, others, chance, reviews)
        except (RecordUnknown, MergeRefused, ReviewRefused):
            pass  # what was deleted, merged or taken back already
    return store


def test_the_rows_are_those_that_would_be_made_anew(lived_through):
    with lived_through.engine.connect() as connection:
        now = rows(connection)
        assert len(now) > 3
        assert {row.stage for row in now} == {"waiting", "reviewed", "merged", "decided"}
        assert {row.score_corrected for row in now} == {True, False}
        assert made_anew(connection) == now


def test_the_migration_makes_the_rows_of_what_is_stored(lived_through):
    engine = create_engine(lived_through.engine.url)
    with engine.connect() as connection:
        before = rows(connection)
        made = connection.execute(text("SELECT * FROM nlp.assessments ORDER BY key")).mappings()
        assessed = [dict(row) for row in made]
        told = "SELECT * FROM nlp.reviewed ORDER BY submission_key"
        said = [dict(row) for row in connection.execute(text(told)).mappings()]

    downgrade(engine, to="0009")
    migrate(engine)

    with engine.connect() as connection:
        assert rows(connection) == before
        again = connection.execute(text("SELECT * FROM nlp.assessments ORDER BY key")).mappings()
        kept = [{**row, "doubt": pytest.approx(row["doubt"])} for row in assessed if row["answer"]]
        assert [dict(row) for row in again if row["answer"]] == kept
        again = connection.execute(text(told)).mappings()
        assert [dict(row) for row in again] == said
    engine.dispose()


def test_the_migration_rounds_totals_as_the_service_does(store, add):
    chance = random.Random(3)
    with store.transaction(actor="张三") as office:
        for _ in range(200):
            levels = {code: chance.randrange(401) / 100 for code in LEVELS}
            key = add(office, score=50.0, band="建议退回完善", levels=levels)
            said = {code: chance.randrange(5) for code in chance.sample([*LEVELS], 2)}
            office.reviews.add(key, Findings(levels=said))
    engine = create_engine(store.engine.url)
    with engine.connect() as connection:
        before = rows(connection)

    downgrade(engine, to="0016")
    migrate(engine)

    with engine.connect() as connection:
        assert rows(connection) == before
    engine.dispose()


@pytest.fixture
def proposals(work, add):
    """Four proposals by rising totals of the machine; and one that is not judged."""
    totals = [("建议退回完善", 48.0), ("建议退回完善", 58.0), ("一般", 63.0), ("良好", 79.0)]
    keys = [add(work, score=score, band=band, levels=LEVELS) for band, score in totals]
    return [*keys, add(work)]


def listed(work, order=ListOrder.BEST, **wanted):
    return work.submissions.list(ListFilter(**wanted), order=order).items


def test_a_list_shows_and_sorts_by_what_follows_from_corrected_levels(work, proposals):
    worst, *_, unjudged = proposals
    best = dict.fromkeys(LEVELS, 4)

    review = work.reviews.add(worst, Findings(levels=best)).key
    first, *_, last = listed(work)
    assert (first.key, first.score, first.band, first.score_corrected) == (worst, 100, "优秀", True)
    assert (last.key, last.score, last.score_corrected) == (unjudged, None, False)
    assert [one.key for one in listed(work, band="优秀", least_score=90.0)] == [worst]
    year = StatisticsFilter(first=date(2000, 1, 1), last=date(2100, 1, 1))
    counts = work.statistics.count_by(Part.BAND, year)
    assert counts == {"优秀": 1, "建议退回完善": 1, "一般": 1, "良好": 1}

    work.reviews.undo(review)
    *_, again, _ = listed(work)
    assert (again.key, again.score, again.band, again.score_corrected) == (
        worst,
        48.0,
        "建议退回完善",
        False,
    )


def test_confirming_moves_no_total(work, proposals):
    before = [(one.key, one.score, one.band) for one in listed(work)]

    for key in proposals:
        work.reviews.add(key, Findings(), confirm=True)

    after = listed(work)
    assert [(one.key, one.score, one.band) for one in after] == before
    assert not any(one.score_corrected for one in after)


def test_the_last_word_on_each_dimension_counts_also_behind_a_new_assessment(
    work, proposals, submit, assess
):
    key = proposals[1]
    work.reviews.add(key, Findings(levels={"Q2": 4, "Q6": 4}))
    work.reviews.add(key, Findings(levels={"Q6": 2}))
    (first,) = work.submissions.among([key])
    assert first.score == pytest.approx(weighed({**LEVELS, "Q2": 4, "Q6": 2}), abs=0.051)

    better = {**LEVELS, "Q1": 4.0}
    work.assessments.add(key, assess(submit(), score=70.0, band="一般", levels=better))
    (second,) = work.submissions.among([key])
    assert second.score == pytest.approx(weighed({**better, "Q2": 4, "Q6": 2}), abs=0.051)


def weighed(levels):
    return sum(WEIGHTS[code] * level / 4 for code, level in levels.items())


def test_the_rubric_is_read_only_for_what_is_there_with_levels_that_were_said(work, add):
    def unasked():
        raise AssertionError("no levels were said")

    keys = [add(work, score=61.0, levels=LEVELS) for _ in range(3)]
    work.reviews.add(keys[0], Findings(topic="T08"))
    work.reviews.add(keys[1], Findings(levels={"Q2": 4}))
    work.submissions.delete(keys[1])

    stand_anew(work.connection, keys, unasked)
    assert {one.key for one in listed(work)} == {keys[0], keys[2]}
