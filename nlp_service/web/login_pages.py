"""The pages for people: sign in, change a password, sign out. Plain forms that need no script.

Every redirect leads to an address that stands here, never to one that was sent.
"""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from nlp_service.api.callers import Callers
from nlp_service.api.cookies import (
    address_of,
    delete_session_cookie,
    read_login_cookie,
    read_session_cookie,
    set_login_cookie,
    set_session_cookie,
)
from nlp_service.api.deps import CallerDep, FoundStoreDep, StoreDep
from nlp_service.api.session_routes import UserCallerDep, end_session, start_session
from nlp_service.domain.errors import PasswordRefused, SignInFailed, SignInPaused
from nlp_service.people.tokens import csrf_token_of, make_session_token, same
from nlp_service.store.signing_in import change_password, sign_in
from nlp_service.web.forms import TOKEN_FIELD, Form, FormDep, SignedFormDep
from nlp_service.web.rendering import render

login_router = APIRouter(include_in_schema=False)

_HOME, _LOGIN, _PASSWORD = "/", "/login", "/password"
_STALE = "这个页面放得太久了，请再填一次。"


@login_router.get(_LOGIN)
async def show_login(request: Request, store: FoundStoreDep) -> Response:
    """Show the form for signing in."""
    return _login_page(request, has_users=store is not None)


@login_router.post(_LOGIN)
def log_in(request: Request, form: FormDep, store: FoundStoreDep) -> Response:
    """Sign in by the form; what is wrong stands above it."""
    has_users = store is not None
    if not _is_ours(form, read_login_cookie(request)):
        return _login_page(request, has_users=has_users, message=_STALE, status=403)
    if store is None:
        return _log_in_with_key(request, form.get("password", ""))
    try:
        opened = sign_in(
            store,
            request.app.state.passwords,
            name=form.get("name", ""),
            password=form.get("password", ""),
            address=address_of(request),
            replaced=read_session_cookie(request),
        )
    except SignInFailed as error:
        return _login_page(request, has_users=True, message=str(error), status=401)
    except SignInPaused as error:
        page = _login_page(request, has_users=True, message=str(error), status=429)
        page.headers["Retry-After"] = str(error.retry_after_s)
        return page
    must_change = opened.user.one_time_until is not None
    response = RedirectResponse(_PASSWORD if must_change else _HOME, 303)
    start_session(request, response, opened)
    return response


@login_router.post("/logout")
def log_out(
    request: Request, form: SignedFormDep, store: FoundStoreDep, caller: CallerDep
) -> Response:
    """Sign out by the form."""
    response = RedirectResponse(_LOGIN, 303)
    if store is None:
        delete_session_cookie(response, request)
    else:
        end_session(request, response, store, caller)
    return response


@login_router.get(_PASSWORD)
async def show_password(request: Request, caller: UserCallerDep) -> Response:
    """Show the form for a new password."""
    return _password_page(request)


@login_router.post(_PASSWORD)
def set_password(
    request: Request, form: SignedFormDep, store: StoreDep, caller: UserCallerDep
) -> Response:
    """Change the password by the form."""
    try:
        if form.get("new") != form.get("again"):
            raise PasswordRefused("两次输入的新口令不一样，请再输一次。")
        with store.reading() as office:
            user = office.users.get(caller.user_key or 0)
        opened = change_password(
            store,
            request.app.state.passwords,
            user,
            current=form.get("current", ""),
            new=form.get("new", ""),
            address=address_of(request),
        )
    except PasswordRefused as error:
        return _password_page(request, message=str(error), status=422)
    except SignInPaused as error:
        page = _password_page(request, message=str(error), status=429)
        page.headers["Retry-After"] = str(error.retry_after_s)
        return page
    response = RedirectResponse(_HOME, 303)
    start_session(request, response, opened)
    return response


def _log_in_with_key(request: Request, key: str) -> Response:
    """Let the browser keep the key itself: without a store there is no session to stand for it."""
    callers: Callers = request.app.state.callers
    if callers.with_key(key.strip(), address=address_of(request)) is None:
        message = "密钥不对，或已失效。"
        return _login_page(request, has_users=False, message=message, status=401)
    response = RedirectResponse(_HOME, 303)
    set_session_cookie(response, request, key.strip())
    return response


def _login_page(
    request: Request, *, has_users: bool, message: str = "", status: int = 200
) -> Response:
    secret = read_login_cookie(request) or make_session_token()
    response = render(
        request,
        "login.html",
        status=status,
        has_users=has_users,
        message=message,
        form_token=csrf_token_of(secret),
    )
    set_login_cookie(response, request, secret)
    return response


def _password_page(request: Request, *, message: str = "", status: int = 200) -> Response:
    token = csrf_token_of(read_session_cookie(request) or "")
    return render(request, "password.html", status=status, message=message, form_token=token)


def _is_ours(form: Form, secret: str | None) -> bool:
    """Say whether a form comes from the page that this browser was sent."""
    return secret is not None and same(form.get(TOKEN_FIELD, ""), csrf_token_of(secret))
