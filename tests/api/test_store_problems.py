"""What stored records refuse is a problem with a code of its own; nothing of a text is told."""

import logging

import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from nlp_service.api.problems import PROBLEMS, Problem
from nlp_service.app import create_app
from nlp_service.domain.errors import DatabaseNewer, DataDamaged, StoreError
from nlp_service.settings import Settings
from tests.callers import BEARER, KEYS
from tests.databases import fill_up, settings_for

ONE = "/v1/assessments"
IMPORT = "/v1/submissions:import?source=archive"
DRAIN = "南门口的下水道一下雨就倒灌，一楼三户人家进过水，请疏通。"
CSV = {"Content-Type": "text/csv"}


def check(response, code):
    assert response.headers["Content-Type"] == "application/problem+json", response.text
    problem = Problem.model_validate(response.json())
    assert (problem.code, response.status_code) == (code, PROBLEMS[code].status)
    assert problem.title == PROBLEMS[code].title
    return problem.detail


def add(client, number):
    answer = client.post(ONE, json={"id": str(number), "body": f"{DRAIN}第{number}次反映。"})
    return answer.json()["stored"]["key"]


def take_number_twice(client):
    add(client, 1)
    return client.post(ONE, json={"id": "1", "body": "河堤上的护栏断了两处，请修好。"})


def delete_a_member(client):
    keys = [add(client, number) for number in (1, 2)]
    client.post("/v1/merges", json={"submissions": keys, "lead": keys[0]})
    return client.delete(f"/v1/submissions/{keys[0]}")


PROVOCATIONS = {
    "record_unknown": lambda client: client.get("/v1/submissions/4711"),
    "reference_taken": take_number_twice,
    "merge_refused": delete_a_member,
    "invalid_cursor": lambda client: client.get("/v1/submissions?cursor=abc"),
    "invalid_name": lambda client: client.post(ONE, json={"id": "号" * 201, "body": DRAIN}),
    "unreadable_archive": lambda client: client.post(IMPORT, content="标题\n停车难\n", headers=CSV),
}


@pytest.mark.parametrize("code", PROVOCATIONS)
def test_answer_problem_is_as_documented(office, code):
    detail = check(PROVOCATIONS[code](office), code)

    digits = str.maketrans("", "", "0123456789")
    assert detail.translate(digits) == PROBLEMS[code].detail.translate(digits)


def test_a_number_that_is_taken_is_not_repeated(office):
    office.post(ONE, json={"id": "号码甲", "body": DRAIN})

    response = office.post(ONE, json={"id": "号码甲", "body": "河堤上的护栏断了。"})

    check(response, "reference_taken")
    assert "号码甲" not in response.text


@pytest.mark.parametrize(
    ("method", "path", "detail"),
    [
        ("get", "/v1/submissions/0", "地址中的 key：应不小于 1。"),
        ("get", "/v1/submissions/a", "地址中的 key：应为整数。"),
        ("get", f"/v1/merges/{2**63}", f"地址中的 key：应不大于 {2**63 - 1}。"),
        ("get", "/v1/submissions?limit=501", "查询参数 limit：应不大于 500。"),
        ("get", "/v1/submissions?least_urgency=9", "查询参数 least_urgency：应不大于 4。"),
        ("get", "/v1/submissions?least_score=nan", "查询参数 least_score：应不大于 100。"),
        ("get", "/v1/submissions?least_score=x", "查询参数 least_score：应为数。"),
        (
            "get",
            "/v1/submissions?dated_from=昨天",
            "查询参数 dated_from：应为日期，如 2026-01-31。",
        ),
        (
            "get",
            "/v1/submissions?kind=letter",
            "查询参数 kind：不是允许的取值，可用：proposal、opinion_report、public_message、"
            "unknown。",
        ),
        (
            "post",
            "/v1/submissions:import?source=a&mode=x",
            "查询参数 mode：不是允许的取值，可用：fast、accurate、auto。",
        ),
        ("post", "/v1/submissions:import", "查询参数 source：缺少这一项。"),
    ],
)
def test_an_unfit_address_says_where_and_what_to_do(office, method, path, detail):
    assert check(getattr(office, method)(path), "invalid_request") == detail


def test_words_are_not_looked_for_in_restricted_submissions(office):
    response = office.get("/v1/submissions", params={"words": "下水道", "restricted": "true"})

    assert check(response, "invalid_request") == "限阅来件不能按词句检索，请去掉 words。"


@pytest.mark.parametrize("name", ["%0A", "a" * 201])
def test_an_actor_that_is_no_name_is_refused(office, name):
    response = office.post(ONE, json={"body": DRAIN}, headers={"X-Actor": f"a{name}b"})

    assert "X-Actor" in check(response, "invalid_name")


# --- without a store ------------

NEEDING_A_STORE = [
    ("get", "/v1/submissions"),
    ("get", "/v1/submissions/1"),
    ("delete", "/v1/submissions/1"),
    ("post", "/v1/submissions/1:restrict"),
    ("post", "/v1/submissions/1:unrestrict"),
    ("get", "/v1/merges/1"),
    ("post", "/v1/merges/1:undo"),
    ("post", "/v1/reviews/1:undo"),
    ("get", "/v1/imports"),
    ("get", "/v1/imports/1"),
]


@pytest.mark.parametrize(("method", "path"), NEEDING_A_STORE)
def test_a_service_without_a_store_says_so(client, method, path):
    assert "NLP_STORE=false" in check(getattr(client, method)(path), "store_disabled")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/v1/submissions/1/outcomes", {"disposition": "filed"}),
        ("post", "/v1/submissions/1/reviews", {"confirm": True}),
        ("post", "/v1/reviews:confirm", {"submissions": [1]}),
        ("post", "/v1/merges", {"submissions": [1, 2], "lead": 1}),
        ("put", "/v1/merges/1/lead", {"lead": 1}),
        ("post", f"{ONE}?store=true", {"body": DRAIN}),
        ("post", f"{ONE}:batch?store=true", {"submissions": [{"body": DRAIN}]}),
        ("post", IMPORT, {"body": DRAIN}),
    ],
)
def test_a_service_without_a_store_takes_nothing_in(client, method, path, body):
    check(getattr(client, method)(path, json=body), "store_disabled")


def test_a_service_without_a_store_assesses_as_ever(client):
    answer = client.post(ONE, json={"body": DRAIN}).json()

    assert (answer["topic"]["code"], answer["stored"]) == (answer["topic"]["code"], None)
    assert client.get("/readyz").json()["store"] == "off"


def test_before_the_start_nothing_is_ready(idle_client):
    check(idle_client.get("/v1/submissions"), "not_ready")


# --- a database that fails ------------


@pytest.fixture
def forsaken_client(embedded, quick_assessor):
    """A client of a service whose database has gone."""
    address = embedded.migrated()
    with TestClient(
        create_app(settings_for(address), assessor=quick_assessor), headers=BEARER
    ) as client:
        assert client.get("/readyz").json()["store"] == "ready"
        embedded.execute(f"DROP DATABASE {address.database} WITH (FORCE)")
        yield client


def test_a_database_that_went_away_is_told_and_logged_without_a_text(forsaken_client, caplog):
    caplog.set_level(logging.DEBUG)

    detail = check(forsaken_client.post(ONE, json={"body": DRAIN}), "store_unavailable")

    assert detail == PROBLEMS["store_unavailable"].detail
    assert "数据库" in caplog.text
    assert DRAIN[:5] not in caplog.text
    check(forsaken_client.get("/readyz"), "store_unavailable")
    check(forsaken_client.get("/v1/submissions"), "store_unavailable")
    assert forsaken_client.post(f"{ONE}?store=false", json={"body": DRAIN}).status_code == 200


def test_a_disk_without_room_for_an_archive_is_told(
    small_disk, keeping_settings, quick_assessor, store
):
    settings = keeping_settings.model_copy(update={"data": small_disk})
    (small_disk / "incoming").mkdir()
    fill_up(small_disk, leave=100_000)
    archive = f"body\n{DRAIN}\n" * 10_000

    with TestClient(
        create_app(settings, assessor=quick_assessor, store=store), headers=BEARER
    ) as client:
        response = client.post(IMPORT, content=archive.encode(), headers=CSV)

    assert check(response, "store_full") == PROBLEMS["store_full"].detail
    assert list((small_disk / "incoming").iterdir()) == []


def test_a_database_of_a_later_program_stops_the_start(embedded, quick_assessor):
    address = embedded.migrated()
    embedded.execute("UPDATE nlp.alembic_version SET version_num = '9999'", address)

    with (
        pytest.raises(DatabaseNewer, match="9999"),
        TestClient(create_app(settings_for(address), assessor=quick_assessor), headers=BEARER),
    ):
        pass
    assert embedded.execute("SELECT version_num FROM nlp.alembic_version", address) == [("9999",)]


def test_a_damaged_folder_stops_the_start(data, quick_assessor):
    (data / "PG_VERSION").unlink()
    settings = Settings(data=data.parent, keys=KEYS)
    before = sorted(path.name for path in data.iterdir())

    with (
        pytest.raises(DataDamaged, match="已损坏"),
        TestClient(create_app(settings, assessor=quick_assessor), headers=BEARER),
    ):
        pass
    assert sorted(path.name for path in data.iterdir()) == before


def test_a_service_starts_its_embedded_server_and_stops_it(data, quick_assessor):
    app = create_app(Settings(data=data.parent, keys=KEYS), assessor=quick_assessor)
    with TestClient(app, headers=BEARER) as client:
        assert client.post(ONE, json={"body": DRAIN}).json()["stored"]["created"]
        assert (data / "postmaster.pid").exists()

    assert not (data / "postmaster.pid").exists()
    assert TestClient(app).get("/readyz").status_code == 503


def test_a_store_that_was_given_stays_open(session_store, keeping_settings, quick_assessor):
    app = create_app(keeping_settings, assessor=quick_assessor, store=session_store)
    with TestClient(app):
        pass

    session_store.check()


def test_an_unreachable_server_stops_the_start(quick_assessor, folder):
    nowhere = URL.create("postgresql", "a", host="127.0.0.1", port=1, database="b")

    with (
        pytest.raises(StoreError, match="连不上"),
        TestClient(create_app(settings_for(nowhere), assessor=quick_assessor), headers=BEARER),
    ):
        pass
