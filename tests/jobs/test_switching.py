"""Another bundle is chosen while a worker works."""

import pytest

from nlp_service.assess import Assessor, load_assessor
from nlp_service.domain.audit import Change
from nlp_service.domain.in_force import Subject
from nlp_service.domain.local_names import LocalNames
from nlp_service.jobs.worker import working
from tests.bundles import break_bundle, folder_of_two
from tests.databases import clear


@pytest.fixture
def settings(job_settings, default_bundle_folder, tmp_path):
    bundle = folder_of_two(default_bundle_folder, tmp_path)
    return job_settings.model_copy(update={"bundle": bundle})


@pytest.fixture
def quick_load(assessor, job_store):
    """Loads the default bundle without loading it again."""
    clear(job_store)
    yield (
        lambda settings: assessor if settings.bundle.name == "default" else load_assessor(settings)
    )
    clear(job_store)


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


def test_a_worker_calls_units_as_was_set_and_so_does_what_scores_for_it(
    settings, job_store, quick_load, assessor
):
    content = {"unit": {"D23": {"name": "水利和湖泊局"}}}
    with job_store.transaction(actor="王管理") as office:
        office.rulings.set(Subject.NAMES, content, change=Change())
    own = Assessor(assessor.bundle)

    with working(settings, store=job_store, load=lambda settings: own) as worker:
        assert own.bundle.taxonomy.name("D23") == "水利和湖泊局"
        assert worker.shop.settings_now.local_taxonomy == LocalNames(content)
    assert load_assessor(worker.shop.settings_now).bundle.taxonomy.name("D23") == "水利和湖泊局"


def test_names_that_no_bundle_here_knows_do_not_keep_a_worker_from_starting(
    settings, job_store, quick_load
):
    with job_store.transaction(actor="王管理") as office:
        office.rulings.set(Subject.NAMES, {"topic": {"T77": {"name": "没有"}}}, change=Change())
    choose(job_store, "linear-6")

    with working(settings, store=job_store, load=quick_load) as worker:
        assert bundle_of(worker) != "linear-6"
