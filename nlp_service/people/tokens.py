"""Tokens of sessions and keys: made of chance, given out once, kept as hashes.

They hold 256 bits of chance, so one round of SHA-256 keeps them: nobody can guess what to try.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

_KEY_MARK = "nlp"
_PREFIX_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_PREFIX_LENGTH = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was just made."""

    prefix: str
    token: str
    """The whole of it, which begins with the prefix; shown once and kept nowhere."""


def make_session_token() -> str:
    """Return a new session's token."""
    return secrets.token_urlsafe(32)


def make_key() -> NewKey:
    """Return a new key: ``nlp_7kf3q2ab_…``."""
    chosen = "".join(secrets.choice(_PREFIX_ALPHABET) for _ in range(_PREFIX_LENGTH))
    prefix = f"{_KEY_MARK}_{chosen}"
    return NewKey(prefix=prefix, token=f"{prefix}_{secrets.token_urlsafe(32)}")


def prefix_of(token: str) -> str:
    """Return the readable beginning of a key; of something else, whatever stands there."""
    return token[: len(_KEY_MARK) + 1 + _PREFIX_LENGTH]


def hash_token(token: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def csrf_token_of(secret: str) -> str:
    """Return the token that a page must send along with the cookie that holds the secret.

    It follows from the cookie, so that nothing is kept; the cookie does not follow from it.
    """
    return hmac.new(secret.encode(), b"nlp-service csrf", hashlib.sha256).hexdigest()


def same(one: str | bytes, other: str | bytes) -> bool:
    """Compare in a time that tells nothing of where they differ."""
    first, second = (part.encode() if isinstance(part, str) else part for part in (one, other))
    return hmac.compare_digest(first, second)
