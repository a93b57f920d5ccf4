"""The client that other systems embed, against a service over a real connection."""

import json
import socket
import threading

import openpyxl
import pytest
import uvicorn

from nlp_service.app import create_app
from nlp_service.client import Client, ServiceError
from nlp_service.jobs.worker import working
from tests.callers import KEY
from tests.jobs.letters import jsonl, rows


@pytest.fixture
def url(keeping_settings, default_bundle_folder, store, quick_assessor):
    """Where a service with a worker listens."""

    def load(settings):
        return quick_assessor

    settings = keeping_settings.model_copy(update={"bundle": default_bundle_folder})
    app = create_app(settings, assessor=quick_assessor, store=store)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        with working(settings, store=store, load=load):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        thread.join()


def test_a_program_hands_a_file_in_waits_and_reads(url, tmp_path):
    path = tmp_path / "二月来信.jsonl"
    path.write_bytes(jsonl(rows(40, row3="！！")))
    client = Client(url, key=KEY)

    job = client.submit(path, mode="fast", store=False, source="热线", columns={"正文": "诉求内容"})
    heard = []
    done = client.wait(job.key, every_s=0.1, report=heard.append)

    assert (done.state, done.done, done.refused, done.final) == ("done", 39, 1, True)
    assert (done.told["name"], done.told["options"]["source"]) == ("二月来信.jsonl", "热线")
    assert heard[-1] == done
    lines = list(client.results(job.key))
    assert [line["row"] for line in lines] == list(range(1, 41))
    assert list(client.results(job.key, from_row=40)) == lines[39:]
    for format in ("ndjson", "csv", "xlsx"):
        client.download(job.key, tmp_path / f"out.{format}", format=format)
    assert [
        json.loads(line) for line in (tmp_path / "out.ndjson").read_bytes().splitlines()
    ] == lines
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").active.max_row == 41
    assert client.cancel(job.key).state == "done"


def test_results_are_followed_and_the_same_request_is_one_job(url):
    client = Client(url, key=KEY)
    content = jsonl(rows(600))

    first, again = (
        client.submit(content, mode="fast", store=False, idempotency_key="k") for _ in range(2)
    )

    assert again.key == first.key
    assert sum(1 for _ in client.results(first.key, follow=True)) == 600


def test_what_the_service_refuses_is_told_with_its_code(url):
    client = Client(url, key=KEY, patience_s=1)

    with pytest.raises(ServiceError, match="4711") as refused:
        client.look(4711)
    assert (refused.value.status, refused.value.code) == (404, "record_unknown")
    with pytest.raises(ServiceError) as refused:
        client.submit(b"{}", name="来信.exe")
    assert refused.value.status == 415


def test_a_service_that_is_not_there_is_waited_for_and_then_told():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(ConnectionError, match="cannot be reached"):
        Client(f"http://127.0.0.1:{port}", patience_s=0.6).look(1)
