"""Tell another system that a job ended: one signed message to its webhook, tried again if needed.

``Nlp-Signature: t=<seconds>,v1=<hex>``: the HMAC-SHA256 of ``<seconds>.<body>`` with the shared
secret. The message holds counts, never a text. Redirects are not followed.
"""

import hashlib
import hmac
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from nlp_service.domain.batches import Batch
from nlp_service.domain.errors import WebhookRefused
from nlp_service.jobs.addresses import Target, find_addresses, read_target
from nlp_service.settings import Settings

SIGNATURE = "Nlp-Signature"
WAITS_S = (5, 30, 120, 600, 1800, 3600, 7200)
"""How long after each failed try the next one comes; after the last none does."""

_WITHIN_S = 10.0
_WITHIN_IN_ALL_S = 20.0
"""A receiver that sends its answer byte by byte holds nobody up for longer."""


class NoticeFailed(Exception):
    """The receiver was not reached, or did not say that it has it; trying again may do."""


def read_secret(settings: Settings) -> str:
    """Return by what notices are signed.

    Raises:
        WebhookRefused: this process was given none; one of nothing would let anybody sign.
    """
    secret = settings.webhook_secret
    if secret is None:
        raise WebhookRefused(
            "这套服务没有设置通知的密钥，不能发送通知；请让管理员设置 NLP_WEBHOOK_SECRET，"
            "每台运行 worker 的机器都要设。"
        )
    return secret.get_secret_value()


def sign(secret: str, body: bytes, *, at: int) -> str:
    """Return the signature of a message.

    >>> sign("secret", b"{}", at=1700000000)[:23]
    't=1700000000,v1=9a2f5f6'
    """
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


def write_notice(batch: Batch) -> bytes:
    """Return the message that tells of a job's end."""
    tally = batch.tally
    told = {
        "event": "batch.ended",
        "batch": {
            "key": batch.key,
            "state": batch.state,
            "name": batch.file.name,
            "digest": batch.file.digest,
            "read": tally.read,
            "done": tally.done,
            "refused": tally.refused,
            "quarantined": tally.quarantined,
            "problem": batch.problem,
            "submitted_at": batch.submitted_at.isoformat(),
            "finished_at": batch.finished_at and batch.finished_at.isoformat(),
        },
    }
    return json.dumps(told, ensure_ascii=False).encode()


def send_notice(address: str, body: bytes, *, hosts: Sequence[str], secret: str) -> None:
    """Send a message once.

    Raises:
        NoticeFailed: trying again may do.
        WebhookRefused: the address may not be notified.
    """
    target = read_target(address, hosts)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "nlp-service",
        SIGNATURE: sign(secret, body, at=int(time.time())),
    }
    try:
        status = _post(target, find_addresses(target), body, headers)
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = type(error).__name__
        raise NoticeFailed(f"{target.host}:{target.port} 没有应答（{cause}）") from None
    if status == http.client.GONE:
        raise WebhookRefused(f"{target.host}:{target.port} 不再接收通知（410）。")
    if not 200 <= status < 300:
        raise NoticeFailed(f"{target.host}:{target.port} 答复 {status}")


def _post(target: Target, addresses: Sequence[str], body: bytes, headers: Mapping[str, str]) -> int:
    """Post to the first address that takes the connection; return the status of the answer."""
    connection = http.client.HTTPConnection(target.host, target.port, timeout=_WITHIN_S)
    alarm = threading.Timer(_WITHIN_IN_ALL_S, _hang_up, [connection])
    alarm.daemon = True
    try:
        connection.sock = _connect(addresses, target.port)
        alarm.start()
        if target.secure:
            trusting = ssl.create_default_context()
            connection.sock = trusting.wrap_socket(connection.sock, server_hostname=target.host)
        connection.request("POST", target.path, body=body, headers=dict(headers))
        return connection.getresponse().status
    finally:
        alarm.cancel()
        connection.close()


def _connect(addresses: Sequence[str], port: int) -> socket.socket:
    for address in addresses[:-1]:
        with suppress(OSError):
            return socket.create_connection((address, port), timeout=_WITHIN_S)
    return socket.create_connection((addresses[-1], port), timeout=_WITHIN_S)


def _hang_up(connection: http.client.HTTPConnection) -> None:
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)
