"""The camera of a simulated store: HTTP, to every GET one JPEG of how things stand in the world. Its line can be cut like any other."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

from drivers.simulator.campus import Scene
from drivers.simulator.world import World

PICTURES = Path(__file__).parent / "scenes"
MOST = 4096  # bytes of a question
HEAD = "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"


class CameraServer:
    """`counts`: question, answer, bad. Cut off or unplugged it ends a connection without a word."""

    def __init__(self, line: str, world: World, scene: Scene) -> None:
        self.line, self._world, self._scene = line, world, scene
        self._pictures = {value: (PICTURES / name).read_bytes() for value, name in scene.pictures.items()}
        self._server: asyncio.Server | None = None
        self.counts: Counter[str] = Counter()

    async def open(self, port: int) -> tuple[str, int]:
        """Listen on loopback; port 0 takes a free one. Host and port listened on."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=MOST)
        host, taken = self._server.sockets[0].getsockname()[:2]
        return str(host), int(taken)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked = await reader.readuntil(b"\r\n\r\n")
            if self._world.is_cut(self.line) or self._world.is_unplugged(self.line):
                return
            self.counts["question"] += 1
            writer.write(self._answer(asked))
            await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            self.counts["bad"] += 1
        finally:
            writer.close()

    def _answer(self, asked: bytes) -> bytes:
        if not asked.startswith(b"GET "):
            self.counts["bad"] += 1
            return HEAD.format(status="405 Method Not Allowed", kind="text/plain", length=0).encode()
        picture = self._pictures[int(self._world.get(*self._scene.cause))]
        self.counts["answer"] += 1
        return HEAD.format(status="200 OK", kind="image/jpeg", length=len(picture)).encode() + picture
