"""The page as a process of its own for the browser's stories: `serve.py DATA LANG`, prints its port as JSON."""

import json
import socket
import sys
import time
from pathlib import Path

import uvicorn

from dashboard.app import create_app
from dashboard.auth import Users
from drivers.reading import Now


class Clock:
    def now(self):
        return Now(int(time.time() * 1000), int(time.monotonic() * 1000))

    def ok(self):
        return True


data = Path(sys.argv[1])
listening = socket.create_server(("127.0.0.1", 0))
print(json.dumps({"port": listening.getsockname()[1]}), flush=True)
app = create_app(data, Clock(), Users(data / "dashboard.db"), sys.argv[2])
config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
uvicorn.Server(config).run(sockets=[listening])
