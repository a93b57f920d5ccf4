from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from nlp_service.domain.audit import RecordKind
from nlp_service.domain.errors import AccountRefused, InvalidSubmission, RecordUnknown
from nlp_service.domain.people import SCOPES, Permission
from nlp_service.people.tokens import hash_token

BOTH = {Permission.READ, Permission.ASSESS}


def test_a_key_lets_in_and_is_kept_only_as_a_hash(work):
    key, token = work.api_keys.add(" 热线平台 ", BOTH, expires_at=None)

    assert token.startswith(f"{key.prefix}_")
    assert work.api_keys.find(token) == key
    assert (key.name, key.scopes, key.created_by) == ("热线平台", BOTH, "张三")
    rows = work.connection.execute(text("SELECT k::text FROM nlp.api_keys k")).scalars().all()
    assert hash_token(token).hex() in str(rows)
    assert token not in str(rows)


def test_what_only_resembles_a_key_lets_nobody_in(work):
    key, token = work.api_keys.add("热线平台", BOTH, expires_at=None)

    for wrong in (key.prefix, f"{key.prefix}_", token[:-1], f"{token}x", token.upper(), "", "路"):
        assert work.api_keys.find(wrong) is None


def test_a_key_that_is_over_or_revoked_lets_nobody_in(work):
    soon = datetime.now(UTC) + timedelta(hours=1)
    _, over = work.api_keys.add("往年", BOTH, expires_at=soon)
    work.connection.execute(text("UPDATE nlp.api_keys SET expires_at = now()"))
    revoked, token = work.api_keys.add("旧平台", BOTH, expires_at=soon)

    assert work.api_keys.find(over) is None
    assert work.api_keys.find(token) is not None
    after = work.api_keys.revoke(revoked.key)
    assert work.api_keys.find(token) is None
    assert (after.revoked_by, after.revoked_at is None) == ("张三", False)
    assert work.api_keys.revoke(revoked.key) == after
    assert [one.name for one in work.api_keys.list()] == ["往年", "旧平台"]


def test_keys_are_audited_without_the_secret(work):
    key, token = work.api_keys.add("热线平台", BOTH, expires_at=None)
    work.api_keys.revoke(key.key)

    added, revoked = work.audit.of(RecordKind.KEY, key.key)
    told = {"name": "热线平台", "prefix": key.prefix}
    assert added.after == {**told, "scopes": ["assess", "read"], "expires_at": None}
    assert revoked.before == told
    assert token not in str((added, revoked))
    assert hash_token(token).hex() not in str((added, revoked))


@pytest.mark.parametrize(
    ("name", "scopes", "why"),
    [
        ("", BOTH, "名称"),
        ("名" * 61, BOTH, "名称"),
        ("平台", set(), "至少给密钥一项权限"),
        ("平台", {Permission.READ, Permission.MANAGE}, "密钥不能有这些权限：manage"),
    ],
)
def test_a_key_that_nobody_should_have_is_not_made(work, name, scopes, why):
    with pytest.raises(AccountRefused, match=why):
        work.api_keys.add(name, scopes, expires_at=None)


def test_a_name_of_several_lines_is_refused(work):
    with pytest.raises(InvalidSubmission):
        work.api_keys.add("平台\n密钥：别人", BOTH, expires_at=None)


def test_an_end_in_the_past_is_refused(work):
    with pytest.raises(AccountRefused, match="已经过去"):
        work.api_keys.add("平台", SCOPES, expires_at=datetime.now(UTC))


def test_a_key_is_found_by_its_beginning(work):
    key, _ = work.api_keys.add("平台", BOTH, expires_at=None)

    assert work.api_keys.with_prefix(key.prefix) == key
    with pytest.raises(RecordUnknown):
        work.api_keys.with_prefix("nlp_zzzzzzzz")
