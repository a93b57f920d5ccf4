import json
import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from contextlib import suppress
from urllib.parse import quote

import pytest
from sqlalchemy import make_url

from nlp_service.api.examples import PUBLIC_MESSAGE


def url_in(said):
    return re.search(r"http://\S+?(?=/)", said).group()


def key_in(said):
    return re.search(r"Bearer (nlp_\S+?)'", said).group(1)


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_serve_prints_an_address_that_answers_and_a_curl_that_works(serving):
    with serving("--port", "0") as (_, said):
        with urllib.request.urlopen(url_in(said) + "/", timeout=20) as page:
            assert (page.status, page.url) == (200, f"{url_in(said)}/login")
        curl = said.strip().splitlines()[-1]
        done = subprocess.run(["bash", "-c", f"{curl} -s"], capture_output=True, timeout=20)

    answer = json.loads(done.stdout)
    assert answer["id"] == PUBLIC_MESSAGE["id"]
    assert answer["topic"]["name"] == "城市管理"


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_serve_stops_in_order_when_told_to(serving, ending):
    with serving("--port", "0") as (service, said):
        service.send_signal(ending)
        rest, errors = service.communicate(timeout=20)

    assert service.returncode == 0
    assert "服务已停止" in errors
    assert "Traceback" not in rest + errors
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url_in(said), timeout=5)


def test_serve_logs_no_text_of_a_submission(serving):
    with serving("--port", "0") as (service, said):
        for body in ('{"body": "路灯坏了"}', '{"body": 5, "title": "路灯"}', "路灯"):
            address = f"{url_in(said)}/v1/assessments?{quote('路灯')}=1"
            json_only = {"Content-Type": "application/json", **bearer(key_in(said))}
            with suppress(urllib.error.HTTPError):
                urllib.request.urlopen(
                    urllib.request.Request(address, body.encode(), json_only), timeout=20
                ).close()
        service.terminate()
        rest, errors = service.communicate(timeout=20)

    assert "路灯" not in rest + errors
    assert quote("路灯") not in rest + errors


def test_serve_takes_the_port_from_the_environment_and_an_option_before_it(serving, taken_port):
    with serving(NLP_PORT="0") as (_, said):
        assert int(url_in(said).rpartition(":")[2]) > 0
    with serving("--port", "0", NLP_PORT=str(taken_port)) as (_, said):
        assert url_in(said) != f"http://127.0.0.1:{taken_port}"


@pytest.mark.slow
def test_serve_for_other_machines_prints_an_address_for_this_one(serving):
    with serving("--port", "0", "--host", "0.0.0.0") as (_, said):
        assert url_in(said).startswith("http://127.0.0.1:")


def test_serve_on_a_taken_port_offers_another(nlp_service, taken_port):
    done = nlp_service("serve", "--port", taken_port)

    assert done.returncode == 1
    assert f"端口 {taken_port} 已被占用" in done.stderr
    assert f"NLP_PORT={taken_port + 1} make run" in done.stderr


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"NLP_PORT": "abc"}, "NLP_PORT（或 --port）应为 0 到 65535 的整数，现为“abc”"),
        ({"NLP_PORT": "65536"}, "NLP_PORT"),
        ({"NLP_HOST": "no-such-host.invalid"}, "地址 no-such-host.invalid 不存在"),
        ({"NLP_HOST": "192.0.2.1"}, "本机没有地址 192.0.2.1"),
        ({"NLP_BUNDLE": "none"}, "none"),
        ({"NLP_LOCAL_TAXONOMY": "none.toml"}, "none.toml"),
        ({"NLP_ENCODER_THREADS": "-1"}, "NLP_ENCODER_THREADS应为不小于 0 的整数"),
        ({"NLP_STORE": "perhaps"}, "NLP_STORE应为 true 或 false，现为“perhaps”"),
        ({"NLP_STORE": "true", "NLP_DATABASE_URL": "nonsense"}, "NLP_DATABASE_URL"),
        ({"NLP_KEYS": "平台:abc"}, "NLP_KEYS应为 名称:SHA-256"),
        ({"NLP_PROXIES": "proxy.local"}, "NLP_PROXIES应为 IP 地址或网段"),
        ({"NLP_FILE_FROM": "101"}, "NLP_FILE_FROM应为 0 到 100 的数"),
        ({"NLP_FILE_FROM": "50", "NLP_CONVERT_FROM": "60"}, "不高于 NLP_FILE_FROM"),
    ],
    ids=str,
)
def test_serve_with_a_setting_that_is_not_usable_says_which(nlp_service, environment, words):
    done = nlp_service("serve", env={**os.environ, "NLP_PORT": "0", **environment})

    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_serve_refuses_a_damaged_bundle_before_it_takes_the_port(
    nlp_service, default_bundle_folder, taken_port, tmp_path
):
    folder = tmp_path / "damaged"
    shutil.copytree(default_bundle_folder, folder)
    with (folder / "model.safetensors").open("ab") as weights:
        weights.write(b"!")

    done = nlp_service("serve", "--port", taken_port, "--bundle", folder)

    assert done.returncode == 1
    assert "model.safetensors" in done.stderr
    assert "端口" not in done.stderr


@pytest.mark.slow
def test_serve_takes_a_port_that_a_service_has_just_left(serving):
    with serving("--port", "0") as (service, said):
        port = url_in(said).rpartition(":")[2]
        urllib.request.urlopen(url_in(said) + "/healthz", timeout=20).close()
        service.terminate()
        service.wait(timeout=20)
    with serving("--port", port) as (_, again):
        assert url_in(again) == url_in(said)


# --- with a store ------------


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


def ask(address, content=None, *, key, content_type="application/json"):
    headers = {"Content-Type": content_type, **bearer(key)}
    return urllib.request.urlopen(urllib.request.Request(address, content, headers), timeout=20)


@pytest.fixture
def add_key(nlp_service):
    """Make a key in the store of an environment, as an operator would."""

    def add(environment):
        done = nlp_service("keys", "add", "平台", env=environment)
        return re.search(r"nlp_\w{8}_\S+", done.stdout).group()

    return add


def test_serve_keeps_what_it_assesses_and_stops_its_server(serving, data, add_key):
    body = json.dumps({"body": "桥头的减速带磨平了，车开得很快。"}).encode()
    environment = {"NLP_STORE": "true", "NLP_DATA": str(data.parent)}
    key = add_key(environment)
    with serving("--port", "0", **environment) as (service, said):
        with ask(f"{url_in(said)}/readyz", key=key) as answer:
            assert json.load(answer)["store"] == "ready"
        with ask(f"{url_in(said)}/v1/assessments", body, key=key) as answer:
            assert json.load(answer)["stored"] == {"key": 1, "created": True}
        assert (data / "postmaster.pid").exists()
        service.terminate()
        _, errors = service.communicate(timeout=20)

    assert service.returncode == 0, errors
    assert not (data / "postmaster.pid").exists()
    with serving("--port", "0", **environment) as (service, said):
        with ask(f"{url_in(said)}/v1/submissions", key=key) as answer:
            assert [item["key"] for item in json.load(answer)["items"]] == [1]
        service.terminate()
        service.communicate(timeout=20)


def test_serve_refuses_a_damaged_folder_before_it_takes_the_port(nlp_service, data, taken_port):
    (data / "PG_VERSION").unlink()
    before = sorted(path.name for path in data.iterdir())

    done = nlp_service(
        "serve",
        "--port",
        taken_port,
        env={"NLP_STORE": "true", "NLP_DATA": str(data.parent)},
    )

    assert done.returncode == 1
    assert f"数据文件夹 {data} 已损坏" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert sorted(path.name for path in data.iterdir()) == before


def test_serve_refuses_a_database_of_a_later_program(nlp_service, embedded, keeping):
    address = make_url(keeping["NLP_DATABASE_URL"])
    embedded.execute("UPDATE nlp.alembic_version SET version_num = '9999'", address)

    done = nlp_service("serve", "--port", "0", env=keeping)

    assert done.returncode == 1
    assert "由更新版本的程序写成，未作任何改动" in done.stderr
    assert embedded.execute("SELECT version_num FROM nlp.alembic_version", address) == [("9999",)]


def test_serve_killed_in_an_import_loses_no_row_that_it_told(serving, keeping, add_key):
    archive = "".join(
        json.dumps({"reference": str(number), "body": f"第{number}个路口的红绿灯不亮。"}) + "\n"
        for number in range(1200)
    ).encode()
    path = f"/v1/submissions:import?source={quote('往年')}&mode=fast"
    key = add_key(keeping)
    ndjson = {"content_type": "application/x-ndjson", "key": key}
    with serving("--port", "0", **keeping) as (service, said):
        with ask(url_in(said) + path, archive, **ndjson) as answer:
            told = [json.loads(answer.readline())["progress"] for _ in range(3)][-1]
            service.kill()
            service.wait(timeout=20)
    assert service.returncode == -signal.SIGKILL
    assert (told["stored"], told["state"]) == (told["mark"], "unfinished")

    with serving("--port", "0", **keeping) as (service, said):
        with ask(f"{url_in(said)}/v1/imports/{told['key']}", key=key) as answer:
            found = json.load(answer)
        assert told["mark"] <= found["mark"] == found["stored"] < 1200
        with ask(url_in(said) + path, archive, **ndjson) as answer:
            *_, last = map(json.loads, answer.read().splitlines())
        references = []
        cursor = ""
        while cursor is not None:
            with ask(f"{url_in(said)}/v1/submissions?limit=500{cursor}", key=key) as answer:
                page = json.load(answer)
            references += [int(item["reference"]) for item in page["items"]]
            cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"

    assert last["summary"]["state"] == "done"
    assert (last["summary"]["stored"], last["summary"]["known"]) == (1200, 0)
    assert sorted(references) == list(range(1200))


def test_the_json_log_has_an_object_for_each_request_and_no_word_of_it(serving):
    with serving("--port", "0", NLP_LOG_FORMAT="json") as (service, said):
        request = urllib.request.Request(
            url_in(said) + "/healthz?" + quote("柳树湾举报人王某某"),
            headers={"X-Request-ID": "n-1"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.headers["X-Request-ID"] == "n-1"
        service.terminate()
        _, errors = service.communicate(timeout=20)

    lines = [json.loads(line) for line in errors.splitlines() if line.startswith("{")]
    (line,) = [line for line in lines if line["event"] == "request"]
    assert (line["request_id"], line["route"], line["status"]) == ("n-1", "/healthz", 200)
    assert {"at", "ms", "method", "logger"} <= set(line)
    assert "柳树湾" not in errors
    assert quote("柳树湾") not in errors
