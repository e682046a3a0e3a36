"""A TCP connection as bytes in and out, which knows when bytes came that nobody asked for. No Modbus here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

Enough = Callable[[bytearray], bool]


class Wire(asyncio.Protocol):
    """One connection. Bytes that have come and that nobody has waited for yet are `surplus`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[bytes] | None = None
        self._enough: Enough = bool
        self._until = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._asked = 0.0
        self.lost = ""  # why the connection is gone
        self.took: float | None = None  # ms from the last question to the first byte that came

    @property
    def surplus(self) -> int:
        return len(self._buffer)

    @property
    def stale(self) -> bool:
        """Bytes nobody asked for, or a closed connection: this wire is of no use for a question any more."""
        return bool(self._buffer or self.lost)

    def ask(self, question: bytes) -> None:
        assert self._transport is not None
        self.took, self._asked = None, self._loop.time()
        self._transport.write(question)

    def hear(self, enough: Enough, until: float) -> asyncio.Future[bytes]:
        """All that has come, once it is `enough`; at `until` (of the loop's clock) whatever there is, b"" if nothing.

        ConnectionError when the far side has closed. One caller at a time.
        """
        self._waiter = waiter = self._loop.create_future()
        self._enough, self._until = enough, until
        if (self._buffer and enough(self._buffer)) or (not self.lost and until <= self._loop.time()):
            self._give()
        elif self.lost:
            waiter.set_exception(ConnectionError(self.lost))
        elif self._timer is None or self._timer.when() > until:
            self._arm()
        return waiter

    def abort(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self.took is None:
            self.took = (self._loop.time() - self._asked) * 1000
        self._buffer += data
        if self._waiter is not None and self._enough(self._buffer):
            self._give()

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = str(error or "closed by the far side")
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(ConnectionError(self.lost))

    def _give(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(bytes(self._buffer))
            self._buffer.clear()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._until, self._late)

    def _late(self) -> None:
        """One timer serves many questions: it is set anew only when it fires too early."""
        self._timer = None
        if self._waiter is None:
            return
        if self._loop.time() < self._until:
            self._arm()
        else:
            self._give()
