"""A disk without room: what fits stays, what does not is told. Needs root, to mount a small one."""

import random
import subprocess

import pytest

from nlp_service.domain.errors import DatabaseFull
from nlp_service.domain.records import ListFilter
from nlp_service.settings import Settings
from nlp_service.store.backup import back_up
from nlp_service.store.opening import open_store
from tests.databases import fill_up


def test_a_full_disk_refuses_writing_and_keeps_what_is_there(
    small_disk, copy_data, add, submit, place
):
    copy_data(small_disk / "pg")
    with open_store(Settings(data=small_disk)) as store:
        with store.transaction(actor="张三") as office:
            first = add(office)
        fill_up(small_disk, leave=1_000_000)
        letters = [chr(code) for code in range(0x4E00, 0x9FA5)]

        with (
            pytest.raises(DatabaseFull, match="磁盘已满"),
            store.transaction(actor="张三") as office,
        ):
            for _ in range(60):  # some 3 MB that cannot be made smaller
                add(office, submit("".join(random.choices(letters, k=15_000))))

        with store.reading() as office:
            assert [item.key for item in office.submissions.list(ListFilter()).items] == [first]
        fill_up(small_disk, leave=0)
        with pytest.raises(DatabaseFull, match="备份"):
            back_up(store, small_disk / "a.backup")
        assert not list(small_disk.glob("*.backup*"))
        (small_disk / "ballast").unlink()
        with store.transaction(actor="张三") as office:
            add(office)
        assert back_up(store, place / "a.backup").submissions == 2


def test_a_first_start_on_a_full_disk_leaves_nothing(small_disk):
    fill_up(small_disk, leave=2_000_000)

    with pytest.raises(DatabaseFull, match="磁盘已满"):
        open_store(Settings(data=small_disk))

    assert {path.name for path in small_disk.iterdir()} == {"ballast", "pg.lock", "pg.users"}


def test_a_start_on_a_full_disk_says_so(small_disk, copy_data):
    copy_data(small_disk / "pg")
    fill_up(small_disk, leave=0)

    with pytest.raises(DatabaseFull, match="磁盘已满"):
        open_store(Settings(data=small_disk))


def test_a_read_only_disk_says_so(small_disk, copy_data):
    copy_data(small_disk / "pg")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)

    with pytest.raises(DatabaseFull, match="只读"):
        open_store(Settings(data=small_disk))
