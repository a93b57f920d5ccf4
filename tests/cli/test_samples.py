"""A first start puts the samples into the store while it serves; a second one does not."""

import json
import time

import pytest

from tests.cli.test_serve import add_key, ask, url_in  # noqa: F401


def stored(url, key):
    with ask(f"{url}/v1/submissions?limit=500", key=key) as answer:
        return json.load(answer)["items"]


@pytest.mark.slow
def test_a_first_start_stores_the_samples_beside_its_work(serving, data, add_key, samples):  # noqa: F811
    environment = {"NLP_STORE": "true", "NLP_DATA": str(data.parent), "NLP_SAMPLES": "true"}
    key = add_key(environment)
    with serving("--port", "0", **environment) as (service, said):
        until = time.monotonic() + 300
        while not (items := stored(url_in(said), key)) and time.monotonic() < until:
            time.sleep(0.5)
        service.terminate()
        _, errors = service.communicate(timeout=60)

    assert service.returncode == 0, errors
    assert sorted(item["reference"] for item in items) == [sample["id"] for sample in samples]


@pytest.mark.slow
def test_a_service_that_is_stopped_while_it_fills_ends_soon_and_leaves_nothing(
    serving,
    data,
    add_key,  # noqa: F811
):
    environment = {"NLP_STORE": "true", "NLP_DATA": str(data.parent), "NLP_SAMPLES": "true"}
    key = add_key(environment)
    with serving("--port", "0", **environment) as (service, said):
        assert stored(url_in(said), key) == []
        service.terminate()
        _, errors = service.communicate(timeout=60)

    assert service.returncode == 0, errors
    environment["NLP_SAMPLES"] = "false"
    with serving("--port", "0", **environment) as (service, said):
        assert stored(url_in(said), key) == []
        service.terminate()
        service.communicate(timeout=60)
