"""What of batch jobs is not for everybody: restricted rows, tables to take along, webhooks."""

import io
import json

import openpyxl
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from nlp_service.api.batch_schemas import BatchLineOut
from nlp_service.app import create_app
from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.people import UserRole
from tests.api.batches import BATCHES, NDJSON, events, submit
from tests.callers import ACTOR, add_user, bearer, passwords, sign_in
from tests.jobs.letters import jsonl, rows

FORMATS = ("ndjson", "csv", "xlsx")
WHOLE = "https://platform.example.cn:8443/hooks/a1b2c3?token=d4e5f6"


def words_of(client, results, *, format, **query):
    """All that results hold, as text."""
    answer = client.get(results, params={"format": format, **query})
    assert answer.status_code == 200, answer.text
    if format != "xlsx":
        return answer.text
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row)


def test_restricted_rows_are_for_who_may_read_them_and_who_handed_them_in(
    desk, worker, session_store
):
    others = [
        TestClient(desk.app, headers=bearer(session_store, name=name, scopes=scopes))
        for name, scopes in (
            ("窗口", {"read", "assess", "export"}),
            ("平台", {"read", "assess", "file", "export"}),
            ("审计", {"read", "read_original", "export"}),
        )
    ]
    window, platform, auditor = others
    key = submit(platform, jsonl(rows(4)), store="true")["key"]
    events(desk, key)
    results = f"{BATCHES}/{key}/results"
    lines = [json.loads(line) for line in platform.get(results).text.splitlines()]
    restricted = lines[1]["assessment"]
    desk.post(f"/v1/submissions/{restricted['stored']['key']}:restrict")

    for client in (platform, auditor, desk):
        for format in FORMATS:
            assert restricted["text"] in words_of(client, results, format=format)
    for format in FORMATS:
        told = words_of(window, results, format=format)
        assert restricted["text"] not in told
        assert "限阅，" in told
        assert lines[2]["assessment"]["text"] in told
        assert "限阅，" not in words_of(window, results, format=format, refused=True)
    BatchLineOut.model_validate_json(window.get(results).text.splitlines()[1])
    desk.post(f"/v1/submissions/{restricted['stored']['key']}:unrestrict")
    assert restricted["text"] in window.get(results).text


def test_tables_that_are_taken_out_are_entries_each_and_lines_one_for_each_reader(
    desk, worker, session_store
):
    key = submit(desk, jsonl(rows(3)))["key"]
    events(desk, key)
    other = TestClient(desk.app, headers=bearer(session_store, name="窗口", scopes={"read"}))
    results = f"{BATCHES}/{key}/results"

    queries = ("format=csv", "format=csv", "format=xlsx", "format=csv&refused=true", "", "from=2")
    for query in queries:
        assert desk.get(f"{results}?{query}").status_code == 200
    assert other.get(results).status_code == 200
    assert other.get(f"{results}?format=csv").status_code == 403

    with session_store.reading() as office:
        entries = office.audit.of(RecordKind.BATCH, key)
    told = [
        (entry.actor, entry.after["what"], entry.after["format"])
        for entry in entries
        if entry.action is Action.EXPORTED
    ]
    assert told == [
        (ACTOR, "results", "csv"),
        (ACTOR, "results", "csv"),
        (ACTOR, "results", "xlsx"),
        (ACTOR, "refused_rows", "csv"),
        (ACTOR, "results", "ndjson"),
        ("密钥：窗口", "results", "ndjson"),
    ]


@pytest.fixture
def notifying(working_settings, session_store, store, quick_assessor):
    """Make a client of a service that may notify a platform, let in by a new key."""
    allowed = {
        "webhook_secret": SecretStr("s"),
        "webhook_hosts": ("platform.example.cn:8443",),
    }
    settings = working_settings.model_copy(update=allowed)
    app = create_app(settings, assessor=quick_assessor, store=session_store)

    def client(name, *scopes):
        headers = bearer(session_store, name=name, scopes=scopes)
        return TestClient(app, headers=headers)

    with TestClient(app):
        app.state.passwords = passwords()
        yield client


def test_a_webhook_is_shown_whole_to_who_gave_it_and_to_who_manages(
    notifying, session_store, caplog
):
    platform = notifying("平台", "assess", "file", "read", "act_for_others")
    reader = notifying("窗口", "read", "file", "metrics")
    add_user(session_store, "管理", UserRole.ADMIN)
    admin = TestClient(platform.app)
    sign_in(admin, "管理")
    on_behalf = {**NDJSON, "X-Actor": "li"}
    told = submit(platform, jsonl(rows(1)), headers=on_behalf, webhook=WHOLE)
    path = f"{BATCHES}/{told['key']}"

    def shown(client):
        one, listed = client.get(path).json(), client.get(BATCHES).json()["items"]
        return {one["options"]["webhook"], listed[0]["options"]["webhook"]}

    assert told["options"]["webhook"] == WHOLE
    assert shown(platform) == shown(admin) == {WHOLE}
    assert shown(reader) == {"https://platform.example.cn:8443"}
    cancelled = reader.delete(path).json()
    ends = [events(client, told["key"])[-1]["data"] for client in (reader, platform)]
    assert cancelled["options"]["webhook"] == "https://platform.example.cn:8443"
    assert ["d4e5f6" in end for end in ends] == [False, True]
    pages = [admin.get(f"/batches/{told['key']}").text, admin.get("/batches").text]
    with session_store.reading() as office:
        entries = office.audit.of(RecordKind.BATCH, told["key"])
    for said in (*pages, reader.get("/metrics").text, str(entries), caplog.text):
        assert "a1b2c3" not in said
        assert "d4e5f6" not in said
