"""Passwords: which are good enough, and how they are kept (argon2id, RFC 9106).

Verifying takes the same work whether the user exists or not.
"""

import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from nlp_service.domain.errors import PasswordRefused

SHORTEST = 10
LONGEST = 128
"""Characters; longer ones would only cost time."""

LEAST_GUESSES_LOG10 = 9.0
"""What zxcvbn must think that a guesser needs; the commonest need a hundred, dates ten million."""

_GUESSED_FIRST = ("zhengxie", "政协", "提案", "tian", "xinfang", "woaini", "guanliyuan", "mima")
"""Words that somebody who wants to get into this service tries first."""

_JUDGED = 64
"""Characters that zxcvbn looks at: its time grows faster than the length."""

_ONE_TIME_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what looks alike: i l o 0 1."""

_ONE_TIME_GROUPS, _ONE_TIME_GROUP = 4, 4

_HASHING = threading.BoundedSemaphore(2)
"""One hash takes 64 MiB: many sign-ins at once wait for each other instead of filling memory."""


class Passwords:
    """Hashes and verifies. Safe for threads."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobodys = self.hash(secrets.token_urlsafe())

    def hash(self, password: str) -> str:
        """Return what is kept of a password: parameters, salt and hash in one line."""
        with _HASHING:
            return self._hasher.hash(_normalised(password))

    def verify(self, kept: str | None, password: str) -> bool:
        """Say whether it is the password; for nobody (None) after the same work, and never."""
        with _HASHING:
            try:
                self._hasher.verify(kept or self._nobodys, _normalised(password[: LONGEST + 1]))
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None

    def make_one_time(self) -> tuple[str, str]:
        """Return a one-time password, to be told once, and what is kept of it."""
        password = make_one_time_password()
        return password, self.hash(password)

    def is_outdated(self, kept: str) -> bool:
        """Say whether it was made with other parameters, and should be made anew at a sign-in."""
        return self._hasher.check_needs_rehash(kept)


def check_password(password: str, *, user_name: str) -> None:
    """Let pass what a user may choose.

    Raises:
        PasswordRefused: too short, too long, with the user's name, or easily guessed.
    """
    plain = _normalised(password)
    if len(plain) < SHORTEST:
        raise PasswordRefused(
            f"口令至少要 {SHORTEST} 个字符，现有 {len(plain)} 个。"
            "可以用几个不相干的词连成一句，好记也难猜。"
        )
    if len(plain) > LONGEST:
        raise PasswordRefused(f"口令至多 {LONGEST} 个字符，现有 {len(plain)} 个。")
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in plain):
        raise PasswordRefused("口令里有看不见的控制字符（如换行、制表符），请去掉。")
    if _holds_name(plain.casefold(), user_name.casefold()):
        raise PasswordRefused("口令里不能有用户名，别人最先猜它；请换一个与姓名无关的。")
    if _guesses_log10(plain, user_name) < LEAST_GUESSES_LOG10:
        raise PasswordRefused(
            "这个口令太容易猜到：常用口令、日期、键盘上相邻的键、重复或连续的字符，都会先被试。"
            "请换一个，例如几个不相干的词连成一句。"
        )


def make_one_time_password() -> str:
    """Return a password to be told once and changed at the first sign-in; 79 bits of chance."""
    return "-".join(
        "".join(secrets.choice(_ONE_TIME_ALPHABET) for _ in range(_ONE_TIME_GROUP))
        for _ in range(_ONE_TIME_GROUPS)
    )


def _normalised(password: str) -> str:
    """Return the same for what an input method writes in full or half width."""
    return unicodedata.normalize("NFKC", password)


def _holds_name(password: str, name: str) -> bool:
    """Say whether the name stands in it; two Latin letters stand in too many words to count."""
    return name in password and (len(name) > 2 or not name.isascii())


def _guesses_log10(password: str, user_name: str) -> float:
    from zxcvbn import zxcvbn  # 0.8 MB of lists, needed only where a password is chosen

    judged = zxcvbn(password[:_JUDGED], user_inputs=[user_name, *_GUESSED_FIRST])
    return float(judged["guesses_log10"])
