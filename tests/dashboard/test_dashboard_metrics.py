"""/metrics and /healthz: the text as Prometheus wants it, who may read it, and an engine that stands still."""

import asyncio
import re
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient

from dashboard import metrics
from dashboard.app import create_app
from dashboard.auth import Users
from dashboard.pages.health import judged

SAMPLE = re.compile(r'(campus_[a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (-?[0-9.e+-]+)')
HEALTH = {
    "tasks": {"engine": {"beat": 41}, "channel:modem": {"waiting": 2}},
    "journal": {"ok": True, "pending": 1, "seq": 9},
    "uplink": {"connected": False, "backlog": 70, "refused": 0},
    "mains": {"state": "lost", "points": {"ups/mains": False}},
    "buses": {'a"\\\n': {"up": True, "load": 0.5, "errors": 3, "polls": 100}},
}
TOKEN = "a token of twenty characters"


def point(device, quality, value):
    return {"device": device, "quality": quality, "value": value, "quantity": "free-space", "unit": "%"}


STATE = {
    "version": "1",
    "site": {"id": "no3"},
    "clock_ok": True,
    "people": [{"id": "wang", "name": "王老师"}],
    "points": {"box/disk": point("box", "good", 71.5), "box/memory": point("box", "fault", None), "x/y": point("x", "good", 1)},
    "alarms": {
        "1": {"kind": "fire", "lamp": "fire", "state": "unacked", "acked_by": "wang"},
        "2": {"kind": "fire", "lamp": "fire", "state": "pending"},
    },
}  # fmt: skip


def parsed(text):
    """name -> {labels: value}; every sample must stand under its HELP and TYPE."""
    found, typed = {}, None
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, typed, kind = line.split()
            assert kind in ("gauge", "counter") and (kind == "counter") == typed.endswith("_total")
            found[typed] = {}
        elif not line.startswith("# HELP "):
            name, labels, value = SAMPLE.fullmatch(line).groups()
            assert name == typed, line
            found[name][labels or ""] = float(value)
    return found


def test_the_text_is_what_prometheus_reads():
    text = metrics.render(STATE, HEALTH)
    assert text.endswith("\n")
    got = parsed(text)
    assert set(got) == {"campus_up", *(m.name for m in metrics.METRICS)}
    assert got["campus_up"][""] == 1 and got["campus_beat_total"][""] == 41
    assert got["campus_points"] == {'quality="fault"': 1, 'quality="good"': 2}
    assert got["campus_alarms_open"] == {'kind="fire",lamp="fire",state="unacked"': 1}
    assert got["campus_box_value"] == {'point="box/disk",quantity="free-space",unit="%"': 71.5}
    assert got["campus_line_errors_total"] == {r'bus="a\"\\\n"': 3}
    assert got["campus_mains_present"] == {"": 0}
    assert got["campus_channel_waiting"] == {'channel="modem"': 2}


@pytest.mark.parametrize(("mains", "told"), [("present", {"": 1}), ("unknown", {}), ("", {})])
def test_mains_that_nobody_knows_of_is_not_told(mains, told):
    health = HEALTH | {"mains": {"state": mains, "points": {}} if mains else None}
    assert parsed(metrics.render(STATE, health))["campus_mains_present"] == told


def test_no_person_and_no_number_of_one_is_told():
    assert "wang" not in metrics.render(STATE, HEALTH) and "王" not in metrics.render(STATE, HEALTH)


def test_without_run_only_that_is_said():
    assert parsed(metrics.render(None, None)) == {"campus_up": {"": 0}}


@pytest.fixture
def serve(data, kit, start_run):
    """A client of the page over a fake `run`, coming from `host`."""
    run = start_run(kit.school())
    users = Users(data / "dashboard.db")
    entered = []

    def start(host, token=""):
        app = create_app(data, kit.clock(), users, metrics_token=token)
        client = TestClient(app, follow_redirects=False, client=(host, 1))
        entered.append(client.__enter__())
        while app.state.office.live.down:
            client.get("/login")
        return client, run

    yield start
    for client in entered:
        client.__exit__(None, None, None)


def test_this_machine_alone_reads_them_without_a_token(serve):
    client, _ = serve("127.0.0.1")
    answer = client.get("/metrics")
    assert answer.status_code == 200 and answer.headers["content-type"] == metrics.CONTENT_TYPE
    assert parsed(answer.text)["campus_up"][""] == 1
    for header in ("x-forwarded-for", "forwarded", "x-real-ip", "via"):
        assert client.get("/metrics", headers={header: "192.0.2.1"}).status_code == 403
    far, _ = serve("192.0.2.1")
    assert far.get("/metrics").status_code == 403


def test_with_a_token_whoever_shows_it(serve):
    far, _ = serve("192.0.2.1", TOKEN)
    assert far.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    for wrong in ({}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}):
        assert far.get("/metrics", headers=wrong).status_code == 401
    near, _ = serve("127.0.0.1", TOKEN)
    assert near.get("/metrics").status_code == 401


async def test_a_crowd_that_asks_for_health_costs_run_one_look():
    class Client:
        asked = 0

        async def ask(self, what, timeout):
            self.asked += 1
            return {"tasks": {"engine": {"beat": self.asked}}}

    shared = SimpleNamespace(client=Client(), look=None)
    assert await asyncio.gather(*(judged(shared) for _ in range(100))) == [""] * 100
    assert shared.client.asked == 2
    assert await judged(shared) == "" and shared.client.asked == 4, "who comes later is told what is true then"


def test_d18_an_engine_that_stands_is_not_healthy(serve):
    client, run = serve("127.0.0.1")
    assert client.get("/healthz").json() == {"ok": True, "why": ""}
    run.say({"moves": 0})
    while (answer := client.get("/healthz")).status_code == 200:
        pass
    assert answer.status_code == 503 and "没有转动" in answer.json()["why"]
    run.kill()
    while "没有转动" in (answer := client.get("/healthz")).json()["why"]:
        pass
    assert answer.status_code == 503 and answer.json()["why"]
