"""The mail channel: for digests, copies and audit. A mail that is accepted is not read; nobody is woken by one."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from alerts.channels import secrets
from alerts.channels.faults import GiveUp, TryAgain, Unfit
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
            raise Unfit("此人没有邮箱 this person has no mail address")
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
        except smtplib.SMTPNotSupportedError as error:
            raise GiveUp("邮件服务器不支持加密登录 the mail server offers no encrypted login") from error
        except smtplib.SMTPRecipientsRefused as error:
            code = min((code for code, _ in error.recipients.values()), default=500)
            raise _refused(code, "收件地址被拒 the address is refused") from error
        except smtplib.SMTPAuthenticationError as error:
            raise _refused(error.smtp_code, "邮箱登录不了 the mail server refuses the login") from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, "邮件服务器拒绝 the mail server refuses") from error
        except ssl.SSLCertVerificationError as error:
            raise TryAgain(f"证书不可信 certificate refused: {error.verify_message}", RETRY) from error
        except (smtplib.SMTPException, OSError) as error:
            raise TryAgain(f"邮件服务器连不上 the mail server cannot be reached: {type(error).__name__}", RETRY) from error

    def _connected(self) -> smtplib.SMTP:
        if self._port == 465:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT, context=self._context)
        server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT)
        try:
            server.starttls(context=self._context)
        except BaseException:
            server.close()
            raise
        return server


def _refused(code: int, words: str) -> GiveUp | TryAgain:
    """4yz may work later (a busy server, greylisting), 5yz never will (RFC 5321 4.2.1)."""
    why = f"{words}: {code}"
    return GiveUp(why) if code >= 500 else TryAgain(why, RETRY)


def build(settings: Mapping[str, str], clock: Clock) -> Mail:
    """Settings: host (name or name:port), user, secret_file (password = …), sender. Raises KeyError or ValueError."""
    return Mail(settings, clock)
