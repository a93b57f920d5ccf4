"""Who may do what: permissions, the roles that bundle them, users, keys, and who asks now.

Pure data. ``people`` knows passwords and tokens, ``store`` keeps them, ``api`` asks at the gate.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


class Permission(enum.StrEnum):
    """One thing that one may do; a key's scopes are permissions, too."""

    ASSESS = "assess"
    """评定、自查，不存入"""
    READ = "read"
    """查阅来件、并案、热点和导入"""
    FILE = "file"
    """存入来件、导入档案"""
    HANDLE = "handle"
    """并案、认定关系、限阅、更正"""
    DECIDE = "decide"
    """登记办理结果"""
    DELETE = "delete"
    """删除来件"""
    READ_ORIGINAL = "read_original"
    """查阅限阅来件和未遮盖的原文"""
    EXPORT = "export"
    """导出"""
    METRICS = "metrics"
    """读运行指标"""
    READ_AUDIT = "read_audit"
    """读审计"""
    MANAGE = "manage"
    """管理用户和密钥"""
    ACT_FOR_OTHERS = "act_for_others"
    """代他人操作：只给密钥，由请求头 X-Actor 写明代谁"""


class UserRole(enum.StrEnum):
    """What a user is in the office."""

    VIEWER = "viewer"
    """只读"""
    SECRETARY = "secretary"
    """秘书处"""
    COMMITTEE = "committee"
    """提案委员会"""
    ADMIN = "admin"
    """管理员"""


_EVERYBODY = {Permission.ASSESS, Permission.READ}
_OFFICE = _EVERYBODY | {
    Permission.HANDLE,
    Permission.DECIDE,
    Permission.READ_ORIGINAL,
    Permission.EXPORT,
}

PERMISSIONS_OF: Mapping[UserRole, frozenset[Permission]] = {
    UserRole.VIEWER: frozenset(_EVERYBODY),
    UserRole.SECRETARY: frozenset(_OFFICE | {Permission.FILE, Permission.DELETE}),
    UserRole.COMMITTEE: frozenset(_OFFICE),
    UserRole.ADMIN: frozenset(Permission) - {Permission.ACT_FOR_OTHERS},
}

SCOPES = frozenset(Permission) - {Permission.MANAGE}
"""What a key may be given: a stolen key must not be able to make users or further keys."""

IDLE = timedelta(hours=2)
"""A session ends when nothing was asked in it for so long."""

LONGEST_SESSION = timedelta(hours=12)
"""A session ends after a working day, whatever is asked in it."""

ONE_TIME = timedelta(days=7)
"""How long a one-time password lets its user in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person who may sign in."""

    key: int
    name: str
    role: UserRole
    one_time_until: datetime | None
    """Where the password is a one-time one: it must be changed, and until when it can be."""
    disabled_at: datetime | None
    created_at: datetime
    created_by: str
    signed_in_at: datetime | None
    """Last time; None where never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key by which another system asks; of the secret itself only a hash is kept."""

    key: int
    prefix: str
    """The readable beginning, by which people tell keys apart."""
    name: str
    scopes: frozenset[Permission]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str
    """Empty where it was not revoked."""
    used_at: datetime | None
    """Last time, to the minute; None where never."""


class CallerKind(enum.StrEnum):
    """By what a caller was let in."""

    USER = "user"
    """登录的用户"""
    KEY = "key"
    """密钥"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks now, as verified at the gate."""

    kind: CallerKind
    identity: str
    """One for each session and key; requests are counted under it."""
    name: str
    permissions: frozenset[Permission]
    user_key: int | None = None
    """None where a key asks."""
    role: UserRole | None = None
    must_change_password: bool = False
    """May do nothing else until then."""
    expires_at: datetime | None = None

    def may(self, permission: Permission) -> bool:
        """Say whether the caller has a permission."""
        return permission in self.permissions and not self.must_change_password

    @property
    def actor(self) -> str:
        """The name in the audit; a key's cannot be taken for a user's, whose names have no ：."""
        return self.name if self.kind is CallerKind.USER else f"密钥：{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """A session that was just opened, with the only copy of its token."""

    token: str
    user: User
    expires_at: datetime


def permissions_in_order(permissions: frozenset[Permission]) -> Sequence[Permission]:
    """Return permissions in the order in which they are declared."""
    return [one for one in Permission if one in permissions]
