from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from nlp_service.api.app import create_app
from nlp_service.assess import Assessor
from nlp_service.settings import Settings


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
    """A client of the app that loaded the default bundle itself."""
    with TestClient(create_app(Settings(bundle=default_bundle_folder))) as client:
        yield client


@pytest.fixture(scope="session")
def linear_client(assessor):
    """A client of a service whose bundle has no encoder."""
    linear = Assessor(replace(assessor.bundle, stage=None))
    with TestClient(create_app(Settings(), assessor=linear)) as client:
        yield client


@pytest.fixture(scope="session")
def failing_client(assessor):
    with TestClient(create_app(Settings(), assessor=FailingAssessor(assessor))) as client:
        yield client


@pytest.fixture
def idle_client(default_bundle_folder):
    """A client of an app that has not started, so has no bundle."""
    return TestClient(create_app(Settings(bundle=default_bundle_folder)))
