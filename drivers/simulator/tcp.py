"""Modbus TCP: one server, many connections, the MBAP header. The devices behind it are one line of the world."""

from __future__ import annotations

import asyncio
import struct
from collections import Counter

from drivers.simulator import faults
from drivers.simulator.pdu import NO_TARGET
from drivers.simulator.world import Reply, World

FLIPPED = 9  # TCP's own check sum guards the values, so bits are flipped in the header, the function and the count only
HEADER = struct.Struct(">HHHB")  # transaction, protocol 0, bytes that follow, unit


class TcpServer:
    """`counts`: connection, question, answer, bad. A bad header ends its connection, as a real device would."""

    def __init__(self, line: str, world: World) -> None:
        self.line, self._world = line, world
        self._speaking: set[asyncio.Task[None]] = set()
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
        serving = [*self._open.values(), *self._speaking]
        for task in self._speaking:
            task.cancel()
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
                if self._world.is_unplugged(self.line):
                    return
                self.counts["question"] += 1
                await self._answer(writer, transaction, unit, question)
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the master went away: not our affair
        finally:
            del self._open[writer]
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, transaction: int, unit: int, question: bytes) -> None:
        asked = _frame(transaction, unit, question)
        medium = self._world.medium(self.line)
        if any(f.kind == "echo" for f in medium):
            writer.write(asked)
        writer.write(faults.babble(medium, self._world.draw))
        reply = self._world.ask(self.line, unit, question)
        if reply is None:
            if not self._world.knows(self.line, unit) and not self._world.is_cut(self.line):
                writer.write(_frame(transaction, unit, bytes((question[0] | 0x80, NO_TARGET))))
                self.counts["answer"] += 1
            return
        answer = _frame(transaction, reply.unit, reply.body)
        spoken = faults.pieces(answer, asked, reply.struck, self._world.draw, FLIPPED)
        if not reply.late and len(spoken) == 1:
            self._say(writer, spoken[0].data)
            self._told(reply, spoken)
            await writer.drain()
            return
        task = asyncio.create_task(self._say_slowly(writer, reply, spoken))
        self._speaking.add(task)
        task.add_done_callback(self._speaking.discard)

    async def _say_slowly(self, writer: asyncio.StreamWriter, reply: Reply, spoken: tuple[faults.Piece, ...]) -> None:
        await asyncio.sleep(reply.late)
        for piece in spoken:
            await asyncio.sleep(piece.pause)
            if not self._say(writer, piece.data):
                return
        self._told(reply, spoken)

    def _say(self, writer: asyncio.StreamWriter, data: bytes) -> bool:
        if writer.is_closing() or self._world.is_cut(self.line):
            return False
        writer.write(data)
        return True

    def _told(self, reply: Reply, spoken: tuple[faults.Piece, ...]) -> None:
        self.counts["answer"] += 1
        self._world.sent(reply, b"".join(piece.data for piece in spoken))


def _frame(transaction: int, unit: int, body: bytes) -> bytes:
    return HEADER.pack(transaction, 0, len(body) + 1, unit) + body
