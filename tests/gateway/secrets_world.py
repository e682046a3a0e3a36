"""A box with a secret planted in every place that takes one, and a far side that says back whatever it is told. No assertions."""

from __future__ import annotations

import json
import os
import secrets
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from dashboard.door import COOKIE
from gateway.local import RunDown, ask_once

WAIT = 90.0  # s; guards against hanging
PIN = "730519"
SITE = """campus: 1
site: {{id: test-school, district: town, name: 测试学校, short: 测试}}
buildings: [{{id: main, name: 主楼, use: teaching}}]
zones: [{{id: hall, name: 主楼大厅, building: main, kind: corridor}}]
people:
  - {{id: wang, name: 王老师, role: duty, phone: "+8613800000001", mail: wang@example.org,
     channels: [ding, wecom, feishu, ali, voice, tencent, hook, mail]}}
  - {{id: wu, name: 吴安全, role: officer, phone: "+8613800000008", channels: [hook]}}
  - {{id: gao, name: 高校长, role: head, phone: "+8613800000009", channels: [hook]}}
  - {{id: fitter, name: 安装员, role: installer}}
buses:
  - {{id: lab, type: modbus-tcp, host: 127.0.0.1, port: {sensors}}}
  - {{id: eye, type: http-snapshot, url: "{far}/eye.jpg?ticket={url_ticket}", user: viewer, password_file: {folder}/camera}}
devices:
  - {{id: io, profile: waveshare-io8, bus: lab, unit: 1, zone: hall, period: 1s, channels: {{di-1: {{quantity: smoke, name: 烟感}}}}}}
channels:
  - {{id: ding, type: dingtalk, secret_file: {folder}/ding}}
  - {{id: wecom, type: wecom, secret_file: {folder}/wecom}}
  - {{id: feishu, type: feishu, secret_file: {folder}/feishu}}
  - {{id: ali, type: aliyun-sms, secret_file: {folder}/ali, sign_name: x, template: SMS_1, url: "{far}/ali?ticket={url_ticket}"}}
  - {{id: voice, type: aliyun-voice, secret_file: {folder}/ali, template: TTS_1, show_number: "4001", url: "{far}/voice"}}
  - {{id: tencent, type: tencent-sms, secret_file: {folder}/tencent, app_id: "1", sign_name: x, template: "1", url: "{far}/tencent"}}
  - {{id: hook, type: webhook, url: "{far}/hook?token={url_hook}", secret_file: {folder}/hook}}
  - {{id: mail, type: smtp, host: "127.0.0.1:{port}", user: box@example.org, secret_file: {folder}/mail}}
uplink: {{host: 127.0.0.1, port: {port}, user: test-school, password_file: {folder}/mqtt, command_key: {folder}/command}}
database: {{style: influxql, url: "{far}/influx?p={url_influx}", db: campus, token_file: {folder}/influx}}
"""
FILES = {  # secret file -> what is written in it; {0}, {1} … are planted
    "ding": "url = {far}/robot/send?access_token={0}\nsecret = {1}\n",
    "wecom": "url = {far}/webhook/send?key={0}\n",
    "feishu": "url = {far}/open-apis/bot/v2/hook/{0}\nsecret = {1}\n",
    "ali": "key_id = LTAI\nkey_secret = {0}\n",
    "tencent": "key_id = AKID\nkey_secret = {0}\n",
    "hook": "{0}\n",
    "mail": "password = {0}\n",
    "mqtt": "{0}\n",
    "influx": "{0}\n",
    "camera": "{0}\n",
    "metrics": "{0}\n",
}


class Echo(ThreadingHTTPServer):
    """Refuses everything and says back all that it was told, wherever a provider has room for words. `seen`: the paths."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Back)
        self.seen: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Back(BaseHTTPRequestHandler):
    server: Echo

    def do_POST(self) -> None:
        heard = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
        words = f"{self.path} {self.headers.get('Authorization', '')} {heard}"
        self.server.seen.append(self.path)
        bad = "/hook?" in self.path or "influx" in self.path or "eye" in self.path
        body = {"errcode": 310000, "errmsg": words, "code": 9, "msg": words, "Code": "isv.NO", "Message": words, "error": words,
                "Response": {"Error": {"Code": words, "Message": words}}}  # fmt: skip
        answer = json.dumps(body).encode()
        self.send_response(401 if "eye" in self.path else 403 if bad else 200, ascii(words)[1:400] if bad else "OK")
        if "eye" in self.path:
            self.send_header("WWW-Authenticate", 'Basic realm="camera"')
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        pass


def smoke() -> int:
    """A Modbus TCP device whose first input is on, for ever; its port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve(client: socket.socket) -> None:
        with suppress(OSError), client, client.makefile("rb") as stream:
            while len(head := stream.read(7)) == 7:
                number, _, length, unit = struct.unpack(">HHHB", head)
                function, address, count = struct.unpack(">BHH", stream.read(length - 1)[:5])
                size = (count + 7) // 8 if function in (1, 2) else 2 * count
                data = (int(function == 2 and address == 0)).to_bytes(size, "little")
                client.sendall(struct.pack(">HHHB", number, 0, size + 3, unit) + bytes((function, size)) + data)

    def accept() -> None:
        while True:
            threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(listening.getsockname()[1])


class World:
    """`planted`: name -> secret. `box`: `run`; `page`: `dashboard`. `close` ends both."""

    def __init__(self, folder: Path, mqtt: int) -> None:
        self.far, self.planted = Echo(), dict[str, str]()
        self.dir, self.config, self.data = folder, folder / "etc", folder / "data"
        self.secrets, self.site = self.config / "secrets", self.config / "site"
        for made in (self.secrets, self.site, self.data):
            made.mkdir(mode=0o700, parents=True)
        address = f"http://127.0.0.1:{self.far.port}"
        for name, text in FILES.items():
            held = [self.plant(f"{name}-{n}") for n in range(text.count("{0}") + text.count("{1}"))]
            self._secret(name, text.format(*held, far=address))
        self._secret("command", self.plant("command", secrets.token_hex(32)) + "\n")
        in_site = {f"url_{name}": self.plant(f"url-{name}") for name in ("hook", "ticket", "influx")}
        text = SITE.format(folder=self.secrets, far=address, port=self.far.port, sensors=smoke(), **in_site)
        text = text.replace(f"port: {self.far.port}, user: test-school", f"port: {mqtt}, user: test-school")
        (self.site / "site.yaml").write_text(text, "utf-8")
        self.compiled = self.site / "site.compiled.json"
        made = self.command("check", str(self.site / "site.yaml"), "-o", str(self.compiled), "--data", str(self.data))
        assert made.returncode == 0, made.stdout + made.stderr
        self.said_first = made.stdout + made.stderr
        self._jar = CookieJar()
        self._browser = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(self._jar)
        )
        self.box = self._start("run", "run", str(self.compiled), "--assume-clock")
        self.until(
            "run answers", lambda: self.ask({"ask": "snapshot"}).get("ok", True) and "data" in self.ask({"ask": "snapshot"})
        )
        self.page = self._start("page", "dashboard", "--data", str(self.data), "--port", "0",
                                "--metrics-token", str(self.secrets / "metrics"))  # fmt: skip
        self.until("the page", lambda: "page: " in self.log("page.out"))
        said = self.log("page.out")
        self.url = said.rpartition("page: ")[2].strip().rstrip("/")
        self.planted["first password"] = said.partition("password ")[2].split()[0]

    def plant(self, name: str, value: str = "") -> str:
        self.planted[name] = value or f"canary-{name}-{secrets.token_hex(8)}"
        return self.planted[name]

    def _secret(self, name: str, text: str) -> None:
        (self.secrets / name).write_text(text, "utf-8")
        (self.secrets / name).chmod(0o600)

    def _start(self, name: str, *arguments: str) -> subprocess.Popen[Any]:
        """What it prints goes to `<name>.out`, what it logs to `<name>.err`."""
        with (self.dir / f"{name}.out").open("ab") as out, (self.dir / f"{name}.err").open("ab") as err:
            environment = {**os.environ, "PYTHONFAULTHANDLER": "1"}
            return subprocess.Popen(
                [sys.executable, "-m", "gateway.commands", *arguments], stdout=out, stderr=err, env=environment
            )

    def log(self, name: str) -> str:
        return (self.dir / name).read_text("utf-8", "replace")

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "gateway.commands", *arguments], capture_output=True, text=True)

    def ask(self, request: dict[str, Any], timeout: float = 20.0) -> dict[str, Any]:
        try:
            return ask_once(self.data / "run.sock", request, timeout)
        except RunDown as error:
            return {"down": str(error)}

    def until(self, what: str, look: Callable[[], object]) -> None:
        end = time.monotonic() + WAIT
        while not look():
            assert time.monotonic() < end, f"never seen: {what}\n{self.log('run.err')[-2000:]}"
            time.sleep(0.1)

    # the page

    def get(self, path: str, headers: dict[str, str] | None = None) -> str:
        return self._read(urllib.request.Request(self.url + path, headers=headers or {}))

    def post(self, path: str, body: dict[str, Any], form: bool = False) -> str:
        """As the page's own script or form would: with the token that stands in the page."""
        token = self.get("/desk").partition('name="csrf" value="')[2].partition('"')[0]
        headers = {"Origin": self.url, "X-CSRF-Token": token}
        if form:
            data = urllib.parse.urlencode({**body, "csrf": token}).encode()
        else:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        return self._read(urllib.request.Request(self.url + path, data, headers))

    def _read(self, request: urllib.request.Request) -> str:
        try:
            with self._browser.open(request, timeout=30) as answer:
                return str(answer.read().decode("utf-8", "replace"))
        except urllib.error.HTTPError as error:
            return f"{error.code} {error.reason} {error.read().decode('utf-8', 'replace')}"

    def cookie(self) -> str:
        return next((str(cookie.value) for cookie in self._jar if cookie.name == COOKIE), "")

    def close(self) -> None:
        for process in (self.page, self.box):
            if process.poll() is None:
                process.kill()
            process.wait()
        self.far.shutdown()
