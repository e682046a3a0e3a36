"""A county on one machine for tests: Modbus TCP sensors, three schools' `run`, a bureau's `run`, a broker, a phone. No assertions."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from gateway.demo.processes import Campus
from gateway.local import RunDown, ask_once

SCHOOLS = {"no1": "一中", "no2": "二中", "no3": "三中"}
WAIT = 240.0  # s; guards against hanging
LATER = 3_600  # s by which the wrong clock is wrong
# A `run` whose wall clock is wrong; the monotonic one is right, as in a box whose battery was replaced.
WRONG = (
    "import sys, time; real = time.time_ns; time.time_ns = lambda: real() + {later} * 10**9; "
    "from gateway.commands import main; sys.exit(main())"
)
SITE = """campus: 1
site: {{id: {id}, district: {district}, name: 登封市{short}, short: {short}}}
buses: [{{id: lab, type: modbus-tcp, host: 127.0.0.1, port: {sensors}}}]
buildings: [{{id: dorm, name: 3号宿舍楼, use: dormitory}}]
zones: [{{id: room, name: 3号宿舍301室, building: dorm, kind: classroom}}]
devices:
  - {{id: io, profile: waveshare-io8, bus: lab, unit: {unit}, zone: room, period: 1s, channels: {{di-1: {{quantity: smoke, name: 烟感}}}}}}
people:
  - {{id: wang, name: 王老师, role: duty, phone: "{unit}0001", channels: [phone]}}
  - {{id: gao, name: 高校长, role: head, phone: "{unit}0002", channels: [phone]}}
  - {{id: wu, name: 吴安全, role: officer, phone: "{unit}0003", channels: [phone]}}
  - {{id: ma, name: 局马, role: bureau}}
  - {{id: song, name: 宋科长, role: bureau}}
channels: [{{id: phone, type: webhook, url: "{phone_url}", secret_file: "{phone_secret}"}}]
uplink: {{host: 127.0.0.1, port: {port}, command_key: "{key}"}}
rules: {{cpu-busy: {{high: 100, return_at: 99}}}}
"""
BUREAU = """campus: 1
site: {{id: ju, kind: bureau, district: town, name: 登封市教育体育局, short: 教体局}}
uplink: {{host: 127.0.0.1, port: {port}}}
townships:
  - {{id: town, name: 嵩阳街道, outline: [[113.0, 34.4], [113.1, 34.4], [113.1, 34.5], [113.0, 34.5]]}}
  - {{id: daye, name: 大冶镇}}
schools:
{schools}
people:
  - {{id: ma, name: 局马, role: duty, phone: "90001", channels: [phone]}}
  - {{id: song, name: 宋科长, role: leader, phone: "90002", channels: [phone]}}
  - {{id: cui, name: 崔局长, role: head, phone: "90003", channels: [phone]}}
  - {{id: yuan, name: 袁海, role: viewer, zones: [daye]}}
channels: [{{id: phone, type: webhook, url: "{phone_url}", secret_file: "{phone_secret}"}}]
rules: {{cpu-busy: {{high: 100, return_at: 99}}}}
{database}"""


class Sensors:
    """Modbus TCP: every register and bit of every unit is 0, but the bits that a test sets by (unit, address)."""

    def __init__(self) -> None:
        self.bits: dict[tuple[int, int], int] = {}
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(ConnectionError), client, client.makefile("rb") as stream:
            while len(head := stream.read(7)) == 7:
                number, _, length, unit = struct.unpack(">HHHB", head)
                pdu = stream.read(length - 1)
                function, address, count = struct.unpack(">BHH", pdu[:5])
                if function in (1, 2):
                    value = sum(self.bits.get((unit, address + n), 0) << n for n in range(count)) if function == 2 else 0
                    data = value.to_bytes((count + 7) // 8, "little")
                    answer = bytes((function, len(data))) + data
                elif function in (3, 4):
                    answer = bytes((function, 2 * count)) + bytes(2 * count)
                else:
                    answer = pdu[:5]
                client.sendall(struct.pack(">HHHB", number, 0, len(answer) + 1, unit) + answer)

    def close(self) -> None:
        self._listening.close()


class Relay:
    """A line between a box and the broker that can be cut without a word: bytes stop, connections stay open."""

    def __init__(self, to: int) -> None:
        self.to, self.cut = to, threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                return
            for pair in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                if not self.cut.is_set():
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def close(self) -> None:
        self._listening.close()


class County:
    """Started whole; `close` ends everything."""

    def __init__(
        self, folder: Path, speed: int = 20, wrong: str = "", cut: str = "", schools: Mapping[str, str] = SCHOOLS,
        database: str = "", far: str = "",
    ) -> None:  # fmt: skip
        """`database`: that part of the bureau's file. `far`: the school that lies in another township."""
        folder.mkdir(parents=True, exist_ok=True)
        self.dir, self.speed = folder, speed
        self.world = Campus(folder, speed, seed=1, quiet=True)
        self.world.start_phone()
        assert self.world.start_broker()
        self.sensors, self.relay = Sensors(), Relay(self.world.mqtt_port)
        self.units = {id: 11 + n for n, id in enumerate(schools)}
        self.runs: dict[str, subprocess.Popen[Any]] = {}
        for id in schools:
            (folder / f"{id}.key").write_text(secrets.token_hex(32), "ascii")
            (folder / f"{id}.key").chmod(0o600)
        districts = {id: "daye" if id == far else "town" for id in schools}
        for id, short in schools.items():
            port = self.relay.port if id == cut else self.world.mqtt_port
            text = SITE.format(
                id=id,
                short=short,
                district=districts[id],
                unit=self.units[id],
                sensors=self.sensors.port,
                port=port,
                **self._common(id),
            )
            self._start(id, text, wrong=id == wrong)
        rows = "".join(
            f"  - {{id: {id}, district: {districts[id]}, name: 登封市{short}, short: {short}, at: [113.0{n + 2}, 34.4{n + 3}], "
            f'phone: "{self.units[id]}0009", command_key: "{folder / id}.key"}}\n'
            for n, (id, short) in enumerate(schools.items())
        )
        self._start("ju", BUREAU.format(
            port=self.world.mqtt_port, schools=rows.rstrip("\n"), database=database, **self._common("ju"),
        ))  # fmt: skip

    def _common(self, id: str) -> dict[str, str]:
        return {
            "phone_url": self.world.phone_url,
            "phone_secret": str(self.dir / "phone.secret"),
            "key": f"{self.dir / id}.key",
        }

    def _start(self, id: str, text: str, wrong: bool = False) -> None:
        home = self.dir / id
        home.mkdir(mode=0o700)
        (home / "site.yaml").write_text(text, "utf-8")
        made = subprocess.run(
            [sys.executable, "-m", "gateway.commands", "check", str(home / "site.yaml"), "-o", str(home / "site.json"),
             "--data", str(home / "data"), "--speed", str(self.speed)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        self.restart(id, wrong)

    def restart(self, id: str, wrong: bool = False) -> None:
        home = self.dir / id
        program = ["-c", WRONG.format(later=LATER)] if wrong else ["-m", "gateway.commands"]
        log = (home / "log").open("ab")
        command = [sys.executable, *program, "run", str(home / "site.json"), "--assume-clock"]
        self.runs[id] = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, env={**os.environ})
        log.close()

    def kill(self, id: str) -> None:
        self.runs[id].send_signal(signal.SIGKILL)
        self.runs[id].wait()

    def smoke(self, id: str, on: bool) -> None:
        self.sensors.bits[self.units[id], 0] = int(on)

    # what can be seen

    def ask(self, id: str, what: str, **more: Any) -> Any:
        try:
            answer = ask_once(self.dir / id / "data" / "run.sock", {"ask": what, **more}, 20)
        except RunDown:
            return None
        return answer.get("data")

    def do(self, id: str, verb: str, person: str, alarm: str = "", site: str = "", **args: Any) -> dict[str, Any]:
        command = {"id": uuid.uuid4().hex, "verb": verb, "alarm": alarm, "person": person, "proof": "local", "site": site,
                   "expires": time.time_ns() // 1_000_000 + 60_000 + LATER * 1000, "args": args}  # fmt: skip
        return ask_once(self.dir / id / "data" / "run.sock", {"do": command}, 20)

    def row(self, id: str) -> dict[str, Any]:
        found = self.ask("ju", "fleet")
        return dict(found["schools"][id]) if found else {}

    def drill(self, id: str) -> dict[str, Any]:
        return dict(self.ask("ju", "fleet-site", site=id) or {})

    def order(self) -> list[str]:
        rows = (self.ask("ju", "fleet") or {}).get("schools", {}).values()
        return [row["id"] for row in sorted(rows, key=lambda row: row["rank"])]

    def messages(self, person: str = "") -> list[dict[str, Any]]:
        path = self.dir / "phone.jsonl"
        found = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
        return [m for m in found if person in ("", m.get("person"))]

    def until(self, what: str, look: Callable[[], Any]) -> Any:
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(0.2)
        logs = {id: (self.dir / id / "log").read_text(errors="replace")[-1200:] for id in self.runs}
        raise AssertionError(f"never seen: {what}\n{json.dumps(logs, ensure_ascii=False, indent=1)}")

    def close(self) -> None:
        for run in self.runs.values():
            if run.poll() is None:
                run.kill()
                run.wait()
        self.relay.close()
        self.sensors.close()
        self.world.stop()
