"""A new encoder's space is filled while the old one serves, through kills and beside others."""

import contextlib
import hashlib
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sqlalchemy import func, select, text

from nlp_service.domain.errors import StoreError
from nlp_service.domain.records import Origin
from nlp_service.domain.submission import Kind
from nlp_service.duplicates.meaning_index import DIMENSIONS
from nlp_service.settings import Settings
from nlp_service.store.backup import back_up, restore
from nlp_service.store.index_tables import embeddings, fingerprints, spaces
from nlp_service.store.opening import open_database
from nlp_service.store.reindexing import refill_fingerprints, reindex
from nlp_service.store.spaces import ensure_space, read_active

RUN = f"""
import hashlib, sys, time
import numpy as np
from nlp_service.settings import Settings
from nlp_service.store.opening import open_store
from nlp_service.store.opening import open_database
from nlp_service.store.reindexing import reindex

def vector(space, text):
    seed = hashlib.sha256((space + text).encode()).digest()
    return np.random.default_rng(list(seed)).normal(size={DIMENSIONS})

def embed(documents):
    time.sleep(0.05)
    return np.stack([vector("新", each.text) for each in documents])

with open_store(Settings(database_url=sys.argv[1])) as store:
    reindex(store, space="新", embed=embed, chunk=4, report=lambda n: print("chunk", flush=True))
"""


def vector(space, body):
    """An encoder's answer: the same for the same text, and others for another encoder."""
    seed = hashlib.sha256((space + body).encode()).digest()
    return np.random.default_rng(list(seed)).normal(size=DIMENSIONS)


class Encoder:
    def __init__(self, space):
        self.space, self.seen = space, []

    def __call__(self, documents):
        self.seen += documents
        return np.stack([vector(self.space, each.text) for each in documents])


def texts_of(store):
    with store.reading() as office:
        return {
            item.key: office.submissions.get(item.key).submission.text
            for item in office.submissions.list(limit=500).items
        }


def space_of(store, name):
    """Keys in a space."""
    with store.reading() as office:
        rows = office.connection.execute(
            select(embeddings.c.key)
            .join(spaces, spaces.c.number == embeddings.c.space)
            .where(spaces.c.name == name)
        )
        return set(rows.scalars())


def names(store):
    with store.reading() as office:
        return set(office.connection.execute(select(spaces.c.name)).scalars())


def asks_itself(store, key, body):
    """Whether a text finds itself, in whichever space is active."""
    with store.reading() as office:
        active = read_active(office.connection)
        found = office.meaning(active.name).nearest(vector(active.name, body), limit=1)
        return [each.id for each in found] == [str(key)]


@pytest.fixture
def filled(fresh_store, add):
    """A store with 60 texts in the space of an old encoder."""
    with fresh_store.transaction(actor="张三") as office:
        for number in range(60):
            add(office, origin=Origin(submitter=f"人{number}"))
    reindex(fresh_store, space="旧", embed=Encoder("旧"))
    return fresh_store


@pytest.fixture
def asking(filled):
    """Ask all the time, from another thread; say afterwards whether every answer was right."""

    @contextlib.contextmanager
    def ask():
        bodies = list(texts_of(filled).items())
        stop, answers = threading.Event(), []

        def go_on():
            while not stop.is_set():
                answers.append(asks_itself(filled, *bodies[len(answers) % len(bodies)]))

        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(go_on)
            yield answers
            stop.set()
            asked.result()

    return ask


def test_the_first_run_fills_everything_and_the_second_has_nothing_to_do(fresh_store, add):
    with fresh_store.transaction(actor="张三") as office:
        keys = [add(office) for _ in range(7)]
        office.submissions.delete(add(office))
        add(office, restricted=True)
    told = []

    done = reindex(fresh_store, space="甲", embed=Encoder("甲"), chunk=3, report=told.append)
    again = reindex(fresh_store, space="甲", embed=Encoder("甲"))

    assert (done.fingerprinted, done.embedded, done.left) == (7, 7, 0)
    assert (again.fingerprinted, again.embedded, again.left) == (0, 0, 0)
    assert told == [3, 3, 1]
    assert space_of(fresh_store, "甲") == set(keys)
    bodies = texts_of(fresh_store)
    assert all(asks_itself(fresh_store, key, bodies[key]) for key in keys)


def test_questions_are_answered_while_a_new_space_takes_over(filled, asking):
    encoder = Encoder("新")
    with asking() as answers:
        done = reindex(filled, space="新", embed=encoder, chunk=10)
    after = [asks_itself(filled, *each) for each in texts_of(filled).items()]

    assert len(answers) > 1
    assert all(answers)
    assert all(after)
    assert (done.embedded, done.left) == (60, 0)
    assert names(filled) == {"新"}
    with filled.reading() as office:
        parts = text(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'nlp.embeddings'::regclass"
        )
        assert office.connection.execute(parts).scalar_one() == 1


def test_a_killed_run_is_gone_on_with(filled, python, asking):
    address = text_of(filled.engine.url)
    with asking() as answers:
        process = python(RUN, address, start=True)
        for _ in range(3):
            assert process.stdout.readline() == "chunk\n"
        process.send_signal(signal.SIGKILL)
        process.communicate()
        done_before = space_of(filled, "新")
        encoder = Encoder("新")
        done = reindex_when_free(filled, encoder)

    assert process.returncode == -signal.SIGKILL
    assert 12 <= len(done_before) < 60
    assert done.embedded == len(encoder.seen) == 60 - len(done_before)
    assert names(filled) == {"新"}
    assert space_of(filled, "新") == set(texts_of(filled))
    assert answers
    assert all(answers)


def reindex_when_free(store, encoder):
    """Go on as soon as the server has noticed that the other one is dead."""
    while True:
        with contextlib.suppress(StoreError):
            return reindex(store, space=encoder.space, embed=encoder, chunk=10)


def test_what_is_stored_meanwhile_is_in_the_new_space_too(filled, add, today):
    stored = []

    def store_one(_):
        if len(stored) == 12:
            return
        with filled.transaction(actor="张三") as office:
            stored.append(add(office))
            body = office.submissions.get(stored[-1]).submission.text
            office.meaning("旧").add(
                str(stored[-1]), vector("旧", body), kind=Kind.PROPOSAL, dated_on=today
            )

    reindex(filled, space="新", embed=Encoder("新"), chunk=9, report=store_one)

    assert len(stored) == 12
    assert space_of(filled, "新") == set(texts_of(filled)) > set(stored)


def test_a_transaction_that_was_open_at_the_switch_is_waited_for(filled, add, today):
    """It stores by the old space, and commits when the new one is active already."""
    switched, keys = threading.Event(), []

    def store_late():
        with filled.transaction(actor="张三") as office:
            keys.append(add(office))
            office.meaning("旧").add(
                str(keys[0]), vector("旧", "某"), kind=Kind.PROPOSAL, dated_on=today
            )
            begun.set()
            while not switched.is_set():
                with filled.reading() as other:
                    if read_active(other.connection).name == "新":
                        switched.set()

    begun = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(store_late)
        begun.wait(20)
        reindex(filled, space="新", embed=Encoder("新"))
        late.result()

    assert keys[0] in space_of(filled, "新")
    assert names(filled) == {"新"}


def test_what_goes_while_it_is_embedded_stays_away(filled):
    gone = min(texts_of(filled))
    encoder = Encoder("新")

    def embed(documents):
        if not encoder.seen:
            with filled.transaction(actor="张三") as office:
                office.submissions.delete(gone)
        return encoder(documents)

    reindex(filled, space="新", embed=embed)

    assert space_of(filled, "新") == set(texts_of(filled))
    assert gone not in space_of(filled, "新")


def test_of_two_at_once_one_is_refused_and_says_why(filled):
    def embed(documents):
        with pytest.raises(StoreError, match="已有一个进程在重建索引"):
            reindex(filled, space="丙", embed=Encoder("丙"))
        return Encoder("新")(documents)

    reindex(filled, space="新", embed=embed)

    assert names(filled) == {"新"}


def test_a_failing_encoder_leaves_the_old_space_to_serve(filled):
    def embed(documents):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        reindex(filled, space="新", embed=embed)

    assert all(asks_itself(filled, *each) for each in texts_of(filled).items())
    reindex(filled, space="新", embed=Encoder("新"))
    assert names(filled) == {"新"}


def test_a_space_that_others_still_read_is_dropped_the_next_time(filled, monkeypatch):
    monkeypatch.setattr("nlp_service.store.reindexing._OLDER_WITHIN_S", 0.1)
    with filled.reading() as office:
        assert read_active(office.connection).name == "旧"
        done = reindex(filled, space="新", embed=Encoder("新"))
        body = vector("旧", next(iter(texts_of(filled).values())))
        assert office.meaning("旧").nearest(body, limit=1)

    assert done.left == 1
    assert reindex(filled, space="新", embed=Encoder("新")).left == 0
    assert names(filled) == {"新"}


def test_missing_fingerprints_are_added_once_by_two_at_once(fresh_store, add):
    with fresh_store.transaction(actor="张三") as office:
        keys = [add(office, origin=Origin(submitter="王" * (n % 3))) for n in range(20)]
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: refill_fingerprints(fresh_store, chunk=3), range(2)))

    assert sum(done) >= 20
    assert refill_fingerprints(fresh_store) == 0
    with fresh_store.reading() as office:
        once = select(func.count()).select_from(fingerprints)
        pairs = select(func.count()).select_from(
            select(fingerprints.c.gram, fingerprints.c.text).distinct().subquery()
        )
        assert office.connection.execute(once).scalar_one() > 20
        assert (
            office.connection.execute(once).scalar_one()
            == office.connection.execute(pairs).scalar_one()
        )
        owners = select(fingerprints.c.text).distinct()
        assert set(office.connection.execute(owners).scalars()) == set(keys)


def test_the_first_space_serves_at_once(store):
    with store.transaction(actor="张三") as office:
        first, second = (ensure_space(office.connection, name) for name in ("甲", "乙"))
        again = ensure_space(office.connection, "甲")

    assert first == again
    assert (first.active, second.active) == (True, False)


def test_a_backup_brings_the_space_back_with_its_graph(filled, server, place, open_at):
    back_up(filled, place / "库.backup")
    with open_database(Settings(database_url=text_of(target := server.new()))) as database:
        restore(database, place / "库.backup", replace=False, actor="张三")

    again = open_at(target)
    assert all(asks_itself(again, *each) for each in texts_of(again).items())
    with again.reading() as office:
        graphs = "SELECT count(*) FROM pg_indexes WHERE schemaname = 'nlp' AND indexdef ~ 'hnsw'"
        assert office.connection.execute(text(graphs)).scalar_one() == 1
        assert office.wording.count_submitters() == 60
    assert reindex(again, space="新", embed=Encoder("新")).embedded == 60


def text_of(address):
    return address.render_as_string(hide_password=False)
