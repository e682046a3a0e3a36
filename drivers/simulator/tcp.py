"""Modbus TCP: one server, many connections, the MBAP header. The devices behind it are the world's line "tcp"."""

from __future__ import annotations

import asyncio
import struct
from collections import Counter

from drivers.simulator.pdu import NO_TARGET
from drivers.simulator.world import Reply, World

LINE = "tcp"
HEADER = struct.Struct(">HHHB")  # transaction, protocol 0, bytes that follow, unit


class TcpServer:
    """`counts`: connection, question, answer, bad. A bad header ends its connection, as a real device would."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self.counts: Counter[str] = Counter()

    async def open(self, port: int) -> tuple[str, int]:
        """Listen on loopback; port 0 takes a free one. Host and port listened on."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        host, taken = self._server.sockets[0].getsockname()[:2]
        return str(host), int(taken)

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        serving = list(self._open.values())
        for writer in self._open:
            writer.close()
        if serving:
            await asyncio.wait(serving)  # each sees its connection end and returns

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counts["connection"] += 1
        task = asyncio.current_task()
        assert task is not None
        self._open[writer] = task
        try:
            while True:
                transaction, protocol, length, unit = HEADER.unpack(await reader.readexactly(HEADER.size))
                if protocol != 0 or not 2 <= length <= 254:
                    self.counts["bad"] += 1
                    return
                question = await reader.readexactly(length - 1)
                self.counts["question"] += 1
                await self._answer(writer, transaction, unit, question)
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the master went away: not our affair
        finally:
            del self._open[writer]
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, transaction: int, unit: int, question: bytes) -> None:
        reply = self._world.ask(LINE, unit, question)
        if reply is None:
            if not self._world.knows(LINE, unit) and not self._world.is_cut(LINE):
                self._put(writer, transaction, unit, bytes((question[0] | 0x80, NO_TARGET)))
            return
        if reply.late:
            asyncio.get_running_loop().call_later(reply.late, self._say, writer, transaction, reply)
        else:
            self._say(writer, transaction, reply)
        await writer.drain()

    def _say(self, writer: asyncio.StreamWriter, transaction: int, reply: Reply) -> None:
        if writer.is_closing() or self._world.is_cut(LINE):
            return
        body = reply.body
        if reply.mode == "garble":  # TCP carries bytes safely, so a garbled answer is one whose length is wrong
            body = body[:1] + bytes((body[1] ^ 0x10,)) + body[2:]
        self._put(writer, transaction, reply.unit, body)
        self._world.sent(reply)

    def _put(self, writer: asyncio.StreamWriter, transaction: int, unit: int, body: bytes) -> None:
        writer.write(HEADER.pack(transaction, 0, len(body) + 1, unit) + body)
        self.counts["answer"] += 1
