import pytest
from starlette.testclient import TestClient

from nlp_service.domain.people import UserRole
from tests.callers import ACTOR, add_user, sign_in

USERS, KEYS, AUDIT = "/v1/users", "/v1/keys", "/v1/audit"


@pytest.fixture
def boss(office, store):
    """A client in which an admin has signed in."""
    add_user(store, "头儿", UserRole.ADMIN)
    client = TestClient(office.app)
    sign_in(client, "头儿")
    return client


@pytest.fixture
def zhang(boss):
    """A user, as the answer told."""
    return boss.post(USERS, json={"name": "张三", "role": "secretary"}).json()


def code_of(response):
    return response.json()["code"]


def test_a_new_user_gets_a_password_that_works_once(boss, zhang, office):
    assert zhang["user"]["created_by"] == "头儿"
    client = TestClient(office.app)

    assert sign_in(client, "张三", zhang["one_time_password"])["must_change_password"]
    change = {"current": zhang["one_time_password"], "new": "雨后竹笋九十九辆单车"}
    assert client.put("/v1/session/password", json=change).status_code == 200
    listed = {user["name"]: user for user in boss.get(USERS).json()["items"]}
    assert (listed["张三"]["one_time_until"], listed["张三"]["role"]) == (None, "secretary")
    assert zhang["one_time_password"] not in boss.get(USERS).text


@pytest.mark.parametrize("name", ["张三", "张三 ", "李", "张三\n", "", "密钥：张三", "a" * 40])
def test_a_user_that_cannot_be_is_refused(boss, zhang, name):
    answer = boss.post(USERS, json={"name": name})

    assert (answer.status_code, code_of(answer)) == (409, "account_refused")


def test_a_user_without_a_role_may_only_look(boss):
    assert boss.post(USERS, json={"name": "李四"}).json()["user"]["role"] == "viewer"


def test_a_user_is_given_a_role_disabled_and_enabled(boss, zhang, office):
    path = f"{USERS}/{zhang['user']['key']}"
    client = TestClient(office.app)
    sign_in(client, "张三", zhang["one_time_password"])

    assert boss.put(f"{path}/role", json={"role": "committee"}).json()["role"] == "committee"
    assert client.get("/v1/session").status_code == 401
    assert boss.post(f"{path}:disable").json()["disabled_at"]
    told = {"name": "张三", "password": zhang["one_time_password"]}
    assert code_of(client.post("/v1/session", json=told)) == "sign_in_failed"
    assert boss.post(f"{path}:enable").json()["disabled_at"] is None
    assert client.post("/v1/session", json=told).status_code == 200


def test_a_reset_gives_another_password(boss, zhang, office):
    answer = boss.post(f"{USERS}/{zhang['user']['key']}:reset-password").json()

    assert answer["one_time_password"] != zhang["one_time_password"]
    client = TestClient(office.app)
    assert sign_in(client, "张三", answer["one_time_password"])["must_change_password"]


def test_the_last_admin_stays(boss):
    (admin,) = boss.get(USERS).json()["items"]
    for answer in (
        boss.post(f"{USERS}/{admin['key']}:disable"),
        boss.put(f"{USERS}/{admin['key']}/role", json={"role": "viewer"}),
    ):
        assert (answer.status_code, code_of(answer)) == (409, "account_refused")
        assert "最后一个管理员" in answer.json()["detail"]


@pytest.mark.parametrize("act", [":disable", ":enable", ":reset-password"])
def test_a_user_who_is_not_there_is_not_found(boss, act):
    assert code_of(boss.post(f"{USERS}/999{act}")) == "record_unknown"


def test_a_key_is_told_once_and_lets_in_until_it_is_revoked(boss, office):
    made = boss.post(KEYS, json={"name": "热线平台", "scopes": ["read", "assess"]}).json()
    client = TestClient(office.app, headers={"Authorization": f"Bearer {made['token']}"})

    assert client.get("/v1/submissions").status_code == 200
    assert client.get("/v1/session").json()["permissions"] == ["assess", "read"]
    (listed,) = boss.get(KEYS).json()["items"]
    assert made["token"] not in boss.get(KEYS).text
    assert made["token"].startswith(listed["prefix"])
    assert listed["used_at"] is not None
    assert listed["expires_at"] is not None
    assert boss.post(f"{KEYS}/{made['key']['key']}:revoke").json()["revoked_by"] == "头儿"
    assert client.get("/v1/submissions").status_code == 401


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"scopes": ["manage"]}, 409),
        ({"scopes": []}, 409),
        ({"name": " "}, 409),
        ({"name": "平台\n别的"}, 422),
        ({"scopes": ["everything"]}, 422),
        ({"valid_days": 0}, 422),
        ({"valid_days": 10**9}, 422),
    ],
)
def test_a_key_that_nobody_should_have_is_refused(boss, fields, status):
    answer = boss.post(KEYS, json={"name": "平台", "scopes": ["read"], **fields})

    assert answer.status_code == status
    assert boss.get(KEYS).json()["items"] == []


def test_the_audit_tells_who_managed_what_and_holds_no_secret(boss, zhang, office):
    made = boss.post(KEYS, json={"name": "平台", "scopes": ["read"], "valid_days": None}).json()
    boss.post(f"{KEYS}/{made['key']['key']}:revoke")
    boss.put(f"{USERS}/{zhang['user']['key']}/role", json={"role": "viewer"})

    answer = boss.get(AUDIT)
    newest = [(one["actor"], one["action"]) for one in answer.json()["items"]]
    assert newest[:5] == [
        ("头儿", "role_changed"),
        ("头儿", "key_revoked"),
        ("头儿", "key_added"),
        ("头儿", "user_added"),
        ("头儿", "signed_in"),
    ]
    assert made["token"] not in answer.text
    assert zhang["one_time_password"] not in answer.text
    changed = answer.json()["items"][0]
    assert (changed["before"], changed["after"]) == ({"role": "secretary"}, {"role": "viewer"})


def test_the_audit_is_paged(office):
    for number in range(7):
        office.post("/v1/assessments", json={"body": f"第{number}个路口的红绿灯不亮。"})
    seen, before = [], None
    while True:
        params = {"limit": 5} | ({"before": before} if before else {})
        page = office.get(AUDIT, params=params).json()
        seen += page["items"]
        before = page["next_before"]
        if before is None:
            break

    assert [one["key"] for one in seen] == list(range(14, 0, -1))
    assert {one["actor"] for one in seen} == {ACTOR}
