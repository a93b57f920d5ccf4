"""Letting tests in: by a key of the settings where there is no store, else by one in the store."""

from datetime import UTC, datetime, timedelta
from functools import cache

from argon2 import PasswordHasher

from nlp_service.domain.people import SCOPES, UserRole
from nlp_service.people.passwords import Passwords
from nlp_service.people.tokens import hash_token
from nlp_service.settings import Settings

KEY = f"nlp_testtest_{'k' * 43}"
KEYS = f"测试:{hash_token(KEY).hex()}"
ACTOR = "密钥：测试"
"""Whom the audit names where a test acts by the key."""
BEARER = {"Authorization": f"Bearer {KEY}"}
FORGETFUL = Settings(store=False, keys=KEYS)
"""Of a service that keeps nothing."""

PASSWORD = "三只鸭子过了石桥去看戏"


@cache
def passwords():
    """As the service verifies, but quick."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def bearer(store, *, name="测试", scopes=SCOPES, days=1):
    """The header of a new key in a store."""
    until = datetime.now(UTC) + timedelta(days=days)
    with store.transaction(actor="admin") as office:
        _, token = office.api_keys.add(name, scopes, expires_at=until)
    return {"Authorization": f"Bearer {token}"}


def add_user(store, name, role=UserRole.SECRETARY, password=PASSWORD):
    """A user who has chosen a password already."""
    kept = passwords().hash(password)
    with store.transaction(actor="admin") as office:
        user = office.users.add(name, role, password_hash=kept)
        return office.users.change_password(user.key, password_hash=kept)


def sign_in(client, name, password=PASSWORD):
    """Sign a client in by JSON; from then on it sends the cookie and the CSRF token."""
    client.headers.pop("Authorization", None)
    answer = client.post("/v1/session", json={"name": name, "password": password})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return answer.json()
