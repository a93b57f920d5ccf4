"""The addresses of signing in by JSON: open a session, see whose it is, end it, change a password.

The pages for people stand in ``login_pages``.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from nlp_service.api import people_documentation as documentation
from nlp_service.api.callers import caller_of_user
from nlp_service.api.cookies import (
    address_of,
    delete_session_cookie,
    read_session_cookie,
    set_session_cookie,
)
from nlp_service.api.deps import CallerDep, JsonOnly, StoreDep
from nlp_service.api.people_schemas import PasswordIn, SessionOut, SignInIn, session_of
from nlp_service.api.problems import RequestRefused
from nlp_service.domain.people import Caller, CallerKind, OpenedSession
from nlp_service.people.passwords import Passwords
from nlp_service.store.signing_in import change_password, sign_in, sign_out

session_router = APIRouter(tags=["登录"])


async def get_passwords(request: Request) -> Passwords:
    """Return what verifies passwords."""
    passwords: Passwords = request.app.state.passwords
    return passwords


async def get_user_caller(caller: CallerDep) -> Caller:
    """Return the user who asks.

    Raises:
        RequestRefused: a key asks, which has neither a session nor a password.
    """
    if caller.kind is not CallerKind.USER:
        raise RequestRefused("not_allowed", "密钥没有会话和口令，请以用户身份登录。")
    return caller


PasswordsDep = Annotated[Passwords, Depends(get_passwords)]
UserCallerDep = Annotated[Caller, Depends(get_user_caller)]


@session_router.post(
    "/v1/session",
    summary="登录",
    description="口令正确时开始会话：cookie 随答复给出，GET 以外的请求还要带 csrf_token。"
    "其他系统请用密钥。失败几次之后须等一等，越来越久；用户是否存在，答复和用时都一样。",
    dependencies=[JsonOnly],
    responses=documentation.SIGN_IN_RESPONSES,
)
def open_session(
    wanted: SignInIn, request: Request, response: Response, store: StoreDep, passwords: PasswordsDep
) -> SessionOut:
    """Sign in; a session that the browser had before is ended."""
    opened = sign_in(
        store,
        passwords,
        name=wanted.name,
        password=wanted.password,
        address=address_of(request),
        replaced=read_session_cookie(request),
    )
    return start_session(request, response, opened)


@session_router.get(
    "/v1/session",
    summary="我是谁",
    description="当前的用户或密钥、角色和权限；页面从这里取 csrf_token。",
    responses=documentation.SESSION_RESPONSES,
)
def read_session(request: Request, caller: CallerDep) -> SessionOut:
    """Say who asks."""
    return session_of(caller, token=token_of(request, caller))


@session_router.delete(
    "/v1/session",
    summary="退出",
    description="结束这个会话。",
    status_code=204,
    responses=documentation.SIGN_OUT_RESPONSES,
)
def close_session(request: Request, store: StoreDep, caller: UserCallerDep) -> Response:
    """Sign out."""
    response = Response(status_code=204)
    end_session(request, response, store, caller)
    return response


@session_router.put(
    "/v1/session/password",
    summary="修改自己的口令",
    description="修改之后，这个用户的其他会话都结束；本会话换一个新的 cookie 和 csrf_token。",
    dependencies=[JsonOnly],
    responses=documentation.PASSWORD_RESPONSES,
)
def replace_password(
    wanted: PasswordIn,
    request: Request,
    response: Response,
    store: StoreDep,
    passwords: PasswordsDep,
    caller: UserCallerDep,
) -> SessionOut:
    """Change one's own password."""
    with store.reading() as office:
        user = office.users.get(caller.user_key or 0)
    opened = change_password(
        store,
        passwords,
        user,
        current=wanted.current,
        new=wanted.new,
        address=address_of(request),
    )
    return start_session(request, response, opened)


def start_session(request: Request, response: Response, opened: OpenedSession) -> SessionOut:
    """Hand a session's token to the browser; return whose it is."""
    set_session_cookie(response, request, opened.token)
    caller = caller_of_user(opened.user, token=opened.token, expires_at=opened.expires_at)
    return session_of(caller, token=opened.token)


def end_session(request: Request, response: Response, store: StoreDep, caller: Caller) -> None:
    """End the browser's session, here and there."""
    if (token := read_session_cookie(request)) and caller.user_key is not None:
        sign_out(store, token, user_key=caller.user_key, actor=caller.actor)
    delete_session_cookie(response, request)


def token_of(request: Request, caller: Caller) -> str | None:
    """Return the token of the cookie that let a caller in; None where a key did."""
    if "Authorization" in request.headers:
        return None
    return read_session_cookie(request)
