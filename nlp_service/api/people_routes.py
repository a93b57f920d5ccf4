"""The addresses of those who manage: users, keys, the audit."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query

from nlp_service.api import people_documentation as documentation
from nlp_service.api.deps import ActorDep, JsonOnly, StoreDep
from nlp_service.api.limits import MAX_KEY
from nlp_service.api.people_schemas import (
    AuditOut,
    KeyIn,
    KeyListOut,
    KeyOut,
    NewKeyOut,
    OneTimePasswordOut,
    RoleIn,
    UserIn,
    UserListOut,
    UserOut,
    audit_line_of,
    key_of,
    user_of,
)
from nlp_service.api.session_routes import PasswordsDep

people_router = APIRouter(tags=["用户和密钥"])

UserKey = Annotated[int, Path(description="用户的编号。", ge=1, le=MAX_KEY, examples=[2])]
KeyKey = Annotated[int, Path(description="密钥的编号。", ge=1, le=MAX_KEY, examples=[1])]


@people_router.get(
    "/v1/users",
    summary="用户列表",
    description="全部用户；停用的也在，排在后面。",
    responses=documentation.USER_LIST_RESPONSES,
)
def list_users(store: StoreDep) -> UserListOut:
    """List the users."""
    with store.reading() as office:
        return UserListOut(items=[user_of(one) for one in office.users.list()])


@people_router.post(
    "/v1/users",
    summary="添加用户",
    description="一次性口令只在答复里给出一次，请当面或另路告知；首次登录须修改。",
    status_code=201,
    dependencies=[JsonOnly],
    responses=documentation.NEW_USER_RESPONSES,
)
def add_user(
    wanted: UserIn, store: StoreDep, passwords: PasswordsDep, actor: ActorDep
) -> OneTimePasswordOut:
    """Add a user."""
    password, made = passwords.make_one_time()
    with store.transaction(actor=actor) as office:
        user = office.users.add(wanted.name, wanted.role, password_hash=made)
    return OneTimePasswordOut(user=user_of(user), one_time_password=password)


@people_router.put(
    "/v1/users/{key}/role",
    summary="更改角色",
    description="这个用户的会话随即结束，须重新登录。最后一个管理员不能改作别的角色。",
    dependencies=[JsonOnly],
    responses=documentation.ROLE_RESPONSES,
)
def change_role(key: UserKey, wanted: RoleIn, store: StoreDep, actor: ActorDep) -> UserOut:
    """Give a user another role."""
    with store.transaction(actor=actor) as office:
        return user_of(office.users.change_role(key, wanted.role))


@people_router.post(
    "/v1/users/{key}:disable",
    summary="停用用户",
    description="这个用户的会话随即结束，不能再登录。最后一个管理员不能停用。",
    responses=documentation.USER_RESPONSES,
)
def disable_user(key: UserKey, store: StoreDep, actor: ActorDep) -> UserOut:
    """Let a user sign in no more."""
    with store.transaction(actor=actor) as office:
        return user_of(office.users.disable(key))


@people_router.post(
    "/v1/users/{key}:enable",
    summary="启用用户",
    description="让停用的用户能再登录，口令不变。",
    responses=documentation.USER_RESPONSES,
)
def enable_user(key: UserKey, store: StoreDep, actor: ActorDep) -> UserOut:
    """Let a user sign in again."""
    with store.transaction(actor=actor) as office:
        return user_of(office.users.enable(key))


@people_router.post(
    "/v1/users/{key}:reset-password",
    summary="重置口令",
    description="给出新的一次性口令，只此一次；旧口令和会话随即失效，登录的等待也取消。",
    responses=documentation.RESET_RESPONSES,
)
def reset_password(
    key: UserKey, store: StoreDep, passwords: PasswordsDep, actor: ActorDep
) -> OneTimePasswordOut:
    """Give a user a one-time password."""
    password, made = passwords.make_one_time()
    with store.transaction(actor=actor) as office:
        user = office.users.reset_password(key, password_hash=made)
    return OneTimePasswordOut(user=user_of(user), one_time_password=password)


@people_router.get(
    "/v1/keys",
    summary="密钥列表",
    description="全部密钥；撤销的也在，排在后面。",
    responses=documentation.KEY_LIST_RESPONSES,
)
def list_keys(store: StoreDep) -> KeyListOut:
    """List the keys."""
    with store.reading() as office:
        return KeyListOut(items=[key_of(one) for one in office.api_keys.list()])


@people_router.post(
    "/v1/keys",
    summary="发放密钥",
    description="供其他系统使用。密钥本身只在答复里给出一次；默认一年后失效。",
    status_code=201,
    dependencies=[JsonOnly],
    responses=documentation.NEW_KEY_RESPONSES,
)
def add_key(wanted: KeyIn, store: StoreDep, actor: ActorDep) -> NewKeyOut:
    """Make a key."""
    days = wanted.valid_days
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with store.transaction(actor=actor) as office:
        key, token = office.api_keys.add(wanted.name, wanted.scopes, expires_at=expires_at)
    return NewKeyOut(key=key_of(key), token=token)


@people_router.post(
    "/v1/keys/{key}:revoke",
    summary="撤销密钥",
    description="从下一个请求起就不能再用，也不能恢复。",
    responses=documentation.KEY_RESPONSES,
)
def revoke_key(key: KeyKey, store: StoreDep, actor: ActorDep) -> KeyOut:
    """Let nobody in by a key any more."""
    with store.transaction(actor=actor) as office:
        return key_of(office.api_keys.revoke(key))


@people_router.get(
    "/v1/audit",
    summary="审计",
    description="谁在何时做了什么，前后怎样，最近的在前；不含来件内容。只增不改，逐条相扣，"
    "nlp-service audit verify 能查出改动、删除和插入。",
    responses=documentation.AUDIT_RESPONSES,
)
def read_audit(
    store: StoreDep,
    before: Annotated[
        int | None, Query(description="上一页的 next_before。", ge=1, le=MAX_KEY)
    ] = None,
    limit: Annotated[int, Query(description="一页的条数。", ge=1, le=500)] = 50,
) -> AuditOut:
    """Show the audit."""
    with store.reading() as office:
        found = office.audit.latest(before=before, limit=limit + 1)
    more = len(found) > limit
    return AuditOut(
        items=[audit_line_of(one) for one in found[:limit]],
        next_before=found[limit - 1].key if more else None,
    )
