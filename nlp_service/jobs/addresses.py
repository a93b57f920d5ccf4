"""Which addresses a webhook may name: none but those of hosts that the installation lists.

Whoever hands in a job could otherwise make the service knock at doors that only it can reach. A
name is looked up once, and the connection goes to the address that was checked; a name that a
pattern covers (``*.example.com``) may stand for addresses of the open internet alone.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from nlp_service.domain.errors import WebhookRefused

LONGEST_ADDRESS = 500
_PORTS = {"http": 80, "https": 443}
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a notice goes."""

    secure: bool
    host: str
    port: int
    path: str
    """With its query."""
    private: bool
    """The host is listed by its very name, so it may have an address of the inner network."""


def read_target(address: str, hosts: Sequence[str]) -> Target:
    """Read a webhook's address and hold it to the listed hosts; nothing is looked up.

    Raises:
        WebhookRefused: it is no such address, or its host is not listed.
    """
    parts, port = _split(address)
    host = (parts.hostname or "").rstrip(".")
    wanted = (host, f"{host}:{port}") if port == _PORTS[parts.scheme] else (f"{host}:{port}",)
    listed = [entry.strip().lower().rstrip(".") for entry in hosts]
    exact = any(name in listed for name in wanted)
    covered = any(
        entry.startswith("*.") and name.endswith(entry[1:]) for entry in listed for name in wanted
    )
    if not exact and not covered:
        raise WebhookRefused(
            f"不能通知 {host[:100]}:{port}，它不在允许的主机之列；"
            "请让管理员把它加进 NLP_WEBHOOK_HOSTS。"
        )
    path = parts.path or "/"
    return Target(
        secure=parts.scheme == "https",
        host=host,
        port=port,
        path=f"{path}?{parts.query}" if parts.query else path,
        private=exact,
    )


def origin_of(address: str) -> str:
    """Return scheme, host and port of an address: what lies behind may be a secret.

    >>> origin_of("https://platform.example.cn:8443/hooks/a1b2c3?token=d4e5")
    'https://platform.example.cn:8443'
    """
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def find_addresses(target: Target) -> Sequence[str]:
    """Look the host up; return its addresses, in the order in which they are to be tried.

    Raises:
        OSError: the host is not found, now at least: name servers are out at times, too.
        UnicodeError: no name server could be asked for such a name.
        WebhookRefused: it stands for an address it may not have.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not target.private and not all(map(_is_open, addresses)):
        raise WebhookRefused(
            f"主机 {target.host} 指向内网地址；"
            "确要通知它，请让管理员把它的全名加进 NLP_WEBHOOK_HOSTS。"
        )
    return addresses


def _split(address: str) -> tuple[SplitResult, int]:
    try:
        parts = urlsplit(address)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        parts, port = urlsplit(""), 0
    plain = address.isascii() and address.isprintable() and " " not in address
    if not (parts.hostname and plain and len(address) <= LONGEST_ADDRESS):
        raise WebhookRefused(
            f"通知地址应是不超过 {LONGEST_ADDRESS} 字的 http:// 或 https:// 地址，"
            "其中的汉字和空格要写成 %E5%BC%A0 这样的编码。"
        )
    if parts.username is not None or parts.fragment:
        raise WebhookRefused("通知地址里不能有用户名、密码或 # 后的部分。")
    return parts, port


def _is_open(address: str) -> bool:
    """Say whether an address is of the open internet, also where it hides in another."""
    found = ip_address(address.partition("%")[0])
    inner: IPv4Address | IPv6Address | None = None
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if found in _NAT64:
            inner = IPv4Address(int(found) & 0xFFFFFFFF)
    return all(one.is_global and not one.is_multicast for one in (found, inner) if one)
