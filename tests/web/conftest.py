"""The workbench in a real browser, on a real service with a real database."""

import os
import shutil
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn
from playwright.sync_api import expect, sync_playwright
from sqlalchemy import text

from nlp_service.domain.people import UserRole
from nlp_service.jobs.queue import SCHEMA as QUEUE
from nlp_service.jobs.queue import JobQueue
from nlp_service.jobs.worker import working
from nlp_service.store.signing_in import sign_in
from tests.api.conftest import (  # noqa: F401
    client,
    keeping_settings,
    office,
    quick_assessor,
    session_office,
    session_store,
    store,
    stranger,
    user,
)
from tests.callers import PASSWORD, add_user, passwords
from tests.web.inbox import assessed, keys, secretary  # noqa: F401

PATIENCE_MS = 20_000
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
CHROMIUM = next(
    filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None
)
TOUR_SEEN = """for (let user = 1; user < 20; user += 1) {
  localStorage.setItem(`nlp-tour-seen-${user}`, "1");
}"""
"""No tour opens: users of a cleared store have the first numbers."""
REFUSALS = ("the server responded with a status of 4", "Response Status Error Code 4")
"""As the browser and htmx tell of an answer of 4xx."""
WITHOUT_NETWORK = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",  # the databases of tests lie there
    "--disable-sync",
    "--no-first-run",
    *(["--no-sandbox"] if hasattr(os, "getuid") and os.getuid() == 0 else []),
]


@pytest.fixture(scope="module")
def browser():
    """Chromium; its driver runs a loop in this thread, in which others' tests could not run."""
    if CHROMIUM is None:
        missing = "no Chromium: install it (Debian: apt install chromium)"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=WITHOUT_NETWORK)
        yield launched
        launched.close()


@contextmanager
def serving(app):
    """Serve an app on a free port of this machine, from a thread."""
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def address(session_office):  # noqa: F811
    """Where the service answers; its store is that of ``office``."""
    with serving(session_office.app) as address:
        yield address


@pytest.fixture
def open_page(browser, address, store):  # noqa: F811
    """Open the workbench as a user of a role; what a page complains of fails the test."""
    opened, complaints = [], []

    def open_(
        path="/",
        *,
        role=UserRole.SECRETARY,
        name="张三",
        size="desktop",
        tour=False,
        signed_in=True,
        **options,
    ):
        width, height = SIZES[size]
        context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": height},
            has_touch=size == "phone",
            locale="zh-CN",
            **options,
        )
        opened.append(context)
        context.set_default_timeout(PATIENCE_MS)
        if not tour:
            context.add_init_script(TOUR_SEEN)
        if signed_in:
            token = token_of(store, name, role)
            context.add_cookies([{"name": "nlp_session", "value": token, "url": address}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", lambda said: _note(complaints, page, said))
        page.goto(path)
        return page

    yield open_
    for context in opened:
        context.close()
    assert complaints == []


@pytest.fixture
def worker(keeping_settings, session_store, store, quick_assessor):  # noqa: F811
    """Work goes on, in a thread without the browser's loop; of what other tests left, none."""
    JobQueue(session_store.engine).prepare()
    with session_store.engine.begin() as connection:
        connection.execute(text(f"DELETE FROM {QUEUE}.workflow_status"))
    begun, over = threading.Event(), threading.Event()

    def work():
        with working(keeping_settings, store=session_store, load=lambda _: quick_assessor):
            begun.set()
            over.wait()

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(60)
    yield
    over.set()
    thread.join()


def token_of(store, name, role):  # noqa: F811
    """Sign a user in, who is added where there is none of that name."""
    with store.reading() as office:  # noqa: F811
        known = any(user.name == name for user in office.users.list())
    if not known:
        add_user(store, name, role)
    return sign_in(store, passwords(), name=name, password=PASSWORD, address="127.0.0.1").token


def _note(complaints, page, said):
    """Note an error of the console: a script's, or what the policy of contents has blocked.

    Answers of 4xx are said there, too; pages tell them to the reader.
    """
    if said.type == "error" and not any(refusal in said.text for refusal in REFUSALS):
        complaints.append(f"{page.url}: {said.text}")
