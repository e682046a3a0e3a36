"""The HTTP port of one ingest worker, on this machine only: /metrics for Prometheus, /healthz for whoever restarts it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from gateway.scrub import scrub
from gateway.stream.meter import IngestState, prometheus

log = logging.getLogger(__name__)

_PATIENCE = 5.0  # s for one request
_TYPE = "text/plain; version=0.0.4; charset=utf-8"


async def serve(port: int, state: Callable[[], IngestState], told: Callable[[int], None]) -> None:
    """Until cancelled. `told` gets the port, which matters with 0. OSError when it is taken.

    /healthz is 200 while broker and database answer, else 503 with the reason.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                status, text = _page(head.split(b" ")[1].decode("latin-1"), state())
                body = text.encode()
                lines = (f"HTTP/1.1 {status}", f"Content-Type: {_TYPE}", f"Content-Length: {len(body)}", "Connection: close")
                writer.write("\r\n".join((*lines, "", "")).encode() + body)
                await writer.drain()
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, IndexError) as error:
            log.debug("a request without sense: %r", error)
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", port)
    told(server.sockets[0].getsockname()[1])
    async with server:
        await server.serve_forever()


def _page(path: str, state: IngestState) -> tuple[str, str]:
    if path == "/metrics":
        return "200 OK", prometheus(state)
    if path == "/healthz":
        why = "" if state.connected else "no connection to the broker"
        return ("503 Service Unavailable", f"{why or scrub(state.problem)}\n") if why or state.problem else ("200 OK", "ok\n")
    return "404 Not Found", "there are /metrics and /healthz\n"
