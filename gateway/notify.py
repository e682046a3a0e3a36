"""Tells systemd that the alarms are live, and goes on telling while the engine's beat advances (sd_notify(3)). Nothing else."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

READY, ALIVE = b"READY=1", b"WATCHDOG=1"
LOOK = 0.2  # s between two looks at the beat


class Notifier:
    """Talks to NOTIFY_SOCKET; without one every call does nothing. `watch` is the watchdog's time in seconds, 0 for none."""

    def __init__(self, environment: Mapping[str, str] = os.environ, pid: int | None = None) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        meant = environment.get("WATCHDOG_PID", "") in ("", str(pid or os.getpid()))
        usec = environment.get("WATCHDOG_USEC", "0")
        self.watch = int(usec) / 1e6 if self._address and meant and usec.isdigit() else 0.0

    def tell(self, state: bytes) -> None:
        """A socket that does not take it is logged: systemd will do what its unit says, and no alarm waits for that."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.setblocking(False)  # a supervisor that does not read must not hold the alarms
                sock.sendto(state, self._address)
        except OSError as error:
            log.warning("systemd was not told %s: %s", state.decode(), error)


async def attend(notifier: Notifier, ready: Callable[[], bool], beat: Callable[[], int], patience: float = 30.0) -> None:
    """READY=1 once `ready()`, or after `patience` seconds: a dead line must not keep the alarms of the others from counting.

    Then WATCHDOG=1 three times in each watchdog time, but only when the beat has advanced since the last one: an engine that
    hangs is a process that systemd starts again.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    while not ready() and loop.time() < end:  # noqa: ASYNC110 - at start only, and nobody would set the event but for this
        await asyncio.sleep(LOOK)
    notifier.tell(READY)
    last = -1
    while notifier.watch:
        if (now := beat()) != last:
            last = now
            notifier.tell(ALIVE)
        await asyncio.sleep(notifier.watch / 3)
