"""Files that wait for their holder's click."""

import pytest
from sqlalchemy import update

from nlp_service.domain.batches import BatchFile
from nlp_service.domain.errors import RecordUnknown
from nlp_service.store.batch_tables import held_files

FILE = BatchFile(name="来信.csv", digest="ab" * 32, size=3)


def hold(store, file=FILE, holder="张三"):
    with store.transaction(actor=holder) as office:
        held = office.held_files.add(file, mapping={}, reports=[], holder=holder)
        office.held_files.add_piece(held.key, 0, b"ab")
        office.held_files.add_piece(held.key, 1, b"c")
    return held


def test_a_file_comes_back_to_its_holder_and_nobody_else(store):
    held = hold(store)

    with store.reading() as office:
        assert office.held_files.get(held.key, holder="张三") == held
        assert b"".join(office.held_files.pieces(held.key)) == b"abc"
        assert office.held_files.list(holder="李四") == []
        with pytest.raises(RecordUnknown, match="请重新上传"):
            office.held_files.get(held.key, holder="李四")
    with store.transaction(actor="李四") as office:
        assert not office.held_files.forget(held.key, holder="李四")


def test_the_same_file_of_a_holder_is_held_once(store):
    first, other = hold(store), hold(store, holder="李四")

    again = hold(store)

    with store.reading() as office:
        assert [one.key for one in office.held_files.list(holder="张三")] == [again.key]
        assert office.held_files.get(other.key, holder="李四") == other
        assert list(office.held_files.pieces(first.key)) == []
        assert office.held_files.total_bytes() == 2 * FILE.size


def test_what_nobody_started_in_time_is_gone(store):
    held, late = hold(store), hold(store, holder="李四")
    with store.engine.begin() as connection:
        over = update(held_files).where(held_files.c.key == late.key)
        connection.execute(over.values(until=held_files.c.held_at))

    with store.transaction(actor="李四") as office:
        assert office.held_files.list(holder="李四") == []
        assert office.held_files.expire() == 1
        assert office.held_files.get(held.key, holder="张三") == held
        assert list(office.held_files.pieces(late.key)) == []
