"""Archives go in by chunks: interrupted, repeated or at the same time, each row is there once."""

import io
import itertools
import json
import signal
import subprocess
from dataclasses import replace

import pytest

from nlp_service.assess import Assessor
from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import ModeUnavailable, RecordUnknown, UnreadableInput
from nlp_service.domain.imports import MOST_REFUSALS, ImportState
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Outcome, ReplyClass
from nlp_service.domain.submission import Mode
from nlp_service.intake.archive import open_archive
from nlp_service.store.importing import import_archive

PLACES = ("东门桥头", "汽车站", "第二中学", "老粮站", "菜场", "石桥村口", "江堤", "医院后巷")
TROUBLES = (
    "的路灯坏了，晚上看不清路，请尽快修理。",
    "的公交车四十分钟才来一趟，学生常迟到，建议加密班次。",
    "下雨就积水，一楼进水，请疏通下水道。",
    "的垃圾三天没有清运，气味难闻。",
)


CHUNK = 20


@pytest.fixture
def small_chunks(monkeypatch):
    """What happens between chunks does not need hundreds of rows."""
    monkeypatch.setattr("nlp_service.store.importing.CHUNK", CHUNK)


def row(number, **columns):
    body = f"{PLACES[number % 8]}{TROUBLES[number // 8 % 4]}这是第{number}次反映。"
    return {"reference": str(number), "body": body, **columns}


def archive_of(rows, *, source="往年"):
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)
    return open_archive(io.BytesIO(lines.encode()), name="往年.jsonl", source=source)


@pytest.fixture(scope="module")
def quick(assessor):
    """The linear model alone."""
    return Assessor(replace(assessor.bundle, stage=None))


@pytest.fixture
def take_in(store, quick):
    """Import rows and return every step."""

    def run(archive, *, steps=None):
        found = import_archive(store, quick, archive, actor="李四")
        return list(itertools.islice(found, steps))

    return run


def listed(store):
    with store.reading() as office:
        items, cursor = [], None
        while True:
            page = office.submissions.list(cursor=cursor, limit=500)
            items += page.items
            cursor = page.next_cursor
            if cursor is None:
                return items


def test_an_archive_is_stored_with_all_that_it_tells(take_in, store, quick):
    unit = quick.bundle.taxonomy.units[9]
    told = {
        "kind": "提案",
        "submitter": "张三",
        "district": "城东区",
        "submitted_at": "2023-01-10",
        "disposition": "立案",
        "handling_unit": unit.name,
        "filing_number": "2023年第118号",
        "reply_class": "B",
        "replied_on": "2023-09-01",
    }

    *_, last = take_in(
        archive_of([row(1, **told), row(2, handling_unit="原城管办", 处理方式="转")])
    )

    assert (last.state, last.tally.stored, last.tally.mark) == (ImportState.DONE, 2, 2)
    assert last.started_by == "李四"
    with store.reading() as office:
        (known,) = office.submissions.with_reference("1")
        assert (known.origin.submitter, known.origin.source) == ("张三", "往年")
        assert office.outcomes.current(known.key).outcome == Outcome(
            disposition=Disposition.FILED,
            handling_unit=unit.code,
            filing_number="2023年第118号",
            reply_class=ReplyClass.B,
            replied_on=known.submitted_at.replace(month=9, day=1),
        )
        (other,) = office.submissions.with_reference("2")
        assert office.outcomes.current(other.key).outcome.handling_unit == "原城管办"
        assert office.assessments.current(known.key).bundle == quick.versions.bundle
        assert [entry.action for entry in office.audit.of(RecordKind.IMPORT, last.key)] == [
            Action.IMPORT_BEGUN,
            Action.IMPORT_FINISHED,
        ]


def test_the_same_file_again_is_done_and_of_another_source_another_import(take_in, store):
    rows = [row(number) for number in range(5)]
    first = take_in(archive_of(rows))[-1]

    assert take_in(archive_of(rows)) == [first]
    other = take_in(archive_of(rows, source="别处"))[-1]
    assert other.key != first.key
    assert other.tally.stored == 5
    assert len(listed(store)) == 10


def test_an_interrupted_import_goes_on_behind_its_mark(take_in, store, small_chunks):
    rows = [row(number) for number in range(2 * CHUNK + 40)]

    interrupted = take_in(archive_of(rows), steps=2)[-1]
    assert (interrupted.tally.mark, interrupted.state) == (CHUNK, ImportState.UNFINISHED)
    found, *_, last = take_in(archive_of(rows))

    assert found == interrupted
    assert (last.tally.read, last.tally.stored, last.tally.known) == (len(rows), len(rows), 0)
    assert len(listed(store)) == len(rows)


def test_refused_rows_are_counted_and_the_first_ones_told(take_in, store):
    bad = [{"body": "！！"}, {"title": "无正文"}, {**row(1), "body": "同号不同文，路面塌陷。"}]
    many = [{"body": "？"} for _ in range(MOST_REFUSALS)]

    last = take_in(archive_of([row(1), *bad, row(2), row(1), *many]))[-1]

    tally = last.tally
    assert (tally.stored, tally.known, tally.refused) == (2, 1, 3 + MOST_REFUSALS)
    assert len(tally.refusals) == MOST_REFUSALS
    assert [(one.line, one.code) for one in tally.refusals[:3]] == [
        (2, "empty_text"),
        (3, "invalid_row"),
        (4, "reference_taken"),
    ]
    assert not any("路面" in one.message for one in tally.refusals)
    with store.reading() as office:
        assert office.imports.get(last.key) == last


def test_what_can_be_read_is_stored_before_it_is_told_where_it_cannot(take_in, store):
    content = '编号,正文\n1,路灯坏了\n2,井盖松了\n3,"引号没有关上\n'.encode()

    def archive():
        return open_archive(io.BytesIO(content), name="往年.csv", source="往年")

    last = take_in(archive())[-1]

    assert (last.state, last.tally.stored) == (ImportState.FAILED, 2)
    assert "第 4 行" in last.problem
    assert take_in(archive())[-1].tally == last.tally
    with pytest.raises(UnreadableInput):
        list(archive().rows)


def test_a_mode_that_the_bundle_does_not_have_is_refused_before_anything(store, quick):
    with pytest.raises(ModeUnavailable):
        next(import_archive(store, quick, archive_of([row(1)]), actor="李四", mode=Mode.ACCURATE))
    with store.reading() as office:
        assert office.imports.list() == []


def test_imports_are_listed_newest_first(take_in, store):
    keys = [take_in(archive_of([row(number)]))[-1].key for number in range(3)]

    with store.reading() as office:
        assert [one.key for one in office.imports.list()] == keys[::-1]
        assert [one.key for one in office.imports.list(before=keys[2], limit=1)] == [keys[1]]
        with pytest.raises(RecordUnknown, match="4711"):
            office.imports.get(4711)


def test_two_runs_over_the_same_file_in_turns_store_each_row_once(store, quick, small_chunks):
    rows = [row(number) for number in range(2 * CHUNK + 7)]
    runs = [import_archive(store, quick, archive_of(rows), actor=actor) for actor in ("甲", "乙")]

    steps = [step for pair in itertools.zip_longest(*runs) for step in pair if step]

    assert steps[-1].state is ImportState.DONE
    assert (steps[-1].tally.stored, steps[-1].tally.known) == (len(rows), 0)
    assert len(listed(store)) == len(rows)


def test_a_run_that_comes_late_to_another_cut_misses_no_row(store, quick, monkeypatch):
    """Both stop at different lines: what one has of its chunk behind the other's mark is kept."""
    rows = [row(number) for number in range(30)]
    slow = import_archive(store, quick, archive_of(rows), actor="慢")
    next(slow)
    monkeypatch.setattr("nlp_service.store.importing.CHUNK", 7)
    quicker = import_archive(store, quick, archive_of(rows), actor="快")
    for _ in range(3):
        step = next(quicker)
    assert step.tally.mark == 14

    last = list(slow)[-1]

    assert (last.tally.stored, last.state) == (30, ImportState.DONE)
    assert list(quicker)[-1].tally.stored == 30
    assert len(listed(store)) == 30


# --- real processes ------------

RUN = """
import sys
from dataclasses import replace
from pathlib import Path
from pydantic import SecretStr
from nlp_service.assess import Assessor
from nlp_service.bundle import read_bundle
from nlp_service.intake.archive import open_archive
from nlp_service.settings import Settings
from nlp_service.store import importing
from nlp_service.store.opening import open_store

address, bundle, file, chunk = sys.argv[1:]
importing.CHUNK = int(chunk)
quick = Assessor(replace(read_bundle(Path(bundle), encoder_threads=1), stage=None))
with open_store(Settings(database_url=SecretStr(address))) as store, open(file, "rb") as lines:
    archive = open_archive(lines, name="往年.jsonl", source="往年")
    print("ready", flush=True)
    sys.stdin.readline()
    for step in importing.import_archive(store, quick, archive, actor="进程"):
        print(step.tally.mark, step.tally.stored, step.state, flush=True)
"""
SMALL = 40
"""Rows of a chunk here: there is much to be interrupted, and soon."""

on_the_embedded_server = pytest.mark.parametrize("server", ["embedded"], indirect=True)


@pytest.fixture
def start_import(store, python, place, default_bundle_folder):
    """Start processes that wait, ready to import a file of rows."""
    address = store.engine.url.render_as_string(hide_password=False)

    def start(rows, *, count=1):
        file = place / "往年.jsonl"
        file.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
        arguments = (address, default_bundle_folder.resolve(), file, SMALL)
        processes = [
            python(RUN, *arguments, start=True, stdin=subprocess.PIPE) for _ in range(count)
        ]
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * count
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        return processes

    return start


@on_the_embedded_server
def test_a_killed_import_loses_nothing_that_it_told_and_resumes_without_doubles(
    start_import, store
):
    rows = [row(number) for number in range(12 * SMALL)]
    (process,) = start_import(rows)
    told = [process.stdout.readline() for _ in range(3)]  # the beginning and two chunks
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)

    assert process.returncode == -signal.SIGKILL
    mark, stored, state = told[-1].split()
    assert (int(mark), int(stored), state) == (2 * SMALL, 2 * SMALL, "unfinished")
    with store.reading() as office:
        (interrupted,) = office.imports.list()
    assert interrupted.state is ImportState.UNFINISHED
    kept = {int(item.reference) for item in listed(store)}
    assert interrupted.tally.stored == len(listed(store)) == len(kept) < len(rows)
    assert kept >= set(range(2 * SMALL))

    (again,) = start_import(rows)
    output, errors = again.communicate(timeout=60)

    assert again.returncode == 0, errors
    first, *_, last = output.splitlines()
    assert first.split()[0] == str(interrupted.tally.mark)
    assert last.split() == [str(len(rows)), str(len(rows)), "done"]
    assert sorted(int(item.reference) for item in listed(store)) == list(range(len(rows)))


@on_the_embedded_server
def test_two_processes_that_import_the_same_file_at_once_store_each_row_once(start_import, store):
    rows = [row(number) for number in range(8 * SMALL + 9)]

    both = start_import(rows, count=2)
    ends = [process.communicate(timeout=60) for process in both]

    assert [process.returncode for process in both] == [0, 0], ends
    assert {output.splitlines()[-1].split()[-1] for output, _ in ends} == {"done"}
    with store.reading() as office:
        (one,) = office.imports.list()
    assert (one.tally.read, one.tally.stored, one.tally.known) == (len(rows), len(rows), 0)
    assert sorted(int(item.reference) for item in listed(store)) == list(range(len(rows)))
