"""A mail server on a real socket (RFC 5321, STARTTLS of RFC 3207, AUTH PLAIN) that takes a mail or refuses in every way."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import far_tls

USER, PASSWORD = "box@school.invalid", "mail-password"


class FakeMail:
    """`say`: command -> the reply it gets instead of the usual one ("" hangs up, None is silent). `mails`: what was taken."""

    def __init__(self) -> None:
        self.say: dict[str, str | None] = {}
        self.certificate = "localhost"
        self.extensions = ["STARTTLS"]
        self.mails: list[tuple[str, bytes]] = []  # recipient, the whole mail
        self.logins: list[tuple[str, str]] = []
        self.in_the_clear: list[str] = []  # commands that should have waited for TLS
        self.host = ""
        self.release = threading.Event()


class _Talk(socketserver.StreamRequestHandler):
    far: FakeMail

    def handle(self) -> None:
        with suppress(OSError, EOFError, ssl.SSLError):
            self.secure, self.to = False, ""
            self.answer("greeting", "220 far ESMTP")
            while line := self.rfile.readline():
                self.command(line.decode("ascii", "replace").strip())

    def answer(self, command: str, usual: str) -> None:
        """Say it, or what the test wants said instead."""
        said = self.far.say.get(command, usual)
        if said is None:
            self.far.release.wait(30)
        if not said:
            raise EOFError
        self.wfile.write(f"{said}\r\n".encode())

    def command(self, line: str) -> None:
        verb = line.partition(" ")[0].upper()
        if not self.secure and verb not in ("EHLO", "HELO", "STARTTLS", "QUIT"):
            self.far.in_the_clear.append(line)
        if verb == "EHLO":
            offers = ["far", *(["AUTH PLAIN"] if self.secure else self.far.extensions)]
            self.answer("EHLO", "\r\n".join(f"250{'-' if n < len(offers) else ' '}{o}" for n, o in enumerate(offers, 1)))
        elif verb == "STARTTLS":
            self.answer("STARTTLS", "220 go ahead")
            self.connection = far_tls.context(self.far.certificate).wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
            self.secure = True
        elif verb == "AUTH":
            _, user, password = base64.b64decode(line.split()[-1]).decode().split("\0")
            self.far.logins.append((user, password))
            self.answer("AUTH", "235 ok" if (user, password) == (USER, PASSWORD) else "535 5.7.8 no")
        elif verb == "RCPT":
            self.to = line.partition("<")[2].partition(">")[0]
            self.answer("RCPT", "250 ok")
        elif verb == "DATA":
            self.answer("DATA", "354 go")
            if "DATA" in self.far.say:
                return
            mail = b"".join(iter(self.rfile.readline, b".\r\n"))
            self.answer("taken", "250 queued")
            if "taken" not in self.far.say:
                self.far.mails.append((self.to, mail))
        else:
            self.answer(verb, "221 bye" if verb == "QUIT" else "250 ok")


@contextmanager
def mail_server() -> Iterator[FakeMail]:
    far = FakeMail()
    handler: Any = type("Talk", (_Talk,), {"far": far})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        far.host = f"127.0.0.1:{server.server_address[1]}"
        try:
            yield far
        finally:
            far.release.set()
            server.shutdown()
            thread.join()
