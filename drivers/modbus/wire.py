"""A TCP connection as bytes in and out, which knows when bytes came that nobody asked for. No Modbus here."""

from __future__ import annotations

import asyncio


class Wire(asyncio.Protocol):
    """One connection. `take` waits for bytes; whatever is in the buffer before a question was not asked for."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._news = asyncio.Event()
        self._transport: asyncio.Transport | None = None
        self.lost = ""  # why the connection is gone
        self.heard = b""  # everything taken since the last question
        self.took: float | None = None  # ms from the last question to the first byte that came
        self._asked = 0.0

    @property
    def surplus(self) -> int:
        """How many bytes nobody has taken yet."""
        return len(self._buffer)

    @property
    def stale(self) -> bool:
        """Bytes nobody asked for, or a closed connection: this wire is of no use any more."""
        return bool(self._buffer or self.lost)

    def ask(self, question: bytes) -> None:
        assert self._transport is not None
        self.heard, self.took, self._asked = b"", None, asyncio.get_running_loop().time()
        self._transport.write(question)

    async def take(self, count: int) -> bytes:
        """At most `count` bytes, at least one. Raises ConnectionError when the far side has closed."""
        while not self._buffer:
            if self.lost:
                raise ConnectionError(self.lost)
            self._news.clear()
            await self._news.wait()
        found = bytes(self._buffer[:count])
        del self._buffer[:count]
        self.heard += found
        return found

    async def exactly(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            found += await self.take(count - len(found))
        return found

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self.took is None:
            self.took = (asyncio.get_running_loop().time() - self._asked) * 1000
        self._buffer += data
        self._news.set()

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = str(error or "closed by the far side")
        self._news.set()
