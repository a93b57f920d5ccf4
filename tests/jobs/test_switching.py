"""Another bundle is chosen while a worker works."""

import pytest

from nlp_service.assess import load_assessor
from nlp_service.jobs.worker import working
from tests.bundles import break_bundle, folder_of_two
from tests.databases import clear


@pytest.fixture
def settings(job_settings, default_bundle_folder, tmp_path):
    bundle = folder_of_two(default_bundle_folder, tmp_path)
    return job_settings.model_copy(update={"bundle": bundle})


def choose(store, label):
    with store.transaction(actor="王管理") as office:
        office.model_choices.choose(label, before="encoder-5")


def bundle_of(worker):
    return worker.shop.assessor.versions.bundle


def test_a_worker_says_that_it_is_outdated_and_the_next_one_takes_the_chosen_bundle(
    settings, job_store, quick_load
):
    with working(settings, store=job_store, load=quick_load) as worker:
        assert not worker.outdated.is_set()
        choose(job_store, "linear-6")
        assert worker.outdated.wait(30)
    with working(settings, store=job_store, load=quick_load) as worker:
        assert bundle_of(worker) == "linear-6"
        assert not worker.outdated.is_set()
        assert worker.shop.settings_now.bundle.name == "linear"


def test_a_worker_on_whose_machine_the_bundle_is_damaged_works_on(settings, job_store, quick_load):
    break_bundle(settings.bundle.parent / "linear")
    choose(job_store, "linear-6")

    with working(settings, store=job_store, load=quick_load) as worker:
        assert bundle_of(worker) != "linear-6"
        assert not worker.outdated.is_set()


@pytest.fixture
def quick_load(assessor, job_store):
    """Loads the default bundle without loading it again."""
    clear(job_store)
    yield (
        lambda settings: assessor if settings.bundle.name == "default" else load_assessor(settings)
    )
    clear(job_store)
