"""Nobody is notified but whom the installation lists, by whatever way an address is written."""

import socket

import pytest

from nlp_service.domain.errors import WebhookRefused
from nlp_service.jobs.addresses import find_addresses, read_target

HOSTS = ("platform.example.cn", "10.0.0.5:8080", "*.city.example.cn", "[::1]:9000")


@pytest.mark.parametrize(
    ("address", "host", "port", "private"),
    [
        ("https://platform.example.cn/hooks?to=a", "platform.example.cn", 443, True),
        ("http://PLATFORM.example.cn.:80/", "platform.example.cn", 80, True),
        ("http://10.0.0.5:8080", "10.0.0.5", 8080, True),
        ("https://a.b.city.example.cn/x", "a.b.city.example.cn", 443, False),
    ],
)
def test_a_listed_host_may_be_notified(address, host, port, private):
    target = read_target(address, HOSTS)

    assert (target.host, target.port, target.private) == (host, port, private)
    assert target.path.startswith("/")


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/",
        "http://localhost:8000/v1/batches",
        "http://platform.example.cn:22/",  # another port
        "http://10.0.0.5/",
        "http://city.example.cn/",  # the pattern covers names below it alone
        "http://evilcity.example.cn/",
        "http://platform.example.cn.evil.example/",
        "http://platform.example.cn@evil.example/",
        "http://user:secret@platform.example.cn/",
        "http://platform.example.cn#@evil.example/",
        "ftp://platform.example.cn/",
        "file:///etc/passwd",
        "//platform.example.cn/",
        "platform.example.cn",
        "http://platform.example.cn:99999/",
        "http://platform.example.cn/ x",
        "http://platform.example.cn/\r\nHost: evil",
        "http://平台.example.cn/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://platform.example.cn/" + "a" * 500,
        "",
    ],
)
def test_any_other_address_is_refused(address):
    with pytest.raises(WebhookRefused):
        read_target(address, HOSTS)


def test_without_a_list_nobody_is_notified():
    with pytest.raises(WebhookRefused, match="NLP_WEBHOOK_HOSTS"):
        read_target("https://platform.example.cn/", ())


@pytest.mark.parametrize(
    ("found", "allowed"),
    [
        ("8.8.8.8", True),
        ("2400:3200::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fd00::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_a_name_under_a_pattern_may_not_stand_for_an_inner_address(monkeypatch, found, allowed):
    def answer(host, port, **options):  # as a name server would that somebody else runs
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("8.8.4.4", found)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    target = read_target("https://a.city.example.cn/", HOSTS)

    if allowed:
        assert find_addresses(target) == ["8.8.4.4", found]
    else:
        with pytest.raises(WebhookRefused, match="内网"):
            find_addresses(target)


def test_a_host_listed_by_its_name_may_be_an_inner_one():
    target = read_target("http://127.0.0.1:9000/", ["127.0.0.1:9000"])

    assert find_addresses(target) == ["127.0.0.1"]
