"""The near end of a simulated serial line as bytes: a pty behind a symlink, or a serial server on TCP. Knows no Modbus."""

from __future__ import annotations

import fcntl
import os
import select
import socket
import termios
import tty
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from drivers.simulator.clock import mono, sleep_until

SPEEDS = {getattr(termios, f"B{baud}"): baud for baud in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)}


class End(Protocol):
    """One thread uses it. Unplugged it gives and takes nothing."""

    @property
    def where(self) -> str:
        """What a master opens: a path, or host:port."""
        ...

    def wait(self, seconds: float) -> bytes:
        """Bytes of the master; b"" when none came in time."""
        ...

    def put(self, data: bytes) -> None: ...

    def pending(self) -> bool:
        """Has the master sent what nobody has taken yet?"""
        ...

    def baud(self) -> int | None:
        """The speed the master has set; None where there is none."""
        ...

    def plug(self, there: bool) -> None:
        """Unplug or plug in again; nothing happens when it is so already."""
        ...

    def close(self) -> None: ...


class PtyEnd:
    """A new pty at each plugging in; the link always names the present one, and is gone while unplugged."""

    def __init__(self, link: Path) -> None:
        self._link = link
        self._open: tuple[int, int] | None = None
        self.plug(True)

    @property
    def where(self) -> str:
        return str(self._link)

    def wait(self, seconds: float) -> bytes:
        if self._open is None:
            sleep_until(mono() + seconds)
            return b""
        near, far = self._open
        if not select.select([near], [], [], seconds)[0]:
            # A real port forgets its exclusive mark when its owner dies; the pty, held open by us, must be told.
            fcntl.ioctl(far, termios.TIOCNXCL)
            return b""
        return os.read(near, 512)

    def put(self, data: bytes) -> None:
        if self._open is not None:
            os.write(self._open[0], data)

    def pending(self) -> bool:
        return self._open is not None and bool(select.select([self._open[0]], [], [], 0)[0])

    def baud(self) -> int | None:
        return SPEEDS.get(termios.tcgetattr(self._open[1])[4]) if self._open is not None else None

    def plug(self, there: bool) -> None:
        if there and self._open is None:
            near, far = os.openpty()
            tty.setraw(far)  # kept open, so that a master may come and go without a hang-up
            self._open = near, far
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(os.ttyname(far))
        elif not there and self._open is not None:
            (near, far), self._open = self._open, None
            self._link.unlink(missing_ok=True)
            os.close(near)
            os.close(far)

    def close(self) -> None:
        self.plug(False)


class SocketEnd:
    """A serial server on loopback: bytes of the line go to whoever is connected; the newest connection is the one that counts."""

    def __init__(self, port: int) -> None:
        self._listen: socket.socket | None = None
        self._client: socket.socket | None = None
        self._port = port
        self.plug(True)

    @property
    def where(self) -> str:
        return f"127.0.0.1:{self._port}"

    def wait(self, seconds: float) -> bytes:
        if self._listen is None:
            sleep_until(mono() + seconds)
            return b""
        ready = select.select([s for s in (self._listen, self._client) if s], [], [], seconds)[0]
        if self._listen in ready:
            self._hang_up()
            self._client, _ = self._listen.accept()
            self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        elif self._client in ready and self._client is not None:
            with suppress(ConnectionError):
                if data := self._client.recv(512):
                    return data
            self._hang_up()
        return b""

    def put(self, data: bytes) -> None:
        if self._client is not None:
            try:
                self._client.sendall(data)
            except ConnectionError:
                self._hang_up()

    def pending(self) -> bool:
        return self._client is not None and bool(select.select([self._client], [], [], 0)[0])

    def baud(self) -> int | None:
        return None

    def plug(self, there: bool) -> None:
        if there and self._listen is None:
            self._listen = socket.create_server(("127.0.0.1", self._port))
            self._port = int(self._listen.getsockname()[1])
        elif not there and self._listen is not None:
            self._hang_up()
            self._listen.close()
            self._listen = None

    def close(self) -> None:
        self.plug(False)

    def _hang_up(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
