"""The mail channel against a mail server on a real socket: encrypted or not at all, whole, and every way it can be refused."""

from __future__ import annotations

import email
import socket
import ssl
from collections.abc import Iterator
from email.policy import default
from pathlib import Path

import far_tls
import pytest
from fake_mail import PASSWORD, USER, FakeMail, mail_server

from alerts.channels import smtp
from alerts.channels.faults import GiveUp, TryAgain
from alerts.channels.registry import CHANNELS
from alerts.channels.smtp import Mail
from alerts.model import Fate, Notification, Severity
from alerts.plant import Person
from gateway.clock import SystemClock

SUN = Person("sun", "孙主任", "officer", "+8613800138000", mail="sun@school.invalid")
NOTE = Notification(
    "s-7:1:first:1:sun:mail", "s-7", "first", "sun", "mail", "list", "待办2条：排风机未启动，水压低。看屏幕或回0", "always/0",
    Severity.FAULT,
)  # fmt: skip


@pytest.fixture
def far() -> Iterator[FakeMail]:
    with mail_server() as server:
        yield server
        assert server.in_the_clear == [], "nothing but the greeting goes in the clear"


@pytest.fixture
def channel(far: FakeMail, tmp_path: Path) -> Mail:
    """As a site builds it, but trusting the far side's private authority."""
    return mail(far.host, tmp_path, ssl.create_default_context(cafile=str(far_tls.folder() / "ca.pem")))


def mail(host: str, folder: Path, context: ssl.SSLContext | None = None) -> Mail:
    secret = folder / "mail.secret"
    secret.write_text(f"password = {PASSWORD}\n", encoding="utf-8")
    secret.chmod(0o600)
    return Mail({"id": "mail", "host": host, "user": USER, "secret_file": str(secret)}, SystemClock(), context)


def test_a_mail_arrives_whole_and_is_accepted(far: FakeMail, channel: Mail) -> None:
    delivery = channel.send(NOTE, SUN)
    ((to, raw),) = far.mails
    found = email.message_from_bytes(raw, policy=default)
    assert to == found["To"] == SUN.mail and found["From"] == USER and found["X-Campus-Key"] == NOTE.key
    assert found["Subject"] == NOTE.text[:40] and found.get_content().strip() == NOTE.text
    assert (delivery.key, delivery.fate, delivery.provider_id) == (NOTE.key, Fate.ACCEPTED, found["Message-ID"])
    assert channel.hear() == ()


def test_a_probe_logs_in_and_tells_nobody(far: FakeMail, channel: Mail) -> None:
    channel.probe()
    assert far.logins == [(USER, PASSWORD)] and far.mails == []


@pytest.mark.parametrize(
    ("command", "said", "fault"),
    [
        ("greeting", "554 no service for you", GiveUp),
        ("greeting", "421 too busy", TryAgain),
        ("STARTTLS", "454 no TLS now", TryAgain),
        ("AUTH", "535 5.7.8 wrong password", GiveUp),
        ("AUTH", "454 4.7.0 try later", TryAgain),
        ("MAIL", "553 not your address", GiveUp),
        ("RCPT", "550 no such user", GiveUp),
        ("RCPT", "451 4.7.1 greylisted", TryAgain),
        ("DATA", "552 too large", GiveUp),
        ("taken", "451 come back", TryAgain),
        ("taken", "554 looks like spam", GiveUp),
        ("RCPT", "", TryAgain),
        ("taken", "", TryAgain),
        ("EHLO", "SSH-2.0-nonsense", GiveUp),
    ],
)
def test_d13_a_refusal_is_never_a_yes(far: FakeMail, channel: Mail, command: str, said: str, fault: type[Exception]) -> None:
    far.say[command] = said
    with pytest.raises(fault) as caught:
        channel.send(NOTE, SUN)
    assert far.mails == [] and PASSWORD not in str(caught.value)
    far.say.clear()
    assert channel.send(NOTE, SUN).fate is Fate.ACCEPTED


@pytest.mark.parametrize("command", ["greeting", "AUTH", "taken"])
def test_d13_a_mail_server_that_hangs_is_left_in_time(
    far: FakeMail, channel: Mail, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT", 0.3)
    far.say[command] = None
    with pytest.raises(TryAgain, match="连不上"):
        channel.send(NOTE, SUN)


def test_a_server_without_tls_gets_no_password(far: FakeMail, channel: Mail) -> None:
    far.extensions = []
    with pytest.raises(GiveUp):
        channel.send(NOTE, SUN)
    assert far.logins == []


@pytest.mark.parametrize("certificate", ["localhost", "elsewhere"])
def test_d13_a_certificate_that_does_not_fit_gets_no_password(far: FakeMail, tmp_path: Path, certificate: str) -> None:
    """Of an authority nobody knows, and of a known one for another name."""
    far.certificate = certificate
    known = certificate == "elsewhere"
    trust = ssl.create_default_context(cafile=str(far_tls.folder() / "ca.pem")) if known else None
    with pytest.raises(TryAgain, match="证书"):
        mail(far.host, tmp_path, trust).send(NOTE, SUN)
    assert far.logins == []


def test_d13_nobody_listens_and_no_such_name(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        for host in (f"127.0.0.1:{taken.getsockname()[1]}", "nowhere.invalid:587"):
            with pytest.raises(TryAgain):
                mail(host, tmp_path).send(NOTE, SUN)


def test_a_person_without_an_address_gives_up_and_a_missing_secret_names_itself(far: FakeMail, tmp_path: Path) -> None:
    with pytest.raises(GiveUp, match="邮箱"):
        mail(far.host, tmp_path).send(NOTE, Person("x", "某某", "duty", "+8613800138000"))
    settings = {"host": far.host, "user": USER, "secret_file": str(tmp_path / "none")}
    with pytest.raises(GiveUp, match="读不到"):
        CHANNELS["smtp"].build(settings, SystemClock()).probe()
