"""The narrow rows say at any time what the tables that they are made of say."""

import random

import pytest
from sqlalchemy import create_engine, select, text

from nlp_service.domain.errors import MergeRefused, RecordUnknown, ReviewRefused
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Outcome
from nlp_service.domain.reviews import Findings
from nlp_service.domain.submission import Kind
from nlp_service.store.erasing import erase
from nlp_service.store.migrate import downgrade, migrate
from nlp_service.store.queue_tables import standings
from nlp_service.store.standings import stand_anew
from nlp_service.store.tables import submissions

WORDS = [
    Findings(topic="T08", subtopic="T0805"),
    Findings(urgency=4, sectors=["S03", "S04"]),
    Findings(lead_unit="", assist_units=[]),
    Findings(kind=Kind.OPINION_REPORT, disposition=Disposition.FILED),
]


def rows(connection):
    return connection.execute(select(standings).order_by(standings.c.key)).all()


def made_anew(connection):
    """All rows as they would be, were there none."""
    connection.execute(standings.delete())
    stand_anew(connection, connection.execute(select(submissions.c.key)).scalars().all())
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
    score = chance.choice([None, 61.0])
    office.assessments.add(key, assess(submit(), topic=topic, score=score, restricted=False))


@pytest.fixture
def lived_through(store, add, submit, assess):
    """A store in which a lot was done, each act in a transaction of its own."""
    chance, reviews = random.Random(7), []
    with store.transaction(actor="张三") as office:
        added = [add(office, probability=chance.random()) for _ in range(30)]
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
