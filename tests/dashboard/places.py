"""One fake `run`, page and browser for a whole module of stories; each pushes the school back to calm first. No assertions."""

import copy
import json

import pytest
from browsing import Watched, chromium  # noqa: F401 - fixture
from conftest import CANNED, HERE, PASSWORD, Process, alarm, school

from dashboard.desks import Desks


class Places:
    """`open(path, person)` gives a live page; `put` changes tables of the school; `did()` waits for the next command."""

    def __init__(self, chromium, run, server):  # noqa: F811
        self.run, self.url, self.watched = run, server.url, Watched(chromium)
        self.seen = 0

    def open(self, path="/", person="chen", **size):
        page = self.watched.open(self.url, person, PASSWORD, **size)
        if path != "/":
            page.goto(self.url + path)
            page.wait_for_selector("body:not(.waiting):not(.lost) header.top")
        return page

    def put(self, **tables):
        self.run.push(tables)

    def calm(self):
        """Closes whatever an earlier story left open, and forgets its commands."""
        over = {id: {**alarm(id), "state": "normal"} for id in (f"no3-{n}" for n in range(1, 10))}
        self.run.push({"alarms": over, "stores": copy.deepcopy(CANNED["stores"]), "marks": {"no3-m1": {"stage": "over"}}})
        self.run.say({"reply": {"ok": True, "code": "acked", "text": {"zh": "已记录", "en": "Recorded"}, "seq": 9}})
        self.seen = len(self.commands())

    def commands(self):
        return [line["did"] for line in self.run.seen if "did" in line]

    def did(self):
        self.run.wait(lambda line: len(self.commands()) > self.seen)
        self.seen += 1
        return self.commands()[self.seen - 1]


@pytest.fixture(scope="module")
def standing(chromium, tmp_path_factory, template_db):  # noqa: F811
    data = tmp_path_factory.mktemp("places")
    (data / "dashboard.db").write_bytes(template_db.read_bytes())
    Desks(data / "dashboard.db").set_pin("bao", "2580")
    snapshot = {**school(), "stores": copy.deepcopy(CANNED["stores"])}
    snapshot["people"] = json.loads(json.dumps(snapshot["people"]))
    text = (HERE.parents[1] / "config" / "site.example.yaml").read_text("utf-8")
    snapshot["answers"] = {"config-source": {"file": "/srv/site/site.yaml", "text": text, "history": [], "trial": None}}
    run = Process(str(HERE / "fake_run.py"), str(data / "run.sock"), stdin=snapshot)
    server = Process(str(HERE / "serve.py"), str(data), "zh")
    server.url = f"http://127.0.0.1:{server.seen[0]['port']}"
    yield chromium, run, server
    for process in (run, server):
        process.kill()


@pytest.fixture
def places(standing):
    made = Places(*standing)
    made.calm()
    yield made
    made.watched.close()
