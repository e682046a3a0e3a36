"""Ingest at scale: workers in a group or by district, one killed, what comes twice, two boxes under one name, figures on a port."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from stream_box import Box, Spawn, TestClock, until
from stream_daemons import Mosquitto, free_port, ingest_command

from gateway.stream import ingest as ingest_module
from gateway.stream import metrics_port, wire
from gateway.stream.client import LinkOptions
from gateway.stream.influx import V1Writer, read_points
from gateway.stream.ingest import Ingest
from gateway.stream.link import Link
from gateway.stream.meter import LAGS, IngestState, prometheus
from gateway.stream.wire import Topics

NAMES = re.compile(r"^(campus_ingest_\w+)(?:\{[^}]*\})? ", re.M)
Workers = list["subprocess.Popen[bytes]"]


@pytest.fixture
def processes() -> Iterator[Workers]:
    started: Workers = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def figures(port: int) -> dict[str, float]:
    """Everything without labels; {} while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
            text = answer.read().decode()
    except OSError:
        return {}
    rows = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name.removeprefix("campus_ingest_"): float(value) for name, _, value in rows if "{" not in name}


async def all_up(ports: list[int]) -> None:
    for port in ports:
        async with asyncio.timeout(60):
            while (await asyncio.to_thread(figures, port)).get("connected") != 1:
                await asyncio.sleep(0.1)


async def test_d2_three_workers_and_one_killed_lose_and_double_nothing(
    broker: Mosquitto, influx: tuple[str, str], spawn: Spawn, processes: Workers
) -> None:
    url, db = influx
    ports = [free_port() for _ in range(3)]
    options = ("--broker", f"127.0.0.1:{broker.port}", "--influx", url, "--style", "v1", "--db", db, "--share", "g")
    processes += [ingest_command(*options, "--metrics-port", str(port)) for port in ports]
    await all_up(ports)
    boxes = [Box(broker.port, site=f"no{n}") for n in range(3)]
    for box in boxes:
        spawn(box.uplink.run())
    await until("the boxes", lambda: all(box.uplink.state().connected for box in boxes))
    for n in range(120):
        for box in boxes:
            box.frame()
        if n == 40:
            seen = [await asyncio.to_thread(figures, port) for port in ports]
            assert all(one["messages_total"] > 0 for one in seen), "each has its share"
        if n == 60:
            processes[1].send_signal(signal.SIGKILL)
        await asyncio.sleep(0.01)
    for box in boxes:
        box.clock.skip += 31_000
    await until("all receipts", lambda: not any(box.store.open for box in boxes))
    for box in boxes:
        assert read_points("v1", url, db, box.topics.site) == sorted(box.store.ledger)
    last = await asyncio.to_thread(figures, ports[0])
    assert (last["database_ok"], last["waiting_messages"]) == (1, 0)


async def test_workers_share_by_district_where_the_broker_serves_no_group(
    broker: Mosquitto, influx: tuple[str, str], spawn: Spawn
) -> None:
    options = LinkOptions("127.0.0.1", broker.port, "w", manual_ack=True)
    other = Ingest(options, V1Writer(*influx), TestClock(), districts=["zhongyue", "shaolin"])
    mine = Ingest(
        LinkOptions("127.0.0.1", broker.port, "m", manual_ack=True), V1Writer(*influx), TestClock(), districts=["songyang"]
    )
    spawn(other.run())
    spawn(mine.run())
    box = Box(broker.port)
    spawn(box.uplink.run())
    await until("all", lambda: other._link.up and mine._link.up and box.uplink.state().connected)
    box.frame()
    await until("the receipt", lambda: not box.store.open)
    assert (mine.state.lines, other.state.messages) == (4, 0)


class Kept:
    """A database that keeps what it was given."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def write(self, lines: bytes) -> None:
        self.bodies.append(lines)


async def test_bytes_go_on_unchanged_and_twice_is_harmless(broker: Mosquitto, spawn: Spawn) -> None:
    kept = Kept()
    ingest = Ingest(LinkOptions("127.0.0.1", broker.port, "w", manual_ack=True), kept, TestClock())
    spawn(ingest.run())
    box = Box(broker.port)
    await until("the worker", lambda: ingest._link.up)
    far = Link(LinkOptions("127.0.0.1", broker.port, "far", expiry=0), [], lambda message: None)
    spawn(far.run())
    await until("the far side", lambda: far.up)
    frame = box.store.append()
    for _ in range(2):
        far.publish(box.topics.of("readings"), wire.readings_payload("b1", 1, 1, frame.lines, live=True))
    await until("both", lambda: ingest.state.lines == 8)
    assert b"".join(kept.bodies) == frame.lines * 2
    assert not ingest.state.twins


async def test_duplicates_are_one_point(broker: Mosquitto, influx: tuple[str, str], spawn: Spawn) -> None:
    ingest = Ingest(LinkOptions("127.0.0.1", broker.port, "w", manual_ack=True), V1Writer(*influx), TestClock())
    spawn(ingest.run())
    box = Box(broker.port)
    spawn(box.uplink.run())
    await until("both", lambda: ingest._link.up and box.uplink.state().connected)
    frame = box.frame()
    for _ in range(3):
        box.uplink._link.publish(box.topics.of("readings"), wire.readings_payload("b1", 1, 1, frame.lines))
    await until("all copies", lambda: ingest.state.lines == 16)
    assert read_points("v1", *influx) == sorted(box.store.ledger)


@pytest.mark.parametrize("own_name", [True, False], ids=["own-client-id", "one-client-id"])
async def test_d17_two_boxes_with_one_identity_are_told_on_both(
    broker: Mosquitto, influx: tuple[str, str], spawn: Spawn, own_name: bool
) -> None:
    """A box copied with its configuration: with one client id each throws the other out, and both still learn of it."""
    ingest = Ingest(LinkOptions("127.0.0.1", broker.port, "w", manual_ack=True), V1Writer(*influx), TestClock())
    spawn(ingest.run())
    boxes = [Box(broker.port, boot=boot, client_id=f"box-{boot}" if own_name else "box") for boot in ("b1", "b2")]
    await until("the worker", lambda: ingest._link.up)
    for box in boxes:
        spawn(box.uplink.run())

    async def live() -> None:
        while True:
            for box in boxes:
                box.frame()
            await asyncio.sleep(0.02)

    spawn(live())
    await until("both boxes know", lambda: all(box.uplink.state().twin for box in boxes))
    assert ingest.state.twins == {"no3-middle"}


def test_the_text_for_prometheus() -> None:
    state = IngestState(messages=5, lines=20, refused=1, problem="Retry: 503", twins={"x"})
    for seconds in (-3.0, 0.05, 0.3, 400.0):
        state.lag(seconds)
    text = prometheus(state)
    assert 'campus_ingest_lag_seconds_bucket{le="0.1"} 2\n' in text
    assert 'campus_ingest_lag_seconds_bucket{le="0.5"} 3\n' in text
    assert f'campus_ingest_lag_seconds_bucket{{le="{LAGS[-1]}"}} 3\n' in text
    assert 'campus_ingest_lag_seconds_bucket{le="+Inf"} 4\n' in text
    assert "campus_ingest_lag_seconds_sum 400.35\n" in text
    assert "campus_ingest_database_ok 0\n" in text
    assert "campus_ingest_twin_sites 1\n" in text
    assert "# TYPE campus_ingest_lines_total counter\ncampus_ingest_lines_total 20\n" in text
    assert set(NAMES.findall(text)) == {*re.findall(r"# TYPE (\w+) (?:counter|gauge)", text)} | {
        f"campus_ingest_lag_seconds_{end}" for end in ("bucket", "sum", "count")
    }


async def test_the_port_is_of_this_machine_and_healthz_says_what_is_wrong(
    broker: Mosquitto, influx: tuple[str, str], processes: Workers
) -> None:
    url, db = influx
    port = free_port()
    options = ("--broker", f"127.0.0.1:{broker.port}", "--influx", url, "--style", "v1", "--db", db)
    processes.append(ingest_command(*options, "--metrics-port", str(port)))
    await all_up([port])

    def page(path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    assert await asyncio.to_thread(page, "/healthz") == (200, "ok\n")
    assert (await asyncio.to_thread(page, "/"))[0] == 404
    broker.kill()
    async with asyncio.timeout(60):
        while (found := await asyncio.to_thread(page, "/healthz"))[0] == 200:
            await asyncio.sleep(0.1)
    assert found == (503, "no connection to the broker\n")
    listening = await asyncio.to_thread(subprocess.run, ["ss", "-Hltn", f"sport = :{port}"], capture_output=True, text=True)
    assert f"127.0.0.1:{port}" in listening.stdout and "0.0.0.0:" + str(port) not in listening.stdout
    second = ingest_command(*options, "--client-id", "other", "--metrics-port", str(port))
    processes.append(second)
    _, log = await asyncio.to_thread(second.communicate, timeout=60)
    assert second.returncode == 2 and b"--metrics-port" in log


def test_d25_18_what_the_database_quotes_of_a_token_is_not_shown_on_the_port() -> None:
    state = IngestState(connected=True, problem="Denied: 401 token=canary-7f3a at https://u:canary-7f3a@db.example.org/write")
    status, text = metrics_port._page("/healthz", state)
    assert status.startswith("503") and "401" in text and "db.example.org" in text and "canary" not in text


def test_the_state_counts_a_waiting_message_down_when_the_connection_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        ingest = Ingest(LinkOptions("127.0.0.1", 9, "w"), Kept(), TestClock())
        message = ingest_module.Message(Topics("songyang", "no3").of("readings"), b"# boot=b seq=1\n", False, 1, 0)
        ingest._take(message)
        assert ingest.state.waiting == 1
        ingest._drop()
        assert (ingest.state.waiting, ingest.state.connected) == (0, False)

    asyncio.run(run())
