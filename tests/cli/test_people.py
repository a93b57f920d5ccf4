"""Users, keys and the audit by commands; what the first start says."""

import json
import re
import urllib.request
from functools import partial

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, make_url, text

from nlp_service.cli import main
from nlp_service.people.tokens import hash_token


def run(*arguments, fails=False, **environment):
    """Run a command here, which is quicker than in a process; return what it said."""
    done = CliRunner().invoke(main, arguments, env=environment)
    assert (done.exit_code == 1) == fails, done.output
    return done.stderr if fails else done.stdout


@pytest.fixture
def manage(keeping):
    """Run a command on a store of its own."""
    return partial(run, **keeping)


def password_in(said):
    return re.search(r"一次性口令[：\s]\s*((?:\w{4}-){3}\w{4})", said).group(1)


def test_users_are_added_listed_and_disabled(manage):
    assert "还没有用户" in manage("users", "list")
    first = password_in(manage("users", "add", "头儿", "--role", "admin"))
    assert password_in(manage("users", "reset", "头儿")) != first
    manage("users", "add", "张三")
    manage("users", "role", "张三", "secretary")
    assert "已停用 张三" in manage("users", "disable", "张三")

    listed = manage("users", "list")
    assert re.search(r"头儿\s+admin\s+一次性口令", listed)
    assert re.search(r"张三\s+secretary\s+已停用", listed)
    assert first not in listed
    assert "最后一个管理员" in manage("users", "disable", "头儿", fails=True)
    assert "没有名为 李四 的用户" in manage("users", "reset", "李四", fails=True)
    assert "已有名为 张三 的用户" in manage("users", "add", " 张三", fails=True)
    assert "用户名应是" in manage("users", "add", "张 三", fails=True)


def test_keys_are_added_listed_and_revoked(manage):
    said = manage("keys", "add", "热线", "--scope", "read", "--scope", "metrics", "--days", "30")
    token = re.search(r"nlp_\S+", said).group()
    prefix = token[:12]

    assert re.search(rf"{prefix}\s+热线\s+.*失效\s+—\s+read、metrics", manage("keys", "list"))
    assert token not in manage("keys", "list")
    assert "已撤销" in manage("keys", "revoke", prefix)
    assert "撤销" in manage("keys", "list")
    assert "没有以此开头的密钥" in manage("keys", "revoke", "nlp_zzzzzzzz", fails=True)


def test_the_audit_is_shown_and_verified(manage, keeping):
    manage("users", "add", "张三")
    manage("keys", "add", "热线")
    said = manage("audit", "verify")
    head = re.search(r"末条：(2:\w{64})", said).group(1)
    assert "2 条" in said
    shown = manage("audit", "show")
    assert re.search(r"命令行：\S+\s+key_added", shown)
    assert re.search(r"user_added\s+user 1\s+— → ", shown)

    engine = create_engine(make_url(keeping["NLP_DATABASE_URL"]))
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE nlp.audit SET actor = '别人' WHERE key = 1"))
    assert "第 1 条被改动过" in manage("audit", "verify", fails=True)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("DELETE FROM nlp.audit"))
    engine.dispose()
    assert "0 条" in manage("audit", "verify")
    assert "末尾被截去" in manage("audit", "verify", "--head", head, fails=True)
    assert "应写成" in manage("audit", "verify", "--head", "x", fails=True)


@pytest.mark.parametrize("command", [("users", "list"), ("keys", "list"), ("audit", "show")])
def test_without_a_store_there_are_no_people(command):
    assert "没有开启存储" in run(*command, fails=True)


def test_without_a_store_a_key_is_made_for_the_settings():
    said = run("keys", "add", "热线")
    token, name, digest = re.search(r"(nlp_\S+)[\s\S]*NLP_KEYS=(热线):(\w{64})", said).groups()

    assert (name, digest) == ("热线", hash_token(token).hex())
    for limit in (("--scope", "read"), ("--days", "30")):  # which such a key cannot keep
        assert "NLP_STORE=false" in run("keys", "add", "热线", *limit, fails=True)


@pytest.mark.parametrize("group", ["users", "keys", "audit"])
def test_every_command_explains_itself_in_chinese(group):
    for command in ("", *main.commands[group].commands):
        said = run(group, *filter(None, [command]), "--help")
        assert len(re.findall(r"[\u4e00-\u9fff]", said)) > 10, command


def test_the_first_start_tells_a_password_that_lets_in(serving, keeping):
    with serving("--port", "0", **keeping) as (_, said):
        assert "用户名 admin" in said
        password = password_in(said)
        url = re.search(r"http://\S+?(?=/)", said).group()
        body = json.dumps({"name": "admin", "password": password}).encode()
        json_only = {"Content-Type": "application/json"}
        asked = urllib.request.Request(f"{url}/v1/session", body, json_only)
        with urllib.request.urlopen(asked, timeout=20) as answer:
            assert json.load(answer)["must_change_password"]


@pytest.mark.slow
def test_the_first_password_is_told_once(serving, keeping, nlp_service):
    with serving("--port", "0", **keeping) as (_, said):
        password = password_in(said)
    with serving("--port", "0", **keeping) as (_, again):
        assert password not in again
        assert "nlp-service users reset admin" in again
    password_in(nlp_service("users", "reset", "admin", env=keeping).stdout)


@pytest.mark.slow
def test_listening_for_other_machines_without_a_proxy_is_warned_of(serving):
    for environment, warned in (({}, True), ({"NLP_PROXIES": "10.0.0.1"}, False)):
        with serving("--port", "0", "--host", "0.0.0.0", **environment) as (service, _):
            service.terminate()
            _, errors = service.communicate(timeout=20)
        assert ("明文" in errors) == warned
    with serving("--port", "0") as (service, _):
        service.terminate()
        assert "明文" not in service.communicate(timeout=20)[1]


@pytest.mark.slow
@pytest.mark.parametrize(("proxies", "believed"), [("127.0.0.0/8", True), ("", False)])
def test_only_a_proxy_of_the_settings_is_believed(serving, proxies, believed):
    with serving("--port", "0", NLP_PROXIES=proxies) as (_, said):
        url = re.search(r"http://\S+?(?=/)", said).group()
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.1.2.3"}
        asked = urllib.request.Request(f"{url}/login", headers=forwarded)
        with urllib.request.urlopen(asked, timeout=20) as page:
            cookie = page.headers["Set-Cookie"]

    assert cookie.startswith("__Host-nlp_login=" if believed else "nlp_login=")
    assert ("Secure" in cookie) == believed
