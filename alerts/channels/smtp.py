"""The mail channel: for digests, copies and audit. A mail that is accepted is not read; nobody is woken by one."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from alerts.channels import secrets
from alerts.channels.faults import GiveUp, TryAgain
from alerts.model import Delivery, Fate, Inbound, Notification
from alerts.plant import Person
from drivers.reading import Clock

TIMEOUT = 8.0  # s
RETRY = 30_000  # ms


class Mail:
    """`host` may name a port; 465 speaks TLS at once, any other port must offer STARTTLS. No mail goes out in the clear."""

    def __init__(self, settings: Mapping[str, str], clock: Clock, context: ssl.SSLContext | None = None) -> None:
        host, _, port = settings["host"].partition(":")
        self._host, self._port = host, int(port or "465")
        self._user, self._sender = settings["user"], settings.get("sender") or settings["user"]
        self._secret_file, self._clock = Path(settings["secret_file"]), clock
        self._context = context or ssl.create_default_context()

    def send(self, n: Notification, to: Person) -> Delivery:
        """ACCEPTED at 250 after DATA. Raises TryAgain or GiveUp."""
        if not to.mail:
            raise GiveUp("此人没有邮箱 this person has no mail address")
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, to.mail, n.text[:40]
        mail["Date"], mail["Message-ID"] = formatdate(self._clock.now().wall / 1000), make_msgid(domain="campus-gateway")
        mail["X-Campus-Key"] = n.key
        mail.set_content(n.text)
        self._talk(lambda server: server.send_message(mail))
        return Delivery(n.key, Fate.ACCEPTED, str(mail["Message-ID"]))

    def probe(self) -> None:
        """Log in and say NOOP. Raises TryAgain or GiveUp."""
        self._talk(lambda server: server.noop())

    def hear(self) -> Sequence[Delivery | Inbound]:
        """Nothing comes back this way."""
        return ()

    def _talk(self, work: Callable[[smtplib.SMTP], object]) -> None:
        password = secrets.read(self._secret_file, "password")["password"]
        try:
            with self._connected() as server:
                server.login(self._user, password)
                work(server)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError) as error:
            raise GiveUp(f"邮箱登录不了 the mail server refuses the login: {type(error).__name__}") from error
        except smtplib.SMTPRecipientsRefused as error:
            raise GiveUp("收件地址被拒 the address is refused") from error
        except smtplib.SMTPResponseException as error:
            why = f"邮件服务器回答 {error.smtp_code} answered {error.smtp_code}"
            raise (GiveUp(why) if error.smtp_code >= 500 else TryAgain(why, RETRY)) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TryAgain(f"邮件服务器连不上 the mail server cannot be reached: {type(error).__name__}", RETRY) from error

    def _connected(self) -> smtplib.SMTP:
        if self._port == 465:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT, context=self._context)
        server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT)
        server.starttls(context=self._context)
        return server


def build(settings: Mapping[str, str], clock: Clock) -> Mail:
    """Settings: host (name or name:port), user, secret_file (password = …), sender. Raises KeyError or ValueError."""
    return Mail(settings, clock)
