"""Things in the way: an HTTP server that refuses before it passes on, and a broker's door that knows no MQTT 5."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class HttpProxy:
    """Passes POSTs on to `url`, unless `verdict(body)` gives a status to answer instead, with `words`. Counts what it refused."""

    def __init__(
        self, url: str, verdict: Callable[[bytes], int | None], words: bytes = b'{"error":"refused by the test"}'
    ) -> None:
        target = urlsplit(url)
        proxy = self
        self.refused = 0
        self.verdict = verdict

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                plain = gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body
                status = proxy.verdict(plain)
                if status is not None:
                    proxy.refused += 1
                    answer = words
                else:
                    onward = http.client.HTTPConnection(target.hostname or "", target.port or 0, timeout=30)
                    onward.request("POST", self.path, plain)
                    reply = onward.getresponse()
                    status, answer = reply.status, reply.read()
                    onward.close()
                self.send_response(status)
                if status != 204:
                    self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class OldBroker:
    """A door to the broker at `port` that refuses MQTT 5 in one of the ways real ones do: `answer` bytes, then closing."""

    def __init__(self, port: int, answer: bytes) -> None:
        self._target, self._answer = port, answer
        self.refused = 0

    async def __aenter__(self) -> OldBroker:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(4096)
        level = first[first.index(b"MQTT") + 4]
        if level == 5:
            self.refused += 1
            writer.write(self._answer)
            await writer.drain()
            writer.close()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
        up_writer.write(first)
        async with asyncio.TaskGroup() as group:
            group.create_task(_copy(reader, up_writer))
            group.create_task(_copy(up_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass  # the other side is gone: so is this one
    finally:
        writer.close()


class Pipe:
    """A line to the broker at `port` that can swallow everything, refuse connections, or be cut."""

    def __init__(self, port: int) -> None:
        self._target = port
        self.swallow = self.refuse = False
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Pipe:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuse:
            writer.transport.abort()
            return
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, up_writer}
        self._writers |= both
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._copy(reader, up_writer))
                group.create_task(self._copy(up_reader, writer))
        finally:
            self._writers -= both

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if not self.swallow:
                    writer.write(data)
                    await writer.drain()
        except ConnectionError:
            pass  # the other side is gone: so is this one
        finally:
            writer.close()
