"""Who lives is told by a lock that falls with the process, and by a beat."""

from sqlalchemy import text

from nlp_service.store.workers import Presence, read_living


def living(store):
    with store.transaction(actor="nlp-service") as office:
        return sorted(read_living(office.connection))


def make_late(store, seconds):
    with store.engine.begin() as connection:
        connection.execute(
            text(f"UPDATE nlp.workers SET beat_at = beat_at - interval '{seconds} s'")
        )


def present(store, name):
    presence = Presence(store.engine, executor=name, pid=1, bundle="b-1")
    presence.beat()
    return presence


def test_a_worker_lives_while_it_holds_its_lock(store):
    first, second = present(store, "one"), present(store, "two")
    make_late(store, 5)
    assert living(store) == ["one", "two"]

    second.drop()  # as the system does with a killed process
    assert living(store) == ["one"]
    first.leave()
    assert living(store) == []


def test_a_lock_that_is_just_gone_is_waited_for(store):
    presence = present(store, "one")
    presence.drop()

    assert living(store) == ["one"]
    presence.beat()
    make_late(store, 5)
    assert living(store) == ["one"]
    presence.leave()


def test_a_worker_without_a_beat_is_gone_whatever_it_holds(store):
    presence = present(store, "one")
    make_late(store, 60)
    assert living(store) == []

    presence.beat()  # it was only held up
    make_late(store, 5)
    assert living(store) == ["one"]
    presence.leave()


def test_the_last_worker_is_not_counted_for_ever_after_its_kill(store):
    def counted():
        with store.reading() as office:
            return office.batches.queue().workers

    presence = present(store, "one")
    assert counted() == 1

    presence.drop()
    make_late(store, 60)
    assert counted() == 0
    assert living(store) == []
