"""Real servers only: the embedded one by its socket, and one of another version by TCP."""

import os
import shlex
import socket
import subprocess
import sys
from datetime import date

import pytest
from sqlalchemy import URL

from nlp_service.domain.assessment import (
    Assessment,
    KindSource,
    ReviewReason,
    Role,
    Tag,
    UnitTag,
    UrgencyTag,
    Versions,
)
from nlp_service.domain.quality import Level, Quality, Scale
from nlp_service.domain.submission import Kind, Submission
from nlp_service.store.opening import open_store
from nlp_service.store.programs import let_pass, program_folder, run_program, server_user
from nlp_service.text.normalise import clean
from tests.databases import Server, clear, numbers, settings_for

TCP_MAJOR = 16
WEIGHTS = {"Q1": 15, "Q2": 25, "Q3": 15, "Q4": 20, "Q5": 15, "Q6": 10}
PASSWORD = "口令 p@ss:/%"


@pytest.fixture(scope="session")
def tcp_address(folder):
    """A server of another version that wants a password."""
    data = folder / "tcp"
    data.mkdir()
    user = server_user(data)
    password = folder / "password"
    password.write_text(PASSWORD, encoding="utf-8")
    if user is not None:
        os.chown(data, user, -1)
        os.chown(password, user, -1)
        let_pass(program_folder(TCP_MAJOR) / "initdb", user)

    def run(name, *arguments):
        ended = run_program(name, *arguments, user=user, major=TCP_MAJOR)
        assert ended.code == 0, ended.output

    options = ["-A", "scram-sha-256", f"--pwfile={password}", "--encoding=UTF8", "--no-sync"]
    run("initdb", "-D", data, "-U", "office", *options)
    port = free_port()
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
    options += ["-c", f"unix_socket_directories={data}"]
    run("pg_ctl", "start", "-D", data, "-w", "-l", data / "log", "-o", shlex.join(options))
    yield URL.create(
        "postgresql+psycopg", "office", PASSWORD, "127.0.0.1", port, database="postgres"
    )
    run("pg_ctl", "stop", "-D", data, "-w", "-m", "immediate")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def unused_port():
    return free_port()


@pytest.fixture(scope="session", params=["embedded", "tcp"])
def server(request):
    """Each of the two ways of having a database."""
    return (
        Server(request.getfixturevalue("tcp_address"))
        if request.param == "tcp"
        else (request.getfixturevalue("embedded"))
    )


@pytest.fixture
def open_at():
    """Open a store at an address; it is closed when the test ends."""
    opened = []

    def open_it(address):
        opened.append(open_store(settings_for(address)))
        return opened[-1]

    yield open_it
    for store in opened:
        store.close()


@pytest.fixture
def fresh_store(server, open_at):
    """A store of its own for one test, which may change its tables."""
    return open_at(server.migrated())


@pytest.fixture(scope="module")
def module_store(server):
    with open_store(settings_for(server.migrated())) as store:
        yield store


@pytest.fixture
def store(module_store):
    """An empty store, in both ways."""
    clear(module_store)
    return module_store


@pytest.fixture
def work(store):
    """One transaction by 张三, committed at the end."""
    with store.transaction(actor="张三") as office:
        yield office


@pytest.fixture
def submit():
    """Make a submission that differs from every other, unless told otherwise."""

    def make(body=None, **fields):
        number = next(numbers)
        return Submission(body=body or f"第 {number} 条路的路灯坏了，请尽快维修。", **fields)

    return make


@pytest.fixture
def assess():
    """Make an assessment as the Assessor would, but in no time and with the tags wanted."""

    def make(
        submission,
        *,
        topic="T09",
        subtopic="T0901",
        unit="D01",
        urgency=1,
        score=None,
        band="",
        levels=None,
        sector="S01",
        probability=0.1 + 0.2,
        look_first=False,
        needs_review=False,
        restricted=False,
        bundle="linear-1",
        taxonomy="1.0.0",
    ):
        def tag(code):
            return Tag(code=code, name=f"名称{code}", probability=probability)

        lead = UnitTag(code=unit, name="单位", probability=0.5, role=Role.LEAD)
        stated = submission.kind is not Kind.UNKNOWN
        return Assessment(
            id=submission.reference,
            kind=submission.kind if stated else Kind.PUBLIC_MESSAGE,
            kind_source=KindSource.STATED if stated else KindSource.PREDICTED,
            kind_probability=1.0 if stated else 0.75,
            topic=tag(topic),
            other_topics=[],
            subtopic=tag(subtopic),
            sectors=[tag(sector)],
            units=[lead, UnitTag(code="D99", name="", probability=0.1, role=Role.ASSIST)],
            request=tag("R01"),
            urgency=UrgencyTag(level=urgency, name="一般", probability=1.0),
            gates=[],
            restricted=restricted,
            quality=None if score is None else quality(score, band, levels or {}),
            disposition=None,
            needs_review=needs_review,
            reasons=[
                ReviewReason(code=code, message="请看一看")
                for code, holds in (("doubt", needs_review), ("urgent_words", look_first))
                if holds
            ],
            text=clean(submission).text,
            versions=Versions(
                service="0", bundle=bundle, taxonomy=taxonomy, segmenter="rjieba-0.2.2"
            ),
        )

    return make


def quality(score, band, levels):
    """A quality with a total and, by code, mean levels."""
    return Quality(
        scale=Scale.PROPOSAL,
        score=score,
        band=band,
        low=0.0,
        answers=[],
        levels=[
            Level(
                code=code,
                name=code,
                weight=WEIGHTS[code],
                level=level,
                meaning="",
                probability=0.6,
                seen=[],
                against=[],
                missing=[],
            )
            for code, level in levels.items()
        ],
        marks=[],
        items=[],
        notes=[],
        doubts=[],
        evidence=[],
        sentences=[],
        note="",
    )


@pytest.fixture
def add(submit, assess):
    """Store a new submission in a transaction and return its key."""

    def add_it(office, submission=None, *, origin=None, received_at=None, **tags):
        submission = submission or submit()
        stored = office.submissions.store(
            submission, assess(submission, **tags), origin=origin, received_at=received_at
        )
        return stored.key

    return add_it


@pytest.fixture
def python(place):
    """Run a piece of Python in a process of its own."""

    def run(code, *arguments, start=False, **options):
        command = [sys.executable, "-c", code, *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": "/"}
        process = subprocess.Popen(command, **pipes, **options)
        if start:
            return process
        output, errors = process.communicate(timeout=60)
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    return run


@pytest.fixture
def today():
    return date(2026, 3, 1)
