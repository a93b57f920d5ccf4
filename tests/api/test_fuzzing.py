"""The service keeps to its own document, whatever it is asked and by whom.

By itself it asks the same each time, and little; `make fuzz` asks at length.
"""

import pytest
from starlette.testclient import TestClient

from nlp_service.api.documentation import TAGS
from nlp_service.api.permissions import LINES, Access
from nlp_service.api.rate import Rate
from nlp_service.app import create_app
from nlp_service.domain.people import Permission
from nlp_service.jobs.worker import working
from nlp_service.store.opening import open_store
from tests.api.fuzzing import (
    EXAMPLES,
    OFF,
    Browser,
    Door,
    ask_everything,
    know_files,
    only,
    read_document,
)
from tests.callers import BEARER, bearer, passwords
from tests.databases import settings_for

pytestmark = [
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
    # The worker's threads draw the moments at which they ask for work.
    pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies"),
]

PEOPLE = ["登录", "用户和密钥"]
"""Tags of what keys are no good for."""
OTHERS = [tag["name"] for tag in TAGS if tag["name"] not in PEOPLE]
BY_BROWSER = {
    "checks": {"ignored_auth": OFF},  # whoever comes by their door is let in
    "parameters": {"header.X-Actor": ""},  # users act for nobody else
}


@pytest.fixture(scope="module")
def service(embedded, folder, quick_assessor, default_bundle_folder):
    """The app, started, on a database of its own, with a worker beside it."""
    settings = settings_for(embedded.migrated()).model_copy(
        update={"data": folder / "fuzzed", "bundle": default_bundle_folder}
    )
    patched = pytest.MonkeyPatch()
    for name in ("OF_KEYS", "OF_SESSIONS"):  # nobody here is told to wait
        patched.setattr(f"nlp_service.api.gate.{name}", Rate(per_second=1e6, at_once=10**6))
    with open_store(settings) as store:
        app = create_app(settings, assessor=quick_assessor, store=store)
        with (
            TestClient(app),
            working(settings, store=store, load=lambda settings: quick_assessor),
        ):
            app.state.passwords = passwords()
            know_files(folder)
            yield app
    patched.undo()


def test_a_key_with_all_scopes_is_answered_as_documented(service):
    document = read_document(Door(service), headers=BEARER, leaving_out=PEOPLE)

    answered, failures = ask_everything(document)

    assert not failures, failures.told()
    assert answered.keys() == {operation.ok().label for operation in document.get_all_operations()}


def test_an_administrator_is_answered_as_documented(service):
    document = read_document(Browser(service), **BY_BROWSER, leaving_out=OTHERS)

    answered, failures = ask_everything(document)

    assert not failures, failures.told()
    assert answered.keys() == {operation.ok().label for operation in document.get_all_operations()}


def test_what_leads_on_from_an_answer_is_answered_as_documented(service):
    document = read_document(
        Browser(service), phases=only("stateful", examples=20 * EXAMPLES), **BY_BROWSER
    )

    answered, failures = ask_everything(document)

    assert not failures, failures.told()
    followed = {name for name, statuses in answered.items() if statuses[200] + statuses[204]}
    assert len(followed) > len(answered) / 2


def needs_more_than(permission):
    return {
        f"{line.method} {line.path}"
        for line in LINES
        if isinstance(line.needs, Permission) and line.needs is not permission
    }


def test_a_weak_key_opens_nothing_else(service):
    headers = bearer(service.state.store, name="试评", scopes={Permission.ASSESS})
    document = read_document(Door(service), headers=headers, phases=only("fuzzing", examples=2))

    answered, failures = ask_everything(document)

    assert not failures, failures.told()
    for label in needs_more_than(Permission.ASSESS) & answered.keys():
        assert answered[label].keys() <= {403, 404}, label
        assert 403 in answered[label]


def test_nobody_opens_anything(service):
    document = read_document(Door(service), phases=only("fuzzing", examples=2))

    answered, failures = ask_everything(document)

    assert not failures, failures.told()
    opened = {f"{line.method} {line.path}" for line in LINES if line.needs is Access.OPEN}
    for label in answered.keys() - opened:
        assert answered[label].keys() == {401}, label
