from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from nlp_service.app import create_app
from nlp_service.assess import Assessor
from nlp_service.jobs.worker import working
from nlp_service.settings import Settings
from nlp_service.store.opening import open_store
from tests.callers import BEARER, FORGETFUL, add_user, passwords, sign_in
from tests.databases import clear, settings_for


class FailingAssessor:
    """Fails with the text in its message, as a careless library would."""

    def __init__(self, assessor):
        self.bundle, self.versions = assessor.bundle, assessor.versions

    def assess(self, submission, **options):
        try:
            raise KeyError(submission.title)
        except KeyError as error:
            raise RuntimeError(f"cannot read {submission.body}") from error

    def assess_each(self, items, **options):
        raise RuntimeError(f"cannot read {items}")


@pytest.fixture(scope="session")
def client(default_bundle_folder):
    """A client of the app that loaded the default bundle itself, and keeps nothing."""
    settings = FORGETFUL.model_copy(update={"bundle": default_bundle_folder})
    with TestClient(create_app(settings), headers=BEARER) as client:
        yield client


@pytest.fixture(scope="session")
def linear_client(assessor):
    """A client of a service whose bundle has no encoder."""
    linear = Assessor(replace(assessor.bundle, stage=None))
    app = create_app(FORGETFUL, assessor=linear)
    with TestClient(app, headers=BEARER) as client:
        yield client


@pytest.fixture(scope="session")
def failing_client(assessor):
    app = create_app(FORGETFUL, assessor=FailingAssessor(assessor))
    with TestClient(app, headers=BEARER) as client:
        yield client


@pytest.fixture
def idle_client(default_bundle_folder):
    """A client of an app that has not started, so has no bundle."""
    return TestClient(create_app(Settings(bundle=default_bundle_folder)))


@pytest.fixture(scope="session")
def keeping_settings(embedded, folder):
    """Settings of a service with a database of its own, filled by nobody else."""
    data = folder / "api"
    return settings_for(embedded.migrated()).model_copy(update={"data": data})


@pytest.fixture(scope="session")
def session_store(keeping_settings):
    with open_store(keeping_settings) as store:
        yield store


@pytest.fixture
def store(session_store):
    """The store of ``office``, empty."""
    clear(session_store)
    return session_store


@pytest.fixture(scope="session")
def quick_assessor(assessor):
    """The default bundle's linear model alone, which is quick."""
    pairs = replace(assessor.bundle.pairs, embedder=None)
    return Assessor(replace(assessor.bundle, stage=None, pairs=pairs))


@pytest.fixture(scope="session")
def session_office(keeping_settings, session_store, quick_assessor):
    app = create_app(keeping_settings, assessor=quick_assessor, store=session_store)
    with TestClient(app, headers=BEARER) as client:
        app.state.passwords = passwords()
        yield client


@pytest.fixture
def office(session_office, store):
    """A client of a service whose store is empty; it is let in by a key of the settings."""
    return session_office


@pytest.fixture
def stranger(office):
    """A client of the same service whom nobody let in."""
    return TestClient(office.app)


@pytest.fixture
def user(office, store):
    """Sign a user of a role in; each has a client of their own."""

    def make(role, name="张三"):
        add_user(store, name, role)
        client = TestClient(office.app)
        sign_in(client, name)
        return client

    return make


@pytest.fixture(scope="module")
def working_settings(keeping_settings, default_bundle_folder):
    return keeping_settings.model_copy(update={"bundle": default_bundle_folder, "queue_jobs": 3})


@pytest.fixture(scope="module")
def clerk(working_settings, session_store, quick_assessor):
    """A client of a service beside which no worker runs."""
    app = create_app(working_settings, assessor=quick_assessor, store=session_store)
    with TestClient(app, headers=BEARER) as client:
        yield client


@pytest.fixture
def desk(clerk, store):
    """The same, without a job."""
    return clerk


@pytest.fixture
def worker(desk, working_settings, session_store, quick_assessor):
    """Work goes on."""

    def load(settings):
        return quick_assessor

    with working(working_settings, store=session_store, load=load) as worker:
        yield worker
