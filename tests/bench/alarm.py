"""A fire, 200 times under load: from the change and from the reading to the sounder's coil and to the message at the phone."""

from __future__ import annotations

import json
import random
import secrets
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway.clock import SystemClock
from gateway.local import RunDown, ask_once
from gateway.stub_phone import Phones
from tests.bench.judge import RELAY, Field
from tests.bench.parts import ROOT, broker, field, free_port, percentile, terminate
from tests.bench.site import DEVICES, LOOP, Fire, compile_site

TIMES = 200
LOOPS = 4  # of fifty detectors; each fire is the first one of its building: what comes after may wait for a storm's digest
SOUNDER = 0  # coil
WAIT = 30.0  # s, against hanging


def bench_d1_from_the_reading(folder: Path) -> list[str]:
    with school(folder) as guard:
        return ["| ms, p50 / p99 / worst | from the reading | from the change |", "|---|---|---|", *rows(guard, TIMES)]


@contextmanager
def school(folder: Path, devices: int = DEVICES) -> Iterator[Guard]:
    """`run` under the load of so many devices, with detectors, sounder and phone; quiet, all points heard of. Its data folder is
    `folder/data`."""
    secret = folder / "phone.secret"
    secret.touch(mode=0o600)
    secret.write_text(secrets.token_hex(16))
    log, tcp, mqtt = folder / "phone.jsonl", free_port(), free_port()
    judge = Field(free_port())
    phones = Phones(0, log, secret.read_bytes(), SystemClock())
    for server in (judge, phones):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    fire = Fire(judge.server_address[1], LOOPS, RELAY, phones.url, secret)
    command = compile_site(folder, tcp, mqtt, fire, devices)
    with (
        field(folder, "tcp", "--port", tcp, "--ports", 1, "--units", devices, "--regs", 30),
        broker(folder, mqtt),
        (folder / "alarm.err").open("wb") as err,
    ):
        gateway = subprocess.Popen(command, stdout=err, stderr=err, cwd=ROOT)
        try:
            guard = Guard(folder / "data" / "run.sock", judge, log, gateway.pid)
            guard.until(guard.quiet)
            yield guard
        finally:
            terminate(gateway)
            for server in (judge, phones):
                server.shutdown()
                server.server_close()


def rows(guard: Guard, times: int, note: str = "") -> list[str]:
    """Of so many fires, one after the other."""
    found = [guard.one() for _ in range(times)]
    out = []
    for name, at in (("sounder's coil written", 2), ("message at the phone", 3)):
        cells = []
        for since in (1, 0):
            values = [round((moments[at] - moments[since]) * 1000) for moments in found]
            cells.append(f"{percentile(values, 0.5)} / {percentile(values, 0.99)} / {max(values)}")
        out.append(f"| {name}{note} | " + " | ".join(cells) + " |")
    return out


class Guard:
    """Sets a detector off, waits for sounder and phone, answers, and has it reset."""

    def __init__(self, socket: Path, judge: Field, log: Path, pid: int) -> None:
        self._socket, self._judge, self._log, self.pid = socket, judge, log, pid
        self._random = random.Random(7)
        self._fresh = iter([(1 + n % LOOPS, n // LOOPS) for n in range(LOOPS * LOOP)])

    def one(self) -> tuple[float, float, float, float]:
        """When: change, first answer that carries it, coil, message; of a detector that has not been set off yet."""
        judge, unit = self._judge, next(self._fresh)
        time.sleep(self._random.uniform(0, 1))  # any phase of the poll
        before = len(self._messages())
        changed = judge.set(unit, True)
        self.until(lambda: SOUNDER in judge.coils and len(self._messages()) > before)
        with judge.changed:
            told, switched = judge.told[unit], judge.switched[SOUNDER]
        message = float(self._messages()[before]["t"]) / 1000
        judge.set(unit, False)
        self._do("result", self._alarm(unit)["id"], result="false", cause="找不到原因", on_site=True)
        self.until(self._silent)
        self.until(lambda: self._do("reset", self._alarm(unit)["id"]))
        return changed, told, switched, message

    def _silent(self) -> bool:
        """Has the sounder stopped? What the box tells of itself (a journal that does not write) sounds too, and is answered."""
        for alarm in self._ask({"ask": "snapshot"})["data"]["alarms"].values():
            if alarm["point"].startswith("box/") and alarm["state"] == "unacked":
                self._do("ack", alarm["id"])
        return SOUNDER not in self._judge.coils

    def quiet(self) -> bool:
        """Does `run` answer, with all points heard of and no alarm? One still being judged (the processor of a busy machine) is none."""
        try:
            seen = self._ask({"ask": "snapshot"})["data"]
        except RunDown:
            return False
        calm = all(alarm["state"] == "pending" for alarm in seen["alarms"].values())
        return calm and all(point["value"] is not None for point in seen["points"].values())

    def until(self, look: Callable[[], bool]) -> None:
        end = time.monotonic() + WAIT
        while not look():
            if time.monotonic() > end:
                rules = Counter(alarm["rule"] for alarm in self._ask({"ask": "snapshot"})["data"]["alarms"].values())
                raise SystemExit(f"alarm: nothing for {WAIT:.0f} s; open: {dict(rules)}")
            time.sleep(0.02)

    def _alarm(self, unit: tuple[int, int]) -> dict[str, Any]:
        alarms = self._ask({"ask": "snapshot"})["data"]["alarms"].values()
        return next((alarm for alarm in alarms if alarm["point"] == f"fire{unit[0]}/s{unit[1]}"), {})

    def _do(self, verb: str, alarm: str, **args: object) -> bool:
        now = round(time.time() * 1000)
        command = {"id": uuid.uuid4().hex, "verb": verb, "alarm": alarm, "person": "o", "expires": now + 30_000, "args": args}
        answer = self._ask({"do": command})
        assert answer["ok"] or verb == "reset", answer  # a reset may come before the detector was read as clear
        return bool(answer["ok"])

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        return ask_once(self._socket, request)

    def _messages(self) -> list[dict[str, Any]]:
        """First messages of fires, in the order they came."""
        rows = [json.loads(line) for line in self._log.read_text(encoding="utf-8").splitlines()]
        return [row for row in rows if row["message"] == "fire.first"]
