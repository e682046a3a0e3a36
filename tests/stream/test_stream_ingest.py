"""Box → mosquitto → ingest → InfluxDB 1.6 → receipt, with everything in between killed, refusing or poisoned."""

from __future__ import annotations

import asyncio
import signal
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stream_box import Box, Frame, Spawn, TestClock, until
from stream_daemons import Influx16, Mosquitto, Victoria, ingest_command
from stream_proxies import HttpProxy

from gateway.commands import main
from gateway.stream import ingest as ingest_module
from gateway.stream import wire
from gateway.stream.client import RECEIVE, LinkOptions
from gateway.stream.gate import Gate
from gateway.stream.influx import (
    BadBatch,
    Denied,
    InfluxError,
    V1Writer,
    V2Writer,
    Writer,
    create_database,
    read_points,
)
from gateway.stream.ingest import Ingest, NoSharedSubscription, probe_shared
from gateway.stream.link import Link, Message
from gateway.stream.wire import Topics

STAMP = "1760000000000000000"


def line(text: str, site: str = "no3-middle") -> bytes:
    return f"temperature,district=songyang,site={site},device=d,point=d/{text} value=1,quality=0i {STAMP}\n".encode()


def worker(broker: Mosquitto, writer: Writer, client_id: str = "ingest", group: str = "") -> Ingest:
    return Ingest(LinkOptions("127.0.0.1", broker.port, client_id, manual_ack=True), writer, TestClock(), group=group)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_module, "_BACKOFF", (0.1,))


@pytest.fixture
def proxies() -> Iterator[list[HttpProxy]]:
    made: list[HttpProxy] = []
    yield made
    for proxy in made:
        proxy.close()


async def both(box: Box, ingest: Ingest, spawn: Spawn) -> None:
    spawn(ingest.run())
    spawn(box.uplink.run())
    await until("both connections", lambda: box.uplink.state().connected and ingest._link.up)


async def drained(box: Box) -> None:
    await until("all receipts", lambda: not box.store.open)


async def test_every_reading_is_stored_once_and_confirmed(broker: Mosquitto, influx: tuple[str, str], spawn: Spawn) -> None:
    box, ingest = Box(broker.port), worker(broker, V1Writer(*influx))
    await both(box, ingest, spawn)
    for _ in range(30):
        box.frame()
        await asyncio.sleep(0)
    await drained(box)
    assert read_points("v1", *influx) == sorted(box.store.ledger)
    assert ingest.state.lines == 120


async def test_the_v2_api(broker: Mosquitto, victoria: Victoria, spawn: Spawn) -> None:
    box, ingest = Box(broker.port), worker(broker, V2Writer(victoria.url, "org", "bucket", "token"))
    await both(box, ingest, spawn)
    for _ in range(10):
        box.frame()
    await drained(box)
    victoria.flush()
    await until("the readings", lambda: read_points("vm", victoria.url, site="no3-middle") == sorted(box.store.ledger))


async def test_a_broker_killed_in_the_middle_loses_and_doubles_nothing(
    broker: Mosquitto, influx: tuple[str, str], spawn: Spawn
) -> None:
    box, ingest = Box(broker.port), worker(broker, V1Writer(*influx))
    await both(box, ingest, spawn)
    for n in range(120):
        box.frame()
        if n in (30, 75):
            broker.kill()
        if n in (60, 90):
            broker.start()
        await asyncio.sleep(0.01)
    box.clock.skip += 31_000  # what mosquitto acknowledged and forgot is due again
    await drained(box)
    assert read_points("v1", *influx) == sorted(box.store.ledger)


async def test_after_an_outage_a_live_frame_does_not_wait_for_the_backlog(
    broker: Mosquitto, influx: tuple[str, str], spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, ingest = Box(broker.port, row=20), worker(broker, V1Writer(*influx))
    for _ in range(2000):
        box.store.append()
    live: list[Frame] = []
    confirm = box.store.confirm

    def confirmed(*args: Any) -> None:
        confirm(*args)
        if box.store.confirmed[0] in args[2]:  # the first receipt: somebody listens, and most of the backlog is still to go
            asyncio.get_running_loop().call_soon(lambda: live.append(box.frame()))

    monkeypatch.setattr(box.store, "confirm", confirmed)
    await both(box, ingest, spawn)
    await until("the first receipt", lambda: live)
    await drained(box)
    place = next(n for n, (a, b) in enumerate(box.store.confirmed) if a <= live[0].a <= b)
    assert place < len(box.store.confirmed) // 2, (place, box.store.confirmed)
    assert read_points("v1", *influx) == sorted(box.store.ledger)


async def test_a_database_that_comes_later(broker: Mosquitto, tmp_path: Path, spawn: Spawn) -> None:
    influxd = Influx16(tmp_path / "late")
    box, ingest = Box(broker.port), worker(broker, V1Writer(influxd.url, "campus"))
    await both(box, ingest, spawn)
    for _ in range(10):
        box.frame()
    await until("the problem", lambda: ingest.state.problem.startswith("Retry"))
    influxd.start()
    try:
        await until("the missing database", lambda: ingest.state.problem.startswith("Denied: 404"))
        assert not box.store.confirmed
        create_database(influxd.url, "campus")
        await drained(box)
        assert read_points("v1", influxd.url, "campus") == sorted(box.store.ledger)
        assert ingest.state.problem == ""
    finally:
        influxd.kill()


@pytest.mark.parametrize("status", [429, 500, 503, 401, 403])
async def test_a_database_that_refuses_for_a_while(
    broker: Mosquitto, influx: tuple[str, str], spawn: Spawn, proxies: list[HttpProxy], status: int
) -> None:
    url, db = influx
    proxy = HttpProxy(url, lambda body: status if proxy.refused < 5 else None)
    proxies.append(proxy)
    box, ingest = Box(broker.port), worker(broker, V1Writer(proxy.url, db))
    await both(box, ingest, spawn)
    for _ in range(10):
        box.frame()
    await until("refusals", lambda: proxy.refused >= 2)
    assert str(status) in ingest.state.problem or proxy.refused == 5
    await drained(box)
    assert read_points("v1", url, db) == sorted(box.store.ledger)
    assert not box.store.refusals


@pytest.mark.parametrize("style", ["v1", "v2"])
async def test_a_line_the_database_calls_bad_goes_back_to_the_box_and_the_others_arrive(
    broker: Mosquitto, influx: tuple[str, str], victoria: Victoria, spawn: Spawn, proxies: list[HttpProxy], style: str
) -> None:
    """503 first, then 400 for whatever holds the poisoned line (pitfall T6)."""
    url, db = influx
    target = url if style == "v1" else victoria.url

    def verdict(body: bytes) -> int | None:
        return 503 if proxy.refused < 3 else 400 if b"d/poison" in body else None

    proxy = HttpProxy(target, verdict)
    proxies.append(proxy)
    box = Box(broker.port)
    ingest = worker(broker, V1Writer(proxy.url, db) if style == "v1" else V2Writer(proxy.url, "o", "b", "t"))
    await both(box, ingest, spawn)
    good = b"".join(line(f"{style}-{n}") for n in range(37))
    box.uplink.live(box.store.append_lines(good + line("poison") + line(f"{style}-z")))
    box.frame()
    await drained(box)
    (refusal,) = box.store.refusals
    assert (refusal.seq, refusal.line) == (1, line("poison").decode().rstrip())
    assert "400" in refusal.why
    wanted = {f"d/{style}-{n}" for n in range(37)} | {f"d/{style}-z"}
    if style == "v2":
        victoria.flush()
    await until("the others", lambda: {p for p, _, _ in read_points("v1" if style == "v1" else "vm", target, db)} >= wanted)


def test_a_backlog_older_than_the_database_keeps_is_refused_in_one_go(
    influx: tuple[str, str], proxies: list[HttpProxy]
) -> None:
    """Line by line it would take hours, in which no other school's readings are stored."""
    url, db = influx
    ask = urllib.parse.urlencode({"q": f'ALTER RETENTION POLICY "autogen" ON "{db}" DURATION 1h SHARD DURATION 1h'}).encode()
    urllib.request.urlopen(f"{url}/query", ask, timeout=30).close()
    asked: list[int] = []
    proxy = HttpProxy(url, lambda body: asked.append(body.count(b"\n")))
    proxies.append(proxy)
    writer, now = V1Writer(proxy.url, db), time.time_ns() // 10**9
    old = [line(f"old-{n}").rstrip() for n in range(2000)]
    fresh = line("fresh").rstrip().replace(STAMP.encode(), b"%d000000000" % now)
    assert set(ingest_module.write_lines(writer, old)) == set(old) and asked == [2000]
    bad = ingest_module.write_lines(writer, [*old[:400], fresh, *old[400:1000]])
    assert set(bad) == set(old[:1000]) and "retention" in bad[old[0]] and len(asked) < 30
    assert [point for point, _, _ in read_points("v1", url, db)] == ["d/fresh"]


@pytest.mark.parametrize("style", ["v1", "v2"])
@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (400, b"<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>", Denied),
        (422, b"\n<!DOCTYPE html><title>no such site</title>", Denied),
        (400, b"Client sent an HTTP request to an HTTPS server.\n", Denied),
        (400, b'{"error":"unable to parse"}', BadBatch),
        (413, b"<html><title>413 Request Entity Too Large</title></html>", BadBatch),
    ],
)
def test_what_is_no_word_of_a_database_condemns_no_line(
    proxies: list[HttpProxy], style: str, status: int, answer: bytes, error: type[InfluxError]
) -> None:
    """--influx http:// to a port of https://: every reading of every school would be refused for good, and confirmed."""
    proxy = HttpProxy("http://127.0.0.1:9", lambda body: status, answer)
    proxies.append(proxy)
    writer = V1Writer(proxy.url, "db") if style == "v1" else V2Writer(proxy.url, "o", "b", "t")
    with pytest.raises(error):
        writer.write(line("x"))


@pytest.mark.parametrize("style", ["v1", "v2"])
def test_d25_18_a_token_that_the_database_quotes_goes_nowhere(proxies: list[HttpProxy], style: str) -> None:
    """Its words are logged, shown on /healthz and sent back to the boxes."""
    proxy = HttpProxy("http://127.0.0.1:9", lambda body: 400, b'{"error":"canary-7f3a-99-4c1d may not write here"}')
    proxies.append(proxy)
    writer = (
        V1Writer(proxy.url, "db", "ingest", "canary-7f3a-99-4c1d")
        if style == "v1"
        else V2Writer(proxy.url, "o", "b", "canary-7f3a-99-4c1d")
    )
    with pytest.raises(BadBatch, match="may not write here") as told:
        writer.write(line("x"))
    assert "canary" not in str(told.value)


async def test_a_partial_write_of_influxdb_16_itself(broker: Mosquitto, influx: tuple[str, str], spawn: Spawn) -> None:
    """A field of another type: 400 with the rest written. The bad line is found, the rest is there once."""
    V1Writer(*influx).write(f'temperature,site=other,point=x value="text" {STAMP}'.encode())
    box, ingest = Box(broker.port), worker(broker, V1Writer(*influx))
    await both(box, ingest, spawn)
    smoke = line("ok").replace(b"temperature", b"smoke")
    box.uplink.live(box.store.append_lines(line("bad") + smoke))
    await drained(box)
    (refusal,) = box.store.refusals
    assert refusal.line == line("bad").decode().rstrip()
    assert "field type conflict" in refusal.why
    assert read_points("v1", *influx, site="no3-middle") == [("d/ok", int(STAMP) // 10**6, 1.0)]


async def test_lines_of_another_site_or_no_lines_at_all_are_refused_by_the_grammar(
    broker: Mosquitto, influx: tuple[str, str], spawn: Spawn
) -> None:
    box, ingest = Box(broker.port), worker(broker, V1Writer(*influx))
    await both(box, ingest, spawn)
    frame = box.store.append_lines(line("good") + line("theirs", "no4-middle") + b"\xff\xfe garbage\n")
    box.uplink.live(frame)
    await drained(box)
    first, second = box.store.refusals
    assert "no4-middle" in first.line
    assert "not this topic's songyang/no3-middle" in first.why
    assert second.why == "not UTF-8"
    assert [point for point, _, _ in read_points("v1", *influx)] == ["d/good"]


async def test_many_refused_lines_come_back_in_several_receipts(
    broker: Mosquitto, influx: tuple[str, str], spawn: Spawn
) -> None:
    box, ingest = Box(broker.port), worker(broker, V1Writer(*influx))
    await both(box, ingest, spawn)
    box.uplink.live(box.store.append_lines(b"bad line\n" * 250))
    await drained(box)
    assert len(box.store.refusals) == 250


async def test_a_payload_without_head_is_thrown_away_and_holds_up_nothing(
    broker: Mosquitto, influx: tuple[str, str], spawn: Spawn
) -> None:
    box, ingest = Box(broker.port), worker(broker, V1Writer(*influx))
    await both(box, ingest, spawn)
    box.uplink._link.publish(box.topics.of("readings"), line("headless"))
    box.frame()
    await drained(box)
    await until("the count", lambda: ingest.state.malformed == 1)
    assert read_points("v1", *influx) == sorted(box.store.ledger)


async def test_two_boxes_and_two_boots_get_their_own_receipts(broker: Mosquitto, influx: tuple[str, str], spawn: Spawn) -> None:
    seen: list[Message] = []
    far = Link(LinkOptions("127.0.0.1", broker.port, "far", expiry=0), ["campus/v1/+/+/receipt"], seen.append)
    ingest = worker(broker, V1Writer(*influx))
    spawn(far.run())
    spawn(ingest.run())
    await until("both", lambda: far.up and ingest._link.up)
    one, two = Topics("songyang", "no3-middle"), Topics("songyang", "no4-middle")
    for box, boot, a, b in ((one, "x", 1, 1), (one, "x", 2, 5), (one, "y", 9, 9), (two, "x", 1, 1)):
        far.publish(box.of("readings"), wire.readings_payload(boot, a, b, line(f"{boot}{a}", box.site)))

    def receipts() -> set[tuple[str, str, int]]:
        found = [(m.topic, wire.parse_receipt(m.payload)) for m in seen]
        return {(topic, r.boot, n) for topic, r in found for a, b in r.ranges for n in range(a, b + 1)}

    mine, theirs = one.of("receipt"), two.of("receipt")
    wanted = {(mine, "x", n) for n in range(1, 6)} | {(mine, "y", 9), (theirs, "x", 1)}
    await until("the receipts", lambda: receipts() == wanted)


async def test_the_command_killed_and_started_again(broker: Mosquitto, influx: tuple[str, str], spawn: Spawn) -> None:
    url, db = influx
    options = ("--broker", f"127.0.0.1:{broker.port}", "--influx", url, "--style", "v1", "--db", db)
    box = Box(broker.port)
    spawn(box.uplink.run())
    process = ingest_command(*options)
    try:
        for n in range(100):
            box.frame()
            if n == 40:
                await until("a first receipt", lambda: box.store.confirmed)
                process.kill()
                process.wait()
                process = ingest_command(*options)
            await asyncio.sleep(0.01)
        box.clock.skip += 31_000
        await drained(box)
        assert read_points("v1", url, db) == sorted(box.store.ledger)
        process.send_signal(signal.SIGTERM)
        _, log = await asyncio.to_thread(process.communicate, timeout=60)
        assert process.returncode == 0, log.decode()
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--broker", "nowhere", "--influx", "http://x", "--db", "d", "--style", "v1"), "HOST:PORT"),
        (("--broker", "h:1", "--influx", "http://x", "--style", "v1"), "--db"),
        (("--broker", "h:1", "--influx", "http://x"), "--bucket"),
        (("--broker", "h:1", "--influx", "http://x", "--bucket", "b", "--token-file", "/nonexistent/t"), "--token-file"),
    ],
)
def test_options_that_do_not_fit_together(options: tuple[str, ...], word: str) -> None:
    process = ingest_command(*options)
    _, log = process.communicate(timeout=60)
    assert process.returncode == 2
    assert word in log.decode()


async def test_what_the_broker_holds_for_a_worker_that_was_away_is_stored(
    broker: Mosquitto, influx: tuple[str, str], spawn: Spawn
) -> None:
    """Pitfall T10. The box counts a PUBACK as the end here, so only the broker's session has the readings."""
    box, first = Box(broker.port, confirm="puback"), worker(broker, V1Writer(*influx))
    task = spawn(first.run())
    spawn(box.uplink.run())
    await until("both connections", lambda: box.uplink.state().connected and first._link.up)
    task.cancel()
    await until("its end", task.done)
    for _ in range(15):
        box.frame()
    await drained(box)
    assert read_points("v1", *influx) == []
    second = worker(broker, V1Writer(*influx))
    spawn(second.run())
    await until("the readings", lambda: second.state.lines == len(box.store.ledger))
    assert read_points("v1", *influx) == sorted(box.store.ledger)


async def test_a_shared_subscription_gives_each_frame_to_one_worker(
    broker: Mosquitto, influx: tuple[str, str], spawn: Spawn
) -> None:
    workers = [worker(broker, V1Writer(*influx), f"w{n}", group="g") for n in range(2)]
    for one in workers:
        spawn(one.run())
    await until("the workers", lambda: all(one._link.up for one in workers))
    box = Box(broker.port)
    spawn(box.uplink.run())
    await until("the box", lambda: box.uplink.state().connected)
    for _ in range(20):
        box.frame()
    await drained(box)
    assert sum(one.state.lines for one in workers) == 80, "none to both"
    assert all(one.state.messages for one in workers)
    assert read_points("v1", *influx) == sorted(box.store.ledger)


async def test_a_broker_that_serves_no_shared_subscription_is_found_out(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NATS and RabbitMQ grant `$share/…` and deliver nothing; here the probe's message is sent elsewhere instead."""
    sent = Link.publish
    monkeypatch.setattr(ingest_module, "_PROBE", 0.5)
    monkeypatch.setattr(Link, "publish", lambda self, topic, payload, retain=False: sent(self, "elsewhere", payload))
    with pytest.raises(NoSharedSubscription, match="delivers nothing"):
        await probe_shared(LinkOptions("127.0.0.1", broker.port, "ingest"))


@pytest.mark.parametrize(("refused", "code"), [(True, 78), (False, 1)])
def test_a_broker_that_refuses_is_no_use_and_one_that_is_slow_is_asked_again(
    refused: bool, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a power cut a thousand boxes come back at once: a worker that gave up then would store nothing until somebody came."""

    async def unproven(broker: LinkOptions) -> None:
        raise NoSharedSubscription("as a test wants", refused)

    monkeypatch.setattr(ingest_module, "probe_shared", unproven)
    words = [
        "ingest",
        "--broker",
        "127.0.0.1:9",
        "--influx",
        "http://127.0.0.1:9",
        "--style",
        "v1",
        "--db",
        "x",
        "--share",
        "g",
    ]
    assert main(words) == code and "as a test wants" in capsys.readouterr().err


async def test_a_worker_of_a_group_takes_nothing_before_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unproven(broker: LinkOptions) -> None:
        raise NoSharedSubscription("as a test wants")

    monkeypatch.setattr(ingest_module, "probe_shared", unproven)
    ingest = ingest_module.Ingest(
        LinkOptions("127.0.0.1", 9, "w"), V1Writer("http://127.0.0.1:9", "none"), TestClock(), group="g"
    )
    async with asyncio.timeout(20):
        with pytest.raises(NoSharedSubscription):
            await ingest.run()


async def test_memory_is_bounded_while_the_database_is_away(
    broker: Mosquitto, spawn: Spawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the broker, which is told how much may be open: nothing waits at the gate, which would end the connection."""
    enter, crowded = Gate.enter, []

    def watched(gate: Gate) -> None:
        if not gate._room._value:
            crowded.append(gate)
        enter(gate)

    monkeypatch.setattr(Gate, "enter", watched)
    ingest = worker(broker, V1Writer("http://127.0.0.1:9", "none"))
    far = Link(LinkOptions("127.0.0.1", broker.port, "far", expiry=0), [], lambda message: None)
    spawn(ingest.run())
    spawn(far.run())
    await until("both", lambda: ingest._link.up and far.up)
    box = Topics("songyang", "no3-middle")
    sent = [far.publish(box.of("readings"), wire.readings_payload("b", n, n, line(f"p{n}"))) for n in range(1, 301)]
    await until("PUBACKs", lambda: all(one is not None and one.done() for one in sent))
    await until("as many as were agreed", lambda: ingest.state.messages == RECEIVE)
    before = ingest.state.messages
    broker.kill(signal.SIGTERM)  # keeps its queues, so that everything comes again
    broker.start()
    await until("the same messages again", lambda: ingest.state.messages >= 2 * before)
    assert len(ingest._queue) <= RECEIVE and not crowded
