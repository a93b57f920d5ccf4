"""Notices to a real receiver: signed, repeated until they are taken, never sent elsewhere."""

import json
import socket
import time
from dataclasses import replace

import pytest
from pydantic import SecretStr

from nlp_service.client import SignatureRefused, check_signature
from nlp_service.domain.batches import NotifyState
from nlp_service.domain.errors import WebhookRefused
from nlp_service.jobs import notices
from nlp_service.jobs.notices import NoticeFailed, send_notice, sign
from tests.jobs.letters import EVERY_FAST, rows
from tests.jobs.receivers import SECRET, notifying, receiving


def send(port, body=b"{}", **options):
    address = f"http://127.0.0.1:{port}/hooks?a=1"
    send_notice(address, body, hosts=[f"127.0.0.1:{port}"], secret=SECRET, **options)


def test_a_notice_is_signed_over_its_time_and_body():
    with receiving() as (port, post):
        send(port, b'{"event":"batch.ended"}')

    ((path, headers, body),) = post
    assert (path, headers["Content-Type"]) == ("/hooks?a=1", "application/json")
    check_signature(SECRET, headers["Nlp-Signature"], body)
    for secret, content in ((SECRET, body + b" "), ("别的密钥", body)):
        with pytest.raises(SignatureRefused):
            check_signature(secret, headers["Nlp-Signature"], content)


def test_an_old_notice_is_not_believed():
    signature = sign(SECRET, b"{}", at=1_700_000_000)

    check_signature(SECRET, signature, b"{}", now=1_700_000_200)
    for late in (1_700_000_301, 1_699_999_699):
        with pytest.raises(SignatureRefused):
            check_signature(SECRET, signature, b"{}", now=late)
    with pytest.raises(SignatureRefused):
        check_signature(SECRET, "v1=abc", b"{}")


def test_a_redirect_is_not_followed():
    with receiving() as (elsewhere, received):
        to = [("Location", f"http://127.0.0.1:{elsewhere}/")]
        with receiving(302, 307, headers=to) as (port, _):
            for _ in range(2):
                with pytest.raises(NoticeFailed, match="30"):
                    send(port)

    assert received == []


def test_a_receiver_that_is_gone_for_good_is_not_asked_again():
    with receiving(410) as (port, _), pytest.raises(WebhookRefused):
        send(port)


def test_a_receiver_that_does_not_answer_is_a_failed_try():
    with receiving() as (port, _):
        pass

    with pytest.raises(NoticeFailed, match="没有应答"):
        send(port)


def test_why_a_notice_failed_is_told_without_the_path_of_its_address():
    with receiving(503, 410) as (port, _):
        hosts, address = [f"127.0.0.1:{port}"], f"http://127.0.0.1:{port}/a1b2c3?token=d4e5"
        told = []
        for listed in (hosts, hosts, []):
            with pytest.raises((NoticeFailed, WebhookRefused)) as failed:
                send_notice(address, b"{}", hosts=listed, secret=SECRET)
            told.append(str(failed.value))

    assert ["503" in told[0], "410" in told[1], "NLP_WEBHOOK_HOSTS" in told[2]] == [True] * 3
    assert not [one for one in told if "a1b2c3" in one or "d4e5" in one]


def test_a_name_server_that_is_out_is_a_failed_try(monkeypatch):
    def refuse(host, port, **options):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    with pytest.raises(NoticeFailed, match="没有应答"):
        send_notice("http://a.example.cn/", b"{}", hosts=["a.example.cn"], secret=SECRET)


def test_a_worker_without_the_secret_sends_nothing_that_anybody_could_sign(desk, monkeypatch):
    with receiving() as (port, post):
        listed = desk.settings.model_copy(update={"webhook_hosts": (f"127.0.0.1:{port}",)})
        monkeypatch.setattr(desk.worker.shop, "settings", listed)
        monkeypatch.setattr(
            desk, "settings", listed.model_copy(update={"webhook_secret": SecretStr(SECRET)})
        )
        options = replace(EVERY_FAST, webhook=f"http://127.0.0.1:{port}/")
        batch = desk.wait(desk.submit(rows(2), options=options).key)
        while (batch := desk.look(batch.key)).notify_state is NotifyState.WAITING:
            time.sleep(0.05)

    assert (batch.notify_state, post) == (NotifyState.FAILED, [])
    assert "NLP_WEBHOOK_SECRET" in batch.notify_problem


def test_a_job_tells_of_its_end_until_it_is_heard(desk, monkeypatch):
    monkeypatch.setattr(notices, "WAITS_S", (1, 1))
    monkeypatch.setattr("nlp_service.jobs.work.WAITS_S", (1, 1))
    with receiving(503) as (port, post):
        notifying(desk, monkeypatch, port)
        options = replace(EVERY_FAST, webhook=f"http://127.0.0.1:{port}/")
        batch = desk.wait(desk.submit(rows(3, row2="！！"), options=options).key)
        while desk.look(batch.key).notify_state is NotifyState.WAITING:
            time.sleep(0.05)

    assert desk.look(batch.key).notify_state is NotifyState.DELIVERED
    assert len(post) == 2
    for _, headers, body in post:
        check_signature(SECRET, headers["Nlp-Signature"], body)
    told = json.loads(post[-1][2])["batch"]
    assert (told["key"], told["state"], told["done"], told["refused"]) == (batch.key, "done", 2, 1)
    assert "路灯" not in post[-1][2].decode()
