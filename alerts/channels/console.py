"""The console channel: one clear line per message on a text stream. For the demo and for trying things out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO

from alerts.channels.faults import TryAgain
from alerts.model import Delivery, Fate, Inbound, Notification
from alerts.plant import Person
from drivers.reading import Clock

RETRY = 1_000  # ms


class Console:
    def __init__(self, out: TextIO, hhmmss: Callable[[], str]) -> None:
        self._out = out
        self._hhmmss = hhmmss

    def send(self, n: Notification, to: Person) -> Delivery:
        """Write `☎ time person: text`; a text never breaks the line. Raises TryAgain when the stream is closed or full."""
        try:
            self._out.write(f"☎ {self._hhmmss()} {to.name}：{' '.join(n.text.split())}\n")
            self._out.flush()
        except (OSError, ValueError) as error:
            raise TryAgain(f"终端不能写 console not writable: {error}", RETRY) from error
        return Delivery(n.key, Fate.ACCEPTED)

    def probe(self) -> None:
        if self._out.closed:
            raise TryAgain("终端已关闭 console closed", RETRY)

    def hear(self) -> Sequence[Delivery | Inbound]:
        """Nothing comes back this way."""
        return ()


def build(settings: Mapping[str, str], clock: Clock) -> Console:
    """Settings: none. Times are UTC: the channel knows no time zone, the text has the local one."""

    def hhmmss() -> str:
        seconds = clock.now().wall // 1000
        return f"{seconds // 3600 % 24:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}Z"

    return Console(sys.stdout, hhmmss)
