"""The shapes of sessions, users, keys and the audit."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from nlp_service.api.schemas import A_NAME
from nlp_service.api.validation import described, require_number
from nlp_service.domain.audit import Action, AuditEntry, RecordKind
from nlp_service.domain.people import (
    ApiKey,
    Caller,
    CallerKind,
    Permission,
    User,
    UserRole,
    permissions_in_order,
)
from nlp_service.people.passwords import LONGEST, SHORTEST
from nlp_service.people.tokens import csrf_token_of

_MOST_CHARACTERS = 1_000
"""Of what is sent as a name or password; the rules for them are stricter, and explained."""


class SignInIn(BaseModel):
    """Who signs in."""

    model_config = described("用户名和口令。")

    name: str = Field(max_length=_MOST_CHARACTERS, examples=["admin"])
    password: str = Field(max_length=_MOST_CHARACTERS, examples=["k7fp-2mxw-9dqe-vb4t"])


class PasswordIn(BaseModel):
    """A change of one's own password."""

    model_config = described("现在的口令和新口令。")

    current: str = Field(max_length=_MOST_CHARACTERS)
    new: str = Field(
        max_length=_MOST_CHARACTERS,
        description=f"{SHORTEST} 到 {LONGEST} 个字符；不能是常用口令，不能含有用户名。",
    )


class SessionOut(BaseModel):
    """Who asks now."""

    model_config = described("当前是谁在请求，可以做什么。")

    kind: CallerKind
    name: str = Field(examples=["张三"])
    role: UserRole | None = Field(description="密钥没有角色，为 null。")
    permissions: Sequence[Permission]
    must_change_password: bool = Field(description="用的是一次性口令，须先修改才能做别的。")
    expires_at: datetime | None = Field(description="会话或密钥何时失效；不失效的密钥为 null。")
    csrf_token: str | None = Field(
        description="用 cookie 登录时，GET 以外的请求要带的 X-CSRF-Token；用密钥时为 null。"
    )


class UserIn(BaseModel):
    """A user to be added."""

    model_config = described("要添加的用户。")

    name: str = Field(max_length=_MOST_CHARACTERS, examples=["张三"])
    role: UserRole = UserRole.VIEWER


class RoleIn(BaseModel):
    """Another role."""

    model_config = described("新的角色。")

    role: UserRole


class UserOut(BaseModel):
    """A user."""

    model_config = described("用户。")

    key: int
    name: str
    role: UserRole
    one_time_until: datetime | None = Field(
        description="口令还是一次性的，到这时失效；自己改过口令的为 null。"
    )
    disabled_at: datetime | None = Field(description="停用的时刻；可以登录的为 null。")
    created_at: datetime
    created_by: str
    signed_in_at: datetime | None = Field(description="最近一次登录；从未登录的为 null。")


class UserListOut(BaseModel):
    """All users."""

    model_config = described("全部用户，停用的在后。")

    items: Sequence[UserOut]


class OneTimePasswordOut(BaseModel):
    """A user with a one-time password."""

    model_config = described("用户和一次性口令；口令只在这里给出一次，首次登录须修改。")

    user: UserOut
    one_time_password: str = Field(examples=["k7fp-2mxw-9dqe-vb4t"])


Days = Annotated[int, Field(ge=1, le=3650), BeforeValidator(require_number)]


class KeyIn(BaseModel):
    """A key to be made."""

    model_config = described("要发放的密钥。")

    name: str = Field(
        min_length=1, description="谁在用它。", examples=["热线平台"], json_schema_extra=A_NAME
    )
    scopes: Sequence[Permission] = Field(description="权限；manage 不能给密钥。", max_length=50)
    valid_days: Days | None = Field(default=365, description="几天后失效；null 为不失效，不建议。")


class KeyOut(BaseModel):
    """A key, without its secret."""

    model_config = described("密钥；密钥本身不保存，只能凭开头辨认。")

    key: int
    prefix: str = Field(description="密钥的开头。", examples=["nlp_k7fp2mxw"])
    name: str
    scopes: Sequence[Permission]
    created_at: datetime
    created_by: str
    expires_at: datetime | None = Field(description="何时失效；不失效的为 null。")
    revoked_at: datetime | None = Field(description="撤销的时刻；没有撤销的为 null。")
    revoked_by: str
    used_at: datetime | None = Field(description="最近一次使用，准到分；从未使用的为 null。")


class KeyListOut(BaseModel):
    """All keys."""

    model_config = described("全部密钥，撤销的在后。")

    items: Sequence[KeyOut]


class NewKeyOut(BaseModel):
    """A key that was just made."""

    model_config = described("新的密钥；token 只在这里给出一次。")

    key: KeyOut
    token: str = Field(description="密钥本身，以 Authorization: Bearer 发送。")


class AuditLineOut(BaseModel):
    """An entry of the whole audit."""

    model_config = described("审计的一条：谁在何时对什么做了什么，前后怎样；不含来件内容。")

    key: int = Field(description="第几条。")
    at: datetime
    actor: str
    action: Action
    record_kind: RecordKind
    record_key: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditOut(BaseModel):
    """A page of the audit."""

    model_config = described("一页审计，最近的在前。")

    items: Sequence[AuditLineOut]
    next_before: int | None = Field(description="下一页的 before；最后一页为 null。")


def session_of(caller: Caller, *, token: str | None) -> SessionOut:
    """Return the shape of who asks; the token is that of the session's cookie."""
    return SessionOut(
        kind=caller.kind,
        name=caller.name,
        role=caller.role,
        permissions=permissions_in_order(caller.permissions),
        must_change_password=caller.must_change_password,
        expires_at=caller.expires_at,
        csrf_token=None if token is None else csrf_token_of(token),
    )


def user_of(user: User) -> UserOut:
    """Return the shape of a user."""
    return UserOut(**{name: getattr(user, name) for name in UserOut.model_fields})


def key_of(key: ApiKey) -> KeyOut:
    """Return the shape of a key."""
    fields = {name: getattr(key, name) for name in KeyOut.model_fields}
    return KeyOut(**{**fields, "scopes": permissions_in_order(key.scopes)})


def audit_line_of(entry: AuditEntry) -> AuditLineOut:
    """Return the shape of an entry."""
    return AuditLineOut(**{name: getattr(entry, name) for name in AuditLineOut.model_fields})
