"""设置, who gets in: users and keys. A password or key that was just made is shown once, here."""

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from nlp_service.api.deps import ActorDep, StoreDep
from nlp_service.api.problems import RequestRefused
from nlp_service.api.session_routes import PasswordsDep
from nlp_service.domain.people import (
    ONE_TIME,
    SCOPES,
    Permission,
    User,
    UserRole,
    permissions_in_order,
)
from nlp_service.store.opening import Store
from nlp_service.web.forms import Form, SignedFormDep
from nlp_service.web.keys import RecordKey
from nlp_service.web.rendering import by_htmx
from nlp_service.web.settings_frame import KEYS, USERS, render_section

people_page_router = APIRouter(include_in_schema=False)


VALID_DAYS = {"90": "三个月", "365": "一年", "1095": "三年", "": "不失效（不建议）"}
"""For how long a key may be made: days -> in words."""

_USUAL_SCOPES = (Permission.ASSESS, Permission.READ, Permission.FILE)


@people_page_router.get(USERS)
def show_users(request: Request, store: StoreDep) -> Response:
    """Show who may sign in."""
    return _users_page(request, store)


@people_page_router.post(USERS)
def add_user(
    request: Request,
    form: SignedFormDep,
    store: StoreDep,
    passwords: PasswordsDep,
    actor: ActorDep,
) -> Response:
    """Add a user; show their one-time password."""
    role = _read_role(form)
    password, made = passwords.make_one_time()
    with store.transaction(actor=actor) as office:
        user = office.users.add(form.get("name", ""), role, password_hash=made)
    return _users_page(request, store, user=user, password=password)


@people_page_router.post(f"{USERS}/{{key}}:role")
def change_role(
    request: Request, form: SignedFormDep, key: RecordKey, store: StoreDep, actor: ActorDep
) -> Response:
    """Give a user another role."""
    role = _read_role(form)
    with store.transaction(actor=actor) as office:
        user = office.users.change_role(key, role)
    return _after(request, store, f"{user.name} 的角色已更改，下次登录起生效。")


@people_page_router.post(f"{USERS}/{{key}}:disable")
def disable_user(
    request: Request, form: SignedFormDep, key: RecordKey, store: StoreDep, actor: ActorDep
) -> Response:
    """Let a user sign in no more."""
    with store.transaction(actor=actor) as office:
        user = office.users.disable(key)
    return _after(request, store, f"已停用 {user.name}，会话随即结束。")


@people_page_router.post(f"{USERS}/{{key}}:enable")
def enable_user(
    request: Request, form: SignedFormDep, key: RecordKey, store: StoreDep, actor: ActorDep
) -> Response:
    """Let a user sign in again."""
    with store.transaction(actor=actor) as office:
        user = office.users.enable(key)
    return _after(request, store, f"已启用 {user.name}，口令不变。")


@people_page_router.post(f"{USERS}/{{key}}:reset-password")
def reset_password(
    request: Request,
    form: SignedFormDep,
    key: RecordKey,
    store: StoreDep,
    passwords: PasswordsDep,
    actor: ActorDep,
) -> Response:
    """Give a user a one-time password, and show it."""
    password, made = passwords.make_one_time()
    with store.transaction(actor=actor) as office:
        user = office.users.reset_password(key, password_hash=made)
    return _users_page(request, store, user=user, password=password)


@people_page_router.get(KEYS)
def show_keys(request: Request, store: StoreDep) -> Response:
    """Show by what other systems are let in."""
    return _keys_page(request, store)


@people_page_router.post(KEYS)
def add_key(request: Request, form: SignedFormDep, store: StoreDep, actor: ActorDep) -> Response:
    """Make a key, and show it."""
    scopes, expires_at = _read_scopes(form), _read_end(form)
    with store.transaction(actor=actor) as office:
        _, token = office.api_keys.add(form.get("name", ""), scopes, expires_at=expires_at)
    return _keys_page(request, store, token=token)


@people_page_router.post(f"{KEYS}/{{key}}:revoke")
def revoke_key(
    request: Request, form: SignedFormDep, key: RecordKey, store: StoreDep, actor: ActorDep
) -> Response:
    """Let nobody in by a key any more."""
    with store.transaction(actor=actor) as office:
        revoked = office.api_keys.revoke(key)
    if by_htmx(request):
        return _keys_page(request, store, said=f"已撤销密钥 {revoked.name}。")
    return RedirectResponse(KEYS, 303)


def _after(request: Request, store: Store, said: str) -> Response:
    if by_htmx(request):
        return _users_page(request, store, said=said)
    return RedirectResponse(USERS, 303)


def _users_page(
    request: Request,
    store: Store,
    *,
    user: User | None = None,
    password: str = "",
    said: str = "",
) -> Response:
    with store.reading() as office:
        users = office.users.list()
    return render_section(
        request,
        "users.html",
        users=users,
        roles=list(UserRole),
        made_for=user,
        password=password,
        days=ONE_TIME.days,
        said=said,
    )


def _keys_page(request: Request, store: Store, *, token: str = "", said: str = "") -> Response:
    with store.reading() as office:
        keys = office.api_keys.list()
    return render_section(
        request,
        "keys.html",
        keys=keys,
        token=token,
        scopes=permissions_in_order(SCOPES),
        usual=_USUAL_SCOPES,
        valid_days=VALID_DAYS,
        now=datetime.now(UTC),
        said=said,
    )


def _read_role(form: Form) -> UserRole:
    try:
        return UserRole(form.get("role", ""))
    except ValueError:
        raise RequestRefused("invalid_request", "请选一个角色。") from None


def _read_scopes(form: Form) -> list[Permission]:
    try:
        return [Permission(scope) for scope in form.getlist("scope")]
    except ValueError:
        raise RequestRefused("invalid_request", "权限不在表里，请刷新页面后再选。") from None


def _read_end(form: Form) -> datetime | None:
    days = form.get("days", "365")
    if days not in VALID_DAYS:
        raise RequestRefused("invalid_request", "请选一个有效期。")
    return datetime.now(UTC) + timedelta(days=int(days)) if days else None
