"""A whole school under test: simulated campus, stub phone, `run`, and where asked broker, database and `ingest`. No assertions."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from phases import phase

from gateway.commands import main
from gateway.config.library import data_dir
from gateway.demo.processes import DATABASES, Campus
from gateway.demo.sabotage import tell
from gateway.local import RunDown, ask_once
from gateway.site import Site, site_from_json
from gateway.store.tail import tail_folder
from gateway.stream.influx import read_points

SPEED = 20
LAST_ANSWER = 0.25  # seconds an answer may still be on a line when nobody listens any more
WAIT = 60.0  # seconds: guards against hanging, asserts no speed


class School:
    """Started by its methods, in any order a test likes; `close` ends everything."""

    def __init__(self, folder: Path, speed: int = SPEED) -> None:
        (folder / "campus").mkdir(parents=True)
        self.campus = Campus(folder, speed, seed=7, quiet=True)
        self.dir = folder
        self.data = folder / "data"
        self.site: Site | None = None
        self.compiled = Path()
        self.run: subprocess.Popen[Any] | None = None
        self.lives: list[int] = []  # wall ms at which each `run` was started
        self.url = ""
        self.first_words = ""  # what the page's server printed at its first start
        self.password = ""  # of the person a page test logs in as

    def start_world(self, *, refuse: bool = False, stream: bool = False, database: str = "", counters: int = 0) -> None:
        """`database`: the one that must be used. `counters`: that many counting devices on TCP, one on each other line."""
        self.campus.start_phone(refuse=refuse)
        if stream:
            assert self.campus.start_broker() and self.campus.start_database([database] if database else DATABASES)
        self.campus.start_campus("none", 0, counters)
        self.compiled = self.campus.compile(site_file(self.dir / "site", counters))
        self.site = site_from_json(self.compiled.read_text(encoding="utf-8"))
        self.data.mkdir(mode=0o700, exist_ok=True)

    def start_run(self, die_at: str = "", expect_alive: bool = True, before: tuple[str, ...] = ()) -> subprocess.Popen[Any]:
        """`run` in a process of its own; with `die_at` it kills itself at that commit point. `before`: what traces it."""
        if (self.data / "run.sock").is_socket():
            (self.data / "run.sock").unlink()
        command = [*before, sys.executable, "-m", "gateway.commands", "run", str(self.compiled), "--assume-clock"]
        if not self.campus.mqtt_port:
            command.append("--no-uplink")
        log = (self.dir / "run.log").open("ab")
        environment = os.environ | ({"CAMPUS_DIE_AT": die_at} if die_at else {})
        self.lives.append(wall())
        self.run = subprocess.Popen(command, stdout=log, stderr=log, env=environment, start_new_session=True)
        self.campus.running.append(("run", self.run))
        if expect_alive:
            self.until("run answers", lambda: self.snapshot() is not None)
        return self.run

    def kill_run(self) -> str:
        """kill -9, as a power supply or an OOM killer would; gives where it was (phases.py)."""
        assert self.run is not None
        where = phase(self.run.pid)
        self.run.send_signal(signal.SIGKILL)
        self.run.wait()
        time.sleep(LAST_ANSWER)
        self.forget_run()
        return where

    def await_death(self) -> None:
        """`run` kills itself at the commit point that `start_run` was told."""
        assert self.run is not None
        assert self.run.wait(WAIT) == -signal.SIGKILL, (self.dir / "run.log").read_text(errors="replace")[-2000:]
        self.forget_run()

    def dies(self, seconds: float) -> bool:
        """Does `run` kill itself within the time at the commit point that `start_run` was told?"""
        assert self.run is not None
        try:
            self.run.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        assert self.run.returncode == -signal.SIGKILL, (self.dir / "run.log").read_text(errors="replace")[-2000:]
        time.sleep(LAST_ANSWER)
        self.forget_run()
        return True

    def stop_run(self) -> None:
        """An orderly end, as systemd asks for it."""
        assert self.run is not None
        self.run.send_signal(signal.SIGTERM)
        assert self.run.wait(WAIT) == 0
        self.forget_run()

    def forget_run(self) -> None:
        self.campus.running = [item for item in self.campus.running if item[1] is not self.run]

    def start_dashboard(self) -> str:
        """`dashboard` in a process of its own, on the same port each time; gives what it printed, the first password in it."""
        said = self.dir / "dashboard.log"
        before = said.stat().st_size if said.exists() else 0
        self.campus.start_dashboard(self.campus.page_port)
        self.url = f"http://127.0.0.1:{self.campus.page_port}"
        self.until("the page's address printed", lambda: b"page: " in said.read_bytes()[before:])
        return said.read_bytes()[before:].decode()

    def part(self, name: str) -> subprocess.Popen[Any]:
        return next(process for part, process in self.campus.running if part == name)

    def kill(self, name: str) -> None:
        """kill -9 of a part; it may be started again afterwards."""
        process = self.part(name)
        process.kill()
        process.wait()
        self.campus.running = [item for item in self.campus.running if item[1] is not process]

    def strike(self, name: str) -> str:
        """kill -9 of a part, which is started again at once as it was; gives where it was (phases.py)."""
        command, where = self.part(name).args, phase(self.part(name).pid)
        self.kill(name)
        self.campus.start(name, command)  # type: ignore[arg-type]
        return where

    def user(self, person: str) -> str:
        """Lets a person log in, through the command line; the password."""
        return command("user", "add", person, "--generate", "--data", str(self.data)).stdout.strip()

    def close(self) -> None:
        self.campus.stop()
        shutil.rmtree(tail_folder(self.data), ignore_errors=True)  # what a killed `run` left in memory

    # what a person or the world does

    def set(self, point: str, value: int) -> None:
        """Sets the bit behind a point of the gateway at the device itself, in the simulated campus."""
        assert self.site is not None
        device_id, _, channel_id = point.partition("/")
        device = next(d for d in self.site.devices if d.id == device_id)
        channel = next(c for c in device.profile.channels if c.id == channel_id)
        raw = 1 - value if channel.invert else value
        tell(self.campus, {"set": {"line": device.bus, "unit": device.unit, "space": channel.space,
                                   "address": channel.address, "value": raw}})  # fmt: skip

    def unit(self, device_id: str, mode: str) -> None:
        assert self.site is not None
        device = next(d for d in self.site.devices if d.id == device_id)
        tell(self.campus, {"unit": {"line": device.bus, "unit": device.unit, "mode": mode}})

    def line(self, bus: str, mode: str) -> None:
        tell(self.campus, {"line": {"line": bus, "mode": mode}})

    def port(self, bus: str, *, there: bool) -> None:
        """Pulls the adapter of a line out, its pty with it, or plugs it in again."""
        tell(self.campus, {"mend": {"line": bus}} if there else {"fault": {"line": bus, "kind": "unplug"}})

    def do(self, verb: str, person: str, alarm: str = "all", **args: Any) -> dict[str, Any]:
        now = self.ask({"ask": "snapshot"})["data"]["now"]
        command = {"id": uuid.uuid4().hex, "verb": verb, "alarm": alarm, "person": person, "proof": "local",
                   "expires": now + 30_000, "args": args}  # fmt: skip
        return self.ask({"do": command})

    # what can be seen

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        return ask_once(self.data / "run.sock", request, 20)

    def snapshot(self) -> dict[str, Any] | None:
        try:
            return dict(self.ask({"ask": "snapshot"})["data"])
        except RunDown:
            return None

    def alarms(self, kind: str) -> list[dict[str, Any]]:
        found = self.snapshot()
        return [] if found is None else [a for a in found["alarms"].values() if a["kind"] == kind]

    def alarms_of(self, point: str) -> list[dict[str, Any]]:
        found = self.snapshot()
        return [] if found is None else [a for a in found["alarms"].values() if a["point"] == point]

    def point(self, id: str) -> dict[str, Any]:
        found = self.snapshot()
        return {} if found is None else dict(found["points"][id])

    def points(self, quantity: str, use: str) -> list[str]:
        """Points of a quantity in buildings of a use, in the order of the site file."""
        assert self.site is not None
        plant = self.site.plant
        zones = {z.id for z in plant.zones.values() if plant.buildings[z.building].use == use}
        return [p.id for p in plant.points.values() if p.quantity == quantity and p.zone in zones]

    def person(self, role: str) -> str:
        assert self.site is not None
        return next(p.id for p in self.site.plant.people.values() if p.role == role)

    def messages(self) -> list[dict[str, Any]]:
        return list(lines(self.dir / "phone.jsonl"))

    def writes(self, role: str) -> list[tuple[int, int]]:
        """(time, value) of every write to outputs of this role, from the simulator's log."""
        assert self.site is not None
        wires = set()
        for output in self.site.plant.outputs.values():
            if output.role == role:
                device_id, _, name = output.id.partition("/")
                device = next(d for d in self.site.devices if d.id == device_id)
                wires.add((device.bus, device.unit, next(o.address for o in device.profile.outputs if o.id == name)))
        found = []
        for entry in lines(self.dir / "campus" / "campus.jsonl"):
            if entry.get("what") == "write":
                values = entry["values"] if "values" in entry else [entry["value"]]
                for offset, value in enumerate(values):
                    if (entry["line"], entry["unit"], entry["address"] + offset) in wires:
                        found.append((entry["t"], int(bool(value))))
        return found

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """What `journal export` says, of one kind or all."""
        return [e for e in map(json.loads, exported(self.data).splitlines()) if kind in ("", e["kind"])]

    def events_at_rest(self) -> list[dict[str, Any]]:
        """The same while no `run` lives (none before the first)."""
        return self.events() if (self.data / "journal.db").exists() else []

    def reads(self) -> list[dict[str, Any]]:
        """The simulator's ledger: every answered read."""
        return [entry for entry in lines(self.dir / "campus" / "campus.jsonl") if entry["what"] == "read"]

    def stored(self, site: str) -> list[tuple[str, int, float]]:
        """(point, ms, value) of every value in the database."""
        assert self.campus.database is not None
        style = "v1" if self.campus.database.style == "v1" else "vm"
        return read_points(style, self.campus.database.url, "campus", site)

    def until(self, what: str, look: Callable[[], Any], seconds: float = WAIT) -> Any:
        """The first true answer of `look`; fails the test with `what` after the time.

        A look costs the school its processor: between two of them is twice the time that one took, so a busy machine is asked less.
        """
        end = time.monotonic() + seconds
        while (began := time.monotonic()) < end:
            found = look()
            if found:
                return found
            time.sleep(max(0.05, 2 * (time.monotonic() - began)))
        log = (self.dir / "run.log").read_text(errors="replace")[-2000:] if (self.dir / "run.log").exists() else ""
        raise AssertionError(f"never seen within {seconds:.0f} s: {what}\n{log}")


def heard_of_all(school: School) -> bool:
    found = school.snapshot()
    return found is not None and all(point["at"] for point in found["points"].values())


def living(school: School) -> None:
    """Starts a whole school with its page; `password` is that of `admin`, printed at the first start."""
    school.start_world()
    school.start_run()
    school.first_words = school.start_dashboard()
    (school.password,) = re.findall(r"password (\S+)", school.first_words)
    school.until("every point heard of", lambda: heard_of_all(school))


EVENING = 20  # o'clock
COUNTER = """profile: 1
id: counter
name_zh: 计数器（仅测试）
vendor: 测试
model: counter
kind: counter
verified: "false"
source: "none: no real device; register 0 to 7 tell how many reads were answered (drivers/simulator/models.py)"
line: {baud: 9600, framing: "8N1", unit: 200}
channels:
"""


def demo_text() -> str:
    """The demo's site file, in a zone where it is between 20 and 21 o'clock: nothing that a day brings (a change of shift, a phone
    test, the day's list, sleep) comes due while a test runs, whenever it runs.
    """
    ahead = (EVENING - time.gmtime().tm_hour + 12) % 24 - 12
    text = (data_dir() / "demo" / "site.yaml").read_text(encoding="utf-8")
    return text.replace("timezone: Asia/Shanghai", f"timezone: Etc/GMT{-ahead:+d}", 1)


def site_file(folder: Path, counters: int = 0) -> Path:
    """The demo's site file for a test: a busy processor is no news here, and where asked counting devices are added."""
    (folder / "profiles").mkdir(parents=True)
    text = demo_text()
    text = text.replace("../calendar.example.yaml", str(data_dir() / "calendar.example.yaml"))
    if counters:
        text = text.replace("\ndevices:\n", f"\ndevices:\n{counting(folder, counters)}", 1)
    site = folder / "site.yaml"
    site.write_text(f"{text}\nrules:\n  cpu-busy: {{high: 100, return_at: 99}}\n", encoding="utf-8")
    return site


def counting(folder: Path, many: int) -> str:
    """The lines of the simulator's counting devices, eight points each; their profile goes into the folder."""
    channels = "".join(
        f'  n-{n}: {{quantity: count, space: holding, address: {n}, type: u16, name: 计数{n}, page: "none"}}\n'
        for n in range(8)
    )
    (folder / "profiles" / "counter.yaml").write_text(COUNTER + channels, encoding="utf-8")
    units = [("rs485-a", 200, "counter-rs485-a"), ("rs485-b", 200, "counter-rs485-b")]
    units += [("tcp", 200 + n, f"counter-{n}") for n in range(many)]
    return "".join(
        f"  - {{id: {id}, profile: counter, bus: {bus}, unit: {unit}, zone: power-room, name: 计数, period: 1s}}\n"
        for bus, unit, id in units
    )


def wall() -> int:
    return time.time_ns() // 1_000_000


def command(*arguments: str, check: bool = True, typed: str | None = None) -> subprocess.CompletedProcess[str]:
    """`campus-gateway …` as a person at a shell calls it."""
    done = subprocess.run([sys.executable, "-m", "gateway.commands", *arguments], capture_output=True, text=True, input=typed)
    try:
        if check:
            done.check_returncode()
    except subprocess.CalledProcessError as error:
        error.add_note(done.stderr)  # what it said is what a failed test is read for
        raise
    return done


def exported(data: Path) -> str:
    """What `journal export` prints. Run here: an interpreter for each look at a journal would take most of a test's time."""
    said, wrong = StringIO(), StringIO()
    with redirect_stdout(said), redirect_stderr(wrong):
        code = main(["journal", "export", "--data", str(data)])
    if code:
        raise subprocess.CalledProcessError(code, "journal export", stderr=wrong.getvalue())
    return said.getvalue()


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The whole lines of a log that is still being written."""
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)
