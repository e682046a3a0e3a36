"""Fixtures of the page's tests: a canned school, a fake `run` and the page as processes, a browser."""

import copy
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from browsing import Watched, chromium, proxied  # noqa: F401 - fixtures

from dashboard.auth import Users
from drivers.reading import Now

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WALL = 1_795_442_400_000  # 2026-11-23 22:00 in Asia/Shanghai
PASSWORD = "correct horse battery"
PEOPLE = {
    "admin": "admin", "wang": "duty", "zhou": "keeper", "liu": "leader", "chen": "officer", "gao": "head",
    "dian": "electrician", "bao": "holder", "wei": "installer", "ju": "bureau", "kan": "viewer", "ji": "technician",
}  # fmt: skip
CANNED = json.loads((HERE / "canned.json").read_text("utf-8"))


def school():
    """A school in which all is well, as a SNAPSHOT."""
    return copy.deepcopy(CANNED["school"])


def alarm(id="no3-1", **other):
    """A fire in the dormitory, just raised, as an ALARM; or one that differs from it in `other`."""
    return {**CANNED["alarm"], "id": id, **other}


class Process:
    """A child that prints JSON lines; `seen` keeps them."""

    def __init__(self, *command, stdin=None):
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.child = subprocess.Popen(
            [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=env
        )
        self.seen, self._got = [], threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        if stdin is not None:
            self.say(stdin)
        self.wait(lambda line: "ready" in line or "port" in line)

    def _read(self):
        for line in self.child.stdout:
            with self._got:
                self.seen.append(json.loads(line))
                self._got.notify_all()

    def say(self, message):
        self.child.stdin.write(json.dumps(message) + "\n")
        self.child.stdin.flush()

    def wait(self, wanted):
        """The first line that fits."""
        with self._got:
            assert self._got.wait_for(lambda: any(wanted(line) for line in self.seen), 60), f"not seen; only {self.seen}"
            return next(line for line in self.seen if wanted(line))

    def did(self):
        return self.wait(lambda line: "did" in line)["did"]

    def forget(self):
        with self._got:
            self.seen.clear()

    def push(self, delta, urgent=True):
        self.say({"push": delta, "urgent": urgent})

    def signal(self, number):
        self.child.send_signal(number)

    def kill(self):
        if self.child.poll() is None:
            self.signal(signal.SIGKILL)
            self.child.wait()
        self.child.stdin.close()
        self.child.stdout.close()


class Clock:
    """Wall time a test can move."""

    def __init__(self):
        self.wall = WALL

    def now(self):
        return Now(self.wall, self.wall)

    def ok(self):
        return True


@pytest.fixture
def kit():
    """What tests build their own scenes from."""
    return SimpleNamespace(
        school=school, alarm=alarm, people=PEOPLE, password=PASSWORD, wall=WALL, clock=Clock, process=Process
    )


@pytest.fixture(scope="module")
def kit_process():
    """A child that prints JSON lines, for fixtures that live as long as their module."""
    return Process


@pytest.fixture(scope="session")
def template_db(tmp_path_factory):
    """dashboard.db with every person in it; made once, because hashing is slow on purpose."""
    path = tmp_path_factory.mktemp("users") / "dashboard.db"
    users = Users(path)
    for person, role in PEOPLE.items():
        users.add(person, PASSWORD, role)
    return path


@pytest.fixture
def data(tmp_path, template_db):
    """A data folder with users."""
    (tmp_path / "dashboard.db").write_bytes(template_db.read_bytes())
    return tmp_path


@pytest.fixture
def start_run(data):
    """Starts a fake `run` in the data folder over a snapshot."""
    started = []

    def start(snapshot=None):
        process = Process(str(HERE / "fake_run.py"), str(data / "run.sock"), stdin=copy.deepcopy(snapshot or school()))
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def start_page(data):
    """Starts the page's process; gives it with `url`."""
    started = []

    def start(lang="zh"):
        process = Process(str(HERE / "serve.py"), str(data), lang)
        process.url = f"http://127.0.0.1:{process.seen[0]['port']}"
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()


class Stage:
    """One page's process for a module of stories; each story has a `run` of its own before it, as if just started."""

    def __init__(self, data):
        self.run = Process(str(HERE / "fake_run.py"), str(data / "run.sock"), stdin=school())
        self.server = Process(str(HERE / "serve.py"), str(data), "zh")
        self.url = f"http://127.0.0.1:{self.server.seen[0]['port']}"

    def scene(self, snapshot=None):
        """The fake `run` over this snapshot, followed by the page, with no command of an earlier story in `seen`."""
        self.run.forget()
        self.run.say({"scene": copy.deepcopy(snapshot or school())})
        self.run.wait(lambda line: "scene" in line)
        return self.run


@pytest.fixture(scope="module")
def stage(tmp_path_factory, template_db):
    data = tmp_path_factory.mktemp("stage")
    (data / "dashboard.db").write_bytes(template_db.read_bytes())
    made = Stage(data)
    yield made
    for process in (made.run, made.server):
        process.kill()


@pytest.fixture
def visit(chromium):  # noqa: F811 - the fixture above
    """Opens the page as a person; fails the test afterwards on console errors or foreign hosts."""
    watched = Watched(chromium)
    yield lambda url, person="wang", **size: watched.open(url, person, PASSWORD, **size)
    watched.close()


def until(condition, what, seconds=60):
    """Polls; the deadline guards against hanging only."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.05)
