"""A stub phone company for demo and tests: takes signed webhook messages, shows them, logs each arrival. No part of `run`.

python -m gateway.stub_phone --log FILE --secret-file FILE [--port 0] [--refuse] [--quiet]
First line on stdout: {"ready":true,"url":...}. Each genuine arrival is one JSON line of the log: {"t": wall ms, and the body}.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TextIO

from alerts.channels.signing import IDEMPOTENCY, SIGNATURE, TIMESTAMP, genuine
from drivers.reading import Clock
from gateway.clock import SystemClock

MOST_BODY = 65_536
_WANTED = ("key", "alarm", "person", "phone", "text", "severity", "repeat", "message")


class Phones(ThreadingHTTPServer):
    """Listens on loopback. `refuse`: answers every message with 503 and logs nothing. `screen` None shows nothing."""

    daemon_threads = True

    def __init__(
        self, port: int, log: Path, secret: bytes, clock: Clock, *, refuse: bool = False, screen: TextIO | None = None
    ) -> None:
        super().__init__(("127.0.0.1", port), _Answer)
        self._log = log.open("a", encoding="utf-8")
        self._secret = secret
        self._clock = clock
        self._refuse = refuse
        self._screen = screen
        self._lock = threading.Lock()
        self._ids = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def arrive(self, timestamp: str, claimed: str, key: str, data: bytes) -> tuple[int, dict[str, object]]:
        """One POST -> (status, answer). A message without the right signature is told so and leaves no trace."""
        if self._refuse:
            return 503, {"error": "out of order"}
        if not genuine(self._secret, timestamp, data, claimed):
            return 401, {"error": "bad signature"}
        try:
            body = json.loads(data)
        except ValueError:
            return 400, {"error": "not JSON"}
        if not isinstance(body, dict) or body.get("v") != 1:
            return 400, {"error": "unknown version"}
        if body.get("kind") == "probe":
            return 200, {}
        if any(name not in body for name in _WANTED) or body["key"] != key:
            return 400, {"error": "field missing, or key differs from its header"}
        return 200, {"id": self._record(body)}

    def server_close(self) -> None:
        super().server_close()
        self._log.close()

    def _record(self, body: dict[str, object]) -> str:
        with self._lock:
            self._ids += 1
            row = {"t": self._clock.now().wall} | {name: body[name] for name in _WANTED}
            self._log.write(json.dumps(row, ensure_ascii=False) + "\n")
            self._log.flush()
            if self._screen is not None:
                print(f"☎ {body['person']} {body['phone']}  {body['text']}", file=self._screen, flush=True)
            return f"stub-{self._ids}"


class _Answer(BaseHTTPRequestHandler):
    server: Phones
    timeout = 10  # s, for a client that connects and says nothing

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MOST_BODY:
            self._reply(413, {"error": "no length, or too long"})
            return
        timestamp, claimed, key = (self.headers.get(name, "") for name in (TIMESTAMP, SIGNATURE, IDEMPOTENCY))
        self._reply(*self.server.arrive(timestamp, claimed, key, self.rfile.read(int(length))))

    def _reply(self, status: int, answer: dict[str, object]) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Silent: the log file is the record."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="gateway.stub_phone", description="A stub phone company for demo and tests.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--secret-file", type=Path, required=True)
    parser.add_argument("--refuse", action="store_true", help="answer every message with 503")
    parser.add_argument("--quiet", action="store_true", help="show no messages")
    args = parser.parse_args(argv)
    secret = args.secret_file.read_bytes().strip()
    if not secret:
        parser.error("the secret file is empty")
    screen = None if args.quiet else sys.stdout
    server = Phones(args.port, args.log, secret, SystemClock(), refuse=args.refuse, screen=screen)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print(json.dumps({"ready": True, "url": server.url}), flush=True)
    with server:
        server.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
