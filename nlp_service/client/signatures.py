"""Check that a notice comes from the service and was sent just now."""

import hashlib
import hmac
import time


class SignatureRefused(Exception):
    """The notice is not from the service, or somebody sends an old one again."""


def check_signature(
    secret: str, signature: str, body: bytes, *, within_s: int = 300, now: float | None = None
) -> None:
    """Check the header ``Nlp-Signature`` of a notice before a word of it is believed.

    Args:
        secret: shared with the service (``NLP_WEBHOOK_SECRET``).
        signature: the header.
        body: the notice as it came, to the byte.
        within_s: how old it may be.
        now: seconds since 1970; the clock's where nobody says.

    Raises:
        SignatureRefused: it does not fit.
    """
    parts = dict(part.partition("=")[::2] for part in signature.split(","))
    at = parts.get("t", "")
    if not at.isdecimal() or abs((time.time() if now is None else now) - int(at)) > within_s:
        raise SignatureRefused("the notice carries no time, or is too old")
    expected = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, parts.get("v1", "")):
        raise SignatureRefused("the signature does not fit the notice")
